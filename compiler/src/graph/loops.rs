//! Loops: which steps stand in an iteration, and which edges begin a list or go on with it.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;
use pawl_contract::LoopMode;

use super::{Graph, StepId};
use crate::graph::order::Order;

/// What the loops of a graph mean for its steps and edges.
#[derive(Debug, Clone, Default)]
pub struct Loops {
    /// For every step: the loops that it may stand in, outermost first.
    around: Vec<Vec<StepId>>,
    /// For every edge into a loop head from another step, by source and head.
    modes: BTreeMap<(StepId, StepId), Result<LoopMode, AmbiguousEdge>>,
    /// The heads that some edge goes on with.
    advanced: FixedBitSet,
    /// For every loop head: the steps that come back to it and run only inside of it.
    returning: BTreeMap<StepId, FixedBitSet>,
    /// The steps that run outside of every loop, too.
    shared: FixedBitSet,
}

/// An edge that could both begin a loop's list and go on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmbiguousEdge;

impl Loops {
    /// Analyses the loops whose heads are given.
    ///
    /// A step stands in a loop when it is reachable from the head's `next` without passing the head or a step that
    /// dominates the head. It starts the loop when it is reachable from the entry or from another port of the head
    /// without passing the head.
    pub fn find(graph: &Graph, heads: impl IntoIterator<Item = StepId>) -> Self {
        let order = LazyCell::new(|| Order::find(graph));
        let incoming = graph.incoming();
        let count = graph.ports.len();
        let mut loops = Self {
            around: vec![Vec::new(); count],
            advanced: FixedBitSet::with_capacity(count),
            ..Self::default()
        };
        let mut only_inside = FixedBitSet::with_capacity(count);
        for head in heads {
            let body = graph.reach(graph.step_at(head, "next"), |step| {
                step == head || order.passes(step, head)
            });
            for step in body.ones() {
                if let Some(around) = loops.around.get_mut(step) {
                    around.push(head);
                }
            }
            let starts = starts(graph, &incoming, head, &body);
            let mut inside = body.clone();
            inside.difference_with(&starts);
            only_inside.union_with(&inside);
            let sources = incoming.get(head).into_iter().flatten();
            for (source, port) in sources {
                let mode = match (body.contains(*source), starts.contains(*source)) {
                    _ if *source == head => Ok(own_mode(port)),
                    (true, true) => Err(AmbiguousEdge),
                    (true, false) => Ok(LoopMode::Advance),
                    (false, _) => Ok(LoopMode::Start),
                };
                loops.modes.insert((*source, head), mode);
                if mode != Ok(LoopMode::Start) {
                    loops.advanced.insert(head);
                }
            }
            loops
                .returning
                .insert(head, returning(&incoming, head, &body, &starts));
        }
        loops.shared = FixedBitSet::with_capacity(count);
        loops.shared.toggle_range(..);
        loops.shared.difference_with(&only_inside);
        loops.sort();
        loops
    }

    /// Outer loops come first: those that stand in fewer loops themselves.
    fn sort(&mut self) {
        let depths: Vec<usize> = self.around.iter().map(Vec::len).collect();
        for around in &mut self.around {
            around.sort_by_key(|head| (depths.get(*head).copied(), *head));
        }
    }

    /// The loops that a step may stand in, outermost first.
    pub fn around(&self, step: StepId) -> &[StepId] {
        self.around.get(step).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a step of a loop's body comes back to the head, and runs only inside of the loop.
    pub fn returns(&self, step: StepId, head: StepId) -> bool {
        self.returning
            .get(&head)
            .is_some_and(|steps| steps.contains(step))
    }

    /// Whether a step that may stand in a loop may run outside of all of them as well.
    pub fn is_shared(&self, step: StepId) -> bool {
        self.shared.contains(step)
    }

    /// Whether some edge goes on with a loop's list.
    pub fn is_advanced(&self, head: StepId) -> bool {
        self.advanced.contains(head)
    }

    /// Whether an edge from `source` by `port` into `head` begins its list or goes on with it.
    pub fn mode(
        &self,
        source: StepId,
        port: &str,
        head: StepId,
    ) -> Result<LoopMode, AmbiguousEdge> {
        if source == head {
            return Ok(own_mode(port));
        }
        let known = self.modes.get(&(source, head));
        known.copied().unwrap_or(Ok(LoopMode::Start))
    }
}

/// A head's edge to itself.
fn own_mode(port: &str) -> LoopMode {
    if port == "next" {
        LoopMode::Advance
    } else {
        LoopMode::Start
    }
}

/// The steps of a loop's body from which an edge into the head begins its list.
fn starts(
    graph: &Graph,
    incoming: &[Vec<(StepId, &'static str)>],
    head: StepId,
    body: &FixedBitSet,
) -> FixedBitSet {
    let is_entered = |step: StepId| {
        let sources = incoming.get(step).into_iter().flatten();
        let mut others = sources.filter(|(source, port)| {
            (*source == head && *port != "next") || (*source != head && !body.contains(*source))
        });
        graph.entry_step() == Some(step) || others.next().is_some()
    };
    // Nearly every body is entered by its head alone; only others are worth a walk through the whole graph.
    if !body.ones().any(is_entered) {
        return FixedBitSet::with_capacity(graph.ports.len());
    }
    let outside = ["done", "error"];
    let outside = outside.iter().filter_map(|port| graph.step_at(head, port));
    let mut starts = graph.reach(graph.entry_step().into_iter().chain(outside), |step| {
        step == head
    });
    starts.intersect_with(body);
    starts
}

/// The steps of a body that come back to the head without leaving it, and that nothing else leads to.
fn returning(
    incoming: &[Vec<(StepId, &'static str)>],
    head: StepId,
    body: &FixedBitSet,
    starts: &FixedBitSet,
) -> FixedBitSet {
    let mut found = FixedBitSet::with_capacity(incoming.len());
    let mut open = vec![head];
    while let Some(step) = open.pop() {
        let sources = incoming.get(step).into_iter().flatten();
        for (source, _) in sources {
            if body.contains(*source) && !found.put(*source) {
                open.push(*source);
            }
        }
    }
    found.difference_with(starts);
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::graph;
    use super::*;

    #[test]
    fn an_edge_into_a_loop_starts_it_or_goes_on_with_it() {
        use LoopMode::{Advance, Start};
        // 0 is outside, 1 the outer loop, 2 a step, 3 the inner loop, 4 its body, 5 after the inner loop.
        let nested = graph(
            6,
            &[
                (0, "success", 1),
                (1, "next", 2),
                (1, "done", -1),
                (2, "success", 3),
                (3, "next", 4),
                (3, "done", 5),
                (4, "success", 3),
                (5, "success", 1),
            ],
        );
        // 0 fetches a page, 1 goes through it, 2 is the body, 3 asks for more and leads back to 0.
        let paging = graph(
            4,
            &[
                (0, "success", 1),
                (1, "next", 2),
                (2, "success", 1),
                (1, "done", 3),
                (3, "true", 0),
                (3, "false", -1),
            ],
        );
        // A body that leaves the loop and comes back to before it: 3 is outside again.
        let restart = graph(
            4,
            &[
                (0, "success", 1),
                (1, "next", 2),
                (1, "done", -1),
                (2, "true", 1),
                (2, "false", 3),
                (3, "success", 0),
            ],
        );
        // A step that both 0 (before the loop) and 2 (inside of it) lead to.
        let shared = graph(
            4,
            &[
                (0, "success", 1),
                (0, "error", 3),
                (1, "next", 2),
                (2, "success", 1),
                (2, "error", 3),
                (3, "success", 1),
                (1, "done", -1),
            ],
        );
        let rows = [
            (&nested, vec![1, 3], 0, "success", 1, Ok(Start)),
            (&nested, vec![1, 3], 5, "success", 1, Ok(Advance)),
            (&nested, vec![1, 3], 2, "success", 3, Ok(Start)),
            (&nested, vec![1, 3], 4, "success", 3, Ok(Advance)),
            (&nested, vec![1, 3], 3, "done", 3, Ok(Start)),
            (&nested, vec![1, 3], 3, "next", 3, Ok(Advance)),
            (&paging, vec![1], 0, "success", 1, Ok(Start)),
            (&paging, vec![1], 2, "success", 1, Ok(Advance)),
            (&restart, vec![1], 0, "success", 1, Ok(Start)),
            (&restart, vec![1], 2, "true", 1, Ok(Advance)),
            (&shared, vec![1], 3, "success", 1, Err(AmbiguousEdge)),
        ];
        for (row, (graph, heads, source, port, head, expected)) in rows.into_iter().enumerate() {
            assert_eq!(
                Loops::find(graph, heads).mode(source, port, head),
                expected,
                "row {row}"
            );
        }
        let loops = Loops::find(&nested, [1, 3]);
        assert_eq!(loops.around(4), [1, 3], "outermost first");
        assert_eq!(loops.around(5), [1]);
        assert!(loops.around(0).is_empty());
    }
}
