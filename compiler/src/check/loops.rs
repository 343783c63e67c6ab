//! Loops and cycles: what stands in which loop, and whether every cycle can be left.

use std::collections::BTreeSet;

use pawl_contract::{Kind, LoopMode};

use crate::definition::{Definition, Step};
use crate::diagnostic::{Diagnostic, codes};
use crate::graph::{Graph, Loops, StepId, Strands, Target};
use crate::source::{Data, Node};
use crate::steps;

/// Finds the loops; in a loop with `continueOnError`, a failing step without an `error` port goes on with the next item.
pub(super) fn find(definition: &Definition, mut graph: Graph, strands: &Strands) -> (Graph, Loops) {
    let steps = definition.steps.iter().enumerate();
    let heads: Vec<StepId> = steps
        .filter(|(_, step)| step.kind == Kind::Loop)
        .map(|(id, _)| id)
        .collect();
    let loops = Loops::find(&graph, heads.iter().copied());
    let goes_on = |head: &StepId| {
        let flag = definition.steps.get(*head);
        let flag = flag.and_then(|step| step.config.get("continueOnError"));
        flag.is_some_and(|flag| flag.data == Data::Bool(true))
    };
    let mut added = Vec::new();
    for id in 0..definition.steps.len() {
        let has_error_port = graph.ports_of(id).any(|(port, _)| port == "error");
        // A step that has left the loop, or that runs outside of it too, is no part of an iteration.
        let mut around = loops.around(id).iter().rev();
        // Where it stands in a branch, the branch fails, and the parallel step is what goes on.
        let is_direct = |head: StepId| {
            let own = strands.outwards(strands.home(id)).next();
            strands.home(id) == strands.home(head)
                || own.is_some_and(|(_, strand)| strand.owner == head)
        };
        let is_part = |head: StepId| loops.returns(id, head) || strands.iterates(id, head);
        let head = around.find(|head| goes_on(head) && is_direct(**head) && is_part(**head));
        if let Some(head) = head.filter(|_| !has_error_port) {
            added.push((id, *head));
        }
    }
    for (id, head) in &added {
        if let Some(ports) = graph.ports.get_mut(*id) {
            ports.insert("error", Target::Step(*head));
        }
    }
    if added.is_empty() {
        return (graph, loops);
    }
    let loops = Loops::find(&graph, heads);
    (graph, loops)
}

/// A graph in which a loop over a written list is done only after its body: a head that some step leads back to is two,
/// one that begins the list and one that goes on with it. The second ones stand behind all steps.
pub(super) fn begun(definition: &Definition, loops: &Loops, mut graph: Graph) -> Graph {
    let is_begun = |step: &Step| {
        let items = step.config.get("items").map(Node::elements);
        let is_written = items.is_some_and(|items| !items.is_empty());
        step.kind == Kind::Loop && is_written && steps::concurrency(step).is_none()
    };
    let heads = definition.steps.iter().enumerate();
    let heads = heads.filter(|(id, step)| is_begun(step) && loops.is_advanced(*id));
    // The steps of which a node of the graph is a second one.
    let mut originals: Vec<StepId> = (0..definition.steps.len()).collect();
    for (head, _) in heads {
        let second = Target::Step(graph.ports.len());
        for (ports, source) in graph.ports.iter_mut().zip(&originals) {
            for (port, target) in ports.iter_mut() {
                let advances = loops.mode(*source, port, head) == Ok(LoopMode::Advance);
                if *target == Target::Step(head) && advances {
                    *target = second;
                }
            }
        }
        let Some(first) = graph.ports.get_mut(head) else {
            continue;
        };
        let ports = first.clone();
        first.shift_remove("done");
        graph.ports.push(ports);
        originals.push(head);
    }
    graph
}

/// Warns of loops that no step leads back to: only their first item has its turn.
pub(super) fn unreturned(
    definition: &Definition,
    graph: &Graph,
    loops: &Loops,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let reachable = graph.reachable();
    for (id, step) in definition.steps.iter().enumerate() {
        let is_loop = step.kind == Kind::Loop && reachable.contains(id);
        if !is_loop || loops.is_advanced(id) || steps::concurrency(step).is_some() {
            continue;
        }
        let place = step
            .ports
            .get("next")
            .map_or(&step.slug_place, |edge| &edge.place);
        let message = format!(
            "no step leads back to loop `{}`, so only its first item has its turn",
            step.slug
        );
        diagnostics.push(
            Diagnostic::warning(codes::UNRETURNED_LOOP, message)
                .at(place.pointer.clone(), place.span.clone())
                .help(format!(
                    "let the last step of the body continue to `{}`",
                    step.slug
                )),
        );
    }
}

/// Refuses cycles that nothing leaves: those that pass no condition and take no item from a loop's list.
pub(super) fn endless(
    definition: &Definition,
    graph: &Graph,
    loops: &Loops,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let reachable = graph.reachable();
    let keeps = |id: StepId| {
        let step = definition.steps.get(id);
        let decides = step.is_some_and(|step| {
            matches!(step.kind, Kind::Condition | Kind::Switch) || step.kind.waits()
        });
        !decides && reachable.contains(id)
    };
    let is_kept = |source: StepId, port: &str, target: StepId| {
        let is_loop = definition
            .steps
            .get(target)
            .is_some_and(|step| step.kind == Kind::Loop);
        let takes = is_loop && loops.mode(source, port, target) != Ok(LoopMode::Start);
        keeps(source) && keeps(target) && !takes
    };
    let mut said = BTreeSet::new();
    let is_loop = |id: &StepId| {
        let step = definition.steps.get(*id);
        step.is_some_and(|step| step.kind == Kind::Loop)
    };
    for cycle in graph.cycles(is_kept) {
        let (message, help) = if is_left(graph, &cycle) && cycle.iter().any(is_loop) {
            (
                "the loop in the cycle of {} begins anew each time, since its body is come to from elsewhere",
                "lead to the loop first, and to its body by `next` alone; what is to happen before is a step of its own",
            )
        } else if is_left(graph, &cycle) {
            (
                "nothing counts how often the cycle of {} is gone through",
                "give the step that is tried again a `retryPolicy`, or let the cycle pass a condition",
            )
        } else {
            (
                "nothing decides when to leave the cycle of {}",
                "let the cycle pass a condition, or lead back to a loop from inside of it",
            )
        };
        diagnostics.extend(cycle_error(definition, &cycle, message, help));
        said.extend(cycle);
    }
    // A cycle that passes a condition, of which no port leads out.
    let is_whole = |source: StepId, _: &str, target: StepId| {
        reachable.contains(source) && reachable.contains(target)
    };
    for cycle in graph.cycles(is_whole) {
        if is_left(graph, &cycle) || cycle.iter().any(|step| said.contains(step)) {
            continue;
        }
        let message = "no port leads out of the cycle of {}";
        let help = "let a port of its condition lead on, or to `end`";
        diagnostics.extend(cycle_error(definition, &cycle, message, help));
    }
}

/// Whether a port leads out of a cycle, whose steps are in order.
fn is_left(graph: &Graph, cycle: &[StepId]) -> bool {
    cycle.iter().any(|step| {
        let mut ports = graph.ports_of(*step);
        ports.any(|(_, target)| match target {
            Target::Step(target) => cycle.binary_search(&target).is_err(),
            Target::End => true,
        })
    })
}

/// An error about a cycle, at its first step.
fn cycle_error(
    definition: &Definition,
    cycle: &[StepId],
    message: &str,
    help: &str,
) -> Option<Diagnostic> {
    let steps = cycle.iter().filter_map(|id| definition.steps.get(*id));
    let slugs: Vec<String> = steps.map(|step| format!("`{}`", step.slug)).collect();
    let place = &definition.steps.get(*cycle.first()?)?.slug_place;
    Some(
        Diagnostic::error(
            codes::ENDLESS_CYCLE,
            message.replace("{}", &slugs.join(", ")),
        )
        .at(place.pointer.clone(), place.span.clone())
        .help(help),
    )
}

/// Warns of steps in a loop's body that lead nowhere: the run ends with the first item that comes to them.
pub(super) fn ended(
    definition: &Definition,
    loops: &Loops,
    graph: &Graph,
    strands: &Strands,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let reachable = graph.reachable();
    for (id, step) in definition.steps.iter().enumerate() {
        // What ends in a strand ends only the strand.
        if strands.home(id).is_some() {
            continue;
        }
        // A parallel step without ports goes on where its branches come together.
        let comes_together = strands
            .joins()
            .any(|(owner, target)| owner == id && matches!(target, Target::Step(_)));
        let is_silent = step.ports.is_empty() && !step.has_refused_port && !comes_together;
        // Of a loop that no step leads back to, that is said already.
        let head = loops.around(id).last();
        let head = head.filter(|head| loops.is_advanced(**head));
        let head = head.and_then(|head| definition.steps.get(*head));
        let Some(head) = head.filter(|_| is_silent && reachable.contains(id)) else {
            continue;
        };
        let is_output = step.kind == Kind::Transform && step.config.get("type").is_none();
        if is_output || loops.is_shared(id) {
            continue;
        }
        let message = format!(
            "step `{}` stands in loop `{}` and leads nowhere, so the run ends with the first item that comes to it",
            step.slug, head.slug
        );
        let place = &step.slug_place;
        diagnostics.push(
            Diagnostic::warning(codes::MISSING_PORT, message)
                .at(place.pointer.clone(), place.span.clone())
                .help(format!(
                    "let it continue to `{}`, or to `end` if that is meant",
                    head.slug
                )),
        );
    }
}

/// Refuses edges into a loop that could begin its list or go on with it, depending on how the run came there.
pub(super) fn ambiguous(
    definition: &Definition,
    graph: &Graph,
    loops: &Loops,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let reachable = graph.reachable();
    for (id, step) in definition
        .steps
        .iter()
        .enumerate()
        .filter(|(id, _)| reachable.contains(*id))
    {
        for (port, head) in graph.edges_of(id) {
            let Some(head_step) = definition
                .steps
                .get(head)
                .filter(|head| head.kind == Kind::Loop)
            else {
                continue;
            };
            if loops.mode(id, port, head).is_ok() {
                continue;
            }
            let place = step
                .ports
                .get(port)
                .map_or(&step.slug_place, |edge| &edge.place);
            let message = format!(
                "step `{}` can run both inside and outside of loop `{}`, so it is unclear whether its `{port}` begins the list or goes on with it",
                step.slug, head_step.slug
            );
            diagnostics.push(
                Diagnostic::error(codes::AMBIGUOUS_LOOP_EDGE, message)
                    .at(place.pointer.clone(), place.span.clone())
                    .help("use one copy of the step inside of the loop and another outside"),
            );
        }
    }
}
