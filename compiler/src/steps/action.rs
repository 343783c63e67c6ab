//! `action`: one operation of the catalogue.

mod parameters;

use pawl_contract::Shape;
use pawl_contract::catalogue::{self, Operation, Readiness};

use super::{not_yet, required, wrong};
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes, near};
use crate::shape::{fits, misfit};
use crate::source::{Data, Node};

/// The fields of an action's configuration, where its parameters stand under `parameters`.
pub(super) const FIELDS: &[&str] = &[
    "type",
    "operation",
    "parameters",
    "cache",
    "description",
    "onUnknown",
];

/// What becomes of a step of which nobody knows whether it has acted.
const ON_UNKNOWN: Shape = Shape::OneOf(&["retry", "skip", "ask"]);

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let help = "say which action: `\"type\": \"customer\", \"parameters\": { \"operation\": \"get_by_id\", ... }`";
    let Some(action) = required(step, "type", help, diagnostics) else {
        return;
    };
    let Some(name) = action.as_str() else {
        diagnostics.push(wrong(action, "`type` is the name of an action"));
        return;
    };
    let operation = chosen(step);
    if let Some(node) = operation.filter(|node| node.as_str().is_none()) {
        diagnostics.push(wrong(node, "`operation` is the name of an operation"));
        return;
    }
    let Some(found) = catalogue::find(name, operation.and_then(Node::as_str)) else {
        diagnostics.push(unknown(name, action, operation));
        return;
    };
    // An action with a free operation of its own may have a parameter of that name.
    if !found.operation.is_empty() {
        diagnostics.extend(other_operation(step));
    }
    if found.readiness == Readiness::Later {
        diagnostics.push(not_yet(step, action, &format!("`{}`", found.name())));
    } else if let Some(secret) = secrets_in(&step.config).into_iter().next() {
        diagnostics.push(exposed(secret));
    }
    if let Some(policy) = step.config.get("onUnknown")
        && !policy.is_null()
        && !fits(&ON_UNKNOWN, policy)
    {
        diagnostics.push(misfit("onUnknown", ON_UNKNOWN, policy));
    }
    parameters::check(step, found, diagnostics);
}

/// A value that is encrypted, where it would be written down once it is not.
pub(super) fn exposed(secret: &Node) -> Diagnostic {
    let message = "an encrypted value would be written down here";
    Diagnostic::error(codes::EXPOSED_SECRET, message)
        .on(secret)
        .help("give it to a step that sends it elsewhere, such as a request")
}

/// The operation of the catalogue that a step performs.
pub(crate) fn operation(step: &Step) -> Option<&'static Operation> {
    let action = step.config.get("type")?.as_str()?;
    catalogue::find(action, chosen(step).and_then(Node::as_str))
}

/// The operation as it is written: beside `type`, or else among the parameters.
fn chosen(step: &Step) -> Option<&Node> {
    beside(step).or_else(|| among_parameters(step))
}

fn beside(step: &Step) -> Option<&Node> {
    let operation = step.config.get("operation");
    operation.filter(|node| !node.is_null())
}

fn among_parameters(step: &Step) -> Option<&Node> {
    let operation = step.config.get("parameters")?.get("operation");
    operation.filter(|node| !node.is_null())
}

/// Refuses a second operation: which of them is meant nobody knows.
fn other_operation(step: &Step) -> Option<Diagnostic> {
    let (first, second) = (beside(step)?, among_parameters(step)?);
    if first.as_str() == second.as_str() {
        return None;
    }
    let message = format!("step `{}` names two operations", step.slug);
    Some(
        Diagnostic::error(codes::INVALID_VALUE, message)
            .on(second)
            .help("keep one of them"),
    )
}

/// The values that are encrypted: `{ "__secure": true, "encrypted": "..." }`, however deep they stand.
pub(super) fn secrets_in(node: &Node) -> Vec<&Node> {
    if is_encrypted(node) {
        return vec![node];
    }
    let values = node.entries().iter().map(|entry| &entry.node);
    let all = values.chain(node.elements());
    all.flat_map(secrets_in).collect()
}

/// Whether a value is encrypted.
pub(super) fn is_encrypted(node: &Node) -> bool {
    let mark = node.get("__secure");
    mark.is_some_and(|mark| mark.data == Data::Bool(true))
}

/// Says which action or operation does not exist, and which one was probably meant.
fn unknown(name: &str, action: &Node, operation: Option<&Node>) -> Diagnostic {
    let operation = operation.and_then(|node| Some((node, node.as_str()?)));
    let computed = |node: &Node, what: &str| {
        let message = format!("{what} is named in the definition, not computed in a run");
        Diagnostic::error(codes::UNKNOWN_ACTION, message).on(node)
    };
    if name.contains("{{") {
        return computed(action, "an action");
    }
    if let Some((node, _)) = operation.filter(|(_, word)| word.contains("{{")) {
        return computed(node, "an operation").help("choose between steps by a condition");
    }
    if let (Some((node, word)), Some(row)) = (operation, catalogue::find(name, None)) {
        let message = format!("`{name}` means `{}`, not `{word}`", row.name());
        return Diagnostic::error(codes::UNKNOWN_ACTION, message)
            .on(node)
            .help(format!(
                "leave the operation out, or write `\"type\": \"{}\"`",
                row.action
            ));
    }
    let Some(known) = catalogue::actions().find(|known| known.name == name) else {
        let message = format!("there is no action `{name}`");
        let diagnostic = Diagnostic::error(codes::UNKNOWN_ACTION, message).on(action);
        return meant(diagnostic, name, operation.map(|(_, word)| word));
    };
    let all = listed(known.operations.iter().map(|row| row.operation));
    let Some((node, word)) = operation else {
        let message = format!("action `{name}` needs an `operation`");
        return Diagnostic::error(codes::UNKNOWN_ACTION, message)
            .on(action)
            .help(format!("its operations are {all}"));
    };
    let diagnostic = Diagnostic::error(
        codes::UNKNOWN_ACTION,
        format!("action `{name}` has no operation `{word}`"),
    )
    .on(node)
    .help(format!("its operations are {all}"));
    match similar(&format!("{name}.{word}")).filter(|row| row.action == name) {
        Some(row) => diagnostic.perhaps_meant(word, Some(row.operation)),
        None => diagnostic.meant(
            word,
            near(word, known.operations.iter().map(|row| row.operation)),
        ),
    }
}

/// Adds the action that was probably meant: by its words, or else by its letters.
fn meant(diagnostic: Diagnostic, name: &str, operation: Option<&str>) -> Diagnostic {
    if let Some(operation) = operation {
        let row = similar(&format!("{name}.{operation}"));
        return match row {
            Some(row) => diagnostic.perhaps_meant(name, Some(row.action)),
            None => diagnostic.meant(name, near(name, catalogue::actions().map(|one| one.name))),
        };
    }
    if let Some(spelling) = catalogue::similar(name) {
        return diagnostic.perhaps_meant(name, Some(&spelling));
    }
    let spellings: Vec<String> = catalogue::spellings().collect();
    let actions = catalogue::actions().map(|one| one.name);
    let names = spellings.iter().map(String::as_str).chain(actions);
    diagnostic.meant(name, near(name, names))
}

/// The operation that a name means by its words.
fn similar(name: &str) -> Option<&'static Operation> {
    catalogue::find(&catalogue::similar(name)?, None)
}

/// Names as they stand in a message.
fn listed<'name>(names: impl Iterator<Item = &'name str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::fix;
    use crate::{Notation, Options, Severity, compile};

    /// What is said of an action's configuration, beside lints.
    fn findings(config: &str) -> Vec<String> {
        let workflow = format!(
            r#"{{"name": "Example", "steps": [{{"stepSlug": "do_it", "stepType": "action", "config": {config}}}]}}"#
        );
        let found = compile(&workflow, Notation::Json, Options::default()).diagnostics;
        let found = found
            .into_iter()
            .filter(|one| one.severity != Severity::Note);
        found
            .map(|one| format!("{}: {}", one.code, one.message))
            .collect()
    }

    #[test]
    fn an_operation_is_chosen_once_and_in_the_definition() {
        let rows = [
            (
                r#"{"type": "customer", "operation": null, "parameters": {"operation": "get_by_id", "customerId": "1"}}"#,
                None,
            ),
            (
                r#"{"type": "customer", "operation": "get_by_id", "parameters": {"operation": "get_by_id", "customerId": "1"}}"#,
                None,
            ),
            (
                r#"{"type": "customer", "operation": "get_by_id", "parameters": {"operation": "query", "customerId": "1"}}"#,
                Some("invalid-value: step `do_it` names two operations"),
            ),
            (
                r#"{"type": "customer", "operation": 5, "parameters": {"customerId": "1"}}"#,
                Some("invalid-value: `operation` is the name of an operation, not a number"),
            ),
            (
                r#"{"type": "customer_get", "operation": "query"}"#,
                Some("unknown-action: `customer_get` means `customer.get_by_id`, not `query`"),
            ),
            (
                r#"{"type": "customer", "operation": "{{input.verb}}"}"#,
                Some(
                    "unknown-action: an operation is named in the definition, not computed in a run",
                ),
            ),
            (
                r#"{"type": "{{input.noun}}", "operation": "query"}"#,
                Some("unknown-action: an action is named in the definition, not computed in a run"),
            ),
            (
                r#"{"type": "customer_get", "customerId": {"__secure": true, "encrypted": "x"}}"#,
                Some("exposed-secret: an encrypted value would be written down here"),
            ),
            (
                r#"{"type": "customer_create", "name": "Ada", "status": "actve"}"#,
                Some(
                    "invalid-value: `status` is usually `active`, `churned` or `potential`, not `actve`",
                ),
            ),
            (
                r#"{"type": "customer_create", "name": "Ada", "status": "inactive"}"#,
                None,
            ),
            (
                r#"{"type": "customer_create", "name": "Ada", "status": "vip"}"#,
                None,
            ),
            (r#"{"type": "customer_search", "limit": 5.0}"#, None),
        ];
        for (config, expected) in rows {
            let expected: Vec<_> = expected.map(str::to_owned).into_iter().collect();
            assert_eq!(findings(config), expected, "{config}");
        }
    }

    #[test]
    fn the_action_that_was_meant_is_named_and_can_be_written() {
        let rows = [
            (r#""type": "custmer_get""#, "customer_get"),
            (r#""type": "customer_list""#, "customer.query"),
            (r#""type": "custmer""#, "customer"),
            (r#""type": "send_email""#, "email_send"),
            (r#""type": "get_customer""#, "customer.get_by_id"),
            (r#""type": "make_coffee""#, ""),
            (r#""type": "customer", "operation": "find""#, "query"),
            (r#""type": "customer", "operation": "updte""#, "update"),
            (r#""type": "custmer", "operation": "update""#, "customer"),
            (r#""type": "customers", "operation": "list""#, "customer"),
            (r#""type": "mail", "operation": "send""#, "email_send"),
        ];
        for (words, expected) in rows {
            let workflow = format!(
                r#"{{"name": "Example", "steps": [{{"stepSlug": "act", "stepType": "action", "config": {{{words}}}}}]}}"#
            );
            let found = compile(&workflow, Notation::Json, Options::default()).diagnostics;
            let found: Vec<_> = found
                .into_iter()
                .filter(|one| one.code == "unknown-action")
                .collect();
            let [one] = found.as_slice() else {
                panic!("{words}: {found:#?}");
            };
            let help = format!("did you mean `{expected}`?");
            let is_named = one.help.as_ref() == Some(&help);
            assert_eq!(is_named, !expected.is_empty(), "{words}: {:?}", one.help);
            let fixed = fix::apply(&workflow, &found, fix::Which::All);
            let is_fixed = fixed.is_some_and(|(text, _)| text.contains(&format!("\"{expected}\"")));
            assert_eq!(is_fixed, !expected.is_empty(), "{words}");
        }
    }
}
