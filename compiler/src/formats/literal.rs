//! Values as literals of an expression.

use serde_json::Value;

/// A value as a literal of an expression.
pub(crate) fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(literal).collect();
            format!("[{}]", elements.join(", "))
        }
        Value::Object(members) => {
            let member =
                |(key, value): (&String, &Value)| format!("{}: {}", in_quotes(key), literal(value));
            let members: Vec<String> = members.iter().map(member).collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A text as a literal of an expression.
pub(crate) fn quoted(text: &str) -> String {
    let mut parts = Vec::new();
    let mut rest = text;
    // An expression would take two braces for a template, so they stand in two parts.
    while let Some(at) = rest.find("{{") {
        let (before, after) = rest.split_at(at + 1);
        parts.push(in_quotes(before));
        rest = after;
    }
    if parts.is_empty() {
        return in_quotes(text);
    }
    parts.push(in_quotes(rest));
    format!("([{}]|join(''))", parts.join(", "))
}

pub(crate) fn in_quotes(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
