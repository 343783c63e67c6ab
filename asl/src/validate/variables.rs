//! Variables: their names, and that an inner scope leaves those of the scopes around it alone.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::block::{Block, StateAt};
use super::diagnostic::Findings;
use super::expressions::Survey;
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
    scope(machine, &BTreeSet::new(), language, survey, findings);
}

/// Checks a block. `outer` are the variables of the scopes around it.
fn scope(
    block: &Block,
    outer: &BTreeSet<String>,
    language: QueryLanguage,
    survey: &dyn Fn(&str) -> Survey,
    findings: &mut Findings,
) {
    let mut visible = outer.clone();
    for (variable, place) in block.states.iter().flat_map(assigned) {
        spelling(variable, &place, findings);
        if outer.contains(variable) {
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
        for inner in &state.inner {
            // An execution of its own sees nothing of the one that started it.
            let nothing = BTreeSet::new();
            let outer = if inner.is_distributed {
                &nothing
            } else {
                &visible
            };
            scope(inner, outer, language, survey, findings);
        }
    }
}

/// Every variable that a state sets, and where.
fn assigned<'d>(state: &StateAt<'d>) -> Vec<(&'d str, Place)> {
    let mut found = Vec::new();
    let mut add = |holder: &'d Map<String, Value>, place: &Place| {
        let assign = holder.get("Assign").and_then(Value::as_object);
        for name in assign.into_iter().flat_map(Map::keys) {
            // In JSONPath mode the name ends so where the value is a path.
            let variable = name.strip_suffix(".$").unwrap_or(name);
            found.push((variable, place.field("Assign").field(name)));
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
