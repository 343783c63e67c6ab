//! Names and edges: every target is a step or the end.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use pawl_contract::{CASES, Kind};

use crate::definition::{Definition, Edge, Place, Step};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::graph::{BRANCHES, Graph, StepId, Target};
use crate::shape;

/// Targets that end the run unless a step has that name.
const ENDS: [&str; 3] = ["end", "finish", "noop"];

/// What authors write who mean that a loop goes on.
const CONTINUES: [&str; 4] = ["loop_continue", "continue", "next_item", "next"];

/// The steps by slug; of two with one slug the first.
pub(super) fn names(
    definition: &Definition,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, StepId> {
    let mut names = BTreeMap::new();
    for (id, step) in definition.steps.iter().enumerate() {
        if names.contains_key(&step.slug) {
            let Place { pointer, span } = step.slug_place.clone();
            diagnostics.push(
                Diagnostic::error(
                    codes::DUPLICATE_STEP,
                    format!("there are two steps `{}`", step.slug),
                )
                .at(pointer, span)
                .help("give one of them another `stepSlug`"),
            );
        } else {
            names.insert(step.slug.clone(), id);
        }
    }
    names
}

/// The graph of a definition; an edge to a step that does not exist is a diagnostic and leads to the end.
pub(super) fn resolve(
    definition: &Definition,
    names: &BTreeMap<String, StepId>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Graph {
    let mut resolve = |step: &Step, edge: &Edge| {
        let Some(slug) = &edge.target else {
            return Target::End;
        };
        match names.get(slug) {
            Some(id) => Target::Step(*id),
            None if ENDS.contains(&slug.as_str()) || definition.refused.contains(slug) => {
                Target::End
            }
            None => {
                let message = format!(
                    "step `{}` continues to `{slug}`, which does not exist",
                    step.slug
                );
                let known = names.keys().map(String::as_str).chain(ENDS);
                let help = if CONTINUES.contains(&slug.as_str()) {
                    "name the loop's own `stepSlug` to go on with its next item"
                } else {
                    "name a step's `stepSlug`, or `end`"
                };
                diagnostics.push(
                    Diagnostic::error(codes::UNKNOWN_STEP, message)
                        .at(edge.place.pointer.clone(), edge.place.span.clone())
                        .help(help)
                        .perhaps_meant(
                            slug,
                            shape::near_ours(slug, ENDS).or_else(|| near(slug, known)),
                        ),
                );
                Target::End
            }
        }
    };
    let raw: Vec<_> = definition
        .steps
        .iter()
        .map(|step| {
            let ports = step
                .kind
                .ports()
                .iter()
                .filter_map(|port| Some((*port, step.ports.get(*port)?)));
            let mut ports: IndexMap<_, _> = ports
                .map(|(port, edge)| (port, resolve(step, edge)))
                .collect();
            let ways = if step.kind == Kind::Switch {
                &CASES
            } else {
                &BRANCHES
            };
            let branches = ways.iter().zip(&step.branches);
            let branches: Vec<_> = branches
                .map(|(port, edge)| (*port, resolve(step, edge)))
                .collect();
            // A port that must be there and is not ends the strand.
            for port in step
                .kind
                .ports()
                .iter()
                .filter(|port| !step.kind.may_lack(port))
            {
                if !ports.contains_key(port) {
                    ports.insert(*port, Target::End);
                }
            }
            ports.sort_by_key(|port, _| step.kind.ports().iter().position(|known| known == port));
            branches
                .into_iter()
                .chain(ports)
                .collect::<IndexMap<_, _>>()
        })
        .collect();
    for step in definition
        .steps
        .iter()
        .filter(|step| !step.has_refused_port)
    {
        missing_ports(step, diagnostics);
    }
    let through = |target: Target| past_triggers(definition, &raw, target);
    let entry = entry(definition);
    Graph {
        // Where every step was refused, there is nowhere to begin.
        entry: (!raw.is_empty()).then(|| through(Target::Step(entry))),
        ports: raw
            .iter()
            .map(|ports| {
                ports
                    .iter()
                    .map(|(port, target)| (*port, through(*target)))
                    .collect()
            })
            .collect(),
    }
}

/// Where a run begins: at the trigger, else at the step that the author counts as the first, else at the first of the list.
fn entry(definition: &Definition) -> StepId {
    let steps = &definition.steps;
    let trigger = steps.iter().position(|step| step.kind == Kind::Trigger);
    let counted = || {
        let orders = steps.iter().map(|step| step.order);
        let orders: Option<Vec<u64>> = orders.collect();
        let first = orders?
            .into_iter()
            .enumerate()
            .min_by_key(|(_, order)| *order);
        first.map(|(id, _)| id)
    };
    trigger.or_else(counted).unwrap_or(0)
}

/// A `trigger` step inside a workflow does nothing: an edge to it leads to where it continues.
fn past_triggers(
    definition: &Definition,
    raw: &[IndexMap<&'static str, Target>],
    mut target: Target,
) -> Target {
    for _ in 0..=definition.steps.len() {
        let Target::Step(id) = target else {
            return target;
        };
        if definition
            .steps
            .get(id)
            .is_none_or(|step| step.kind != Kind::Trigger)
        {
            return target;
        }
        target = raw
            .get(id)
            .and_then(|ports| ports.get("success"))
            .copied()
            .unwrap_or(Target::End);
    }
    // Triggers that lead to each other in a ring do nothing for ever.
    Target::End
}

/// Speaks of ports that the author probably forgot.
fn missing_ports(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let Place { pointer, span } = step.slug_place.clone();
    if step.kind == Kind::Loop && !step.ports.contains_key("next") {
        diagnostics.push(
            Diagnostic::error(codes::MISSING_PORT, format!("loop `{}` has no port `next`", step.slug))
                .at(pointer, span)
                .help("say with which step an iteration begins: `\"nextSteps\": { \"next\": ..., \"done\": ... }`"),
        );
    }
    // An empty map is how authors write that the run ends; a map that forgets a port is probably a mistake.
    let needed = step
        .kind
        .ports()
        .iter()
        .filter(|port| **port != "next" && !step.kind.may_lack(port));
    // The cases of a switch say already that it goes on.
    let goes_on =
        !step.ports.is_empty() || (step.kind == Kind::Switch && !step.branches.is_empty());
    for port in needed.filter(|port| goes_on && !step.ports.contains_key(**port)) {
        let Place { pointer, span } = step.slug_place.clone();
        let message = format!(
            "step `{}` has no port `{port}`, so the run ends there",
            step.slug
        );
        diagnostics.push(
            Diagnostic::warning(codes::MISSING_PORT, message)
                .at(pointer, span)
                .help(format!("add `\"{port}\": \"end\"` if that is meant")),
        );
    }
}

/// Warns of steps that no path leads to.
pub(super) fn unreachable(
    definition: &Definition,
    graph: &Graph,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let reachable = graph.reachable();
    let is_lost =
        |(id, step): &(usize, &Step)| step.kind != Kind::Trigger && !reachable.contains(*id);
    for (_, step) in definition.steps.iter().enumerate().filter(is_lost) {
        diagnostics.push(
            Diagnostic::warning(
                codes::UNREACHABLE_STEP,
                format!("no path leads to step `{}`", step.slug),
            )
            .at(
                step.slug_place.pointer.clone(),
                step.slug_place.span.clone(),
            )
            .help("connect a port of another step to it, or remove it"),
        );
    }
}
