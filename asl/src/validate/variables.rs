//! Variables: their names, and that an inner scope leaves those of the scopes around it alone.

use std::collections::BTreeSet;

use super::{Problems, pointer};
use crate::limits::NAME_CHARACTERS;
use crate::{Fields, State, StateMap};

/// Checks a block. `outer` are the variables of the scopes around it.
pub(super) fn check(
    states: &StateMap,
    parent: &str,
    outer: &[&BTreeSet<&str>],
    problems: &mut Problems,
) {
    let place = pointer(parent, "States");
    let own: BTreeSet<&str> = states
        .values()
        .flat_map(assigns)
        .flat_map(|(_, assign)| assign.keys())
        .map(String::as_str)
        .collect();
    let mut scopes = outer.to_vec();
    scopes.push(&own);
    for (name, state) in states {
        let place = pointer(&place, name);
        for (assign_place, assign) in assigns(state) {
            for variable in assign.keys() {
                let place = pointer(&format!("{place}/{assign_place}"), variable);
                spelling(variable, &place, problems);
                if outer.iter().any(|scope| scope.contains(variable.as_str())) {
                    let message = format!(
                        "`{variable}` is a variable of a scope around this one, which can be read here but not set"
                    );
                    problems.add(&place, message);
                }
            }
        }
        match state {
            State::Parallel(parallel) => {
                for (index, branch) in parallel.branches.iter().enumerate() {
                    check(
                        &branch.states,
                        &format!("{place}/Branches/{index}"),
                        &scopes,
                        problems,
                    );
                }
            }
            State::Map(map) => {
                if let Some(processor) = &map.item_processor {
                    check(
                        &processor.states,
                        &pointer(&place, "ItemProcessor"),
                        &scopes,
                        problems,
                    );
                }
            }
            State::Task(_)
            | State::Pass(_)
            | State::Choice(_)
            | State::Wait(_)
            | State::Succeed(_)
            | State::Fail(_) => {}
        }
    }
}

/// Every Assign in a state, with its place.
fn assigns(state: &State) -> Vec<(String, &Fields)> {
    let mut assigns: Vec<_> = state
        .assign()
        .map(|assign| ("Assign".to_owned(), assign))
        .into_iter()
        .collect();
    for (index, catcher) in state.catch().iter().enumerate() {
        assigns.extend(
            catcher
                .assign
                .as_ref()
                .map(|assign| (format!("Catch/{index}/Assign"), assign)),
        );
    }
    if let State::Choice(choice) = state {
        for (index, rule) in choice.choices.iter().enumerate() {
            assigns.extend(
                rule.assign
                    .as_ref()
                    .map(|assign| (format!("Choices/{index}/Assign"), assign)),
            );
        }
    }
    assigns
}

fn spelling(variable: &str, place: &str, problems: &mut Problems) {
    // In JSONPath mode the name ends so where the value is a path.
    let name = variable.strip_suffix(".$").unwrap_or(variable);
    let begins = name.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let goes_on = name
        .chars()
        .all(|character| character.is_alphanumeric() || character == '_');
    if name == "states" {
        problems.add(place, "`states` is reserved");
    } else if !begins || !goes_on || name.chars().count() > NAME_CHARACTERS {
        let message = format!(
            "`{name}` is no name for a variable: letters, digits and underscores, not first a digit, at most {NAME_CHARACTERS}"
        );
        problems.add(place, message);
    }
}
