//! Variables: their names, and that an inner scope leaves those of the scopes around it alone.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::block::{Block, StateAt};
use super::diagnostic::Findings;
use super::expressions::Survey;
use super::graph::{Way, ways};
use super::place::Place;
use super::references;
use crate::QueryLanguage;
use crate::limits::NAME_CHARACTERS;

/// Checks the variables of a machine.
pub(super) fn check(
    machine: &Block,
    language: QueryLanguage,
    survey: &dyn Fn(&str) -> Survey,
    findings: &mut Findings,
) {
    scope(machine, &Outer::default(), language, survey, findings);
}

/// The variables of the scopes around a block.
#[derive(Clone, Default)]
struct Outer {
    /// Those that the block may read.
    visible: BTreeSet<String>,
    /// Those that have a value on some way into the block: it may not set them.
    set: BTreeSet<String>,
}

/// Checks a block.
fn scope(
    block: &Block,
    outer: &Outer,
    language: QueryLanguage,
    survey: &dyn Fn(&str) -> Survey,
    findings: &mut Findings,
) {
    let mut visible = outer.visible.clone();
    for (variable, place) in block.states.iter().flat_map(assigned) {
        spelling(variable, &place, findings);
        if outer.set.contains(variable) {
            let message =
                format!("The variable name '{variable}' was already defined in a parent scope.");
            findings.error("DUPLICATE_VARIABLE_NAME", &place, message);
        }
        visible.insert(variable.to_owned());
    }
    for state in &block.states {
        let reads = references::of_state(state, language, survey);
        for variable in reads.difference(&visible) {
            let message = format!("Variable '{variable}' is possibly not defined.");
            findings.warning("POSSIBLY_UNDEFINED_VARIABLE", &state.place, message);
        }
        if state.inner.is_empty() {
            continue;
        }
        let mut set = outer.set.clone();
        set.extend(set_before(block, state.name));
        let around = Outer {
            visible: visible.clone(),
            set,
        };
        for inner in &state.inner {
            // An execution of its own sees nothing of the one that started it.
            let nothing = Outer::default();
            let outer = if inner.is_distributed {
                &nothing
            } else {
                &around
            };
            scope(inner, outer, language, survey, findings);
        }
    }
}

/// The variables that are set on the ways to a state of a block.
fn set_before(block: &Block, name: &str) -> BTreeSet<String> {
    let ways: Vec<(&str, Way)> = block
        .states
        .iter()
        .flat_map(|state| ways(state).into_iter().map(|way| (state.name, way)))
        .collect();
    let mut before: BTreeSet<&str> = [name].into();
    let mut open = vec![name];
    let mut set = BTreeSet::new();
    while let Some(target) = open.pop() {
        for (from, way) in ways.iter().filter(|(_, way)| way.target == target) {
            set.extend(variables(way.holder).map(|(_, variable)| variable.to_owned()));
            if before.insert(from) {
                open.push(from);
            }
        }
    }
    set
}

/// What the Assign of a state, a catcher or a choice sets: each key, and the variable that it is for.
fn variables(holder: &Map<String, Value>) -> impl Iterator<Item = (&str, &str)> {
    let assign = holder.get("Assign").and_then(Value::as_object);
    let keys = assign.into_iter().flat_map(Map::keys);
    // In JSONPath mode the name ends so where the value is a path.
    keys.map(|key| (key.as_str(), key.strip_suffix(".$").unwrap_or(key)))
}

/// Every variable that a state sets, and where.
fn assigned<'d>(state: &StateAt<'d>) -> Vec<(&'d str, Place)> {
    let mut found = Vec::new();
    let mut add = |holder: &'d Map<String, Value>, place: &Place| {
        for (key, variable) in variables(holder) {
            found.push((variable, place.field("Assign").field(key)));
        }
    };
    add(state.fields, &state.place);
    for name in ["Catch", "Choices"] {
        let entries = state.fields.get(name).and_then(Value::as_array);
        for (index, entry) in entries.into_iter().flatten().enumerate() {
            if let Some(entry) = entry.as_object() {
                add(entry, &state.place.field(name).item(index));
            }
        }
    }
    found
}

fn spelling(variable: &str, place: &Place, findings: &mut Findings) {
    let begins = variable.starts_with(char::is_alphabetic);
    let goes_on = variable
        .chars()
        .all(|character| character.is_alphanumeric() || character == '_');
    let mut invalid = |why: &str| {
        let message = format!("Invalid variable name '{variable}': the variable name {why}.");
        findings.error("INVALID_VARIABLE_NAME", place, message);
    };
    if variable == "states" {
        let message = "Cannot assign to reserved variable '$states'.";
        findings.error("RESERVED_VARIABLE_NAME", place, message);
    } else if !begins || !goes_on {
        invalid("contains invalid characters");
    } else if variable.chars().count() > NAME_CHARACTERS {
        invalid(&format!(
            "exceeds the {NAME_CHARACTERS}-character limit allowed by the service"
        ));
    }
}
