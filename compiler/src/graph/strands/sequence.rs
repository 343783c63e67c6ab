//! The graph in which what runs side by side runs one after the other: it tells what has happened before a step.

use super::{BRANCHES, StrandId, Strands, step_of};
use crate::graph::{Graph, StepId, Target};

impl Strands {
    /// The graph in which branches run one after the other: what has happened behind their join is then known by paths.
    ///
    /// A step in a branch that has no way on when it fails goes where its parallel step does.
    pub fn in_sequence(&self, graph: &Graph) -> Graph {
        let mut sequence = graph.clone();
        for (step, ports) in sequence.ports.iter_mut().enumerate() {
            let home = self.home(step);
            for target in ports.values_mut() {
                // What a step begins itself is no way out of the strand that it stands in.
                if !self.begins(step, *target) {
                    *target = self.onward(home, *target);
                }
            }
            if let Some(join) = self.joins.get(&step) {
                let mut branches = self.of(step);
                let first = branches.find_map(|(_, strand)| {
                    Some(strand.entry).filter(|entry| self.begins(step, *entry))
                });
                let first = first.unwrap_or_else(|| self.onward(home, *join));
                ports.retain(|port, _| *port == "error");
                ports.insert(BRANCHES[0], first);
            }
            let around = self.outwards(home).find_map(|(_, strand)| {
                let ports = graph.ports.get(strand.owner)?;
                let error = ports.get("error")?;
                Some(self.onward(self.home(strand.owner), *error))
            });
            if let Some(error) = around
                && !ports.contains_key("error")
            {
                ports.insert("error", error);
            }
        }
        sequence
    }

    /// Whether a target stands in a strand that a step begins.
    fn begins(&self, step: StepId, target: Target) -> bool {
        let home = step_of(target).and_then(|target| self.strand(self.home(target)?));
        home.is_some_and(|strand| strand.owner == step)
    }

    /// Where a step of a strand leads in the sequence of all.
    fn onward(&self, home: Option<StrandId>, target: Target) -> Target {
        let Some(strand) = home.and_then(|id| self.strand(id)) else {
            return target;
        };
        if self.inside(home, target) != Target::End {
            return target;
        }
        let owner = strand.owner;
        if strand.iterates {
            return Target::Step(owner);
        }
        let siblings = self.of(owner);
        let mut later = siblings.filter(|(_, other)| other.number > strand.number);
        // A branch without steps is over at once.
        let next = later.find_map(|(id, other)| match self.inside(Some(id), other.entry) {
            Target::Step(step) => Some(Target::Step(step)),
            Target::End => None,
        });
        next.unwrap_or_else(|| {
            let join = self.joins.get(&owner).copied().unwrap_or(Target::End);
            self.onward(self.home(owner), join)
        })
    }
}
