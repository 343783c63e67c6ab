//! Hand-over: a cycle that may outlive an execution's event budget goes on in a new execution.
//!
//! Each Choice in such a cycle first asks how many visits this execution has seen; above the budget it leads to a Task
//! that starts the next execution with the same position. The machine then begins with a Choice on where to enter.

use std::collections::{BTreeMap, BTreeSet};

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
use crate::definition::Step;
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
    let budget = Budget::new(checked, planned, states);
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
    /// What passing every state once costs.
    once: u64,
    /// How often each loop head is come to, where its definition bounds that.
    bounds: BTreeMap<&'a str, u64>,
}

impl<'a> Budget<'a> {
    fn new(
        checked: &'a Checked,
        planned: &'a Planned,
        states: &'a IndexMap<String, State>,
    ) -> Self {
        let steps = checked.definition.steps.iter();
        let mut budget = Self {
            checked,
            planned,
            states,
            once: 0,
            bounds: steps
                .filter_map(|step| Some((step.slug.as_str(), most_visits(step)?)))
                .collect(),
        };
        budget.once = states.keys().map(|name| budget.most_events(name)).sum();
        budget
    }

    /// The groups of states that lie on a common cycle.
    fn cycles(&self) -> Vec<BTreeSet<String>> {
        let mut graph = DiGraphMap::new();
        for (name, state) in self.states {
            graph.add_node(name.as_str());
            for target in targets(state) {
                graph.add_edge(name.as_str(), target, ());
            }
        }
        let groups = tarjan_scc(&graph).into_iter();
        groups
            .filter(|group| is_cycle(group, &graph))
            .map(|group| group.into_iter().map(str::to_owned).collect())
            .collect()
    }

    /// Whether a cycle is one loop whose iterations are known to be few enough.
    fn fits(&self, cycle: &BTreeSet<String>) -> bool {
        let events: u64 = cycle.iter().map(|name| self.most_events(name)).sum();
        let mut heads = cycle
            .iter()
            .filter_map(|name| Some((name, self.bounds.get(name.as_str())?)));
        heads.any(|(head, visits)| {
            events.saturating_mul(*visits).saturating_add(self.once) <= budget::MOST_EVENTS
                && self.is_only_head(head, cycle)
        })
    }

    /// Whether every way around a cycle passes one of its states.
    fn is_only_head(&self, head: &str, cycle: &BTreeSet<String>) -> bool {
        let mut graph = DiGraphMap::new();
        for name in cycle.iter().filter(|name| *name != head) {
            let state = self.states.get(name).into_iter();
            for target in state
                .flat_map(targets)
                .filter(|target| cycle.contains(*target))
            {
                graph.add_edge(name.as_str(), target, ());
            }
        }
        !tarjan_scc(&graph)
            .iter()
            .any(|group| is_cycle(group, &graph))
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

/// Whether a group of states that can all come to each other can come back to where it began.
fn is_cycle(group: &[&str], graph: &DiGraphMap<&str, ()>) -> bool {
    group.len() > 1
        || group
            .first()
            .is_some_and(|name| graph.contains_edge(*name, *name))
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

#[cfg(test)]
mod tests {
    use pawl_asl::State;

    use crate::{Notation, Options, compile};

    #[test]
    fn a_loop_is_handed_over_unless_its_items_are_known_to_be_few() {
        let rows = [
            ("", true),
            (r#", "maxIterations": 10"#, false),
            (r#", "maxIterations": 100000"#, true),
            (r#", "maxIterations": 18446744073709551615"#, true),
        ];
        for (bound, expected) in rows {
            let text = format!(
                r#"{{ "name": "Bounded", "steps": [
                    {{ "stepSlug": "each", "name": "Each", "stepType": "loop", "config": {{ "items": "{{{{input.list}}}}"{bound} }},
                       "nextSteps": {{ "next": "note", "done": "end" }} }},
                    {{ "stepSlug": "note", "name": "Note", "stepType": "action",
                       "config": {{ "type": "set_variables", "parameters": {{ "last": "{{{{loop.item}}}}" }} }},
                       "nextSteps": {{ "success": "each" }} }}
                ] }}"#
            );
            let compiled = compile(&text, Notation::Json, Options::default());
            let program = compiled.program.expect(bound);
            let enter = program.lowered.machine.states.get("enter");
            assert_eq!(matches!(enter, Some(State::Choice(_))), expected, "{bound}");
        }
    }
}
