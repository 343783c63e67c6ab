//! A Choice and its rules.

use serde_json::{Map, Value};

use super::block::StateAt;
use super::diagnostic::Findings;
use super::fields::RULE;
use super::place::Place;
use super::{expressions, object};
use crate::QueryLanguage;

/// What a rule decides by.
const SELECTORS: [&str; 5] = ["And", "Or", "Not", "Variable", "Condition"];

/// What a rule in JSONPath mode compares by; most also with `Path` at the end.
const COMPARISONS: [(&str, bool); 21] = [
    ("StringEquals", true),
    ("StringLessThan", true),
    ("StringGreaterThan", true),
    ("StringLessThanEquals", true),
    ("StringGreaterThanEquals", true),
    ("StringMatches", false),
    ("NumericEquals", true),
    ("NumericLessThan", true),
    ("NumericGreaterThan", true),
    ("NumericLessThanEquals", true),
    ("NumericGreaterThanEquals", true),
    ("BooleanEquals", true),
    ("TimestampEquals", true),
    ("TimestampLessThan", true),
    ("TimestampGreaterThan", true),
    ("TimestampLessThanEquals", true),
    ("TimestampGreaterThanEquals", true),
    ("IsNull", false),
    ("IsPresent", false),
    ("IsNumeric", false),
    ("IsString", false),
];

/// The rest of them, which have no other form either.
const MORE_COMPARISONS: [&str; 2] = ["IsBoolean", "IsTimestamp"];

/// Checks a Choice.
pub(super) fn check(state: &StateAt, language: QueryLanguage, findings: &mut Findings) {
    let StateAt { fields, place, .. } = state;
    object::required(fields, &["Choices"], place, findings);
    let place = place.field("Choices");
    let rules = fields.get("Choices").and_then(Value::as_array);
    for (index, rule) in rules.into_iter().flatten().enumerate() {
        let place = place.item(index);
        let Some(rule) = rule.as_object() else {
            findings.schema(&place, "Expected value of type [OBJECT]");
            continue;
        };
        object::required(rule, &["Next"], &place, findings);
        selector(rule, &place, findings);
        match language {
            QueryLanguage::Jsonata => jsonata(rule, &place, findings),
            QueryLanguage::JsonPath => json_path(rule, &place, findings),
        }
    }
}

fn selector(rule: &Map<String, Value>, place: &Place, findings: &mut Findings) {
    let count = SELECTORS
        .iter()
        .filter(|name| rule.contains_key(**name))
        .count();
    if count != 1 {
        let message = format!(
            "The object must have only one of the following fields, [{}]",
            SELECTORS.join(", ")
        );
        findings.schema(place, message);
    }
}

fn jsonata(rule: &Map<String, Value>, place: &Place, findings: &mut Findings) {
    for name in rule.keys() {
        if is_comparison(name) || matches!(name.as_str(), "And" | "Or" | "Not" | "Variable") {
            findings.schema(place, object::other_language(name, QueryLanguage::Jsonata));
        }
    }
    let own: Map<String, Value> = rule
        .iter()
        .filter(|(name, _)| {
            !is_comparison(name) && !matches!(name.as_str(), "And" | "Or" | "Not" | "Variable")
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    object::check(&own, RULE, QueryLanguage::Jsonata, place, findings);
    match rule.get("Condition") {
        None | Some(Value::Bool(_)) => {}
        Some(condition) => expressions::only(condition, &place.field("Condition"), findings),
    }
}

fn json_path(rule: &Map<String, Value>, place: &Place, findings: &mut Findings) {
    let own: Map<String, Value> = rule
        .iter()
        .filter(|(name, _)| {
            !is_comparison(name) && !matches!(name.as_str(), "And" | "Or" | "Not" | "Variable")
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    object::check(&own, RULE, QueryLanguage::JsonPath, place, findings);
    compared(rule, place, findings);
}

/// Checks the comparisons of a rule in JSONPath mode, and of those inside it.
fn compared(rule: &Map<String, Value>, place: &Place, findings: &mut Findings) {
    if rule.contains_key("Variable") {
        let comparisons: Vec<&str> = rule
            .keys()
            .map(String::as_str)
            .filter(|name| is_comparison(name))
            .collect();
        if comparisons.len() != 1 {
            let names: Vec<String> = all_comparisons().collect();
            object::exactly_one(
                |name| comparisons.contains(&name),
                &names.iter().map(String::as_str).collect::<Vec<_>>(),
                place,
                findings,
            );
        }
        for (name, value) in rule {
            let is_path = name == "Variable" || (is_comparison(name) && name.ends_with("Path"));
            if is_path && value.as_str().is_some_and(|path| !path.starts_with('$')) {
                let message = "Value is not a Reference Path: Reference path didn't start with '$'";
                findings.schema(&place.field(name), message);
            }
        }
    }
    let mut nested: Vec<(&Value, Place)> = Vec::new();
    for name in ["And", "Or"] {
        let rules = rule.get(name).and_then(Value::as_array);
        for (index, rule) in rules.into_iter().flatten().enumerate() {
            nested.push((rule, place.field(name).item(index)));
        }
    }
    if let Some(rule) = rule.get("Not") {
        nested.push((rule, place.field("Not")));
    }
    for (rule, place) in nested {
        let Some(rule) = rule.as_object() else {
            findings.schema(&place, "Expected value of type [OBJECT]");
            continue;
        };
        if rule.contains_key("Next") {
            findings.schema(&place, "Field 'Next' is not supported");
        }
        compared(rule, &place, findings);
    }
}

fn is_comparison(name: &str) -> bool {
    MORE_COMPARISONS.contains(&name)
        || COMPARISONS.iter().any(|(known, has_path)| {
            name == *known || (*has_path && name.strip_suffix("Path") == Some(*known))
        })
}

fn all_comparisons() -> impl Iterator<Item = String> {
    let forms = COMPARISONS.iter().flat_map(|(name, has_path)| {
        let path = has_path.then(|| format!("{name}Path"));
        std::iter::once((*name).to_owned()).chain(path)
    });
    forms.chain(MORE_COMPARISONS.iter().map(|name| (*name).to_owned()))
}
