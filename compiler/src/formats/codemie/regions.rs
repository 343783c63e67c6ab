//! Regions: which branch or iteration each state runs in, and where those end.
//!
//! The states of a branch go up to the one at which all branches meet; those of an iteration up to the one that follows
//! without the key. Each region has a flow of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Translation;
use super::FLOW;
use super::knots::{self, Crossing, Way};
use super::states::{Next, State};
use crate::diagnostic::{Diagnostic, codes};

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

    pub(super) fn is_iteration(&self, region: usize) -> bool {
        matches!(
            self.all.get(region).map(|region| &region.ends),
            Some(Ends::Iteration { .. })
        )
    }
}

struct Finder<'a, 's, 't, 'd> {
    states: &'s [State<'a>],
    regions: &'s mut Regions,
    translation: &'t mut Translation<'d>,
    /// By which way each state was come to first.
    led: BTreeMap<usize, Way>,
    crossings: Vec<Crossing>,
}

impl Finder<'_, '_, '_, '_> {
    /// Puts a state into a region, and all that follows.
    fn visit(&mut self, first: usize, region: usize) {
        let begin = Way { from: None, region };
        let mut open = vec![(first, begin)];
        while let Some((at, way)) = open.pop() {
            let region = way.region;
            if let Some(first) = self.led.get(&at).copied() {
                if first.region != region {
                    self.crossings.push(Crossing {
                        state: at,
                        first,
                        second: way,
                    });
                }
                continue;
            }
            self.led.insert(at, way);
            self.regions.of.insert(at, region);
            let Some(state) = self.states.get(at) else {
                continue;
            };
            let from = |(to, region)| {
                let from = Some(at);
                (to, Way { from, region })
            };
            match &state.next {
                Next::Many(heads) => {
                    let join =
                        self.join(at, &heads.iter().map(|(head, _)| *head).collect::<Vec<_>>());
                    for (number, (head, _)) in heads.iter().enumerate() {
                        if Some(*head) == join {
                            self.early(at, *head);
                            continue;
                        }
                        let inner =
                            self.begin(at, *head, region, number, Ends::Branch { owner: at, join });
                        open.push(from((*head, inner)));
                    }
                    open.extend(self.next(region, join, false).map(from));
                }
                Next::Each(head, _)
                    if edge(self.states, self.regions, at, region) == Edge::Begins =>
                {
                    let key = state.key().unwrap_or_default().to_owned();
                    let after = self.after(at, *head, &key);
                    let ends = Ends::Iteration {
                        owner: at,
                        key,
                        after,
                    };
                    let inner = self.begin(at, *head, region, 0, ends);
                    open.push(from((*head, inner)));
                    open.extend(self.next(region, after, false).map(from));
                }
                Next::Each(target, _) => {
                    let is_exit = edge(self.states, self.regions, at, region) == Edge::Ends;
                    open.extend(self.next(region, Some(*target), is_exit).map(from));
                }
                Next::One(target) => {
                    open.extend(
                        self.next(region, *target, self.leaves(at, region))
                            .map(from),
                    );
                }
                Next::Condition(..) | Next::Switch(..) => {
                    for target in state.targets() {
                        open.extend(self.next(region, Some(target), false).map(from));
                    }
                }
            }
        }
    }

    /// The state that an edge leads to in the same region, if it does.
    fn next(&self, region: usize, target: Option<usize>, is_exit: bool) -> Option<(usize, usize)> {
        match self.regions.leads(region, target, is_exit) {
            Leads::State(target) => Some((target, region)),
            Leads::Join(_) | Leads::Loop(_) | Leads::End => None,
        }
    }

    /// Whether a state's only edge leads out of the iteration.
    fn leaves(&self, at: usize, region: usize) -> bool {
        self.regions.is_iteration(region)
            && self
                .states
                .get(at)
                .is_some_and(|state| matches!(state.next, Next::One(..)))
    }

    fn begin(
        &mut self,
        owner: usize,
        head: usize,
        parent: usize,
        number: usize,
        ends: Ends,
    ) -> usize {
        let flow = match &ends {
            // An iteration has variables of its own, so its flow may have the same name.
            Ends::Iteration { .. } | Ends::Whole => self.regions.flow_of(parent).to_owned(),
            Ends::Branch { .. } => {
                let slug = self
                    .states
                    .get(owner)
                    .map_or("", |state| state.slug.as_str());
                format!("{FLOW}_{}_{}", slug.replace('-', "_"), number + 1)
            }
        };
        let region = self.regions.all.len();
        self.regions.all.push(Region {
            parent: Some(parent),
            flow,
            ends,
        });
        self.regions.begun.insert((owner, head), region);
        region
    }

    /// The first state at which all branches of a state meet. What leads back to that state begins the branches anew,
    /// so nothing behind it counts.
    fn join(&self, owner: usize, heads: &[usize]) -> Option<usize> {
        let reached: Vec<BTreeSet<usize>> = heads
            .iter()
            .map(|head| self.reach(*head, &[owner]))
            .collect();
        let mut shared = reached.first().cloned().unwrap_or_default();
        for other in &reached {
            shared = shared.intersection(other).copied().collect();
        }
        // The first is the one that no other has to be passed for.
        let is_first = |candidate: &&usize| {
            heads.iter().all(|head| {
                let passed = self.reach(*head, &[owner, **candidate]);
                shared
                    .iter()
                    .all(|other| *other == **candidate || !passed.contains(other))
            })
        };
        shared.iter().find(is_first).copied()
    }

    /// The states that follow one, itself included, without passing some others.
    fn reach(&self, from: usize, without: &[usize]) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            if without.contains(&at) || !found.insert(at) {
                continue;
            }
            open.extend(self.states.get(at).map(State::targets).unwrap_or_default());
        }
        found
    }

    /// The state that follows the iterations: the one that a state of theirs leads to without the key.
    fn after(&mut self, owner: usize, head: usize, key: &str) -> Option<usize> {
        let mut inside = BTreeSet::new();
        let mut outside: Vec<(usize, usize)> = Vec::new();
        let mut open = vec![head];
        while let Some(at) = open.pop() {
            if at == owner || !inside.insert(at) {
                continue;
            }
            let Some(state) = self.states.get(at) else {
                continue;
            };
            let is_last = super::is_true(state.node, "finish_iteration");
            match &state.next {
                Next::Each(target, _) if !is_last => {
                    if state.key() == Some(key) {
                        open.push(*target);
                    } else if let Some(after) =
                        self.after(at, *target, state.key().unwrap_or_default())
                    {
                        // An iteration of its own inside of this one: what follows it goes on here.
                        let is_ours = self
                            .states
                            .get(after)
                            .is_some_and(|state| state.key() == Some(key));
                        if is_ours {
                            open.push(after);
                        } else {
                            outside.push((after, at));
                        }
                    }
                }
                Next::Each(target, _) | Next::One(Some(target)) => outside.push((*target, at)),
                Next::One(None) => {}
                Next::Many(heads) => {
                    let heads: Vec<usize> = heads.iter().map(|(head, _)| *head).collect();
                    open.extend(heads);
                }
                Next::Condition(..) | Next::Switch(..) => open.extend(state.targets()),
            }
        }
        let first = outside.first().map(|(target, _)| *target);
        let other = outside.iter().find(|(target, _)| Some(*target) != first);
        if let (Some(first), Some((other, from))) = (first, other) {
            let name = |at: usize| self.states.get(at).map_or("", |state| state.id.as_str());
            let message = format!(
                "the iterations over `{key}` end at `{}` and at `{}`",
                name(first),
                name(*other)
            );
            if let Some(state) = self.states.get(*from) {
                self.translation.say(
                    Diagnostic::error(codes::UNSOUND_BRANCHES, message)
                        .on(state.node)
                        .help("let every state of an iteration repeat its `iter_key`, and all that end it lead to one state"),
                );
            }
        }
        first
    }

    fn early(&mut self, owner: usize, head: usize) {
        let id = |at: usize| self.states.get(at).map_or("", |state| state.id.as_str());
        let message = format!(
            "`{}` runs beside the other branches of `{}`, and is where they meet",
            id(head),
            id(owner)
        );
        if let Some(state) = self.states.get(owner) {
            self.translation.say(
                Diagnostic::error(codes::UNSOUND_BRANCHES, message)
                    .on(state.rule("state_ids").unwrap_or(state.node))
                    .help("leave it out of `state_ids`: the others lead to it"),
            );
        }
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
