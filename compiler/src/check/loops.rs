//! Loops and cycles: what stands in which loop, and whether every cycle can be left.

use pawl_contract::Kind;

use crate::definition::Definition;
use crate::diagnostic::{Diagnostic, codes};
use crate::graph::{Graph, Loops, StepId, Target};
use crate::source::Data;

/// Finds the loops; in a loop with `continueOnError`, a failing step without an `error` port goes on with the next item.
pub(super) fn find(definition: &Definition, mut graph: Graph) -> (Graph, Loops) {
    let is = |id: &StepId, kind: Kind| {
        definition
            .steps
            .get(*id)
            .is_some_and(|step| step.kind == kind)
    };
    let heads: Vec<StepId> = (0..definition.steps.len())
        .filter(|id| is(id, Kind::Loop))
        .collect();
    let loops = Loops::find(&graph, heads.iter().copied());
    let mut is_changed = false;
    for id in 0..definition.steps.len() {
        let Some(innermost) = loops.around(id).pop() else {
            continue;
        };
        let goes_on = definition
            .steps
            .get(innermost)
            .and_then(|step| step.config.get("continueOnError"));
        let Some(ports) = graph.ports.get_mut(id) else {
            continue;
        };
        if goes_on.is_some_and(|node| node.data == Data::Bool(true)) && !ports.contains_key("error")
        {
            ports.insert("error", Target::Step(innermost));
            is_changed = true;
        }
    }
    if is_changed {
        let loops = Loops::find(&graph, heads);
        return (graph, loops);
    }
    (graph, loops)
}

/// Refuses cycles that pass neither a condition nor a loop.
pub(super) fn endless(definition: &Definition, graph: &Graph, diagnostics: &mut Vec<Diagnostic>) {
    let reachable = graph.reachable();
    let keeps = |id: StepId| {
        let decides = definition
            .steps
            .get(id)
            .is_some_and(|step| matches!(step.kind, Kind::Condition | Kind::Loop));
        !decides && reachable.contains(&id)
    };
    for cycle in graph.cycles(keeps) {
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
            .help("let the cycle pass a condition or a loop"),
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
        .filter(|(id, _)| reachable.contains(id))
    {
        for (port, target) in graph.ports_of(id) {
            let Target::Step(head) = target else { continue };
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
