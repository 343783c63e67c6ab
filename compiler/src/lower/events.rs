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
        let cycles = cycles(states.iter());
        let cycles = cycles.iter().map(|cycle| self.of_cycle(cycle, states));
        Some(once.saturating_add(cycles.sum::<Option<u64>>()?))
    }

    /// What a cycle may cost that is a loop whose items are known to be so many at most, with the loops inside of it, or
    /// whose states are counted.
    pub(super) fn of_cycle(
        &self,
        cycle: &BTreeSet<String>,
        states: &IndexMap<String, State>,
    ) -> Option<u64> {
        self.of_loop(cycle, states)
            .or_else(|| counted::most(&self.counted, cycle, states, |name| self.of(name)))
    }

    fn of_loop(&self, cycle: &BTreeSet<String>, states: &IndexMap<String, State>) -> Option<u64> {
        let head = entry(cycle, states)?;
        let visits = *self.bounds.get(head)?;
        let is_body = |name: &String| name != head && cycle.contains(name);
        let inner = cycles(states.iter().filter(|(name, _)| is_body(name)));
        let within = |cycle: &BTreeSet<String>| self.of_cycle(cycle, states);
        let inner_events = inner.iter().map(within).sum::<Option<u64>>()?;
        let is_inner = |name: &&String| inner.iter().any(|cycle| cycle.contains(*name));
        let once = cycle.iter().filter(|name| !is_inner(name));
        let once: u64 = once.map(|name| self.of(name)).sum();
        Some(once.saturating_add(inner_events).saturating_mul(visits))
    }
}

/// The one state of a cycle by which it is come to, where there is one: with it, all of the cycle begins again.
fn entry<'cycle>(
    cycle: &'cycle BTreeSet<String>,
    states: &IndexMap<String, State>,
) -> Option<&'cycle String> {
    let outside = states.iter().filter(|(name, _)| !cycle.contains(*name));
    let targets = outside.flat_map(|(_, state)| targets(state));
    let first = states.keys().next().map(String::as_str);
    let entered: BTreeSet<&str> = targets.chain(first).collect();
    let mut entries = cycle.iter().filter(|name| entered.contains(name.as_str()));
    entries.next().filter(|_| entries.next().is_none())
}

/// The groups of states that lie on a common cycle.
pub(super) fn cycles<'states>(
    states: impl Iterator<Item = (&'states String, &'states State)>,
) -> Vec<BTreeSet<String>> {
    let states: IndexMap<&str, &State> =
        states.map(|(name, state)| (name.as_str(), state)).collect();
    let leads = |id: usize| {
        let state = states.get_index(id).into_iter();
        let targets = state.flat_map(|(_, state)| targets(state));
        targets.filter_map(|target| states.get_index_of(target))
    };
    let groups = graph::cycles(states.len(), leads);
    let named = |group: Vec<usize>| {
        let states = group.into_iter().filter_map(|id| states.get_index(id));
        states.map(|(name, _)| (*name).to_owned()).collect()
    };
    groups.into_iter().map(named).collect()
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
