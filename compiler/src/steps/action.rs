//! `action`: one operation of the catalogue.

use pawl_contract::catalogue::{self, OPERATIONS, Operation, Readiness};

use super::{not_yet, required, wrong};
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::source::Node;

/// The fields of an action's configuration, where its parameters stand under `parameters`.
pub(super) const FIELDS: &[&str] = &["type", "operation", "parameters", "description"];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let help = "say which action: `\"type\": \"customer\", \"parameters\": { \"operation\": \"get_by_id\", ... }`";
    let Some(action) = required(step, "type", help, diagnostics) else {
        return;
    };
    let Some(name) = action.as_str() else {
        diagnostics.push(wrong(action, "`type` is the name of an action"));
        return;
    };
    let operation = operation(step);
    let Some(found) = catalogue::find(name, operation.and_then(Node::as_str)) else {
        diagnostics.push(unknown(name, action, operation));
        return;
    };
    if found.readiness == Readiness::Later {
        diagnostics.push(not_yet(step, action, &format!("`{}`", found.name())));
        return;
    }
    parameters(step, found, diagnostics);
}

/// The operation stands beside `type` or among the parameters.
fn operation(step: &Step) -> Option<&Node> {
    step.config
        .get("operation")
        .or_else(|| step.config.get("parameters")?.get("operation"))
}

fn unknown(name: &str, action: &Node, operation: Option<&Node>) -> Diagnostic {
    let operations: Vec<&str> = OPERATIONS
        .iter()
        .filter(|row| row.action == name)
        .map(|row| row.operation)
        .collect();
    if operations.is_empty() {
        let spellings: Vec<String> = catalogue::spellings().collect();
        return Diagnostic::error(
            codes::UNKNOWN_ACTION,
            format!("there is no action `{name}`"),
        )
        .on(action)
        .maybe_help(did_you_mean(name, spellings.iter().map(String::as_str)));
    }
    let all = operations
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    match operation.and_then(|node| Some((node, node.as_str()?))) {
        Some((node, word)) => Diagnostic::error(
            codes::UNKNOWN_ACTION,
            format!("action `{name}` has no operation `{word}`"),
        )
        .on(node)
        .help(
            did_you_mean(word, operations).unwrap_or_else(|| format!("its operations are {all}")),
        ),
        None => Diagnostic::error(
            codes::UNKNOWN_ACTION,
            format!("action `{name}` needs an `operation`"),
        )
        .on(action)
        .help(format!("its operations are {all}")),
    }
}

/// Parameters stand under `parameters`, or beside `type`; one template can stand for all of them.
fn parameters(step: &Step, operation: &Operation, diagnostics: &mut Vec<Diagnostic>) {
    let given = step.config.get("parameters").unwrap_or(&step.config);
    if given.as_str().is_some() {
        return;
    }
    if !given.is_object() {
        diagnostics.push(wrong(given, "`parameters` is an object"));
        return;
    }
    for name in operation
        .required
        .iter()
        .filter(|name| given.get(name).is_none_or(Node::is_null))
    {
        let mut names = given.entries().iter().map(|entry| entry.key.as_str());
        let near = names.find_map(|key| did_you_mean(key, [*name]));
        diagnostics.push(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("`{}` needs the parameter `{name}`", operation.name()),
            )
            .on(given)
            .help(near.unwrap_or_else(|| format!("add `\"{name}\": ...` to the parameters"))),
        );
    }
}
