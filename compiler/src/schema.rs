//! Schemas that authors write: of a run's input, and of what a model is to answer.

use crate::diagnostic::{Diagnostic, codes};
use crate::fields::Shape;
use crate::shape::{fits, misfit, near_ours};
use crate::source::{Data, Node};

/// The types that a schema can name.
const TYPES: [&str; 7] = [
    "string", "number", "integer", "boolean", "array", "object", "null",
];

/// Fields that hold schemas by name.
const NAMED: [&str; 4] = ["properties", "patternProperties", "$defs", "definitions"];

/// Fields that hold one schema.
const SINGLE: [&str; 3] = ["items", "not", "additionalProperties"];

/// Fields that hold a list of schemas.
const LISTED: [&str; 4] = ["oneOf", "anyOf", "allOf", "prefixItems"];

/// Fields that may describe properties elsewhere.
const ELSEWHERE: [&str; 5] = ["oneOf", "anyOf", "allOf", "$ref", "patternProperties"];

/// Checks a schema whose root describes an object.
pub(crate) fn check_root(node: &Node, what: &str, diagnostics: &mut Vec<Diagnostic>) {
    if !node.is_object() {
        let message = format!("{what} is an object, not {}", node.noun());
        diagnostics.push(Diagnostic::error(codes::INVALID_SCHEMA, message).on(node));
        return;
    }
    if let Some(kind) = node
        .get("type")
        .filter(|kind| kind.as_str() != Some("object") && knows(kind))
    {
        let message = format!("the root of {what} is of type `object`");
        diagnostics.push(
            Diagnostic::error(codes::INVALID_SCHEMA, message)
                .on(kind)
                .help("put what you ask for into a property"),
        );
    }
    check(node, diagnostics);
}

/// Whether a schema's type is one: any other is refused as such.
fn knows(kind: &Node) -> bool {
    kind.as_str().is_none_or(|word| TYPES.contains(&word))
}

/// Checks a schema and everything below it.
pub(crate) fn check(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let mut refuse = |node: &Node, message: String| {
        diagnostics.push(Diagnostic::error(codes::INVALID_SCHEMA, message).on(node));
    };
    if !node.is_object() && !matches!(node.data, Data::Bool(_)) {
        refuse(node, format!("a schema is an object, not {}", node.noun()));
        return;
    }
    match node.get("type").map(|kind| (kind, &kind.data)) {
        None | Some((_, Data::String(_) | Data::Array(_))) => {}
        Some((kind, _)) => refuse(
            kind,
            "a schema's `type` is a word, or a list of them".to_owned(),
        ),
    }
    if let Some(required) = node.get("required") {
        let is_fine = match &required.data {
            // In the definitions of forms, a property says itself that it is required.
            Data::Bool(_) => true,
            Data::Array(names) => names.iter().all(|name| name.as_str().is_some()),
            Data::Null | Data::Number(_) | Data::String(_) | Data::Object(_) => false,
        };
        if !is_fine {
            refuse(required, "`required` is a list of names".to_owned());
        }
    }
    for (field, noun) in [
        ("properties", "an object of schemas"),
        ("enum", "a list of values"),
    ] {
        let is_fine = |node: &Node| match field {
            "enum" => matches!(node.data, Data::Array(_)),
            _ => node.is_object(),
        };
        if let Some(value) = node.get(field).filter(|value| !is_fine(value)) {
            refuse(value, format!("`{field}` is {noun}, not {}", value.noun()));
        }
    }
    types(node, diagnostics);
    missing(node, diagnostics);
    default(node, diagnostics);
    for below in schemas_below(node, diagnostics) {
        check(below, diagnostics);
    }
}

/// The schemas of which a schema is made.
fn schemas_below<'node>(node: &'node Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<&'node Node> {
    let mut found = Vec::new();
    for field in NAMED {
        let entries = node.get(field).map(Node::entries).unwrap_or_default();
        found.extend(entries.iter().map(|entry| &entry.node));
    }
    found.extend(SINGLE.iter().filter_map(|field| node.get(field)));
    for field in LISTED {
        let Some(list) = node.get(field) else {
            continue;
        };
        if !matches!(list.data, Data::Array(_)) {
            let message = format!("`{field}` is a list of schemas, not {}", list.noun());
            diagnostics.push(Diagnostic::error(codes::INVALID_SCHEMA, message).on(list));
        }
        found.extend(list.elements());
    }
    found
}

/// A default is given to runs without the value, and is then looked at like any other.
fn default(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some(default) = node.get("default").filter(|default| !default.is_null()) else {
        return;
    };
    let kinds = node.get("type");
    let own = kinds.filter(|kind| kind.as_str().is_some());
    let listed = kinds.map(Node::elements).unwrap_or_default();
    let kinds: Vec<&str> = own
        .into_iter()
        .chain(listed)
        .filter_map(Node::as_str)
        .collect();
    let shapes: Vec<Shape> = kinds.iter().filter_map(|kind| shape_of(kind)).collect();
    // A type that does not exist has been spoken of.
    let is_known = !kinds.is_empty() && kinds.iter().all(|kind| TYPES.contains(kind));
    if is_known && !shapes.iter().any(|shape| fits(shape, default)) {
        let message = "`default` is of none of the types that are allowed";
        diagnostics.push(if let [shape] = shapes.as_slice() {
            misfit("default", *shape, default)
        } else {
            Diagnostic::error(codes::INVALID_VALUE, message).on(default)
        });
        return;
    }
    let Some(values) = node.get("enum") else {
        return;
    };
    let mut values = values.elements().iter();
    if !values.any(|value| value.to_json() == default.to_json()) {
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, "`default` is not one of the `enum`")
                .on(default)
                .help("runs that do not give the value would fail: change it, or leave it out"),
        );
    }
}

/// What a value of a type is; null is never a default.
fn shape_of(kind: &str) -> Option<Shape> {
    Some(match kind {
        "string" => Shape::Text,
        "number" => Shape::Number,
        "integer" => Shape::Integer,
        "boolean" => Shape::Flag,
        "array" => Shape::List,
        "object" => Shape::Object,
        _ => return None,
    })
}

/// Every type that is named exists.
fn types(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some(named) = node.get("type") else {
        return;
    };
    let own = named.as_str().map(|_| named);
    for kind in own.into_iter().chain(named.elements()) {
        let word = kind.as_str().unwrap_or_default();
        if TYPES.contains(&word) {
            continue;
        }
        let message = format!("a schema has no type `{word}`");
        let help = format!("use {}", crate::fields::list(&TYPES));
        let meant = match word {
            "text" | "email" | "date" => Some("string"),
            "bool" | "flag" => Some("boolean"),
            "int" | "long" => Some("integer"),
            "float" | "double" | "decimal" => Some("number"),
            "list" => Some("array"),
            "map" | "dict" | "json" => Some("object"),
            word => near_ours(word, TYPES),
        };
        diagnostics.push(
            Diagnostic::error(codes::INVALID_SCHEMA, message)
                .on(kind)
                .help(help)
                .meant(word, meant),
        );
    }
}

/// A property that is required and not described is probably spelled in two ways.
fn missing(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some(properties) = node
        .get("properties")
        .filter(|node| !node.entries().is_empty())
    else {
        return;
    };
    if ELSEWHERE.iter().any(|field| node.get(field).is_some()) {
        return;
    }
    let required = node.get("required").map(Node::elements).unwrap_or_default();
    for name in required {
        let Some(word) = name.as_str().filter(|word| properties.get(word).is_none()) else {
            continue;
        };
        let known = properties.entries().iter().map(|entry| entry.key.as_str());
        let message = format!("`{word}` is required, and no property has that name");
        diagnostics.push(
            Diagnostic::warning(codes::INVALID_SCHEMA, message)
                .on(name)
                .perhaps_meant(word, crate::diagnostic::near(word, known)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::check_root;
    use crate::source::{Notation, read};

    #[test]
    fn every_schema_below_is_looked_at() {
        let rows = [
            (
                r#"{"type": "object", "properties": {"a": {"type": ["string", "null"], "default": null}}}"#,
                None,
            ),
            (
                r#"{"properties": {"a": {"type": "integer", "default": 5.0}}, "additionalProperties": false}"#,
                None,
            ),
            (
                r#"{"properties": {"a": {"type": "number", "enum": [1, 2], "default": 2}}}"#,
                None,
            ),
            (
                r#"{"allOf": [{"required": ["a"]}], "properties": {"b": {}}, "required": ["a"]}"#,
                None,
            ),
            (
                r#"{"oneOf": [{"type": "strng"}]}"#,
                Some("a schema has no type `strng`"),
            ),
            (
                r#"{"anyOf": {"type": "string"}}"#,
                Some("`anyOf` is a list of schemas, not an object"),
            ),
            (
                r#"{"not": {"type": "txt"}}"#,
                Some("a schema has no type `txt`"),
            ),
            (
                r#"{"additionalProperties": {"type": "Strin"}}"#,
                Some("a schema has no type `Strin`"),
            ),
            (
                r#"{"$defs": {"a": {"type": "flot"}}}"#,
                Some("a schema has no type `flot`"),
            ),
            (
                r#"{"properties": {"a": {"type": "number", "default": "5"}}}"#,
                Some("`default` is a number, not the text `5`"),
            ),
            (
                r#"{"properties": {"a": {"type": ["string", "number"], "default": true}}}"#,
                Some("`default` is of none of the types that are allowed"),
            ),
            (
                r#"{"properties": {"a": {"enum": ["x"], "default": "y"}}}"#,
                Some("`default` is not one of the `enum`"),
            ),
        ];
        for (schema, expected) in rows {
            let node = read(schema, Notation::Json).expect("the schema is JSON");
            let mut found = Vec::new();
            check_root(&node, "`inputSchema`", &mut found);
            let found: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{schema}");
        }
    }
}
