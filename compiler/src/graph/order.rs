//! What has happened before a step: on every path to it, or on some.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use fixedbitset::FixedBitSet;
use petgraph::algo::dominators;
use petgraph::graph::{DiGraph, NodeIndex};

use super::{Graph, StepId};

/// Whether a step has run before another one.
///
/// A step is two nodes: that it ran, and that it succeeded. Its `error` port leaves from the first, all other ports
/// from the second. What has happened on every path to a step is then what dominates it.
#[derive(Debug)]
pub struct Order<'g> {
    graph: &'g Graph,
    reachable: FixedBitSet,
    /// When a walk through the tree of dominators enters and leaves each node.
    walk: Vec<(usize, usize)>,
    /// The steps that can come after some event; found when they are first asked for.
    after: RefCell<BTreeMap<(StepId, Event), FixedBitSet>>,
    /// The steps that a run can come to while none of some steps succeeds; found when they are first asked for.
    without: RefCell<BTreeMap<Vec<StepId>, FixedBitSet>>,
}

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// It ran, whatever came of it.
    Ran,
    /// It left by another port than `error`.
    Succeeded,
    /// It left by its `error` port.
    Failed,
}

impl<'g> Order<'g> {
    /// Analyses a graph.
    pub fn find(graph: &'g Graph) -> Self {
        let mut nodes = DiGraph::<(), ()>::with_capacity(2 * graph.ports.len(), 0);
        for _ in 0..2 * graph.ports.len() {
            nodes.add_node(());
        }
        for step in 0..graph.ports.len() {
            nodes.add_edge(ran(step), succeeded(step), ());
            for (port, target) in graph.edges_of(step) {
                let source = if port == "error" {
                    ran(step)
                } else {
                    succeeded(step)
                };
                nodes.add_edge(source, ran(target), ());
            }
        }
        Self {
            graph,
            reachable: graph.reachable(),
            walk: graph
                .entry_step()
                .map(|entry| walk(&nodes, ran(entry)))
                .unwrap_or_default(),
            after: RefCell::default(),
            without: RefCell::default(),
        }
    }

    /// Whether a run can come to a step at all.
    pub fn is_reachable(&self, step: StepId) -> bool {
        self.reachable.contains(step)
    }

    /// Whether every path to `step` passes `above`.
    pub(super) fn passes(&self, above: StepId, step: StepId) -> bool {
        self.dominates(ran(above), ran(step))
    }

    /// Whether something has happened to `step` on every path to `reader`, before it.
    pub fn always(&self, step: StepId, event: Event, reader: StepId) -> bool {
        let node = match event {
            Event::Ran => ran(step),
            Event::Succeeded => succeeded(step),
            // Whatever fails could have succeeded.
            Event::Failed => return false,
        };
        step != reader && self.dominates(node, ran(reader))
    }

    /// Whether something can have happened to `step` before `reader`.
    pub fn ever(&self, step: StepId, event: Event, reader: StepId) -> bool {
        if !self.is_reachable(step) {
            return false;
        }
        if self.always(step, event, reader) {
            return true;
        }
        let mut after = self.after.borrow_mut();
        let after = after.entry((step, event)).or_insert_with(|| {
            let edges = self.graph.edges_of(step).filter(|(port, _)| match event {
                Event::Ran => true,
                Event::Succeeded => *port != "error",
                Event::Failed => *port == "error",
            });
            self.graph.reach(edges.map(|(_, target)| target), |_| false)
        });
        after.contains(reader)
    }

    /// Whether one of several steps has succeeded on every path to `reader`, before it.
    pub fn one_always(&self, steps: &[StepId], reader: StepId) -> bool {
        if steps
            .iter()
            .any(|step| self.always(*step, Event::Succeeded, reader))
        {
            return true;
        }
        // Whoever can come to the reader without any of them succeeding proves the opposite.
        let mut without = self.without.borrow_mut();
        let without = without.entry(steps.to_vec()).or_insert_with(|| {
            let met: BTreeSet<StepId> = steps.iter().copied().collect();
            self.reached_by(|step, port| port == "error" || !met.contains(&step))
        });
        !without.contains(reader)
    }

    /// Whether a run comes to `reader` by one way of a choice alone: what was asked there is settled.
    pub fn is_behind_one_way(&self, choice: StepId, reader: StepId) -> bool {
        choice != reader
            && self.graph.edges_of(choice).any(|(without, _)| {
                let others = |step, port: &str| step != choice || port != without;
                !self.reached_by(others).contains(reader)
            })
    }

    /// The steps that a run comes to from its first by these ports alone.
    fn reached_by(&self, may_leave: impl Fn(StepId, &str) -> bool) -> FixedBitSet {
        let mut reached = FixedBitSet::with_capacity(self.graph.ports.len());
        let mut open: Vec<StepId> = self.graph.entry_step().into_iter().collect();
        while let Some(step) = open.pop() {
            if reached.put(step) {
                continue;
            }
            let edges = self.graph.edges_of(step);
            let passed = edges.filter(|(port, _)| may_leave(step, port));
            open.extend(passed.map(|(_, target)| target));
        }
        reached
    }

    fn dominates(&self, above: NodeIndex, below: NodeIndex) -> bool {
        match (self.walk.get(above.index()), self.walk.get(below.index())) {
            (Some(above), Some(below)) => above.0 > 0 && above.0 < below.0 && below.1 < above.1,
            _ => false,
        }
    }
}

fn ran(step: StepId) -> NodeIndex {
    NodeIndex::new(2 * step)
}

fn succeeded(step: StepId) -> NodeIndex {
    NodeIndex::new(2 * step + 1)
}

/// Walks the tree of dominators: one node dominates another if it is entered before and left after it.
///
/// Nodes that cannot be reached are never entered, and keep 0.
fn walk(nodes: &DiGraph<(), ()>, entry: NodeIndex) -> Vec<(usize, usize)> {
    let dominators = dominators::simple_fast(nodes, entry);
    let mut children = vec![Vec::new(); nodes.node_count()];
    for node in nodes.node_indices() {
        let above = dominators.immediate_dominator(node);
        if let Some(siblings) = above.and_then(|above| children.get_mut(above.index())) {
            siblings.push(node);
        }
    }
    let mut walk = vec![(0, 0); nodes.node_count()];
    let mut clock = 0;
    let mut open = vec![(entry, false)];
    while let Some((node, is_done)) = open.pop() {
        clock += 1;
        let Some(times) = walk.get_mut(node.index()) else {
            continue;
        };
        if is_done {
            times.1 = clock;
            continue;
        }
        times.0 = clock;
        open.push((node, true));
        let below = children.get(node.index()).into_iter().flatten();
        open.extend(below.map(|child| (*child, false)));
    }
    walk
}

#[cfg(test)]
mod tests {
    use super::super::tests::graph;
    use super::Event::{Failed, Ran, Succeeded};
    use super::*;

    #[test]
    fn what_has_happened_is_known_on_every_path_and_on_some() {
        // 0 acts, 1 handles its failure, 2 decides, 3 is one way, 4 is where both ways meet; 5 comes after a cycle.
        let graph = graph(
            6,
            &[
                (0, "success", 2),
                (0, "error", 1),
                (1, "success", 2),
                (2, "true", 3),
                (2, "false", 4),
                (3, "success", 4),
                (4, "true", 2),
                (4, "false", 5),
                (5, "success", -1),
            ],
        );
        let order = Order::find(&graph);
        // Each row: step, event, reader, always, ever.
        let rows = [
            (0, Ran, 2, true, true),
            (0, Succeeded, 2, false, true),
            (0, Failed, 1, false, true),
            (0, Succeeded, 1, false, false),
            (3, Ran, 4, false, true),
            (3, Ran, 2, false, true),
            (4, Ran, 5, true, true),
            (5, Ran, 4, false, false),
            (2, Ran, 2, false, true),
            (0, Ran, 0, false, false),
        ];
        for (step, event, reader, always, ever) in rows {
            let found = (
                order.always(step, event, reader),
                order.ever(step, event, reader),
            );
            assert_eq!(found, (always, ever), "{step} {event:?} before {reader}");
        }
        assert!(order.one_always(&[0, 1], 2), "either way sets it");
        assert!(!order.one_always(&[0, 3], 4));
        assert!(order.one_always(&[2], 5));
    }
}
