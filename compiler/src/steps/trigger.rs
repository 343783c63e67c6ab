//! `trigger` and `start`: how a run begins.

use crate::definition::{Definition, Step};
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::source::Node;
use pawl_contract::Kind;

/// The trigger types, and whether something else than a person can start runs by them already.
const TYPES: [(&str, bool); 7] = [
    ("manual", true),
    ("api", true),
    ("chat", true),
    ("schedule", false),
    ("scheduled", false),
    ("webhook", false),
    ("event", false),
];

/// The fields of a trigger's configuration.
pub(super) const FIELDS: &[&str] = &[
    "type",
    "data",
    "context",
    "inputs",
    "inputSchema",
    "schedule",
    "timezone",
    "path",
    "webhookData",
    "headers",
    "eventType",
    "eventData",
    "eventFilter",
    "description",
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let Some(node) = step.config.get("type") else {
        return;
    };
    let found = node
        .as_str()
        .and_then(|word| TYPES.iter().find(|(name, _)| *name == word));
    match found {
        Some((_, true)) => {}
        Some((name, false)) => diagnostics.push(
            Diagnostic::warning(
                codes::NOT_YET,
                format!("a `{name}` trigger does not start runs yet"),
            )
            .on(node)
            .help("runs started by hand work without it"),
        ),
        None => {
            let near = node
                .as_str()
                .and_then(|word| did_you_mean(word, TYPES.iter().map(|(name, _)| *name)));
            diagnostics.push(
                Diagnostic::error(codes::INVALID_VALUE, "there is no such trigger type")
                    .on(node)
                    .help("use `manual`, `schedule`, `webhook` or `event`")
                    .maybe_help(near),
            );
        }
    }
}

/// The names of the inputs that the trigger declares; they can be read without `input.` before them.
pub fn inputs(definition: &Definition) -> Vec<&str> {
    let Some(trigger) = definition
        .steps
        .iter()
        .find(|step| step.kind == Kind::Trigger)
    else {
        return Vec::new();
    };
    let listed = trigger
        .config
        .get("inputs")
        .map(Node::elements)
        .unwrap_or_default();
    let listed = listed
        .iter()
        .filter_map(|input| input.get("name")?.as_str());
    let schema = trigger
        .config
        .get("inputSchema")
        .and_then(|schema| schema.get("properties"));
    let schema = schema
        .map(Node::entries)
        .unwrap_or_default()
        .iter()
        .map(|entry| entry.key.as_str());
    listed.chain(schema).collect()
}
