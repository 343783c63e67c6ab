//! What runs side by side: every branch and every iteration is a line of its own.

use std::collections::{BTreeMap, BTreeSet};

use pawl_contract::Kind;

use crate::definition::Definition;
use crate::diagnostic::{Diagnostic, codes};
use crate::graph::{Apart, Division, Fault, Graph, StepId, Strands};
use crate::steps;

/// Finds the strands, and lets each parallel step go on where its branches come together.
pub(super) fn find(
    definition: &Definition,
    graph: &mut Graph,
    diagnostics: &mut Vec<Diagnostic>,
) -> Strands {
    let steps = definition.steps.iter().enumerate();
    let owners: BTreeMap<StepId, Division> = steps
        .filter_map(|(id, step)| Some((id, steps::division(step)?)))
        .collect();
    let strands = match Strands::find(graph, &owners) {
        Ok(strands) => strands,
        Err(faults) => {
            // A translation knows its author's words for what crosses, and has told it.
            let is_told = |found: &Diagnostic| found.code == codes::UNSOUND_BRANCHES;
            if !diagnostics.iter().any(is_told) {
                let faults = faults.iter();
                diagnostics.extend(faults.filter_map(|fault| diagnostic(definition, fault)));
            }
            return Strands::find(graph, &BTreeMap::new()).unwrap_or_default();
        }
    };
    for (step, join) in strands.joins() {
        if let Some(ports) = graph.ports.get_mut(step) {
            ports.entry("success").or_insert(join);
        }
    }
    strands
}

/// Warns of what two branches write: nobody knows which of them comes last.
pub(super) fn races(
    definition: &Definition,
    graph: &Graph,
    strands: &Strands,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let reachable = graph.reachable();
    let mut writers: BTreeMap<&str, Vec<StepId>> = BTreeMap::new();
    for (id, step) in definition.steps.iter().enumerate() {
        if strands.home(id).is_none() || !reachable.contains(id) {
            continue;
        }
        let names: BTreeSet<&str> = steps::variables_set(step)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        for name in names {
            writers.entry(name).or_default().push(id);
        }
        if steps::is_output(step) {
            writers.entry("").or_default().push(id);
        }
    }
    for (name, writers) in writers {
        for (number, later) in writers.iter().enumerate() {
            let earlier = writers.iter().take(number);
            let mut apart =
                earlier.filter_map(|earlier| match strands.apart(*earlier, *later)? {
                    Apart::Branches(owner) => Some((*earlier, owner)),
                    Apart::Items(_) => None,
                });
            let Some((earlier, owner)) = apart.next() else {
                continue;
            };
            let slug = |id: StepId| definition.steps.get(id).map_or("", |step| &step.slug);
            let what = if name.is_empty() {
                "the run's output".to_owned()
            } else {
                format!("variable `{name}`")
            };
            let message = format!(
                "{what} is set by `{}` and by `{}` in branches of `{}`, and nobody knows which comes last",
                slug(earlier),
                slug(*later),
                slug(owner)
            );
            let Some(step) = definition.steps.get(*later) else {
                continue;
            };
            let place = &step.slug_place;
            diagnostics.push(
                Diagnostic::warning(codes::LOST_WRITE, message)
                    .at(place.pointer.clone(), place.span.clone())
                    .help("let each branch set its own, and put them together behind the branches"),
            );
        }
    }
}

fn diagnostic(definition: &Definition, fault: &Fault) -> Option<Diagnostic> {
    let step = |id: &StepId| definition.steps.get(*id);
    let (owner, message, help) = match fault {
        Fault::Met { owner, step: met } => {
            let (owner, met) = (step(owner)?, step(met)?);
            let message = format!(
                "branches of `{}` meet at `{}`, and not all ways go on from one step",
                owner.slug, met.slug
            );
            let help = "let all branches lead to one step, at which they come together".to_owned();
            (owner, message, help)
        }
        Fault::Back {
            owner,
            step: inside,
        } => {
            let (owner, inside) = (step(owner)?, step(inside)?);
            let message = format!(
                "step `{}` leads back to `{}`, in one of whose branches it stands",
                inside.slug, owner.slug
            );
            let help = "let the branches come together first, and go back from there".to_owned();
            (owner, message, help)
        }
        Fault::Shared {
            owner,
            step: inside,
            source,
        } => {
            let (owner, inside) = (step(owner)?, step(inside)?);
            let source = source.as_ref().and_then(step);
            let other = source.map_or_else(
                || "the run begins with it".to_owned(),
                |source| format!("`{}` leads to it from outside", source.slug),
            );
            let is_loop = owner.kind == Kind::Loop;
            let what = if is_loop { "an iteration" } else { "a branch" };
            let message = format!(
                "step `{}` is reached by {what} of `{}`, and {other}",
                inside.slug, owner.slug
            );
            let help = if is_loop {
                format!(
                    "iterations that run side by side end at `{}` or at `end`: use a copy of the step, or leave out `concurrency`",
                    owner.slug
                )
            } else {
                "use a copy of the step, or let the branches come together there".to_owned()
            };
            (owner, message, help)
        }
    };
    let place = &owner.slug_place;
    Some(
        Diagnostic::error(codes::UNSOUND_BRANCHES, message)
            .at(place.pointer.clone(), place.span.clone())
            .help(help),
    )
}
