//! Output steps: where runs end, in the definitions of others.

use super::Facts;
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::steps;

/// An output with a step behind it does not end the run, as whoever reads it may think.
pub(super) fn goes_on(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (id, step) in facts.steps().filter(|(_, step)| steps::is_output(step)) {
        let next = facts.graph.step_at(id, "success");
        let next = next.and_then(|next| facts.definition.steps.get(next));
        let Some((next, edge)) = next.zip(step.ports.get("success")) else {
            continue;
        };
        if steps::is_output(next) && gives(next, &step.slug) {
            continue;
        }
        let message = format!(
            "the run does not end with the output `{}`: it goes on with `{}`, and the last output that it comes to counts",
            step.slug, next.slug
        );
        let finding = Diagnostic::warning(codes::OUTPUT_GOES_ON, message).help(
            "put the output behind the last step, or use a `transform` if that is what is meant",
        );
        let place = &edge.place;
        diagnostics.push(finding.at(place.pointer.clone(), place.span.clone()));
    }
}

/// Whether an output gives what another one gave.
fn gives(output: &Step, slug: &str) -> bool {
    let read = format!("steps.{slug}.output");
    let mut gives = false;
    output
        .config
        .each_string(&mut |_, text| gives |= text.contains(&read));
    gives
}
