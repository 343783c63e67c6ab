//! Finds the regions: follows every state from the first one.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::Translation;
use super::super::FLOW;
use super::super::knots::{Crossing, Way};
use super::super::states::{Next, State};
use super::{Edge, Ends, Leads, Region, Regions, edge};
use crate::diagnostic::{Diagnostic, codes};

pub(super) struct Finder<'a, 's, 't, 'd> {
    pub(super) states: &'s [State<'a>],
    pub(super) regions: &'s mut Regions,
    pub(super) translation: &'t mut Translation<'d>,
    /// By which way each state was come to first.
    pub(super) led: BTreeMap<usize, Way>,
    pub(super) crossings: Vec<Crossing>,
}

impl Finder<'_, '_, '_, '_> {
    /// Puts a state into a region, and all that follows.
    pub(super) fn visit(&mut self, first: usize, region: usize) {
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
            let is_last = super::super::is_true(state.node, "finish_iteration");
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
