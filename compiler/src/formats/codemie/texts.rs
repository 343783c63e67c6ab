//! Texts with `{{path}}`: what the context has there stands in for it, and what it does not have stays as it is.

use serde_json::Value;

use super::super::build::{entry, made, text};
use crate::source::{Data, Node};

/// A text as a native template, whose names are those of a flow.
pub(super) fn filled(written: &str, flow: &str) -> String {
    let mut template = String::new();
    let mut rest = written;
    while let Some((before, after)) = rest.split_once("{{") {
        template.push_str(before);
        let Some((inside, after)) = after
            .split_once("}}")
            .filter(|(inside, _)| !inside.contains("{{"))
        else {
            template.push_str("{{['{', '{']|join('')}}");
            rest = after;
            continue;
        };
        let text = format!("{{{{{flow}|flowText({})}}}}", quoted(inside));
        template.push_str(&text);
        rest = after;
    }
    template + rest
}

/// A text that is shown as it is.
pub(super) fn plain(written: &str) -> String {
    written.replace("{{", "{{['{', '{']|join('')}}")
}

/// A value with such texts in it; one that is nothing else keeps the kind of its value.
pub(super) fn value(node: &Node, flow: &str) -> Node {
    let data = match &node.data {
        Data::String(written) => {
            let whole = written
                .trim()
                .strip_prefix("{{")
                .and_then(|rest| rest.strip_suffix("}}"))
                .filter(|inside| !inside.contains("{{") && !inside.contains("}}"));
            return match whole {
                Some(inside) => text(
                    node,
                    format!("{{{{{flow}|flowValue({})}}}}", quoted(inside)),
                ),
                None => text(node, filled(written, flow)),
            };
        }
        Data::Array(elements) => Data::Array(elements.iter().map(|one| value(one, flow)).collect()),
        Data::Object(entries) => Data::Object(
            entries
                .iter()
                .map(|one| entry(&one.node, filled(&one.key, flow), value(&one.node, flow)))
                .collect(),
        ),
        same @ (Data::Null | Data::Bool(_) | Data::Number(_)) => same.clone(),
    };
    made(node, data)
}

/// A text as a literal of an expression.
pub(super) fn quoted(text: &str) -> String {
    let quoted = |part: &str| {
        let escaped = part.replace('\\', "\\\\").replace('\'', "\\'");
        format!("'{escaped}'")
    };
    let mut parts = Vec::new();
    let mut rest = text;
    // An expression would take two braces for a template, so they stand in two parts.
    while let Some(at) = rest.find("{{") {
        let (before, after) = rest.split_at(at + 1);
        parts.push(quoted(before));
        rest = after;
    }
    if parts.is_empty() {
        return quoted(text);
    }
    parts.push(quoted(rest));
    format!("([{}]|join(''))", parts.join(", "))
}

/// A value as a literal of an expression.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(literal).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{}: {}", quoted(key), literal(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
