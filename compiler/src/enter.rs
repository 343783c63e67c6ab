//! Goes on with a run in the middle of another version of its workflow: at the step where it failed.
//!
//! What the run has recorded stays as it is, so the step must be there in that version, stand in the same loops, and find
//! what it and the steps behind it read.

use std::collections::BTreeSet;

use pawl_contract::{Kind, LoopMode};

use crate::graph::{Event, Order, StepId};
use crate::{Lowered, Options, Program, lower, steps};

/// Where a run is to go on, and what it has when it does.
#[derive(Debug, Clone)]
pub struct Point<'run> {
    /// The step that failed.
    pub step: &'run str,
    /// Its kind in the version that the run was on.
    pub kind: Kind,
    /// The loops around it there, outermost first.
    pub loops: &'run [String],
    /// Of a loop's head: whether it was begun, or asked for its next item.
    pub mode: LoopMode,
    /// The steps that have run.
    pub ran: &'run BTreeSet<String>,
    /// Of the names that [`read`] gives: the variables that have a value.
    pub variables: &'run BTreeSet<String>,
}

/// A machine that an execution may begin in the middle of.
#[derive(Debug, Clone)]
pub struct Entered {
    /// The machine and its plans.
    pub lowered: Lowered,
    /// The state to begin with: what the position has as its `enter`.
    pub state: String,
}

/// The variables that a step and everything that may come after it read.
pub fn read(program: &Program, step: &str) -> BTreeSet<String> {
    let Some(step) = find(program, step) else {
        return BTreeSet::new();
    };
    let reads = behind(program, step).into_iter();
    let reads = reads.filter_map(|reader| program.checked.reads.get(reader));
    reads
        .flat_map(|reads| reads.variables.iter().cloned())
        .collect()
}

/// A program's machine, to be entered where a run failed; or why the run cannot go on there.
pub fn enter(program: &Program, options: Options, point: &Point<'_>) -> Result<Entered, String> {
    let step = fits(program, point)?;
    finds_what_it_reads(program, step, point)?;
    let (lowered, state) = lower::lower_entered(&program.checked, options, step, point.mode);
    Ok(Entered { lowered, state })
}

/// The step, where it is what it was.
fn fits(program: &Program, point: &Point<'_>) -> Result<StepId, String> {
    let checked = &program.checked;
    let slug = point.step;
    let Some(id) = find(program, slug) else {
        return Err(format!(
            "that version has no step `{slug}`, where the run failed: give the step that replaces it this slug"
        ));
    };
    let step = checked.step(id);
    if step.kind != point.kind {
        return Err(format!(
            "step `{slug}`, where the run failed, is of kind `{}` in that version and was of kind `{}`: start a new run",
            step.kind.name(),
            point.kind.name()
        ));
    }
    if steps::division(step).is_some() || checked.strands.home(id).is_some() {
        return Err(format!(
            "step `{slug}`, where the run failed, has to do with what runs side by side in that version, and that goes on only on the version that began it: resume without `version`"
        ));
    }
    let around = checked.loops.around(id).iter();
    let around: Vec<&str> = around
        .map(|head| checked.step(*head).slug.as_str())
        .collect();
    if around != point.loops {
        return Err(format!(
            "step `{slug}`, where the run failed, stands in {} in that version and stood in {}: leave it where it was, or start a new run",
            listed(&around),
            listed(point.loops)
        ));
    }
    Ok(id)
}

/// Refuses where a step is read from here on that would have run before, and has not.
fn finds_what_it_reads(program: &Program, step: StepId, point: &Point<'_>) -> Result<(), String> {
    let checked = &program.checked;
    let sequence = checked.strands.in_sequence(&checked.graph);
    let order = Order::find(&sequence);
    for reader in behind(program, step) {
        let Some(reads) = checked.reads.get(reader) else {
            continue;
        };
        let is_missing = |slug: &&String| {
            let read = find(program, slug);
            let is_before = read.is_some_and(|read| order.always(read, Event::Ran, step));
            is_before && !point.ran.contains(*slug)
        };
        if let Some(missing) = reads.steps.iter().find(is_missing) {
            return Err(format!(
                "step `{}` reads step `{missing}`, which comes before `{}` in that version and has not run: move it behind, or start a new run",
                checked.step(reader).slug,
                point.step
            ));
        }
    }
    let missing = read(program, point.step).into_iter().find(|name| {
        let setters: Vec<StepId> = (0..checked.definition.steps.len())
            .filter(|id| {
                let set = steps::variables_set(checked.step(*id));
                set.iter().any(|(set, _)| set == name)
            })
            .collect();
        let is_declared = checked.definition.settings.variables.contains_key(name);
        let is_set = || !setters.is_empty() && order.one_always(&setters, step);
        !point.variables.contains(name) && (is_declared || is_set())
    });
    missing.map_or(Ok(()), |name| {
        Err(format!(
            "variable `{name}` is new in that version, and the run has no value for it: set it at or behind step `{}`, or start a new run",
            point.step
        ))
    })
}

/// A step, and everything that may come after it.
fn behind(program: &Program, step: StepId) -> Vec<StepId> {
    let checked = &program.checked;
    let sequence = checked.strands.in_sequence(&checked.graph);
    sequence.reach([step], |_| false).ones().collect()
}

fn find(program: &Program, slug: &str) -> Option<StepId> {
    let mut steps = program.checked.definition.steps.iter();
    steps.position(|step| step.slug == slug)
}

/// Loops, for people.
fn listed<Slug: AsRef<str>>(loops: &[Slug]) -> String {
    if loops.is_empty() {
        return "no loop".to_owned();
    }
    let loops = loops.iter().map(|slug| format!("`{}`", slug.as_ref()));
    format!("loop {}", loops.collect::<Vec<_>>().join(" in "))
}
