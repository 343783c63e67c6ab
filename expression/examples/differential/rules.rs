//! The differences that are meant, each as a claim about one node or one case that both engines answered.
//!
//! A rule's name begins a row of `docs/decisions/differences-from-jexl.md`, which says why it is meant.

mod operators;
mod paths;
mod syntax;
mod templates;
mod times;
mod transforms;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::case::Subject;
use crate::outcome::Outcome;
use crate::tree::Tree;

/// A difference.
pub(crate) struct Finding<'f> {
    /// What the whole case was made from; none for a node alone.
    pub(crate) subject: Option<&'f Subject>,
    /// The node; none for a whole case and for the texts and tags of a template.
    pub(crate) node: Option<&'f Tree>,
    pub(crate) text: &'f str,
    /// What the parts below the node are; none where they fail.
    pub(crate) operands: &'f [Option<Value>],
    pub(crate) data: &'f Map<String, Value>,
    /// Whether what is null in the operands was undefined to the reference.
    pub(crate) is_missing: bool,
    pub(crate) ours: &'f Outcome,
    pub(crate) reference: &'f Outcome,
}

/// A claim about a difference.
pub(crate) type Claim = fn(&Finding<'_>) -> bool;

/// A difference that is meant.
pub(crate) struct Rule {
    /// How its row in the decision page begins.
    pub(crate) name: &'static str,
    pub(crate) explains: Claim,
}

/// The one rule that may explain nothing: it is about the machine's own library of mathematics.
pub(crate) const MAY_REST: &str = "the-last-digit-of-a-power";

/// Every rule; the first that holds explains a difference.
pub(crate) fn all() -> impl Iterator<Item = &'static Rule> {
    syntax::RULES
        .iter()
        .chain(&paths::RULES)
        .chain(&operators::RULES)
        .chain(&times::RULES)
        .chain(&transforms::RULES)
        .chain(&templates::RULES)
}

/// The page that says why each difference is meant.
const PAGE: &str = include_str!("../../../docs/decisions/differences-from-jexl.md");

/// The rules that the page does not explain, and what it explains that is no rule.
pub(crate) fn at_odds_with_page() -> Vec<String> {
    let explained = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .map(|(name, _)| name)
        .collect::<BTreeSet<_>>();
    let names = all().map(|rule| rule.name).collect::<BTreeSet<_>>();
    let silent = names.difference(&explained);
    let silent = silent.map(|name| format!("the decision page does not explain rule `{name}`"));
    let stray = explained.difference(&names);
    let stray = stray.map(|name| format!("the decision page explains `{name}`, which is no rule"));
    silent.chain(stray).collect()
}

/// The first rule that explains a difference.
pub(crate) fn rule_for(finding: &Finding<'_>) -> Option<&'static str> {
    all()
        .find(|rule| (rule.explains)(finding))
        .map(|rule| rule.name)
}

impl Finding<'_> {
    /// The difference as a few lines.
    pub(crate) fn show(&self) -> String {
        format!(
            "{}\n    ours      {}\n    reference {}\n    over {}",
            self.text,
            self.ours.show(),
            self.reference.show(),
            Value::Object(self.data.clone())
        )
    }

    /// The operands that have a value.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        self.operands.iter().flatten()
    }

    /// The value of an operand.
    pub(crate) fn operand(&self, at: usize) -> Option<&Value> {
        self.operands.get(at).and_then(Option::as_ref)
    }

    /// The operator of the node, if it has one.
    pub(crate) fn operator(&self) -> Option<&'static str> {
        match self.node {
            Some(Tree::Binary(operator, ..)) => Some(operator),
            _ => None,
        }
    }

    /// The transform of the node, if it is one.
    pub(crate) fn transform(&self) -> Option<&'static str> {
        match self.node {
            Some(Tree::Transform(_, name, _)) => Some(name),
            _ => None,
        }
    }

    /// The tree of a whole expression, or of one in a template, if one is so.
    pub(crate) fn any(&self, is_so: &dyn Fn(&Tree) -> bool) -> bool {
        match self.subject {
            Some(Subject::Expression(tree)) => tree.any(is_so),
            Some(Subject::Template(pieces)) => pieces
                .iter()
                .filter_map(crate::template::Piece::tree)
                .any(|tree| tree.any(is_so)),
            Some(Subject::Mustache(_) | Subject::Broken) => false,
            // All of a filter's condition is asked with it.
            None => self.node.is_some_and(|node| {
                is_so(node) || matches!(node, Tree::Filter(..)) && node.any(is_so)
            }),
        }
    }
}

/// Whether a value or a part of it is so.
pub(crate) fn within(value: &Value, is_so: &dyn Fn(&Value) -> bool) -> bool {
    is_so(value)
        || match value {
            Value::Array(elements) => elements.iter().any(|element| within(element, is_so)),
            Value::Object(members) => members.values().any(|member| within(member, is_so)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
}

pub(crate) fn is_container(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// Whether a number is beyond those that JavaScript has exactly.
pub(crate) fn is_big(value: &Value) -> bool {
    value
        .as_f64()
        .is_some_and(|number| number.abs() >= 9_007_199_254_740_991.0)
}

/// Whether two numbers are the same but for a part of both.
pub(crate) fn is_near(left: &Value, right: &Value, part: f64) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => (left - right).abs() <= part * left.abs().max(right.abs()),
        _ => false,
    }
}

/// Whether a text has characters of two UTF-16 units.
pub(crate) fn is_astral(value: &Value) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.chars().any(|character| character.len_utf16() == 2))
}

/// A value as the reference prints it as JSON.
pub(crate) fn printed(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Number(number) => number.as_f64().map_or_else(String::new, |number| {
            if number == 0.0 {
                "0".to_owned()
            } else if (1e-6..1e21).contains(&number.abs()) {
                number.to_string()
            } else {
                format!("{number:e}")
                    .replace("e2", "e+2")
                    .replace("e3", "e+3")
            }
        }),
        Value::Array(elements) => format!(
            "[{}]",
            elements.iter().map(printed).collect::<Vec<_>>().join(",")
        ),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(key, member)| format!("{}:{}", Value::from(key.as_str()), printed(member)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Bool(_) | Value::String(_) => value.to_string(),
    }
}

/// What the paths of transforms find.
pub(crate) fn at_path<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split(['.', '[', ']'])
        .filter(|name| !name.is_empty())
        .try_fold(value, |value, name| match value {
            Value::Array(elements) => elements.get(name.parse::<usize>().ok()?),
            other => other.get(name),
        })
}
