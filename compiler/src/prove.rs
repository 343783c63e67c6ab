//! Refuses what only the machine shows: sizes, and events that nothing bounds.

use pawl_asl::limits::DEFINITION_BYTES;
use pawl_asl::{Machine, Problem};

use crate::check::Checked;
use crate::diagnostic::{Diagnostic, codes};
use crate::lower::Lowered;

/// Bytes of a Task's payload that are left for the plan; the rest is the position's.
const MOST_PLAN_BYTES: usize = 240 * 1024;

/// What to do about cycles that nothing bounds.
pub(crate) const UNBOUNDED: &str =
    "bound the loops inside of it by `maxIterations`, or put them into a workflow of their own";

/// Proves that a machine is within the limits.
pub fn prove(lowered: &Lowered, checked: &Checked, diagnostics: &mut Vec<Diagnostic>) {
    let whole = |diagnostic: Diagnostic| {
        let place = &checked.definition.place;
        // Where it begins; one byte more could end inside of a character, since YAML can begin with any.
        diagnostic.at(place.pointer.clone(), place.span.start..place.span.start)
    };
    let bytes = lowered.text.len();
    if bytes > DEFINITION_BYTES {
        let message =
            format!("the machine has {bytes} bytes; Step Functions takes {DEFINITION_BYTES}");
        diagnostics.push(whole(
            Diagnostic::error(codes::MACHINE_LIMIT, message).help("divide the workflow in two"),
        ));
    }
    // A machine holds all of its plans, so a small one holds no large one.
    let plans = lowered.plans.iter().filter(|_| bytes > MOST_PLAN_BYTES);
    for (name, plan) in plans {
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
    for step in &lowered.unbounded {
        let step = checked.step(*step);
        let message = format!(
            "what runs side by side in `{}` may take more than the {} events of an execution",
            step.slug,
            pawl_asl::limits::HISTORY_EVENTS
        );
        let place = &step.slug_place;
        diagnostics.push(
            Diagnostic::error(codes::MACHINE_LIMIT, message)
                .at(place.pointer.clone(), place.span.clone())
                .help(UNBOUNDED),
        );
    }
    debug_assert_eq!(refused(&lowered.machine), [], "of our own making");
}

/// What AWS would refuse in a machine beside its size, which is said elsewhere.
///
/// Nothing that an author writes leads there: `docs/decisions/who-validates-our-machines.md`.
fn refused(machine: &Machine) -> Vec<Problem> {
    let mut problems = pawl_asl::validate(machine);
    problems.retain(|problem| !problem.pointer.is_empty());
    problems
}

#[cfg(test)]
mod tests {
    use crate::{Notation, Options, compile};

    #[test]
    fn what_is_wrong_with_the_whole_has_a_place_in_any_text() {
        let prompt = "x".repeat(super::MOST_PLAN_BYTES);
        let step = format!(
            r#"{{"stepSlug": "ask", "stepType": "llm", "config": {{"systemPrompt": "{prompt}"}}}}"#
        );
        let rows = [
            (
                Notation::Json,
                format!(r#"{{"name": "Large", "steps": [{step}]}}"#),
            ),
            (
                Notation::Yaml,
                format!("é: 1\nname: Large\nsteps: [{step}]\n"),
            ),
        ];
        for (notation, text) in rows {
            let found = compile(&text, notation, Options::default()).diagnostics;
            let limit = found.iter().find(|found| found.code == "machine-limit");
            let span = limit.expect("a plan that is too large").span.clone();
            assert!(text.get(span.clone()).is_some(), "{notation:?}: {span:?}");
        }
    }
}
