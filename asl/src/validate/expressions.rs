//! JSONata expressions in a definition: where they stand, and what is in them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::diagnostic::Findings;
use super::place::Place;
use crate::expression;

/// What stands in one expression.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Why AWS refuses it, as code and message.
    pub refusals: Vec<(&'static str, String)>,
    /// The variables that it reads, `states` and its own not among them.
    pub variables: BTreeSet<String>,
    /// Whether it reads `$states.errorOutput`.
    pub reads_error: bool,
    /// Whether it reads `$states.result`.
    pub reads_result: bool,
}

/// What expressions of a field can see beside input and context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sees {
    /// Nothing.
    Neither,
    /// What the state's work came to.
    Result,
    /// The error that was caught.
    Error,
}

/// What begins or ends as an expression and is none.
const HALF: &str = "JSONata string must start with {% and end with %}";

/// Checks every text inside a template: what begins as an expression has to end as one.
pub(super) fn template(value: &Value, place: &Place, findings: &mut Findings) {
    visit(value, place, &mut |text, place| {
        if expression(text).is_none() && (text.starts_with("{%") || text.ends_with("%}")) {
            findings.schema(place, HALF);
        }
    });
}

/// Checks a text where nothing but an expression is allowed.
pub(super) fn only(value: &Value, place: &Place, findings: &mut Findings) {
    if value.as_str().is_none_or(|text| expression(text).is_none()) {
        findings.schema(place, HALF);
    }
}

/// Every text inside a value.
pub(super) fn visit(value: &Value, place: &Place, found: &mut dyn FnMut(&str, &Place)) {
    match value {
        Value::String(text) => found(text, place),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(item, &place.item(index), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                visit(member, &place.field(name), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Checks every expression in a value.
pub(super) fn check(
    value: &Value,
    place: &Place,
    sees: Sees,
    survey: &dyn Fn(&str) -> Survey,
    findings: &mut Findings,
) {
    visit(value, place, &mut |text, place| {
        let Some(source) = expression(text) else {
            return;
        };
        let surveyed = survey(source);
        for (code, message) in surveyed.refusals {
            findings.error(code, place, message);
        }
        let unseen = [
            ("errorOutput", surveyed.reads_error && sees != Sees::Error),
            ("result", surveyed.reads_result && sees != Sees::Result),
        ];
        for (field, _) in unseen.iter().filter(|(_, is_unseen)| *is_unseen) {
            let message = format!("Field '$states.{field}' does not exist.");
            findings.error("UNSUPPORTED_JSONATA_EXPRESSION", place, message);
        }
    });
}
