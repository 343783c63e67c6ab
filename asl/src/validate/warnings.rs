//! What is hardly meant so: in JSONPath mode, paths where nothing follows them.

use serde_json::Value;

use super::block::{Block, StateAt};
use super::diagnostic::Findings;
use super::language;
use super::place::Place;
use crate::QueryLanguage;

/// Warns about the states of a machine.
pub(super) fn check(block: &Block, machine: QueryLanguage, findings: &mut Findings) {
    for state in &block.states {
        let own = language(state.fields.get("QueryLanguage"), machine);
        if own == QueryLanguage::JsonPath {
            warn(state, findings);
        }
        for inner in &state.inner {
            check(inner, machine, findings);
        }
    }
}

fn warn(state: &StateAt, findings: &mut Findings) {
    if let Some(result) = state.fields.get("Result")
        && holds_path(result)
    {
        let message = "The 'Result' of a Pass state is static: a path in it is not followed.";
        findings.warning(
            "PASS_RESULT_IS_STATIC",
            &state.place.field("Result"),
            message,
        );
    }
    for name in ["Parameters", "ResultSelector", "ItemSelector"] {
        if let Some(template) = state.fields.get(name) {
            undollared(template, &state.place.field(name), findings);
        }
    }
}

fn undollared(value: &Value, place: &Place, findings: &mut Findings) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let place = place.field(name);
                if !name.ends_with(".$") && member.as_str().is_some_and(is_path) {
                    let message = format!(
                        "The value of '{name}' looks like a JSONPath or an intrinsic function; it is followed only in '{name}.$'."
                    );
                    findings.warning("NO_DOLLAR", &place, message);
                }
                undollared(member, &place, findings);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                undollared(item, &place.item(index), findings);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn holds_path(value: &Value) -> bool {
    match value {
        Value::String(text) => is_path(text),
        Value::Array(items) => items.iter().any(holds_path),
        Value::Object(members) => members.values().any(holds_path),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_path(text: &str) -> bool {
    text == "$"
        || text.starts_with("$.")
        || text.starts_with("$[")
        || text.starts_with("$$.")
        || text.starts_with("States.")
}
