//! Knots: states that two ways lead to which cannot both have them, told once each.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Translation;
use super::regions::{Ends, Regions};
use super::states::State;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Node;

/// How a state was come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    /// The state that leads there; none for the one that the run begins with.
    pub(super) from: Option<usize>,
    /// The region that the state would stand in.
    pub(super) region: usize,
}

/// A state that was come to by two ways, in different regions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crossing {
    pub(super) state: usize,
    pub(super) first: Way,
    pub(super) second: Way,
}

/// Says what is wrong, once for all that crosses among the branches or iterations of one state.
pub(super) fn tell(
    crossings: &[Crossing],
    states: &[State<'_>],
    regions: &Regions,
    translation: &mut Translation<'_>,
) {
    let teller = Teller { states, regions };
    let mut knots: BTreeMap<Option<usize>, Vec<&Crossing>> = BTreeMap::new();
    for crossing in crossings {
        let ways = [crossing.first, crossing.second];
        let mut owners = ways.into_iter().map(|way| teller.outermost(way.region));
        let owner = owners.find_map(|owner| owner);
        knots.entry(owner).or_default().push(crossing);
    }
    for crossings in knots.values() {
        if let Some((first, others)) = crossings.split_first() {
            translation.say(teller.knot(first, others));
        }
    }
}

struct Teller<'a, 's> {
    states: &'s [State<'a>],
    regions: &'s Regions,
}

impl<'a> Teller<'a, '_> {
    fn knot(&self, first: &Crossing, others: &[&Crossing]) -> Diagnostic {
        let state = self.id(first.state);
        let help = match self.stands_in(first.second.region, first.state) {
            Some(what) => {
                format!("let the {what} of `{state}` end at one state, and go back from there")
            }
            None => self.help(first),
        };
        let mut told = BTreeSet::new();
        let crossings = std::iter::once(&first).chain(others);
        let crossings = crossings.filter(|crossing| told.insert(crossing.state));
        let said: Vec<String> = crossings.map(|crossing| self.crossing(crossing)).collect();
        Diagnostic::error(codes::UNSOUND_BRANCHES, said.join("; "))
            .on(self.edge(first.second, first.state))
            .help(help)
    }

    /// What is wrong with a state that two ways lead to.
    fn crossing(&self, crossing: &Crossing) -> String {
        let state = self.id(crossing.state);
        let (one, other) = (crossing.first, crossing.second);
        if let Some(what) = self.stands_in(other.region, crossing.state) {
            return if other.from == Some(crossing.state) {
                format!("`{state}` is the first state of one of its own {what}")
            } else {
                let from = self.from(other);
                format!("{from} stands in the {what} of `{state}`, and leads back to it from there")
            };
        }
        let (place, other_place) = (self.place(one.region), self.place(other.region));
        let begins = match one.from {
            Some(_) => format!("{} leads to `{state}` {place}", self.from(one)),
            None => format!("the run begins with `{state}`"),
        };
        let elsewhere = if place == other_place {
            "in another".to_owned()
        } else {
            other_place
        };
        format!("{begins}, and {} leads to it {elsewhere}", self.from(other))
    }

    /// What to write instead of two ways to one state.
    fn help(&self, crossing: &Crossing) -> String {
        let state = self.id(crossing.state);
        let ways = [crossing.first, crossing.second];
        // A state of an iteration that repeats the key could end it as well.
        let repeats = ways.iter().find_map(|way| {
            let from = self.states.get(way.from?)?;
            (self.regions.is_iteration(way.region) && from.key().is_some()).then_some(from)
        });
        if let Some(from) = repeats {
            return format!(
                "write a copy of `{state}` for one of them, or leave out the `iter_key` of `{}` if `{state}` follows all iterations",
                from.id
            );
        }
        let owner = ways.iter().find_map(|way| self.outermost(way.region));
        match owner.filter(|_| !ways.iter().any(|way| self.regions.is_iteration(way.region))) {
            Some(owner) => format!(
                "write a copy of `{state}` for one of them, or let all branches of `{}` meet at one state before it",
                self.id(owner)
            ),
            None => format!("write a copy of `{state}` for one of them"),
        }
    }

    /// The rule of the state that leads there, or the state that is led to.
    fn edge(&self, way: Way, to: usize) -> &'a Node {
        let from = way.from.and_then(|from| self.states.get(from));
        let rules = ["state_id", "state_ids", "condition", "switch"];
        let rule = from.and_then(|from| rules.iter().find_map(|rule| from.rule(rule)));
        let to = self.states.get(to).map(|state| state.node);
        rule.or(to)
            .expect("a state that is led to is one of the states")
    }

    fn id(&self, at: usize) -> &str {
        self.states.get(at).map_or("", |state| state.id.as_str())
    }

    fn from(&self, way: Way) -> String {
        way.from.map_or_else(
            || "the beginning".to_owned(),
            |from| format!("`{}`", self.id(from)),
        )
    }

    /// Where a region is, in words.
    fn place(&self, region: usize) -> String {
        match self.regions.ends(region) {
            Some(Ends::Branch { owner, .. }) => format!("in a branch of `{}`", self.id(*owner)),
            Some(Ends::Iteration { owner, key, .. }) => {
                format!("in an iteration of `{}` over `{key}`", self.id(*owner))
            }
            Some(Ends::Whole) | None => "outside of branches and iterations".to_owned(),
        }
    }

    /// Whether a region stands in the branches or iterations of a state, and in which.
    fn stands_in(&self, region: usize, state: usize) -> Option<&'static str> {
        self.ends_around(region).find_map(|ends| match ends {
            Ends::Branch { owner, .. } if *owner == state => Some("branches"),
            Ends::Iteration { owner, .. } if *owner == state => Some("iterations"),
            Ends::Branch { .. } | Ends::Iteration { .. } | Ends::Whole => None,
        })
    }

    /// The state whose branches or iterations a region stands in, the outermost one.
    fn outermost(&self, region: usize) -> Option<usize> {
        let owners = self.ends_around(region).filter_map(|ends| match ends {
            Ends::Branch { owner, .. } | Ends::Iteration { owner, .. } => Some(*owner),
            Ends::Whole => None,
        });
        owners.last()
    }

    /// Where a region and those around it end, the innermost first.
    fn ends_around(&self, region: usize) -> impl Iterator<Item = &Ends> {
        let regions = std::iter::successors(Some(region), |at| self.regions.parent(*at));
        regions.filter_map(|at| self.regions.ends(at))
    }
}
