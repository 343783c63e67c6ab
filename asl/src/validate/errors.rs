//! Retry and Catch.

use serde_json::Value;

use super::block::StateAt;
use super::diagnostic::Findings;
use super::fields::{CATCHER, Field, RETRIER};
use super::object;
use super::place::Place;
use crate::QueryLanguage;

/// Checks the retriers and catchers of a state.
pub(super) fn check(state: &StateAt, language: QueryLanguage, findings: &mut Findings) {
    let rows: [(&str, &[Field], &[&str]); 2] = [
        ("Retry", RETRIER, &["ErrorEquals"]),
        ("Catch", CATCHER, &["ErrorEquals", "Next"]),
    ];
    for (field, table, required) in rows {
        let place = state.place.field(field);
        let Some(value) = state.fields.get(field) else {
            continue;
        };
        let Some(entries) = value.as_array() else {
            findings.schema(&place, "Expected value of type [ARRAY]");
            continue;
        };
        for (index, entry) in entries.iter().enumerate() {
            let place = place.item(index);
            let Some(entry) = entry.as_object() else {
                findings.schema(&place, "Expected value of type [OBJECT]");
                continue;
            };
            object::check(entry, table, language, &place, findings);
            object::required(entry, required, &place, findings);
            if let Some(names) = entry.get("ErrorEquals").and_then(Value::as_array) {
                let is_last = index + 1 == entries.len();
                error_names(names, is_last, &place.field("ErrorEquals"), findings);
            }
        }
    }
}

fn error_names(names: &[Value], is_last: bool, place: &Place, findings: &mut Findings) {
    for (index, name) in names.iter().enumerate() {
        let place = place.item(index);
        if !name.is_string() {
            findings.schema(&place, "Expected value of type [STRING]");
        }
        if name == "States.ALL" && (names.len() > 1 || !is_last) {
            let message = "States.ALL must appear alone and at end of list";
            findings.schema(&place, message);
        }
    }
}
