//! Hand-over: a cycle that may outlive an execution's event budget goes on in a new execution.
//!
//! Each Choice in such a cycle first asks how many visits this execution has seen; above the budget it leads to a Task
//! that starts the next execution with the same position. The machine then begins with a Choice on where to enter.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use pawl_asl::{Choice, Dynamic, Rule, State};
use pawl_contract::Kind;
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use super::names::{Names, Own, Task};
use super::plan::Planned;
use super::states::{expression, most_events, route_is};
use super::{budget, plan, states as tasks};
use crate::check::Checked;
use crate::source::Node;

/// Adds hand-over where a cycle needs it, and returns the name of the state with which the machine begins.
pub(super) fn insert(
    checked: &Checked,
    planned: &mut Planned,
    names: &Names<'_>,
    after: Option<u32>,
    states: &mut IndexMap<String, State>,
) -> String {
    let first = states.keys().next().cloned().unwrap_or_default();
    let budget = Budget {
        checked,
        planned,
        states,
    };
    let needs = |cycle: &BTreeSet<String>| after.is_some() || !budget.fits(cycle);
    let cycles: Vec<BTreeSet<String>> = budget.cycles().into_iter().filter(needs).collect();
    let visits = after.map_or_else(|| budget.visits(), u64::from);
    if cycles.is_empty() {
        return first;
    }
    let mut entered = BTreeSet::new();
    for cycle in &cycles {
        for name in cycle {
            let Some(State::Choice(choice)) = states.get_mut(name) else {
                continue;
            };
            let staying: Vec<String> = choice
                .choices
                .iter()
                .map(|rule| rule.next.clone())
                .filter(|next| cycle.contains(next))
                .collect();
            let rule = |next: &String| Rule {
                condition: Some(Dynamic::Expression(expression(&format!(
                    "{} and $number($substring($states.input.at, -6)) - $number($substring($states.input.base, -6)) > {visits}",
                    route_is(name, next)
                )))),
                next: names.task(&Task::HandOver(next.clone())),
                ..Rule::default()
            };
            choice.choices.splice(0..0, staying.iter().map(rule));
            entered.extend(staying);
        }
    }
    let enter = names.own(Own::Enter);
    let rule = |state: &String| Rule {
        condition: Some(Dynamic::Expression(expression(&format!(
            "$states.input.enter = '{state}'"
        )))),
        next: state.clone(),
        ..Rule::default()
    };
    let choice = Choice {
        comment: Some("Goes on where the execution before this one handed over.".to_owned()),
        choices: entered.iter().map(rule).collect(),
        default: Some(first),
        ..Choice::default()
    };
    states.shift_insert(0, enter.clone(), State::Choice(choice));
    for task in entered.into_iter().map(Task::HandOver) {
        let name = names.task(&task);
        let plan = plan::own(checked, names, &task);
        states.insert(
            name.clone(),
            State::Task(tasks::task(checked, names, &task, &plan)),
        );
        planned.plans.insert(name.clone(), plan);
        planned.tasks.insert(name, task);
    }
    enter
}

/// What an execution may cost in events.
struct Budget<'a> {
    checked: &'a Checked,
    planned: &'a Planned,
    states: &'a IndexMap<String, State>,
}

impl Budget<'_> {
    /// The groups of states that lie on a common cycle.
    fn cycles(&self) -> Vec<BTreeSet<String>> {
        let graph = self.graph(None);
        let groups = tarjan_scc(&graph).into_iter();
        let is_cycle = |group: &Vec<&str>| {
            group.len() > 1
                || group
                    .first()
                    .is_some_and(|name| graph.contains_edge(*name, *name))
        };
        groups
            .filter(is_cycle)
            .map(|group| group.into_iter().map(str::to_owned).collect())
            .collect()
    }

    /// The states as a graph, without the edges that leave `barred`.
    fn graph(&self, barred: Option<&str>) -> DiGraphMap<&str, ()> {
        let mut graph = DiGraphMap::new();
        for (name, state) in self.states {
            graph.add_node(name.as_str());
            for target in targets(state).filter(|_| barred != Some(name)) {
                graph.add_edge(name.as_str(), target, ());
            }
        }
        graph
    }

    /// Whether a cycle is one loop whose iterations are known to be few enough.
    fn fits(&self, cycle: &BTreeSet<String>) -> bool {
        let heads = cycle
            .iter()
            .filter_map(|name| Some((name, self.most_iterations(name)?)));
        let events = |names: &mut dyn Iterator<Item = &String>| {
            names.map(|name| self.most_events(name)).sum::<u64>()
        };
        let rest = events(&mut self.states.keys());
        heads.into_iter().any(|(head, iterations)| {
            let graph = self.graph(Some(head));
            let is_only_cycle = tarjan_scc(&graph)
                .iter()
                .all(|group| group.len() == 1 || !group.iter().any(|name| cycle.contains(*name)));
            is_only_cycle
                && events(&mut cycle.iter())
                    .saturating_mul(iterations)
                    .saturating_add(rest)
                    <= budget::MOST_EVENTS
        })
    }

    /// The iterations of a loop, where its definition bounds them.
    fn most_iterations(&self, state: &str) -> Option<u64> {
        let step = self
            .checked
            .definition
            .steps
            .iter()
            .find(|step| step.slug == state && step.kind == Kind::Loop)?;
        let written = step
            .config
            .get("items")
            .filter(|items| items.as_str().is_none())
            .map(|items| items.elements().len() as u64);
        step.config
            .get("maxIterations")
            .and_then(Node::as_u64)
            .or(written)
            .map(|iterations| iterations + 1)
    }

    /// Visits after which an execution still has events left to come to the next check and to its end.
    fn visits(&self) -> u64 {
        let dearest = self
            .planned
            .tasks
            .values()
            .map(|task| most_events(self.checked, task))
            .max()
            .unwrap_or(5)
            + CHOICE;
        let steps = self.checked.definition.steps.len() as u64;
        (budget::MOST_EVENTS / dearest)
            .saturating_sub(2 * steps)
            .max(1)
    }

    fn most_events(&self, state: &str) -> u64 {
        self.planned
            .tasks
            .get(state)
            .map_or(CHOICE, |task| most_events(self.checked, task))
    }
}

/// The events of a Choice, a Succeed or a Fail.
const CHOICE: u64 = 2;

/// The states to which a state can lead.
fn targets(state: &State) -> impl Iterator<Item = &str> {
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
        .chain(state.catch().iter().map(|catcher| catcher.next.as_str()))
}
