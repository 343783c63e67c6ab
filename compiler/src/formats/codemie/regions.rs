//! Regions: which branch or iteration each state runs in, and where those end.
//!
//! The states of a branch go up to the one at which all branches meet; those of an iteration up to the one that follows
//! without the key. Each region has a flow of its own.

mod find;

use std::collections::BTreeMap;

use super::super::Translation;
use super::FLOW;
use super::knots;
use super::states::{Next, State};
use find::Finder;

/// A branch, an iteration, or the whole.
pub(super) struct Region {
    /// The region around it, and none around the whole.
    parent: Option<usize>,
    /// The variable that its states hand on.
    pub(super) flow: String,
    ends: Ends,
}

/// Where a region ends.
pub(super) enum Ends {
    Whole,
    /// A branch of the state `owner`, which meets the others at `join`.
    Branch {
        owner: usize,
        join: Option<usize>,
    },
    /// An iteration of the state `owner`, after which `after` follows.
    Iteration {
        owner: usize,
        key: String,
        after: Option<usize>,
    },
}

/// Where an edge leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leads {
    /// To a state's first step.
    State(usize),
    /// To where the branches of a state meet.
    Join(usize),
    /// Back to the loop of a state.
    Loop(usize),
    /// To the end.
    End,
}

/// The regions of all states.
pub(super) struct Regions {
    all: Vec<Region>,
    of: BTreeMap<usize, usize>,
    /// The region that each branch or iteration begins, by its owner and its first state.
    begun: BTreeMap<(usize, usize), usize>,
}

impl Regions {
    pub(super) fn find(states: &[State<'_>], translation: &mut Translation<'_>) -> Self {
        let whole = Region {
            parent: None,
            flow: FLOW.to_owned(),
            ends: Ends::Whole,
        };
        let mut regions = Self {
            all: vec![whole],
            of: BTreeMap::new(),
            begun: BTreeMap::new(),
        };
        let mut finder = Finder {
            states,
            regions: &mut regions,
            translation,
            led: BTreeMap::new(),
            crossings: Vec::new(),
        };
        if !states.is_empty() {
            finder.visit(0, 0);
        }
        for state in 0..states.len() {
            // What nothing leads to is said to be unreachable further on.
            if !finder.regions.of.contains_key(&state) {
                finder.visit(state, 0);
            }
        }
        let crossings = finder.crossings;
        knots::tell(&crossings, states, &regions, translation);
        regions
    }

    /// Where a region ends.
    pub(super) fn ends(&self, region: usize) -> Option<&Ends> {
        self.all.get(region).map(|region| &region.ends)
    }

    /// The region around one.
    pub(super) fn parent(&self, region: usize) -> Option<usize> {
        self.all.get(region)?.parent
    }

    /// The region that a state runs in.
    pub(super) fn region_of(&self, state: usize) -> usize {
        self.of.get(&state).copied().unwrap_or(0)
    }

    pub(super) fn region(&self, region: usize) -> Option<&Region> {
        self.all.get(region)
    }

    /// The region that a branch or an iteration begins.
    pub(super) fn begun(&self, owner: usize, head: usize) -> usize {
        self.begun.get(&(owner, head)).copied().unwrap_or(0)
    }

    /// The variable that a state hands on.
    pub(super) fn flow(&self, state: usize) -> &str {
        self.flow_of(self.region_of(state))
    }

    pub(super) fn flow_of(&self, region: usize) -> &str {
        self.all
            .get(region)
            .map_or(FLOW, |region| region.flow.as_str())
    }

    /// Where an edge from a region leads.
    pub(super) fn leads(&self, region: usize, target: Option<usize>, is_exit: bool) -> Leads {
        let ends = self.all.get(region).map(|region| &region.ends);
        match (ends, target) {
            (
                Some(Ends::Branch {
                    owner,
                    join: Some(join),
                }),
                Some(target),
            ) if *join == target => Leads::Join(*owner),
            (Some(Ends::Iteration { owner, after, .. }), target)
                if target.is_none() || is_exit || *after == target =>
            {
                Leads::Loop(*owner)
            }
            (_, Some(target)) => Leads::State(target),
            (_, None) => Leads::End,
        }
    }

    /// The state at which the branches or iterations meet of which a region is one.
    pub(super) fn meeting(&self, region: usize) -> Option<usize> {
        match self.ends(region)? {
            Ends::Whole => None,
            Ends::Branch { join, .. } => *join,
            Ends::Iteration { after, .. } => *after,
        }
    }

    /// Whether a branch or an iteration of a state may end without coming to where they meet.
    pub(super) fn may_end(&self, owner: usize, states: &[State<'_>]) -> bool {
        let mut inner = self.inner(owner);
        inner.any(|region| self.meeting(region).is_some() && self.is_left(region, states))
    }

    /// Whether a state in a region may lead to the end.
    fn is_left(&self, region: usize, states: &[State<'_>]) -> bool {
        let mut inside = (0..states.len()).filter(|at| self.of.get(at) == Some(&region));
        inside.any(|at| {
            let Some(state) = states.get(at) else {
                return false;
            };
            let never_meet = self.inner(at).any(|inner| self.meeting(inner).is_none());
            matches!(state.next, Next::One(None))
                || state.choices().contains(&None)
                || never_meet
                || self.may_end(at, states)
        })
    }

    /// The regions that a state begins.
    fn inner(&self, owner: usize) -> impl Iterator<Item = usize> {
        let begun = self.begun.range((owner, 0)..=(owner, usize::MAX));
        begun.map(|(_, region)| *region)
    }

    /// What follows a branch's join or an iteration's end, seen from the region around.
    pub(super) fn behind(&self, region: usize) -> Leads {
        let Some(found) = self.all.get(region) else {
            return Leads::End;
        };
        let parent = found.parent.unwrap_or(0);
        match &found.ends {
            Ends::Whole => Leads::End,
            Ends::Branch { join, .. } => self.leads(parent, *join, false),
            Ends::Iteration { after, .. } => self.leads(parent, *after, false),
        }
    }

    /// The keys of the iterations that a region stands in, the innermost one first.
    pub(super) fn keys_around(&self, region: usize) -> impl Iterator<Item = &str> {
        let around = std::iter::successors(Some(region), |at| self.parent(*at));
        around.filter_map(|region| match self.ends(region)? {
            Ends::Iteration { key, .. } => Some(key.as_str()),
            Ends::Branch { .. } | Ends::Whole => None,
        })
    }

    pub(super) fn is_iteration(&self, region: usize) -> bool {
        matches!(
            self.all.get(region).map(|region| &region.ends),
            Some(Ends::Iteration { .. })
        )
    }
}

/// What an edge with a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// It begins iterations.
    Begins,
    /// It goes on with the one that it stands in.
    GoesOn,
    /// It ends that one.
    Ends,
}

/// What the edge of a state with a key does: it begins iterations, unless the state stands in some of the same key.
pub(super) fn edge(states: &[State<'_>], regions: &Regions, at: usize, region: usize) -> Edge {
    let Some(state) = states.get(at) else {
        return Edge::Begins;
    };
    let mut region = Some(region);
    while let Some(found) = region.and_then(|region| regions.region(region)) {
        if let Ends::Iteration { key, .. } = &found.ends {
            return if state.key() != Some(key) {
                Edge::Begins
            } else if super::is_true(state.node, "finish_iteration") {
                Edge::Ends
            } else {
                Edge::GoesOn
            };
        }
        region = found.parent;
    }
    Edge::Begins
}
