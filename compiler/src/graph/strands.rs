//! Strands: which steps run side by side, and where their ways come together again.
//!
//! A parallel step has a strand per branch, a loop with `concurrency` one that runs once per item. A strand holds the
//! steps that are reached from where it begins before the ways meet; nothing else may lead into it.

mod find;
mod sequence;

use std::collections::BTreeMap;

use super::{StepId, Target};
use find::step_of;

/// The ports by which a parallel step begins its branches.
pub const BRANCHES: [&str; 40] = [
    "branch 1",
    "branch 2",
    "branch 3",
    "branch 4",
    "branch 5",
    "branch 6",
    "branch 7",
    "branch 8",
    "branch 9",
    "branch 10",
    "branch 11",
    "branch 12",
    "branch 13",
    "branch 14",
    "branch 15",
    "branch 16",
    "branch 17",
    "branch 18",
    "branch 19",
    "branch 20",
    "branch 21",
    "branch 22",
    "branch 23",
    "branch 24",
    "branch 25",
    "branch 26",
    "branch 27",
    "branch 28",
    "branch 29",
    "branch 30",
    "branch 31",
    "branch 32",
    "branch 33",
    "branch 34",
    "branch 35",
    "branch 36",
    "branch 37",
    "branch 38",
    "branch 39",
    "branch 40",
];

/// A strand, by its place in the list of all.
pub type StrandId = usize;

/// What a step does to the run's line of visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// It goes several ways at once.
    Branches,
    /// It does the same for every item at once.
    Items,
}

/// A line of visits beside others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strand {
    /// The step that begins it.
    pub owner: StepId,
    /// Which of its owner's strands it is, from 1.
    pub number: usize,
    /// Whether it runs once per item.
    pub iterates: bool,
    /// Where it begins.
    pub entry: Target,
    /// The strand that its owner stands in.
    pub around: Option<StrandId>,
}

/// Why steps cannot run side by side as they are connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Two branches come to a step, and then go on together to others by several ways.
    Met {
        /// The step that divides.
        owner: StepId,
        /// The step to which both come.
        step: StepId,
    },
    /// A step inside is come to from outside.
    Shared {
        /// The step that divides.
        owner: StepId,
        /// The step inside.
        step: StepId,
        /// The step outside; none where the run begins with the one inside.
        source: Option<StepId>,
    },
    /// A branch leads back to where it began.
    Back {
        /// The step that divides.
        owner: StepId,
        /// The step inside.
        step: StepId,
    },
}

/// How two steps run that are read across strands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// In two branches of a step.
    Branches(StepId),
    /// One of them once per item of a step, which the other does not.
    Items(StepId),
}

/// The strands of a graph.
#[derive(Debug, Clone, Default)]
pub struct Strands {
    all: Vec<Strand>,
    /// For every step: the innermost strand that it stands in.
    homes: Vec<Option<StrandId>>,
    /// Where each parallel step goes on when its branches are done.
    joins: BTreeMap<StepId, Target>,
}

impl Strands {
    /// The strand that a step stands in; `None` is the root.
    pub fn home(&self, step: StepId) -> Option<StrandId> {
        self.homes.get(step).copied().flatten()
    }

    /// A strand.
    pub fn strand(&self, id: StrandId) -> Option<&Strand> {
        self.all.get(id)
    }

    /// The strands of a step that divides, in order.
    pub fn of(&self, owner: StepId) -> impl Iterator<Item = (StrandId, &Strand)> {
        let mut found: Vec<_> = self.all.iter().enumerate().collect();
        found.retain(|(_, strand)| strand.owner == owner);
        found.sort_by_key(|(_, strand)| strand.number);
        found.into_iter()
    }

    /// A strand and those around it, innermost first.
    pub fn outwards(&self, strand: Option<StrandId>) -> impl Iterator<Item = (StrandId, &Strand)> {
        let mut next = strand;
        std::iter::from_fn(move || {
            let id = next?;
            let strand = self.strand(id)?;
            next = strand.around;
            Some((id, strand))
        })
    }

    /// Where each parallel step goes on when its branches are done.
    pub fn joins(&self) -> impl Iterator<Item = (StepId, Target)> {
        self.joins.iter().map(|(step, target)| (*step, *target))
    }

    /// Where an edge leads, seen from the strand of its source: out of the strand is its end.
    pub fn within(&self, source: StepId, target: Target) -> Target {
        self.inside(self.home(source), target)
    }

    /// Where a run goes on that has come to the end of a strand.
    pub fn behind(&self, strand: Option<StrandId>) -> Target {
        let Some(strand) = strand.and_then(|id| self.strand(id)) else {
            return Target::End;
        };
        if strand.iterates {
            return Target::Step(strand.owner);
        }
        match self.joins.get(&strand.owner) {
            Some(Target::Step(step)) => Target::Step(*step),
            Some(Target::End) | None => self.behind(strand.around),
        }
    }

    /// Where a target leads, seen from a strand.
    pub fn inside(&self, strand: Option<StrandId>, target: Target) -> Target {
        match target {
            Target::Step(step) if self.home(step) == strand => target,
            Target::Step(_) | Target::End => Target::End,
        }
    }

    /// Whether a step runs once per item of a step, in the line that it begins.
    pub fn iterates(&self, step: StepId, owner: StepId) -> bool {
        let home = self.home(step).and_then(|home| self.strand(home));
        home.is_some_and(|strand| strand.iterates && strand.owner == owner)
    }

    /// How a step runs apart from another that reads it.
    pub fn apart(&self, read: StepId, reader: StepId) -> Option<Apart> {
        let around_reader: Vec<(StrandId, &Strand)> = self.outwards(self.home(reader)).collect();
        let own = |id: &StrandId| around_reader.iter().any(|(around, _)| around == id);
        self.outwards(self.home(read))
            .filter(|(id, _)| !own(id))
            .find_map(|(_, strand)| {
                let is_sibling = around_reader
                    .iter()
                    .any(|(_, around)| around.owner == strand.owner);
                if strand.iterates {
                    Some(Apart::Items(strand.owner))
                } else {
                    is_sibling.then_some(Apart::Branches(strand.owner))
                }
            })
    }
}
