//! Members, elements and filters.

use serde_json::Value;

use super::{Finding, Rule, is_astral, is_container, within};
use crate::case::Subject;
use crate::outcome::{Outcome, Stage, is_special};
use crate::tree::Tree;

pub(crate) static RULES: [Rule; 8] = [
    Rule {
        name: "unknown-names",
        explains: |finding| {
            finding.ours.failed(Stage::Absent, "") && !finding.ours.failed(Stage::Absent, "no item")
        },
    },
    Rule {
        name: "a-step-s-envelope",
        explains: |finding| finding.any(&is_envelope),
    },
    // DESIGN: a missing member of a present value is null.
    Rule {
        name: "members-of-nothing",
        explains: |finding| {
            matches!(finding.node, Some(Tree::Member(..) | Tree::Element(..)))
                && finding.ours.value().is_some_and(Value::is_null)
                && finding.reference.failed(Stage::Evaluate, "")
                && finding.operand(0).is_none_or(|value| {
                    value.is_null()
                        || value
                            .as_array()
                            .and_then(|elements| elements.first())
                            .is_none_or(Value::is_null)
                })
        },
    },
    Rule {
        name: "length",
        explains: |finding| {
            let is_length = matches!(finding.node, Some(Tree::Member(_, name)) if name == "length");
            is_length
                && finding.operand(0).is_some_and(Value::is_array)
                && finding.ours.value().is_some_and(Value::is_u64)
        },
    },
    Rule {
        name: "elements-by-name",
        explains: |finding| {
            matches!(finding.node, Some(Tree::Element(..)))
                && finding.operand(0).is_some_and(Value::is_array)
                && finding.operand(1).is_some_and(Value::is_string)
                && finding
                    .reference
                    .value()
                    .is_some_and(|value| is_special(value, "undefined"))
        },
    },
    Rule {
        name: "places-are-numbers-or-names",
        explains: |finding| {
            // A filter whose only relative parts belong to another filter inside is a place, too.
            let is_place = match finding.node {
                Some(Tree::Element(..)) => finding.operand(1).is_some_and(is_container),
                Some(Tree::Filter(_, condition)) => {
                    condition.any(&|tree| matches!(tree, Tree::Filter(..)))
                }
                _ => false,
            };
            is_place
                && finding
                    .ours
                    .failed(Stage::Evaluate, "needs a number or a name")
        },
    },
    Rule {
        name: "characters",
        explains: |finding| {
            if let Some(Subject::Mustache(_)) = finding.subject {
                return finding.text.contains("title.length")
                    && finding.data.get("title").is_some_and(is_astral)
                    && both_values(finding);
            }
            let counts = match finding.node {
                Some(Tree::Element(..)) => true,
                Some(Tree::Member(_, name)) => name == "length",
                Some(Tree::Transform(_, name, _)) => {
                    ["length", "slice", "map", "formatList", "filter", "sort"].contains(name)
                }
                _ => false,
            };
            counts
                && finding.values().any(|value| within(value, &is_astral))
                && both_values(finding)
        },
    },
    Rule {
        name: "filters-of-nothing",
        explains: |finding| {
            let is_empty =
                |value: &Value| value.is_null() || value == "" || value == 0 || value == false;
            let has_empty = |value: &Value| {
                is_empty(value)
                    || value.as_array().is_some_and(|elements| {
                        elements
                            .iter()
                            .any(|element| is_empty(element) || element.is_array())
                    })
            };
            matches!(finding.node, Some(Tree::Filter(..)))
                && finding.operand(0).is_some_and(has_empty)
        },
    },
];

fn both_values(finding: &Finding<'_>) -> bool {
    matches!(
        (finding.ours, finding.reference),
        (Outcome::Value(_), Outcome::Value(_))
    )
}

/// `steps.x.output.data`, `steps.x.output.meta`, `lastOutput.data`
fn is_envelope(tree: &Tree) -> bool {
    let Tree::Member(output, data) = tree else {
        return false;
    };
    let is_step = match &**output {
        Tree::Root(root) => root == "lastOutput",
        Tree::Member(step, member) => {
            member == "output"
                && matches!(&**step, Tree::Member(root, _) if **root == Tree::Root("steps".to_owned()))
        }
        _ => false,
    };
    is_step && (data == "data" || data == "meta")
}
