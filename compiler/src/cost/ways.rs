//! The ways through a machine: how often each state is come to in a typical run, and what the longest way takes.
//!
//! A cycle is taken apart at its head, the Choice of its outermost loop: a typical run goes around as often as the loop
//! has items, the longest way as often as it may have. What remains without the head is a smaller graph of the same kind.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use super::load::{Load, QUANTITIES, Quantity};

/// A state, and where it leads.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// What a visit takes where all goes well.
    pub(super) typical: Load,
    /// What a visit takes at the most; `None` where nothing bounds it.
    pub(super) worst: Option<Load>,
    /// The states that may follow, and how large a share of typical runs each gets.
    pub(super) exits: BTreeMap<usize, f64>,
    /// Of the head of a loop, or of a cycle of which somebody said how long it is.
    pub(super) head: Option<Head>,
    /// The loops that an invocation here begins anew, by the places of their heads.
    pub(super) begins: BTreeSet<usize>,
}

/// The state by which a cycle is gone around.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    /// How often it may be come back to; `None` where nothing bounds that.
    pub(super) most: Option<f64>,
    /// How often it is come back to in any case, where no share says so.
    pub(super) turns: Option<f64>,
}

/// A graph of states.
#[derive(Debug, Default)]
pub(super) struct Ways {
    pub(super) places: Vec<Place>,
    /// How often a cycle is gone around that nothing is known of.
    pub(super) turns: f64,
}

/// States from which the ways begin, and how much comes to each.
type Flow = BTreeMap<usize, f64>;

impl Ways {
    /// What a typical run takes that begins at a state.
    pub(super) fn typical(&self, start: usize) -> Load {
        let all: Vec<usize> = (0..self.places.len()).collect();
        let visits = self.flow(&all, &mut BTreeSet::new(), Flow::from([(start, 1.0)]));
        let mut load = Load::default();
        for (place, times) in visits {
            if let Some(place) = self.places.get(place) {
                load = load.plus_times(place.typical, times);
            }
        }
        load
    }

    /// What the longest way takes that begins at a state, each quantity for itself; `None` where nothing bounds it.
    pub(super) fn worst(&self, start: usize) -> Option<Load> {
        let all: Vec<usize> = (0..self.places.len()).collect();
        let mut load = Load::default();
        for quantity in QUANTITIES {
            let begin = Flow::from([(start, 0.0)]);
            let lengths = self.longest(&all, &mut BTreeSet::new(), begin, quantity)?;
            *quantity(&mut load) = lengths.values().copied().fold(0.0, f64::max);
        }
        Some(load)
    }

    /// How often every state is come to.
    fn flow(&self, states: &[usize], cut: &mut BTreeSet<usize>, mut inflow: Flow) -> Flow {
        let mut visits = Flow::new();
        for group in self.groups(states, cut) {
            let here: Flow = group
                .iter()
                .filter_map(|state| Some((*state, *inflow.get(state)?)))
                .filter(|(_, amount)| *amount > 0.0)
                .collect();
            if here.is_empty() {
                continue;
            }
            let (passed, scale) = if self.is_cycle(&group, cut) {
                self.around(&group, cut, &here)
            } else {
                (here, 1.0)
            };
            for (state, times) in &passed {
                for (next, share) in self.exits(*state, cut) {
                    if !group.contains(&next) {
                        *inflow.entry(next).or_default() += times * share * scale;
                    }
                }
            }
            visits.extend(passed);
        }
        visits
    }

    /// How often every state of a cycle is come to, and by how much of that what leaves it must be multiplied.
    fn around(&self, group: &[usize], cut: &mut BTreeSet<usize>, here: &Flow) -> (Flow, f64) {
        let head = self.head(group);
        cut.insert(head);
        let mut others = here.clone();
        let at_head = others.remove(&head).unwrap_or_default();
        let before = if others.is_empty() {
            Flow::new()
        } else {
            self.flow(group, cut, others)
        };
        let once = self.flow(group, cut, Flow::from([(head, 1.0)]));
        let known = self.places.get(head).and_then(|place| place.head?.turns);
        // What comes of each state by itself tells how surely it leads back.
        let alone: BTreeMap<usize, Flow> = known
            .iter()
            .flat_map(|_| once.keys().copied())
            .map(|state| (state, self.flow(group, cut, Flow::from([(state, 1.0)]))))
            .collect();
        cut.remove(&head);
        let back = |flow: &Flow| -> f64 {
            let shares = flow.iter().filter_map(|(state, times)| {
                let share = self.places.get(*state)?.exits.get(&head)?;
                Some(times * share)
            });
            shares.sum()
        };
        let (entered, returned) = (at_head + back(&before), back(&once));
        let is_endless = returned > 0.999_999;
        let turns = known.or(is_endless.then_some(self.turns));
        // Each turn comes back by the same share, so that all of them are a geometric series.
        let times = turns.unwrap_or_else(|| (1.0 - returned).recip());
        let mut passed = before;
        // Of so many turns all but the last come back, whatever the shares say.
        let inside = turns.filter(|_| returned > 0.0);
        let inside = inside.map_or(times, |turns| (turns - 1.0) / returned);
        for (state, visits) in once {
            let times = match alone.get(&state).map(&back).zip(turns) {
                _ if state == head => times,
                // A turn that comes back passes what leads back, and the last one what leads out.
                Some((leads_back, turns)) if returned > 0.0 && !is_endless => {
                    (turns - 1.0) * leads_back / returned + (1.0 - leads_back) / (1.0 - returned)
                }
                _ => inside,
            };
            *passed.entry(state).or_default() += entered * times * visits;
        }
        // Where the count of turns is given, what leaves is still only what came.
        let scale = if turns.is_some() {
            let left: f64 = passed
                .iter()
                .flat_map(|(state, times)| {
                    let exits = self.exits(*state, cut);
                    exits.map(move |(next, share)| (next, times * share))
                })
                .filter(|(next, _)| !group.contains(next))
                .map(|(_, amount)| amount)
                .sum();
            let came: f64 = here.values().sum();
            if left > 0.0 { came / left } else { 1.0 }
        } else {
            1.0
        };
        (passed, scale)
    }

    /// How much the longest way to every state takes, that state included.
    fn longest(
        &self,
        states: &[usize],
        cut: &mut BTreeSet<usize>,
        mut inflow: Flow,
        quantity: Quantity,
    ) -> Option<Flow> {
        let mut lengths = Flow::new();
        for group in self.groups(states, cut) {
            let here: Flow = group
                .iter()
                .filter_map(|state| Some((*state, *inflow.get(state)?)))
                .collect();
            if here.is_empty() {
                continue;
            }
            let reached = if self.is_cycle(&group, cut) {
                self.longest_around(&group, cut, &here, quantity)?
            } else {
                let weigh = |(state, length): (usize, f64)| {
                    let mut own = self.places.get(state)?.worst?;
                    Some((state, length + *quantity(&mut own)))
                };
                here.into_iter().map(weigh).collect::<Option<Flow>>()?
            };
            for (state, length) in &reached {
                for (next, _) in self.exits(*state, cut) {
                    if !group.contains(&next) {
                        let longest = inflow.entry(next).or_insert(*length);
                        *longest = longest.max(*length);
                    }
                }
            }
            lengths.extend(reached);
        }
        Some(lengths)
    }

    fn longest_around(
        &self,
        group: &[usize],
        cut: &mut BTreeSet<usize>,
        here: &Flow,
        quantity: Quantity,
    ) -> Option<Flow> {
        let head = self.head(group);
        let Head { most, turns } = self.places.get(head)?.head?;
        let most = most?;
        // A loop that begins anew inside of the cycle bounds its own turns, and not those of the cycle.
        let is_begun = |state: &usize| {
            let begins = self.places.get(*state).map(|place| &place.begins);
            begins.is_some_and(|begins| begins.contains(&head))
        };
        if group.iter().any(is_begun) {
            return None;
        }
        cut.insert(head);
        let mut others = here.clone();
        let at_head = others.remove(&head);
        let before = if others.is_empty() {
            Some(Flow::new())
        } else {
            self.longest(group, cut, others, quantity)
        };
        let once = self.longest(group, cut, Flow::from([(head, 0.0)]), quantity);
        cut.remove(&head);
        let (before, once) = (before?, once?);
        let back = |flow: &Flow| {
            let ways = flow.iter().filter(|(state, _)| {
                let place = self.places.get(**state);
                place.is_some_and(|place| place.exits.contains_key(&head))
            });
            ways.map(|(_, length)| *length).fold(None, longer)
        };
        let entered = at_head.into_iter().fold(back(&before), longer);
        let turn = back(&once).unwrap_or_default();
        let mut lengths = before;
        for (state, length) in once {
            let Some(entered) = entered else { break };
            // When a loop's head is come to for the last time, its list is at its end.
            let before = if state == head || turns.is_some() {
                most
            } else if most > 0.0 {
                most - 1.0
            } else {
                continue;
            };
            let length = entered + before * turn + length;
            let longest = lengths.entry(state).or_insert(length);
            *longest = longest.max(length);
        }
        Some(lengths)
    }

    /// The state at which a cycle is taken apart: one whose turns are given, the head of a loop that does not begin
    /// inside of it, the head of another loop, or any.
    fn head(&self, group: &[usize]) -> usize {
        let begun: BTreeSet<usize> = group
            .iter()
            .filter_map(|state| self.places.get(*state))
            .flat_map(|place| place.begins.iter().copied())
            .collect();
        let rank = |state: &usize| {
            let head = self.places.get(*state).and_then(|place| place.head);
            match head {
                Some(head) if head.turns.is_some() => 0,
                Some(_) if !begun.contains(state) => 1,
                Some(_) => 2,
                None => 3,
            }
        };
        let mut sorted: Vec<usize> = group.to_vec();
        sorted.sort_by_key(|state| (rank(state), *state));
        sorted.first().copied().unwrap_or_default()
    }

    fn exits(&self, state: usize, cut: &BTreeSet<usize>) -> impl Iterator<Item = (usize, f64)> {
        let exits = self.places.get(state).into_iter();
        exits
            .flat_map(|place| place.exits.iter())
            .map(|(next, share)| (*next, *share))
            .filter(|(next, _)| !cut.contains(next))
    }

    /// The groups of states that can come to each other, those that come first before the others.
    fn groups(&self, states: &[usize], cut: &BTreeSet<usize>) -> Vec<Vec<usize>> {
        let inside: BTreeSet<usize> = states.iter().copied().collect();
        let mut graph: DiGraphMap<usize, ()> = DiGraphMap::new();
        for state in states {
            graph.add_node(*state);
            for (next, _) in self.exits(*state, cut) {
                if inside.contains(&next) {
                    graph.add_edge(*state, next, ());
                }
            }
        }
        let mut groups = tarjan_scc(&graph);
        groups.reverse();
        groups
    }

    fn is_cycle(&self, group: &[usize], cut: &BTreeSet<usize>) -> bool {
        let loops = |state: &usize| self.exits(*state, cut).any(|(next, _)| next == *state);
        group.len() > 1 || group.first().is_some_and(loops)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is folded over")]
fn longer(longest: Option<f64>, length: f64) -> Option<f64> {
    Some(longest.map_or(length, |longest| longest.max(length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A place that counts one transition, with its exits.
    fn place(exits: &[(usize, f64)]) -> Place {
        let load = Load {
            transitions: 1.0,
            ..Load::default()
        };
        Place {
            typical: load,
            worst: Some(load),
            exits: exits.iter().copied().collect(),
            ..Place::default()
        }
    }

    fn looped(items: f64, body: usize, done: usize) -> Place {
        Place {
            head: Some(Head {
                most: Some(items),
                turns: None,
            }),
            ..place(&[(body, items / (items + 1.0)), (done, 1.0 / (items + 1.0))])
        }
    }

    /// Transitions of a typical run, and of the longest way.
    fn counted(places: Vec<Place>) -> (f64, Option<f64>) {
        let ways = Ways { places, turns: 3.0 };
        let worst = ways.worst(0).map(|load| load.transitions);
        ((ways.typical(0).transitions * 1e6).round() / 1e6, worst)
    }

    #[test]
    fn loops_are_gone_around_as_often_as_they_have_items() {
        let line = vec![place(&[(1, 1.0)]), place(&[])];
        assert_eq!(counted(line), (2.0, Some(2.0)));
        // start, head, body, end: 1 + (n + 1) + n + 1.
        let one = vec![
            place(&[(1, 1.0)]),
            looped(4.0, 2, 3),
            place(&[(1, 1.0)]),
            place(&[]),
        ];
        assert_eq!(counted(one), (11.0, Some(11.0)));
        // start, outer head, begin of the inner one, inner head, inner body, end.
        let mut begin = place(&[(3, 1.0)]);
        begin.begins.insert(3);
        let nested = vec![
            place(&[(1, 1.0)]),
            looped(3.0, 2, 5),
            begin,
            looped(2.0, 4, 1),
            place(&[(3, 1.0)]),
            place(&[]),
        ];
        // 1 + 4 + 3 * (1 + 3 + 2) + 1.
        assert_eq!(counted(nested), (24.0, Some(24.0)));
    }

    #[test]
    fn ways_that_part_are_shared_and_the_longest_counts() {
        let fork = vec![
            place(&[(1, 0.5), (2, 0.5)]),
            place(&[(3, 1.0)]),
            place(&[(4, 1.0)]),
            place(&[(4, 1.0)]),
            place(&[]),
        ];
        assert_eq!(counted(fork), (3.5, Some(4.0)));
    }

    #[test]
    fn a_cycle_that_a_condition_leaves_has_no_bound() {
        let paging = vec![place(&[(1, 1.0)]), place(&[(0, 0.5), (2, 0.5)]), place(&[])];
        assert_eq!(counted(paging), (5.0, None));
    }

    #[test]
    fn a_cycle_is_gone_around_as_often_as_somebody_says() {
        let mut decides = place(&[(0, 0.5), (2, 0.5)]);
        let twelve = Some(Head {
            most: Some(11.0),
            turns: Some(12.0),
        });
        decides.head = twelve;
        let paging = vec![place(&[(1, 1.0)]), decides, place(&[])];
        assert_eq!(counted(paging), (25.0, Some(25.0)));
        // The same of the step before the one that decides.
        let mut first = place(&[(1, 1.0)]);
        first.head = twelve;
        let paging = vec![first, place(&[(0, 0.5), (2, 0.5)]), place(&[])];
        assert_eq!(counted(paging), (25.0, Some(25.0)));
    }
}
