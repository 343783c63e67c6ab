//! Refuses what only the machine shows: sizes, and events that nothing bounds.

use pawl_asl::limits::DEFINITION_BYTES;
use pawl_asl::{Machine, Problem};
use pawl_contract::Kind;

use crate::check::Checked;
use crate::diagnostic::{Diagnostic, codes};
use crate::graph::{self, StepId, StrandId, Target};
use crate::lower::{Lowered, counted};

/// Bytes of a Task's payload that are left for the plan; the rest is the position's.
const MOST_PLAN_BYTES: usize = 240 * 1024;

/// What to do about cycles that nothing bounds.
pub(crate) const UNBOUNDED: &str =
    "bound the loops inside of it by `maxIterations`, or put them into a workflow of their own";

/// What to do about a cycle that no loop counts.
pub(crate) const UNCOUNTED: &str = "put the cycle into a workflow of its own, which a `subflow` step runs: it goes on in another execution when one is full";

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
    for owner in &lowered.unbounded {
        let step = checked.step(*owner);
        let message = format!(
            "what runs side by side in `{}` may take more than the {} events of an execution",
            step.slug,
            pawl_asl::limits::HISTORY_EVENTS
        );
        let cycle = uncounted(checked, *owner);
        let (message, help) = match cycle {
            Some(cycle) => (
                format!(
                    "{message}: nothing counts the cycle of `{}`",
                    cycle.join("`, `")
                ),
                UNCOUNTED,
            ),
            None => (message, UNBOUNDED),
        };
        let place = &step.slug_place;
        diagnostics.push(
            Diagnostic::error(codes::MACHINE_LIMIT, message)
                .at(place.pointer.clone(), place.span.clone())
                .help(help),
        );
    }
    debug_assert_eq!(refused(&lowered.machine), [], "of our own making");
}

/// The steps of a cycle without a loop in what runs side by side in a step.
fn uncounted(checked: &Checked, owner: StepId) -> Option<Vec<&str>> {
    let strands: Vec<StrandId> = checked.strands.of(owner).map(|(id, _)| id).collect();
    let leads = |id: StepId| {
        let targets = checked.graph.ports_of(id).map(|(_, target)| target);
        targets.filter_map(move |target| match checked.strands.within(id, target) {
            Target::Step(step) => Some(step),
            Target::End => None,
        })
    };
    let is_inside = |id: &StepId| {
        let home = checked.strands.home(*id);
        home.is_some_and(|home| strands.contains(&home)) && checked.step(*id).kind != Kind::Loop
    };
    let groups = graph::cycles(checked.definition.steps.len(), leads);
    let is_counted = |id: &StepId| counted::limit(checked.step(*id)).is_some();
    let mut cycles = groups.into_iter();
    let mut cycle =
        cycles.find(|group| group.iter().all(is_inside) && !group.iter().any(is_counted))?;
    cycle.sort_unstable();
    Some(
        cycle
            .into_iter()
            .map(|id| checked.step(id).slug.as_str())
            .collect(),
    )
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
