//! `transform_node`: mappings that make the fields of an object, one after the other.

use pawl_expression::{Expression, Path, python};

use super::super::Translation;
use super::super::build::{Object, list, made, text, value};
use super::super::literal::quoted;
use super::next::read;
use super::states::State;
use super::texts::plain;
use super::{given, word};
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::source::{Data, Node};

const CONFIG: [Field; 6] = [
    ("input_source", Shape::Text),
    ("input_key", Shape::Text),
    ("mappings", Shape::List),
    ("output_schema", Shape::Any),
    ("on_error", Shape::Text),
    ("default_output", Shape::Any),
];

const MAPPING: [Field; 15] = [
    ("output_field", Shape::Text),
    ("type", Shape::Text),
    ("source_path", Shape::Text),
    ("default", Shape::Any),
    ("default_value", Shape::Any),
    ("item_field", Shape::Text),
    ("filter_condition", Shape::Text),
    ("condition", Shape::Text),
    ("then_value", Shape::Any),
    ("else_value", Shape::Any),
    ("template", Shape::Text),
    ("value", Shape::Any),
    ("script", Shape::Text),
    ("expression", Shape::Text),
    ("description", Shape::Any),
];

/// A transform of the data that a node asks for.
pub(super) fn transform(
    state: &State<'_>,
    node: &Node,
    flow: &str,
    translation: &mut Translation<'_>,
) -> Object {
    let config = given(node, "config").unwrap_or(node);
    fields::check(
        config,
        &CONFIG,
        "a transform node",
        Templates::Refused,
        translation.diagnostics,
    );
    let mut native = Object::of(config);
    let source = given(config, "input_source");
    let input = match source.and_then(Node::as_str).unwrap_or("context_store") {
        "context_store" => format!("{flow}.context"),
        "messages" => format!("({flow}|flowMessages)"),
        "user_input" => "(input|flowStart).result".to_owned(),
        "state_schema" => format!(
            "({{messages: {flow}|flowMessages, context_store: {flow}.context, task: {flow}.task, user_input: (input|flowStart).task}})"
        ),
        other => {
            let at = source.unwrap_or(config);
            let message = format!("there is no `input_source` `{other}`");
            translation.say(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .on(at)
                    .help("write `context_store`, `messages`, `user_input` or `state_schema`"),
            );
            format!("{flow}.context")
        }
    };
    let key =
        given(config, "input_key").filter(|key| key.as_str().is_some_and(|key| !key.is_empty()));
    // An empty path, or `.`, means what the key leads to, and not the names that were made of it.
    let mut whole = "data".to_owned();
    let input = match key {
        Some(key) => {
            let read = path(key, translation);
            whole = format!("{input}|flowAt({read})");
            text(key, format!("{{{{{input}|flowInput({read})}}}}"))
        }
        None => text(source.unwrap_or(config), format!("{{{{{input}}}}}")),
    };
    native.put("input", input);
    let mappings = given(config, "mappings").unwrap_or(config);
    let natives = mappings
        .elements()
        .iter()
        .map(|mapping| self::mapping(mapping, &whole, translation))
        .collect();
    native.put("mappings", list(mappings, natives));
    if let Some(schema) =
        given(config, "output_schema").or_else(|| given(state.node, "output_schema"))
    {
        let read = schema
            .as_str()
            .and_then(|written| serde_json::from_str(written).ok());
        native.put(
            "outputSchema",
            read.map_or_else(|| schema.clone(), |read| value(schema, &read)),
        );
        native.put("coerces", made(schema, Data::Bool(true)));
    }
    native.maybe("onError", given(config, "on_error").cloned());
    if let Some(default) = given(config, "default_output") {
        native.put("defaultOutput", constant(default));
    }
    native
}

/// Whether a path leads nowhere else than to where it begins.
fn is_whole(path: &Node) -> bool {
    let read = path.as_str().and_then(|written| Path::parse(written).ok());
    read.is_some_and(|path| path.is_empty())
}

fn mapping(mapping: &Node, whole: &str, translation: &mut Translation<'_>) -> Node {
    fields::check(
        mapping,
        &MAPPING,
        "a mapping",
        Templates::Refused,
        translation.diagnostics,
    );
    let mut native = Object::of(mapping);
    native.maybe("field", given(mapping, "output_field").map(flat));
    let kind = word(mapping, "type").unwrap_or("extract");
    native.put(
        "type",
        text(given(mapping, "type").unwrap_or(mapping), kind),
    );
    let names = names("data|flowNames('data', result)");
    match kind {
        "extract" => match given(mapping, "source_path") {
            Some(path) if is_whole(path) => {
                native.put("type", text(mapping, "script"));
                native.put("expression", text(path, whole));
            }
            path => {
                native.maybe("path", path.cloned());
            }
        },
        "array_map" => {
            native.put("type", text(mapping, "script"));
            native.put("expression", picked(mapping, whole, translation));
        }
        "condition" => {
            if let Some(condition) = given(mapping, "condition") {
                let written = condition.as_str().unwrap_or_default();
                let read = read(condition, python::condition(written, &names), translation);
                native.put(
                    "condition",
                    text(condition, format!("data|flowHolds(() => {read})")),
                );
            }
            for (field, name) in [("then_value", "then"), ("else_value", "else")] {
                native.maybe(name, mapping.get(field).map(constant));
            }
        }
        "template" => {
            if let Some(template) = given(mapping, "template") {
                let written = template.as_str().unwrap_or_default();
                let read = read(template, python::template(written, &names), translation);
                native.put("template", text(template, format!("{{{{{read}}}}}")));
            }
        }
        "constant" => {
            native.maybe("value", mapping.get("value").cloned());
        }
        "script" => {
            let script = ["script", "expression", "value"]
                .iter()
                .find_map(|field| given(mapping, field));
            if let Some(script) = script {
                let written = script.as_str().unwrap_or_default().trim();
                let read = read(script, python::value(written, &names), translation);
                native.put("expression", text(script, read));
            }
        }
        other => {
            let at = given(mapping, "type").unwrap_or(mapping);
            let message = format!("there is no mapping `{other}`");
            translation.say(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .on(at)
                    .help("the mappings are `extract`, `array_map`, `condition`, `template`, `constant` and `script`"),
            );
            native.put("type", text(at, "constant"));
            native.put("value", text(at, ""));
        }
    }
    let default = mapping
        .get("default")
        .or_else(|| mapping.get("default_value"));
    native.maybe("default", default.map(constant));
    native.build()
}

/// What the items of a list have, as an expression: an item of which the condition fails is left out.
fn picked(mapping: &Node, whole: &str, translation: &mut Translation<'_>) -> Node {
    let of = given(mapping, "source_path").unwrap_or(mapping);
    if of.as_str().is_none() {
        let message = "the mapping has no `source_path`";
        translation.say(
            Diagnostic::error(codes::MISSING_FIELD, message)
                .on(mapping)
                .help("add where the list stands: `source_path: lines`"),
        );
    }
    let source = path(of, translation);
    let field = given(mapping, "item_field")
        .map_or_else(|| "null".to_owned(), |node| path(node, translation));
    let condition = given(mapping, "filter_condition").map(|condition| {
        let names = names("item|flowNames('item')");
        let written = condition.as_str().unwrap_or_default();
        let read = read(condition, python::condition(written, &names), translation);
        format!(", item => {read}")
    });
    let list = if is_whole(of) { whole } else { "data" };
    let picks = format!(
        "{list}|flowPick({source}, {field}{})",
        condition.unwrap_or_default()
    );
    let has_default = ["default", "default_value"]
        .iter()
        .any(|field| mapping.get(field).is_some());
    text(
        of,
        if has_default {
            picks
        } else {
            format!("({picks}) ?? []")
        },
    )
}

/// A path as a literal of an expression.
fn path(node: &Node, translation: &mut Translation<'_>) -> String {
    let written = node.as_str().unwrap_or_default();
    if let Err(error) = Path::parse(written) {
        let message = format!("this path cannot be read: {}", error.message);
        translation.say(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(node)
                .maybe_help(error.help),
        );
        return quoted("");
    }
    quoted(written)
}

/// The name of a field, in which dots and brackets mean nothing.
fn flat(node: &Node) -> Node {
    let written = node.as_str().unwrap_or_default();
    if !written.contains(['.', '[']) && !written.starts_with('$') {
        return node.clone();
    }
    let quote = if written.contains('\'') { '"' } else { '\'' };
    text(node, format!("[{quote}{written}{quote}]"))
}

fn names(text: &str) -> Expression {
    Expression::parse(text).expect("what is written here is an expression")
}

/// A value that is given as it is, where a template could stand.
fn constant(node: &Node) -> Node {
    let data = match &node.data {
        Data::String(written) => return text(node, plain(written)),
        Data::Array(elements) => Data::Array(elements.iter().map(constant).collect()),
        Data::Object(entries) => {
            let mut object = Object::of(node);
            for entry in entries {
                object.put(plain(&entry.key), constant(&entry.node));
            }
            return object.build();
        }
        same @ (Data::Null | Data::Bool(_) | Data::Number(_)) => same.clone(),
    };
    made(node, data)
}
