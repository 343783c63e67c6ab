//! The graph of steps: who continues where, by which port, and what stands in which loop.

mod loops;
mod order;
mod strands;

use fixedbitset::FixedBitSet;
use indexmap::IndexMap;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

pub use loops::{AmbiguousEdge, Loops};
pub use order::{Event, Order};
pub use strands::{Apart, BRANCHES, Division, Fault, StrandId, Strands};

/// A step, by its place in the definition's list.
pub type StepId = usize;

/// Where an edge leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// To a step.
    Step(StepId),
    /// To the end of the strand.
    End,
}

/// Steps and the edges between them.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// Where the run begins.
    pub entry: Option<Target>,
    /// For every step: its ports, in the order of its kind, and where each leads.
    pub ports: Vec<IndexMap<&'static str, Target>>,
}

impl Graph {
    /// The ports of a step.
    pub fn ports_of(&self, step: StepId) -> impl Iterator<Item = (&'static str, Target)> {
        self.ports
            .get(step)
            .into_iter()
            .flatten()
            .map(|(port, target)| (*port, *target))
    }

    /// The ports of a step that lead to another step.
    pub fn edges_of(&self, step: StepId) -> impl Iterator<Item = (&'static str, StepId)> {
        self.ports_of(step)
            .filter_map(|(port, target)| match target {
                Target::Step(target) => Some((port, target)),
                Target::End => None,
            })
    }

    /// The step that a port leads to, if it leads to one.
    pub fn step_at(&self, step: StepId, port: &str) -> Option<StepId> {
        match self.ports.get(step)?.get(port)? {
            Target::Step(target) => Some(*target),
            Target::End => None,
        }
    }

    /// For every step: the steps and ports that lead to it.
    pub fn incoming(&self) -> Vec<Vec<(StepId, &'static str)>> {
        let mut incoming = vec![Vec::new(); self.ports.len()];
        for source in 0..self.ports.len() {
            for (port, target) in self.edges_of(source) {
                if let Some(sources) = incoming.get_mut(target) {
                    sources.push((source, port));
                }
            }
        }
        incoming
    }

    /// Every step that can be reached from `starts`, the starts included, without entering one that is `barred`.
    pub fn reach(
        &self,
        starts: impl IntoIterator<Item = StepId>,
        barred: impl Fn(StepId) -> bool,
    ) -> FixedBitSet {
        let mut reached = FixedBitSet::with_capacity(self.ports.len());
        let mut open: Vec<StepId> = starts.into_iter().collect();
        while let Some(step) = open.pop() {
            if barred(step) || reached.put(step) {
                continue;
            }
            open.extend(self.edges_of(step).map(|(_, target)| target));
        }
        reached
    }

    /// Every step that a run can come to.
    pub fn reachable(&self) -> FixedBitSet {
        self.reach(self.entry_step(), |_| false)
    }

    /// The first step, unless the run ends at once.
    pub fn entry_step(&self) -> Option<StepId> {
        match self.entry? {
            Target::Step(step) => Some(step),
            Target::End => None,
        }
    }

    /// The groups of steps that lie on a common cycle of the edges that are kept.
    pub fn cycles(&self, keeps: impl Fn(StepId, &str, StepId) -> bool) -> Vec<Vec<StepId>> {
        let keeps = &keeps;
        let kept = |step: StepId| {
            let edges = self.edges_of(step);
            let edges = edges.filter(move |(port, target)| keeps(step, port, *target));
            edges.map(|(_, target)| target)
        };
        let mut cycles = cycles(self.ports.len(), kept);
        for cycle in &mut cycles {
            cycle.sort_unstable();
        }
        cycles.sort();
        cycles
    }
}

/// The groups of nodes, of as many as are counted, that lie on a common cycle of edges.
pub(crate) fn cycles<Edges: Iterator<Item = usize>>(
    count: usize,
    edges: impl Fn(usize) -> Edges,
) -> Vec<Vec<usize>> {
    let mut graph: DiGraph<(), (), usize> = DiGraph::with_capacity(count, count);
    for _ in 0..count {
        graph.add_node(());
    }
    for source in 0..count {
        for target in edges(source) {
            graph.add_edge(source.into(), target.into(), ());
        }
    }
    let groups = tarjan_scc(&graph).into_iter();
    let is_cycle = |group: &Vec<NodeIndex<usize>>| {
        let own = group.first();
        group.len() > 1 || own.is_some_and(|node| graph.contains_edge(*node, *node))
    };
    groups
        .filter(is_cycle)
        .map(|group| group.into_iter().map(NodeIndex::index).collect())
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A graph of edges `(source, port, target)`, entered at step 0; a target of `-1` is the end.
    pub(crate) fn graph(steps: usize, edges: &[(StepId, &'static str, i64)]) -> Graph {
        let mut ports = vec![IndexMap::new(); steps];
        for (source, port, target) in edges {
            let target = usize::try_from(*target).map_or(Target::End, Target::Step);
            ports
                .get_mut(*source)
                .expect("a step")
                .insert(*port, target);
        }
        Graph {
            entry: Some(Target::Step(0)),
            ports,
        }
    }

    #[test]
    fn cycles_are_found_among_the_edges_that_are_kept() {
        let ring = graph(
            3,
            &[
                (0, "success", 1),
                (1, "success", 2),
                (2, "true", 0),
                (2, "false", -1),
            ],
        );
        assert_eq!(ring.cycles(|_, _, _| true), [vec![0, 1, 2]]);
        assert!(ring.cycles(|source, _, _| source != 2).is_empty());
        let own = graph(1, &[(0, "success", 0)]);
        assert_eq!(own.cycles(|_, _, _| true), [vec![0]]);
    }
}
