//! Transforms whose description leaves a choice.

use std::cmp::Ordering;

use serde_json::Value;

use super::operators::{part, searches};
use super::{Finding, Rule, at_path, is_container, printed, within};
use crate::outcome::{Outcome, Stage, is_special, same};

pub(crate) static RULES: [Rule; 14] = [
    Rule {
        name: "arguments-of-another-kind",
        explains: |finding| {
            let needs = [
                "needs text for",
                "needs a whole number for",
                "needs a list for",
                "needs a path",
                "needs a size",
            ];
            // Ours takes the text of a number for the number.
            let is_number = finding
                .operand(1)
                .is_some_and(|size| size.is_string() || size.is_boolean())
                && finding
                    .reference
                    .failed(Stage::Evaluate, "a size of at least 1");
            finding.transform() == Some("chunk") && is_number && finding.ours.value().is_some()
                || finding.transform().is_some()
                    && finding.reference.value().is_some()
                    && needs
                        .iter()
                        .any(|need| finding.ours.failed(Stage::Evaluate, need))
        },
    },
    Rule {
        name: "null-is-not-given",
        explains: |finding| {
            let has_default = [
                "join",
                "slice",
                "sort",
                "formatList",
                "concat",
                "hasOverlap",
            ]
            .contains(&finding.transform().unwrap_or_default());
            has_default
                && finding
                    .operands
                    .iter()
                    .skip(1)
                    .flatten()
                    .any(Value::is_null)
        },
    },
    Rule {
        name: "the-number-of-null",
        explains: |finding| {
            finding.transform() == Some("number")
                && finding.operand(0).is_some_and(Value::is_null)
                && finding.ours.value().is_some_and(Value::is_null)
        },
    },
    Rule {
        name: "json-of-texts-only",
        explains: |finding| {
            finding.transform() == Some("parseJSON")
                && finding.operand(0).is_some_and(is_container)
                && finding.ours.failed(Stage::Evaluate, "needs text")
        },
    },
    Rule {
        name: "join-prints-json",
        explains: |finding| {
            let has_container = elements(finding).iter().any(is_container);
            finding.transform() == Some("join")
                && has_container
                && finding.ours.value().is_some_and(Value::is_string)
        },
    },
    Rule {
        name: "map-leaves-out-what-is-missing",
        explains: |finding| {
            let (Some(ours), Some(Value::Array(reference))) =
                (finding.ours.value(), finding.reference.value())
            else {
                return false;
            };
            let present = reference
                .iter()
                .filter(|element| !is_special(element, "undefined"))
                .cloned()
                .collect();
            finding.transform() == Some("map") && same(ours, &Value::Array(present))
        },
    },
    Rule {
        name: "filter-skips-null",
        explains: |finding| {
            let (Some(Value::Array(ours)), Some(Value::Array(reference))) =
                (finding.ours.value(), finding.reference.value())
            else {
                return false;
            };
            let is_null = |element: &Value| within(element, &Value::is_null);
            let is_kept = |element: &&Value| ours.iter().any(|own| same(own, element));
            let kept = reference.iter().filter(is_kept).count();
            finding.transform() == Some("filter")
                && kept == ours.len()
                && kept < reference.len()
                && reference
                    .iter()
                    .filter(|element| !is_kept(element))
                    .all(is_null)
        },
    },
    Rule {
        name: "unique-keeps-kinds",
        explains: |finding| {
            let (Some(Value::Array(ours)), Some(Value::Array(reference))) =
                (finding.ours.value(), finding.reference.value())
            else {
                return false;
            };
            let printed = ours.iter().map(|element| match element {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => printed(other),
            });
            finding.transform() == Some("unique")
                && printed.eq(reference
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned))
        },
    },
    Rule {
        name: "lines-of-a-list",
        explains: |finding| {
            let is_plain = |element: &Value| !is_container(element);
            finding.transform() == Some("formatList")
                && finding.ours.value().is_some_and(Value::is_string)
                && (elements(finding).iter().any(is_plain) || differs_in_blank_lines(finding))
        },
    },
    Rule {
        name: "nothing-is-not-found",
        explains: |finding| {
            let finds = ["find", "filterBy"].contains(&finding.transform().unwrap_or_default())
                && finding.operand(2).is_some_and(Value::is_null);
            finds
                || searches(finding)
                    && part(finding).is_some_and(Value::is_null)
                    && finding.reference.value() == Some(&Value::Bool(false))
        },
    },
    Rule {
        name: "missing-members-of-what-is-made",
        explains: |finding| {
            let prints = ["string", "unique", "join", "formatList", "sort", "map"]
                .contains(&finding.transform().unwrap_or_default());
            let has_null = |value: &Value| is_container(value) && within(value, &Value::is_null);
            finding.is_missing
                && (prints || finding.node.is_none())
                && finding.values().any(has_null)
                && finding.ours.value().is_some()
        },
    },
    Rule {
        name: "overlap-as-text",
        explains: |finding| {
            finding.transform() == Some("hasOverlap")
                && finding.ours.value() == Some(&Value::Bool(true))
                && finding.reference.value() == Some(&Value::Bool(false))
        },
    },
    Rule {
        name: "one-order-for-all-kinds",
        explains: |finding| {
            let path = finding
                .operand(1)
                .and_then(Value::as_str)
                .unwrap_or_default();
            let keys = elements(finding)
                .iter()
                .map(|element| at_path(element, path))
                .collect::<Vec<_>>();
            let is_one_kind = keys.iter().all(|key| key.is_some_and(Value::is_number))
                || keys.iter().all(|key| key.is_some_and(Value::is_string));
            let same_elements = |left: &Value, right: &Value| sorted(left) == sorted(right);
            let is_reordered = finding
                .ours
                .value()
                .zip(finding.reference.value())
                .is_some_and(|(ours, reference)| same_elements(ours, reference));
            finding.transform() == Some("sort") && !is_one_kind && is_reordered
        },
    },
    Rule {
        name: "asc-or-desc",
        explains: |finding| {
            finding.transform() == Some("sort")
                && finding
                    .ours
                    .failed(Stage::Evaluate, "sorts `asc` or `desc`")
        },
    },
];

/// The subject of a transform as a list.
fn elements<'f>(finding: &'f Finding<'_>) -> &'f [Value] {
    finding
        .operand(0)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Whether both are the same text without their empty lines.
fn differs_in_blank_lines(finding: &Finding<'_>) -> bool {
    let separator = finding.operand(2).and_then(Value::as_str).unwrap_or("\n");
    let lines = |outcome: &Outcome| {
        let text = outcome.value().and_then(Value::as_str)?;
        let lines = text.split(separator).filter(|line| !line.trim().is_empty());
        Some(lines.map(str::to_owned).collect::<Vec<_>>())
    };
    let ours = lines(finding.ours);
    ours.is_some() && ours == lines(finding.reference)
}

fn sorted(list: &Value) -> Vec<String> {
    let mut texts = list
        .as_array()
        .into_iter()
        .flatten()
        .map(|element| {
            if is_special(element, "undefined") {
                printed(&Value::Null)
            } else {
                printed(element)
            }
        })
        .collect::<Vec<_>>();
    texts.sort_by(|left, right| left.partial_cmp(right).unwrap_or(Ordering::Equal));
    texts
}
