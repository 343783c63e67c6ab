//! The graph of steps: who continues where, by which port, and what stands in which loop.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use pawl_contract::LoopMode;
use petgraph::algo::dominators::{self, Dominators};
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

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

    /// The step that a port leads to, if it leads to one.
    pub fn step_at(&self, step: StepId, port: &str) -> Option<StepId> {
        match self.ports.get(step)?.get(port)? {
            Target::Step(target) => Some(*target),
            Target::End => None,
        }
    }

    /// Every step that can be reached from `starts`, the starts included, without entering a step that is `barred`.
    pub fn reach(
        &self,
        starts: impl IntoIterator<Item = StepId>,
        barred: &BTreeSet<StepId>,
    ) -> BTreeSet<StepId> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<StepId> = starts.into_iter().collect();
        while let Some(step) = open.pop() {
            if barred.contains(&step) || !reached.insert(step) {
                continue;
            }
            open.extend(self.successors(step));
        }
        reached
    }

    /// Every step that a run can come to.
    pub fn reachable(&self) -> BTreeSet<StepId> {
        self.reach(self.entry_step(), &BTreeSet::new())
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
        let mut graph: DiGraphMap<StepId, ()> = DiGraphMap::new();
        for step in 0..self.ports.len() {
            for (port, target) in self.ports_of(step) {
                if let Target::Step(target) = target
                    && keeps(step, port, target)
                {
                    graph.add_edge(step, target, ());
                }
            }
        }
        let is_cycle = |group: &Vec<StepId>| {
            let own = group.first();
            group.len() > 1 || own.is_some_and(|step| graph.contains_edge(*step, *step))
        };
        let mut cycles: Vec<Vec<StepId>> = tarjan_scc(&graph);
        cycles.retain(is_cycle);
        for cycle in &mut cycles {
            cycle.sort_unstable();
        }
        cycles.sort();
        cycles
    }

    fn dominators(&self) -> Option<Dominators<StepId>> {
        Some(dominators::simple_fast(&self.as_map(), self.entry_step()?))
    }

    fn successors(&self, step: StepId) -> impl Iterator<Item = StepId> {
        self.ports_of(step).filter_map(|(_, target)| match target {
            Target::Step(step) => Some(step),
            Target::End => None,
        })
    }

    fn as_map(&self) -> DiGraphMap<StepId, ()> {
        let mut graph = DiGraphMap::new();
        for step in 0..self.ports.len() {
            graph.add_node(step);
            for successor in self.successors(step) {
                graph.add_edge(step, successor, ());
            }
        }
        graph
    }
}

/// What the loops of a graph mean for its steps and edges.
#[derive(Debug, Clone, Default)]
pub struct Loops {
    /// For every loop head: the steps that can stand in an iteration of it.
    bodies: BTreeMap<StepId, BTreeSet<StepId>>,
    /// For every loop head: the steps from which an edge into it begins its list.
    starts: BTreeMap<StepId, BTreeSet<StepId>>,
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
        let Some(dominators) = graph.dominators() else {
            return Self::default();
        };
        let mut loops = Self::default();
        for head in heads {
            let above: BTreeSet<StepId> = dominators
                .dominators(head)
                .into_iter()
                .flatten()
                .chain([head])
                .collect();
            loops
                .bodies
                .insert(head, graph.reach(graph.step_at(head, "next"), &above));
            let outside = ["done", "error"]
                .into_iter()
                .filter_map(|port| graph.step_at(head, port));
            let starts = graph.reach(
                graph.entry_step().into_iter().chain(outside),
                &BTreeSet::from([head]),
            );
            loops.starts.insert(head, starts);
        }
        loops
    }

    /// The loops that a step may stand in, outermost first.
    pub fn around(&self, step: StepId) -> Vec<StepId> {
        let mut heads: Vec<StepId> = self
            .bodies
            .iter()
            .filter(|(_, body)| body.contains(&step))
            .map(|(head, _)| *head)
            .collect();
        let depth = |head: &StepId| {
            self.bodies
                .values()
                .filter(|body| body.contains(head))
                .count()
        };
        heads.sort_by_key(|head| (depth(head), *head));
        heads
    }

    /// Whether a step of a loop's body comes back to the head, and runs only inside of the loop.
    pub fn returns(&self, graph: &Graph, step: StepId, head: StepId) -> bool {
        let (Some(body), Some(starts)) = (self.bodies.get(&head), self.starts.get(&head)) else {
            return false;
        };
        let outside: BTreeSet<StepId> = (0..graph.ports.len())
            .filter(|other| *other != head && !body.contains(other))
            .collect();
        body.contains(&step)
            && !starts.contains(&step)
            && graph.reach([step], &outside).contains(&head)
    }

    /// Whether some edge goes on with a loop's list.
    pub fn is_advanced(&self, graph: &Graph, head: StepId) -> bool {
        let leads = |step: StepId| {
            let mut ports = graph.ports_of(step);
            ports.any(|(port, target)| {
                target == Target::Step(head) && self.mode(step, port, head) != Ok(LoopMode::Start)
            })
        };
        (0..graph.ports.len()).any(leads)
    }

    /// Whether an edge from `source` by `port` into `head` begins its list or goes on with it.
    pub fn mode(
        &self,
        source: StepId,
        port: &str,
        head: StepId,
    ) -> Result<LoopMode, AmbiguousEdge> {
        if source == head {
            return Ok(if port == "next" {
                LoopMode::Advance
            } else {
                LoopMode::Start
            });
        }
        let holds = |sets: &BTreeMap<StepId, BTreeSet<StepId>>| {
            sets.get(&head).is_some_and(|set| set.contains(&source))
        };
        match (holds(&self.bodies), holds(&self.starts)) {
            (true, true) => Err(AmbiguousEdge),
            (true, false) => Ok(LoopMode::Advance),
            (false, _) => Ok(LoopMode::Start),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph of edges `(source, port, target)`, entered at step 0; a target of `-1` is the end.
    fn graph(steps: usize, edges: &[(StepId, &'static str, i64)]) -> Graph {
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
