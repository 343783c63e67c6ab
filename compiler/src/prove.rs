//! Refuses what only the machine shows: sizes, names and whatever else Step Functions would refuse.

use pawl_asl::limits::DEFINITION_BYTES;

use crate::check::Checked;
use crate::diagnostic::{Diagnostic, codes};
use crate::lower::Lowered;

/// Bytes of a Task's payload that are left for the plan; the rest is the position's.
const MOST_PLAN_BYTES: usize = 240 * 1024;

/// Proves that a machine is within the limits.
pub fn prove(lowered: &Lowered, checked: &Checked, diagnostics: &mut Vec<Diagnostic>) {
    let whole = |diagnostic: Diagnostic| {
        let place = &checked.definition.place;
        diagnostic.at(
            place.pointer.clone(),
            place.span.start..place.span.start + 1,
        )
    };
    let bytes = serde_json::to_vec(&lowered.machine).map_or(0, |text| text.len());
    if bytes > DEFINITION_BYTES {
        let message =
            format!("the machine has {bytes} bytes; Step Functions takes {DEFINITION_BYTES}");
        diagnostics.push(whole(
            Diagnostic::error(codes::MACHINE_LIMIT, message).help("divide the workflow in two"),
        ));
    }
    for (name, plan) in &lowered.plans {
        let bytes = serde_json::to_vec(plan).map_or(0, |text| text.len());
        if bytes > MOST_PLAN_BYTES {
            let message = format!(
                "step `{name}` and what rides along with it have {bytes} bytes of configuration; {MOST_PLAN_BYTES} fit a Task"
            );
            diagnostics.push(whole(
                Diagnostic::error(codes::MACHINE_LIMIT, message)
                    .help("shorten its texts, or keep them in records"),
            ));
        }
    }
    for problem in pawl_asl::validate(&lowered.machine) {
        let message = format!(
            "the machine would be refused at `{}`: {}",
            problem.pointer, problem.message
        );
        diagnostics.push(whole(Diagnostic::error(codes::MACHINE_LIMIT, message)));
    }
}
