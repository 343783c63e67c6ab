//! The ways between the states of a block: every one leads somewhere, every state is reached, and there is an end.

use std::collections::BTreeSet;

use super::{Problems, pointer};
use crate::{State, StateMap};

/// Checks a block; `parent` points to what holds its `StartAt` and `States`.
pub(super) fn check(start_at: &str, states: &StateMap, parent: &str, problems: &mut Problems) {
    if !states.contains_key(start_at) {
        problems.add(
            &pointer(parent, "StartAt"),
            format!("there is no state `{start_at}`"),
        );
        return;
    }
    let place = pointer(parent, "States");
    let before = problems.count();
    for (name, state) in states {
        let place = pointer(&place, name);
        for (way, target) in ways(state) {
            if !states.contains_key(target) {
                problems.add(
                    &format!("{place}/{way}"),
                    format!("there is no state `{target}` beside this one"),
                );
            }
        }
        leaving(state, &place, problems);
    }
    // With a way missing, more states seem out of reach than are.
    if problems.count() == before {
        reaching(start_at, states, &place, problems);
    }
}

/// Checks that every state can be reached, and from there an end.
fn reaching(start_at: &str, states: &StateMap, place: &str, problems: &mut Problems) {
    let mut reached = BTreeSet::from([start_at]);
    let mut open = vec![start_at];
    let mut ends = false;
    while let Some(state) = open.pop().and_then(|name| states.get(name)) {
        ends |= is_last(state);
        for (_, target) in ways(state) {
            if reached.insert(target) {
                open.push(target);
            }
        }
    }
    for name in states
        .keys()
        .filter(|name| !reached.contains(name.as_str()))
    {
        problems.add(
            &pointer(place, name),
            format!("nothing leads to the state `{name}`"),
        );
    }
    if !ends {
        problems.add(place, "no way leads to a state that ends");
    }
}

/// Whether a strand can end with a state.
fn is_last(state: &State) -> bool {
    state.is_end() || matches!(state, State::Succeed(_) | State::Fail(_))
}

/// Every way out of a state: where it stands in the state, and where it leads.
fn ways(state: &State) -> Vec<(String, &str)> {
    let mut ways = Vec::new();
    if let Some(next) = state.next() {
        ways.push(("Next".to_owned(), next));
    }
    for (index, catcher) in state.catch().iter().enumerate() {
        ways.push((format!("Catch/{index}/Next"), catcher.next.as_str()));
    }
    if let State::Choice(choice) = state {
        for (index, rule) in choice.choices.iter().enumerate() {
            ways.push((format!("Choices/{index}/Next"), rule.next.as_str()));
        }
        if let Some(default) = &choice.default {
            ways.push(("Default".to_owned(), default));
        }
    }
    ways
}

/// Checks that a state says in exactly one way what follows it.
fn leaving(state: &State, place: &str, problems: &mut Problems) {
    if matches!(state, State::Choice(_) | State::Succeed(_) | State::Fail(_)) {
        return;
    }
    match (state.next(), state.is_end()) {
        (None, false) => problems.add(place, "the state has neither `Next` nor `End`"),
        (Some(_), true) => problems.add(
            &pointer(place, "End"),
            "the state has both `Next` and `End`",
        ),
        (Some(_), false) | (None, true) => {}
    }
}
