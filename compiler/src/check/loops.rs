//! Loops and cycles: what stands in which loop, and whether every cycle can be left.

use pawl_contract::{Kind, LoopMode};

use crate::definition::Definition;
use crate::diagnostic::{Diagnostic, codes};
use crate::graph::{Graph, Loops, StepId, Target};
use crate::source::Data;

/// Finds the loops; in a loop with `continueOnError`, a failing step without an `error` port goes on with the next item.
pub(super) fn find(definition: &Definition, mut graph: Graph) -> (Graph, Loops) {
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
        let head = around.find(|head| goes_on(head) && loops.returns(id, **head));
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
        if !is_loop || loops.is_advanced(id) {
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
        let decides = step.is_some_and(|step| step.kind == Kind::Condition);
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
    for cycle in graph.cycles(is_kept) {
        let steps: Vec<_> = cycle
            .iter()
            .filter_map(|id| definition.steps.get(*id))
            .collect();
        let Some(first) = steps.first() else { continue };
        let slugs = steps
            .iter()
            .map(|step| format!("`{}`", step.slug))
            .collect::<Vec<_>>()
            .join(", ");
        diagnostics.push(
            Diagnostic::error(
                codes::ENDLESS_CYCLE,
                format!("nothing decides when to leave the cycle of {slugs}"),
            )
            .at(
                first.slug_place.pointer.clone(),
                first.slug_place.span.clone(),
            )
            .help("let the cycle pass a condition, or lead back to a loop from inside of it"),
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
