//! Bounds for loops that run beside something else: what runs side by side is not handed over to another execution, so
//! that a loop in it over nobody knows how many items gets a bound, within which all of it fits one.

use std::collections::BTreeSet;

use pawl_contract::Kind;

use crate::check::Checked;
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::formats::build::{made, number};
use crate::graph::{StepId, StrandId};
use crate::lower::{Lowered, Options, lower};
use crate::source::{Data, Entry};
use crate::steps;

/// The field of a loop's bound.
const BOUND: &str = "maxIterations";

/// The bounds to try; with less than the last of them a loop is of little use.
const BOUNDS: [u64; 7] = [2_000, 1_000, 500, 200, 100, 50, 20];

/// Lowers a definition, with bounds for loops that need one.
pub(crate) fn lower_bounded(
    checked: &mut Checked,
    options: Options,
    diagnostics: &mut Vec<Diagnostic>,
) -> Lowered {
    let free = lower(checked, options);
    let loops = loops(checked, &free.unbounded);
    if loops.is_empty() {
        return free;
    }
    for most in BOUNDS {
        for id in &loops {
            if let Some(step) = checked.definition.steps.get_mut(*id) {
                set(step, most);
            }
        }
        let lowered = lower(checked, options);
        if lowered.unbounded.is_empty() {
            let steps = loops.iter().map(|id| checked.step(*id));
            diagnostics.extend(steps.map(|step| warning(step, most)));
            return lowered;
        }
    }
    free
}

/// The loops without a bound in what runs side by side in some steps.
fn loops(checked: &Checked, owners: &[StepId]) -> BTreeSet<StepId> {
    let strands = owners.iter().flat_map(|owner| checked.strands.of(*owner));
    let strands: BTreeSet<StrandId> = strands.map(|(id, _)| id).collect();
    let is_inside = |id: StepId| {
        let mut around = checked.strands.outwards(checked.strands.home(id));
        around.any(|(strand, _)| strands.contains(&strand))
    };
    // The iterations of one that divides are executions of their own.
    let is_free = |step: &Step| {
        let items = step.config.get("items");
        step.kind == Kind::Loop
            && steps::division(step).is_none()
            && step.config.get(BOUND).is_none()
            && items.is_some_and(|items| items.as_str().is_some())
    };
    let all = checked.definition.steps.iter().enumerate();
    all.filter(|(id, step)| is_free(step) && is_inside(*id))
        .map(|(id, _)| id)
        .collect()
}

/// Gives a loop a bound.
fn set(step: &mut Step, most: u64) {
    let bound = number(&step.config, most);
    let mut entries = step.config.entries().to_vec();
    entries.retain(|entry| entry.key != BOUND);
    entries.push(Entry {
        key: BOUND.to_owned(),
        key_span: step.config.span.clone(),
        node: bound,
    });
    step.config = made(&step.config, Data::Object(entries));
}

fn warning(step: &Step, most: u64) -> Diagnostic {
    let message = format!(
        "`{}` runs beside others, where at most {most} items fit an execution: with more of them the run fails",
        step.slug
    );
    let place = &step.slug_place;
    Diagnostic::warning(codes::MACHINE_LIMIT, message)
        .at(place.pointer.clone(), place.span.clone())
        .help("say how many there may be with `maxIterations`, or put the loop into a workflow of its own, where there may be any number")
}
