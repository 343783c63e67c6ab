//! Schemas that authors write: of a run's input, and of what a model is to answer.

use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::{Data, Node};

/// The types that a schema can name.
const TYPES: [&str; 7] = [
    "string", "number", "integer", "boolean", "array", "object", "null",
];

/// Checks a schema whose root describes an object.
pub(crate) fn check_root(node: &Node, what: &str, diagnostics: &mut Vec<Diagnostic>) {
    if !node.is_object() {
        let message = format!("{what} is an object, not {}", node.noun());
        diagnostics.push(Diagnostic::error(codes::INVALID_SCHEMA, message).on(node));
        return;
    }
    if let Some(kind) = node
        .get("type")
        .filter(|kind| kind.as_str() != Some("object"))
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

/// Checks a schema and everything below it.
fn check(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
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
    let properties = node
        .get("properties")
        .map(Node::entries)
        .unwrap_or_default();
    for property in properties {
        check(&property.node, diagnostics);
    }
    if let Some(items) = node.get("items") {
        check(items, diagnostics);
    }
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
            word => near(word, TYPES),
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
                .perhaps_meant(word, near(word, known)),
        );
    }
}
