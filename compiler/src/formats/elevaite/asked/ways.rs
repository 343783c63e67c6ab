//! What must hold for a step to run, found from the first steps to the last.
//!
//! A step runs if each edge that it waits for was taken, or, instead of that one, another that stands for it: one that cannot
//! be taken together with it, such as the other way of a choice.

use std::collections::{BTreeMap, BTreeSet};

use fixedbitset::FixedBitSet;

use super::super::configs::own_condition;
use super::super::data::takes_first;
use super::super::edges::Edges;
use super::super::steps::Step;
use super::super::words::What;
use super::is_choice;
use super::worlds::{Outcome, Worlds};

/// The most pairs of what must hold that are looked at.
const MOST_PAIRS: usize = 1000;

/// What must hold: one term of each of these. Where there are none, the step always runs.
pub(super) type Ways = BTreeSet<BTreeSet<Term>>;

/// How a step was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Term {
    /// It has run.
    Ran(usize),
    /// It chose the way on.
    On(usize),
    /// The same, or it was skipped by a condition of its own.
    OnOrSkipped(usize),
    /// It chose the other one.
    Otherwise(usize),
    /// It failed.
    Failed(usize),
}

impl Term {
    /// The step that was left.
    pub(super) fn step(self) -> usize {
        let (Self::Ran(at)
        | Self::On(at)
        | Self::OnOrSkipped(at)
        | Self::Otherwise(at)
        | Self::Failed(at)) = self;
        at
    }
}

/// When a step runs.
#[derive(Debug, Clone)]
pub(super) struct When {
    pub(super) ways: Ways,
    /// The ways in which choices come out where it does.
    pub(super) worlds: FixedBitSet,
    /// Whether it is approvals that decide, and nothing else.
    is_approved: bool,
    /// Where the choices lead otherwise that lead to it.
    others: BTreeSet<usize>,
}

/// An edge that a choice is on.
struct Taken {
    ways: Ways,
    /// The ways in which choices come out where it is taken.
    worlds: FixedBitSet,
    /// Whether it is approvals that decide, and nothing else.
    is_approved: bool,
    /// Whether the step names it in its `dependencies`.
    is_required: bool,
    /// Whether it leads on where something does not hold, is rejected, or fails.
    is_otherwise: bool,
    /// Where the choices lead otherwise that lead by it.
    others: BTreeSet<usize>,
}

/// For each step outside of loops: when it runs.
pub(super) fn found(
    steps: &[Step<'_>],
    edges: &Edges,
    order: &[usize],
    worlds: &Worlds,
) -> BTreeMap<usize, When> {
    let mut found: BTreeMap<usize, When> = BTreeMap::new();
    for at in order.iter().copied() {
        // An output gives what there is, as such a merge does.
        let gathers = |step: &Step<'_>| takes_first(step) || step.what == What::Output;
        let takes_first = steps.get(at).is_some_and(gathers);
        let mut taken = Vec::new();
        let mut is_certain = false;
        // Whether a choice leads here whatever it comes to.
        let mut is_led_anyway = false;
        for (before, step) in steps.iter().enumerate() {
            let ports = edges.out.get(before).into_iter().flatten();
            let ports = ports.filter(|(_, targets)| targets.contains(&at));
            let ports: Vec<&str> = ports.map(|(port, _)| *port).collect();
            // What is inside of a loop leads back to it, which is no way to it.
            let Some(before_it) = found.get(&before) else {
                continue;
            };
            if !ports.is_empty() {
                let edge = through(step, (before, at), &ports, edges, before_it);
                // By a way that no choice is on, a step is only waited for.
                is_certain |= edge.ways.is_empty();
                is_led_anyway |= edge.ways.is_empty() && ports.len() > 1;
                taken.extend((!edge.ways.is_empty()).then_some(edge));
            }
        }
        if takes_first && is_certain {
            taken.clear();
        }
        if is_led_anyway {
            taken.retain(|edge| edge.is_required);
        }
        for edge in &mut taken {
            edge.worlds = holding(&edge.ways, &found, worlds);
        }
        let stands_for = |one: &Taken, other: &Taken| takes_first || stands_for(one, other);
        let ways = all(&taken, stands_for);
        let when = When {
            worlds: holding(&ways, &found, worlds),
            is_approved: !taken.is_empty() && taken.iter().all(|edge| edge.is_approved),
            others: taken.iter().flat_map(|edge| edge.others.clone()).collect(),
            ways,
        };
        found.insert(at, when);
    }
    found
}

/// The ways in which choices come out where something holds.
fn holding(ways: &Ways, found: &BTreeMap<usize, When>, worlds: &Worlds) -> FixedBitSet {
    let mut all = worlds.all();
    for any in ways {
        let mut holds = worlds.none();
        for term in any {
            let ran = |at: &usize| {
                found
                    .get(at)
                    .map_or_else(|| worlds.all(), |when| when.worlds.clone())
            };
            let came = |at: &usize, outcome| {
                let mut came = ran(at);
                came.intersect_with(&worlds.came(*at, outcome));
                came
            };
            holds.union_with(&match term {
                Term::Ran(at) => ran(at),
                Term::On(at) => came(at, Outcome::On),
                Term::OnOrSkipped(at) => {
                    let mut otherwise = ran(at);
                    otherwise.difference_with(&came(at, Outcome::On));
                    let mut passed = worlds.all();
                    passed.difference_with(&otherwise);
                    passed
                }
                Term::Otherwise(at) => came(at, Outcome::Otherwise),
                Term::Failed(at) => came(at, Outcome::Failed),
            });
        }
        all.intersect_with(&holds);
    }
    all
}

/// What must hold for a step to which these edges lead.
fn all(taken: &[Taken], stands_for: impl Fn(&Taken, &Taken) -> bool) -> Ways {
    let mut all = Ways::new();
    for (at, edge) in taken.iter().enumerate() {
        let others = taken.iter().enumerate();
        let others = others.filter(|(other, taken)| *other != at && stands_for(edge, taken));
        all.extend(others.fold(edge.ways.clone(), |ways, (_, other)| {
            either(&ways, &other.ways)
        }));
    }
    least(&all)
}

/// The same without what holds wherever another one does, which says nothing more.
fn least(ways: &Ways) -> Ways {
    let is_least = |any: &BTreeSet<Term>| {
        let mut others = ways.iter().filter(|other| *other != any);
        !others.any(|other| other.is_subset(any))
    };
    ways.iter().filter(|any| is_least(any)).cloned().collect()
}

/// What holds where one of two does; where there is too much to tell apart, where both do.
fn either(one: &Ways, other: &Ways) -> Ways {
    if one.len() * other.len() > MOST_PAIRS {
        return one.union(other).cloned().collect();
    }
    let pairs = one.iter().flat_map(|one| {
        let both = other.iter().map(|other| one.union(other));
        both.map(|terms| terms.copied().collect())
    });
    least(&pairs.collect())
}

/// Whether a step that waits for one edge may run by another instead.
///
/// It may where only one of them can be taken; where both say that something went another way; and where it names neither in
/// its `dependencies` and either may be taken alone, unless two approvals lead to it, or two choices that both lead to one
/// other step otherwise.
fn stands_for(one: &Taken, other: &Taken) -> bool {
    let are_together = (one.is_approved && other.is_approved)
        || !one.others.is_disjoint(&other.others)
        || one.worlds.is_subset(&other.worlds)
        || other.worlds.is_subset(&one.worlds);
    one.worlds.is_disjoint(&other.worlds)
        || (one.is_otherwise && other.is_otherwise)
        || (!one.is_required && !other.is_required && !are_together)
}

/// What must hold for a step to lead on to another by one of some ports.
fn through(
    step: &Step<'_>,
    (at, to): (usize, usize),
    ports: &[&str],
    edges: &Edges,
    when: &When,
) -> Taken {
    let is_chosen = is_choice(step, at, edges) && ports.len() == 1;
    let is_by = |names: &[&str]| is_chosen && ports.iter().any(|port| names.contains(port));
    let is_otherwise = is_by(&["error", "false", "rejected"]);
    let is_on = is_chosen && !is_otherwise;
    let is_skipped = own_condition(step).is_some();
    let one = |term| Ways::from([BTreeSet::from([term])]);
    let ways = if is_by(&["error"]) {
        one(Term::Failed(at))
    } else if is_otherwise {
        one(Term::Otherwise(at))
    } else if is_on && is_skipped {
        // What is skipped by a condition of its own is passed.
        let mut ways = when.ways.clone();
        ways.extend(one(Term::OnOrSkipped(at)));
        ways
    } else if is_on {
        one(Term::On(at))
    } else if when.ways.is_empty() || is_skipped || step.what == What::Loop {
        // So is a loop that goes through nothing.
        when.ways.clone()
    } else {
        one(Term::Ran(at))
    };
    let is_approval = is_on && step.what == What::Approval;
    let others = if is_on {
        otherwise(at, edges)
    } else if is_chosen {
        BTreeSet::new()
    } else {
        when.others.clone()
    };
    Taken {
        ways,
        worlds: FixedBitSet::new(),
        is_approved: is_approval && (when.is_approved || when.ways.is_empty())
            || !is_chosen && when.is_approved,
        is_required: edges.required.contains(&(at, to)),
        is_otherwise,
        others,
    }
}

/// Where a choice leads otherwise.
fn otherwise(at: usize, edges: &Edges) -> BTreeSet<usize> {
    let ports = edges.out.get(at).into_iter().flatten();
    let ports = ports.filter(|(port, _)| matches!(**port, "false" | "rejected"));
    ports.flat_map(|(_, targets)| targets).copied().collect()
}
