//! Calls of tools: actions of the catalogue, or operations of other systems.

use pawl_contract::catalogue;

use super::super::Translation;
use super::super::build::{Object, text};
use super::super::tools::of_others;
use super::steps::Step;
use super::texts::{ARGUMENTS, Names, PARAMETERS, Texts};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::{Entry, Node};

/// The fields of a tool's step that are not for the tool.
const OF_STEP: [&str; 13] = [
    "tool_name",
    "tool_id",
    "tool",
    "tool_override",
    "operation",
    "param_mapping",
    "static_params",
    "parameters",
    "arguments",
    "tool_params",
    "timeout_seconds",
    "retry",
    "description",
];

/// A call of a tool: one of the actions here, or an operation of another system.
pub(super) fn tool(
    step: &Step<'_>,
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Object {
    let fields = ["tool_name", "tool_id", "tool"];
    let instead = step.get("tool_override");
    let instead = instead.and_then(|instead| {
        let named = ["name"].iter().chain(&fields);
        let mut named = named.filter_map(|field| instead.get(field));
        instead.as_str().map(|_| instead).or_else(|| named.next())
    });
    let node = instead.or_else(|| step.first(&fields));
    let name = node.and_then(Node::as_str).unwrap_or_default();
    if name.is_empty() {
        translation.say(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("step `{}` has no `tool_name`", step.id),
            )
            .on(node.unwrap_or(step.node))
            .help("name the tool: `\"tool_name\": \"customer.get_by_id\"`"),
        );
    }
    let at = node.unwrap_or(step.node);
    let parameters = parameters(step, texts);
    let operation = step.text("operation");
    let mut config = Object::of(at);
    if catalogue::find(name, operation).is_some() || name.is_empty() {
        config.put("type", text(at, name));
        config.maybe("operation", step.get("operation").cloned());
        config.put("parameters", parameters);
        return config;
    }
    // An integration may have any name, so what is nearly one of ours is only doubtful.
    let ours = catalogue::operations().map(|ours| match ours.operation {
        "" => ours.action.to_owned(),
        operation => format!("{}.{operation}", ours.action),
    });
    let ours: Vec<String> = ours.collect();
    if let Some(near) = near(name, ours.iter().map(String::as_str)) {
        translation.say(
            Diagnostic::warning(
                codes::UNKNOWN_ACTION,
                format!("there is no tool `{name}` here, so it is an integration's"),
            )
            .on(at)
            .help(format!("did you mean `{near}`?")),
        );
    }
    let operation = step.get("operation").cloned();
    of_others(at, name, text(at, name), operation, parameters, translation)
}

/// What a tool is given.
fn parameters(step: &Step<'_>, texts: &Texts<'_>) -> Node {
    let names = texts.names(step);
    let mut parameters = Object::of(step.node);
    let mut put = |entries: &[Entry]| {
        for entry in entries {
            let node = texts.value(&entry.node, &names);
            parameters.rename(
                &Entry {
                    node,
                    ..entry.clone()
                },
                entry.key.clone(),
            );
        }
    };
    for block in ["parameters", "config"] {
        let entries = step.node.get(block).map(Node::entries).unwrap_or_default();
        let own: Vec<Entry> = entries
            .iter()
            .filter(|entry| !OF_STEP.contains(&entry.key.as_str()) && entry.key != "input_mapping")
            .cloned()
            .collect();
        put(&own);
        for field in ["parameters", "arguments", "tool_params", "static_params"] {
            let inner = step.node.get(block).and_then(|block| block.get(field));
            put(inner.map(Node::entries).unwrap_or_default());
        }
    }
    for (field, reading) in [("input_mapping", ARGUMENTS), ("param_mapping", PARAMETERS)] {
        for entry in step.get(field).map(Node::entries).unwrap_or_default() {
            let node = texts.mapping(&entry.node, &Names::default(), reading);
            parameters.rename(
                &Entry {
                    node,
                    ..entry.clone()
                },
                entry.key.clone(),
            );
        }
    }
    parameters.build()
}
