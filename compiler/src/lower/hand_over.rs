//! Hand-over: a cycle that may outlive an execution's event budget goes on in a new execution.
//!
//! Each Choice in such a cycle first asks how many visits this execution has seen; above the budget it leads to a Task
//! that starts the next execution with the same position. The machine then begins with a Choice on where to enter.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use pawl_asl::{Choice, Dynamic, Rule, State};

use super::decisions::{HandOver, Notes};
use super::events::{Events, cycles};
use super::names::{Names, Own, Task};
use super::plan::Planned;
use super::states::{expression, route_is};
use super::{budget, plan, states as tasks};
use crate::check::Checked;

/// What the caller asks for.
pub(super) struct Asked {
    /// Visits after which every cycle is handed over.
    pub(super) after: Option<u32>,
    /// The state with which an execution may begin beside the first.
    pub(super) entered: Option<String>,
}

/// Adds hand-over where a cycle needs it, and returns the name of the state with which the machine begins.
pub(super) fn insert(
    checked: &Checked,
    planned: &mut Planned,
    names: &Names<'_>,
    asked: Asked,
    events: &Events,
    states: &mut IndexMap<String, State>,
    notes: &mut Notes,
) -> String {
    let Asked { after, entered } = asked;
    let first = states.keys().next().cloned().unwrap_or_default();
    // What passing every state once costs.
    let once: u64 = states.keys().map(|name| events.of(name)).sum();
    let fits = |cycle: &BTreeSet<String>| {
        let most = events.of_cycle(cycle, states);
        most.is_some_and(|most| most.saturating_add(once) <= budget::MOST_EVENTS)
    };
    let needs = |cycle: &BTreeSet<String>| after.is_some() || !fits(cycle);
    let cycles: Vec<BTreeSet<String>> = cycles(states.iter()).into_iter().filter(needs).collect();
    let visits = after.map_or_else(|| visits(checked, events), u64::from);
    let mut staying = BTreeSet::new();
    for cycle in &cycles {
        let decides = |name: &&String| matches!(states.get(*name), Some(State::Choice(_)));
        notes.hand_overs.push(HandOver {
            choices: cycle.iter().filter(decides).cloned().collect(),
            events: events.of_cycle(cycle, states),
            visits,
            is_asked: after.is_some(),
        });
        for name in cycle {
            let Some(State::Choice(choice)) = states.get_mut(name) else {
                continue;
            };
            let next: Vec<String> = choice
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
            choice.choices.splice(0..0, next.iter().map(rule));
            staying.extend(next);
        }
    }
    let entered: BTreeSet<&String> = staying.iter().chain(&entered).collect();
    if entered.is_empty() {
        return first;
    }
    let enter = names.own(Own::Enter, None);
    let rule = |state: &&String| Rule {
        condition: Some(Dynamic::Expression(expression(&format!(
            "$states.input.enter = '{state}'"
        )))),
        next: (*state).clone(),
        ..Rule::default()
    };
    let choice = Choice {
        comment: Some("Goes on where the execution before this one handed over.".to_owned()),
        choices: entered.iter().map(rule).collect(),
        default: Some(first),
        ..Choice::default()
    };
    states.shift_insert(0, enter.clone(), State::Choice(choice));
    for task in staying.into_iter().map(Task::HandOver) {
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

/// Visits after which an execution still has events left to come to the next check and to its end.
fn visits(checked: &Checked, events: &Events) -> u64 {
    let steps = checked.definition.steps.len() as u64;
    (budget::MOST_EVENTS / events.dearest())
        .saturating_sub(2 * steps)
        .max(1)
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
