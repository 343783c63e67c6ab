//! What an execution may cost in events: AWS ends it at 25,000.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use pawl_asl::{Catcher, State};
use pawl_contract::{Kind, code};

use super::budget::MOST_EVENTS;
use super::counted;
use super::names::{Names, Task};
use super::natives::ByStrand;
use super::plan::Planned;
use super::states::most_events;
use crate::check::Checked;
use crate::definition::Step;
use crate::graph;
use crate::source::Node;

/// The events of a Choice, a Pass, a Wait, a Succeed or a Fail.
const SMALL: u64 = 2;

/// The events of a Parallel or a Map beside those of what runs in it.
const NATIVE: u64 = 4;

/// The events of an iteration beside those of its states.
const ITERATION: u64 = 2;

/// What every state may cost.
pub(super) struct Events {
    /// What each Task may cost.
    tasks: BTreeMap<String, u64>,
    /// How often each loop head is come to, where its definition bounds that.
    bounds: BTreeMap<String, u64>,
    /// How often each Task is passed at most, where its states are counted.
    counted: BTreeMap<String, u64>,
    /// What each native state may cost; `None` where a cycle inside of it has no bound.
    natives: BTreeMap<String, Option<u64>>,
}

impl Events {
    pub(super) fn new(
        checked: &Checked,
        planned: &Planned,
        names: &Names<'_>,
        states: &ByStrand,
    ) -> Self {
        let retries_of = |task: &Task| {
            let states = states.get(&task.home(checked));
            let state = states.and_then(|states| states.get(&names.task(task)));
            let retriers = state.into_iter().flat_map(State::retry);
            retriers.filter_map(|retrier| retrier.max_attempts).sum()
        };
        let steps = checked.definition.steps.iter();
        let tasks = planned.tasks.iter();
        Self {
            tasks: tasks
                .map(|(name, task)| (name.clone(), most_events(checked, task, &retries_of)))
                .collect(),
            bounds: steps
                .filter_map(|step| Some((step.slug.clone(), most_visits(step)?)))
                .collect(),
            counted: counted::tasks(checked, planned),
            natives: BTreeMap::new(),
        }
    }

    /// Takes note of what a native state may cost.
    pub(super) fn learn(&mut self, name: &str, slug: &str, state: &State) {
        let inside = |states: &IndexMap<String, State>| self.of_all(states);
        let most = match state {
            State::Parallel(parallel) => parallel
                .branches
                .iter()
                .map(|branch| inside(&branch.states))
                .sum::<Option<u64>>()
                .map(|branches| branches.saturating_add(NATIVE)),
            State::Map(map) => {
                let states = map
                    .item_processor
                    .as_ref()
                    .map(|processor| &processor.states);
                let iteration = states.map_or(Some(0), inside);
                if map.is_distributed() {
                    // Each iteration has the events of an execution to itself.
                    iteration
                        .filter(|most| *most <= MOST_EVENTS)
                        .map(|_| NATIVE + ITERATION)
                } else {
                    iteration.map(|most| self.of_iterations(slug, most))
                }
            }
            State::Task(_)
            | State::Pass(_)
            | State::Choice(_)
            | State::Wait(_)
            | State::Succeed(_)
            | State::Fail(_) => Some(SMALL),
        };
        self.natives.insert(name.to_owned(), most);
    }

    /// What the iterations of a loop may cost together, where that is known.
    pub(super) fn inline(&self, slug: &str, states: &IndexMap<String, State>) -> Option<u64> {
        let iteration = self
            .of_all(states)
            .filter(|_| self.bounds.contains_key(slug))?;
        Some(self.of_iterations(slug, iteration))
    }

    fn of_iterations(&self, slug: &str, iteration: u64) -> u64 {
        let visits = self.bounds.get(slug).copied().unwrap_or(u64::MAX);
        visits
            .saturating_mul(iteration.saturating_add(ITERATION))
            .saturating_add(NATIVE)
    }

    /// Whether a cycle inside of a native state may take more events than an execution has.
    pub(super) fn is_unbounded(&self, native: &str) -> bool {
        let most = self.natives.get(native);
        most.is_some_and(|most| most.is_none_or(|most| most > MOST_EVENTS))
    }

    /// What a visit to a state may cost.
    pub(super) fn of(&self, state: &str) -> u64 {
        let native = self.natives.get(state).copied().flatten();
        let task = self.tasks.get(state).copied();
        native.or(task).unwrap_or(SMALL)
    }

    /// What the dearest state may cost.
    pub(super) fn dearest(&self) -> u64 {
        let natives = self.natives.values().flatten();
        let all = self.tasks.values().chain(natives);
        all.copied().max().unwrap_or(0).saturating_add(SMALL)
    }

    /// What passing through all of some states may cost, cycles included.
    fn of_all(&self, states: &IndexMap<String, State>) -> Option<u64> {
        let once: u64 = states.keys().map(|name| self.of(name)).sum();
        let cycles = cycles(states);
        let cycles = cycles.iter().map(|cycle| self.of_cycle(cycle, states));
        Some(once.saturating_add(cycles.sum::<Option<u64>>()?))
    }

    /// What a cycle may cost that is one loop whose items are known to be so many at most, or whose states are counted.
    pub(super) fn of_cycle(
        &self,
        cycle: &BTreeSet<String>,
        states: &IndexMap<String, State>,
    ) -> Option<u64> {
        let events: u64 = cycle.iter().map(|name| self.of(name)).sum();
        let heads = cycle
            .iter()
            .filter_map(|name| Some((name, self.bounds.get(name)?)));
        let mut heads = heads.filter(|(head, _)| is_only_head(head, cycle, states));
        let of_loop = heads
            .next()
            .map(|(_, visits)| events.saturating_mul(*visits));
        of_loop.or_else(|| counted::most(&self.counted, cycle, states, |name| self.of(name)))
    }
}

/// The groups of states that lie on a common cycle.
pub(super) fn cycles(states: &IndexMap<String, State>) -> Vec<BTreeSet<String>> {
    let leads = |id: usize| {
        let state = states.get_index(id).into_iter();
        let targets = state.flat_map(|(_, state)| targets(state));
        targets.filter_map(|target| states.get_index_of(target))
    };
    let groups = graph::cycles(states.len(), leads);
    let named = |group: Vec<usize>| {
        let states = group.into_iter().filter_map(|id| states.get_index(id));
        states.map(|(name, _)| name.clone()).collect()
    };
    groups.into_iter().map(named).collect()
}

/// Whether every way around a cycle passes one of its states.
fn is_only_head(head: &str, cycle: &BTreeSet<String>, states: &IndexMap<String, State>) -> bool {
    let others = cycle.iter().map(String::as_str);
    let others: Vec<&str> = others.filter(|name| *name != head).collect();
    let leads = |id: usize| {
        let state = others.get(id).and_then(|name| states.get(*name));
        let targets = state.into_iter().flat_map(targets);
        targets.filter_map(|target| others.binary_search(&target).ok())
    };
    graph::cycles(others.len(), leads).is_empty()
}

/// How often a run comes to a loop's head, where the loop's definition bounds that.
fn most_visits(step: &Step) -> Option<u64> {
    if step.kind != Kind::Loop {
        return None;
    }
    let items = step.config.get("items");
    let written = items
        .filter(|items| items.as_str().is_none())
        .map(|items| items.elements().len() as u64);
    let most = step.config.get("maxIterations").and_then(Node::as_u64);
    Some(most.or(written)?.saturating_add(1))
}

/// The states to which a state can lead.
pub(super) fn targets(state: &State) -> impl Iterator<Item = &str> {
    let rules = if let State::Choice(choice) = state {
        choice.choices.as_slice()
    } else {
        &[]
    };
    let default = if let State::Choice(choice) = state {
        choice.default.as_deref()
    } else {
        None
    };
    let rules = rules.iter().map(|rule| rule.next.as_str());
    state
        .next()
        .into_iter()
        .chain(rules)
        .chain(default)
        .chain(handlers(state))
}

/// The states to which the failures of a state lead.
pub(super) fn handlers(state: &State) -> impl Iterator<Item = &str> {
    // The questions of a step are counted with the step, which bounds them.
    let asks = |catcher: &&Catcher| catcher.error_equals.iter().any(|name| name == code::ASK);
    let catchers = state.catch().iter().filter(move |catcher| !asks(catcher));
    catchers.map(|catcher| catcher.next.as_str())
}
