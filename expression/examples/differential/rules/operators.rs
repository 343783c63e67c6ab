//! Operators that meet what JavaScript would turn into something else.

use serde_json::Value;

use super::{Finding, Rule, is_big, is_container, is_near, within};
use crate::case::Subject;
use crate::outcome::{Stage, is_special};
use crate::tree::Tree;

pub(crate) static RULES: [Rule; 12] = [
    Rule {
        name: "no-number-is-an-error",
        explains: |finding| {
            let is_none = |value: &Value| {
                ["NaN", "Infinity", "-Infinity"]
                    .iter()
                    .any(|name| is_special(value, name))
            };
            // To JavaScript, even what is not a number is 1 to the power of 0.
            let is_one = finding.operator() == Some("^")
                && finding.reference.value() == Some(&Value::from(1));
            let is_said = finding.ours.failed(Stage::Evaluate, "a number");
            calculates(finding)
                && is_said
                && (finding.reference.value().is_some_and(is_none)
                    || is_one && finding.operand(0).is_some_and(Value::is_string))
        },
    },
    Rule {
        name: "numbers-in-texts-are-decimal",
        explains: |finding| {
            let is_odd = |value: &Value| {
                value.as_str().is_some_and(|text| {
                    text.to_lowercase().starts_with("0x")
                        || text.parse::<f64>().is_ok_and(f64::is_infinite)
                })
            };
            (calculates(finding) || orders(finding) || equals(finding))
                && finding.values().any(is_odd)
        },
    },
    Rule {
        name: "null-is-no-number",
        explains: |finding| {
            calculates(finding)
                && finding.values().any(Value::is_null)
                && finding.reference.value().is_some()
                && finding.ours.failed(Stage::Evaluate, "needs ")
        },
    },
    Rule {
        name: "null-is-neither-smaller-nor-greater",
        explains: |finding| {
            orders(finding)
                && finding.values().any(Value::is_null)
                && finding.ours.value() == Some(&Value::Bool(false))
                && finding.reference.value() == Some(&Value::Bool(true))
        },
    },
    Rule {
        name: "lists-and-objects-are-no-operands",
        explains: |finding| {
            (calculates(finding) || orders(finding))
                && finding.values().any(is_container)
                && finding.reference.value().is_some()
                && finding.ours.failed(Stage::Evaluate, "needs ")
        },
    },
    Rule {
        name: "equal-by-content",
        explains: |finding| {
            let compares = equals(finding) && finding.values().all(is_container)
                || searches(finding) && part(finding).is_some_and(is_container)
                || ["find", "filterBy"].contains(&finding.transform().unwrap_or_default())
                    && finding.operand(2).is_some_and(is_container);
            compares && finding.ours.value().is_some() && finding.reference.value().is_some()
        },
    },
    Rule {
        name: "a-list-equals-no-text",
        explains: |finding| {
            let is_unequal = Value::Bool(finding.operator() == Some("!="));
            equals(finding)
                && finding.values().filter(|value| is_container(value)).count() == 1
                && finding.ours.value() == Some(&is_unequal)
                && finding
                    .reference
                    .value()
                    .is_some_and(|value| *value != is_unequal)
        },
    },
    Rule {
        name: "whole-numbers-stay-exact",
        explains: |finding| {
            let is_near = match (finding.ours.value(), finding.reference.value()) {
                (Some(Value::Number(_)), Some(Value::Number(_)))
                    if finding.operator() == Some("%") =>
                {
                    true
                }
                (Some(ours @ Value::Number(_)), Some(reference @ Value::Number(_))) => {
                    let most = finding
                        .values()
                        .chain([ours])
                        .filter_map(Value::as_f64)
                        .map(f64::abs)
                        .fold(0.0, f64::max);
                    ours.as_f64()
                        .zip(reference.as_f64())
                        .is_some_and(|(ours, reference)| (ours - reference).abs() <= most * 1e-12)
                }
                (Some(Value::Bool(_)), Some(Value::Bool(_))) => {
                    equals(finding) || orders(finding) || searches(finding)
                }
                (Some(Value::String(_)), Some(Value::String(_))) => finding.operator() == Some("+"),
                _ => false,
            };
            is_near
                && (finding.values().any(counts_big) || finding.ours.value().is_some_and(is_big))
        },
    },
    Rule {
        name: "big-numbers-print-exactly",
        explains: |finding| {
            let prints = [
                "string",
                "join",
                "upper",
                "lower",
                "unique",
                "formatList",
                "trim",
                "parseJSON",
                "hasOverlap",
            ];
            if let Some(Subject::Mustache(_) | Subject::Template(_)) = finding.subject {
                return finding.data.get("big").is_some_and(is_big)
                    && finding.text.contains("big")
                    && finding.ours.value().is_some();
            }
            let is_printed =
                finding.node.is_none() || prints.contains(&finding.transform().unwrap_or_default());
            is_printed
                && finding.values().any(|value| within(value, &counts_big))
                && finding.ours.value().is_some()
                && finding.reference.value().is_some()
        },
    },
    Rule {
        name: "the-last-digit-of-a-power",
        explains: |finding| {
            let near = finding
                .ours
                .value()
                .zip(finding.reference.value())
                .is_some_and(|(ours, reference)| is_near(ours, reference, 1e-14));
            finding.operator() == Some("^") && near
        },
    },
    Rule {
        name: "only-lists-and-texts-are-searched",
        explains: |finding| {
            searches(finding)
                && finding.ours.failed(Stage::Evaluate, "needs a list or text")
                && finding.reference.value() == Some(&Value::Bool(false))
        },
    },
    Rule {
        name: "only-texts-are-found-in-texts",
        explains: |finding| {
            let is_refused = finding
                .ours
                .failed(Stage::Evaluate, "needs text to look for");
            let is_null = part(finding).is_some_and(Value::is_null)
                && finding.ours.value() == Some(&Value::Bool(false));
            searches(finding)
                && finding.reference.value().is_some_and(Value::is_boolean)
                && (is_refused || is_null)
        },
    },
];

fn calculates(finding: &Finding<'_>) -> bool {
    matches!(finding.node, Some(Tree::Minus(_)))
        || finding.transform() == Some("number")
        || ["+", "-", "*", "/", "//", "%", "^"].contains(&finding.operator().unwrap_or_default())
}

fn orders(finding: &Finding<'_>) -> bool {
    ["<", "<=", ">", ">="].contains(&finding.operator().unwrap_or_default())
}

fn equals(finding: &Finding<'_>) -> bool {
    ["==", "!="].contains(&finding.operator().unwrap_or_default())
}

pub(crate) fn searches(finding: &Finding<'_>) -> bool {
    ["in", "contains", "includes"].contains(&finding.operator().unwrap_or_default())
}

/// What is looked for.
pub(crate) fn part<'f>(finding: &'f Finding<'_>) -> Option<&'f Value> {
    finding.operand(usize::from(finding.operator() != Some("in")))
}

/// Whether a number, or a text that is one, is big.
fn counts_big(value: &Value) -> bool {
    is_big(value)
        || value
            .as_str()
            .and_then(|text| text.trim().parse::<f64>().ok())
            .is_some_and(|number| is_big(&number.into()))
}
