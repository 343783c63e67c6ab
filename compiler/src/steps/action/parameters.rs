//! What an operation is given: each parameter is one that it has, and has a value that it can use.

use pawl_contract::Shape;
use pawl_contract::catalogue::{Operation, Others, Parameter};
use pawl_expression::Expression;

use super::{is_encrypted, listed, wrong};
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes, near};
use crate::fields::list;
use crate::shape::{fits, misfit, usual};
use crate::source::{Entry, Node};

/// Checks the parameters of a step.
pub(super) fn check(step: &Step, operation: &Operation, diagnostics: &mut Vec<Diagnostic>) {
    let given = step.config.get("parameters").unwrap_or(&step.config);
    if is_computed(given) {
        return;
    }
    if !given.is_object() {
        diagnostics.push(wrong(given, "`parameters` is an object"));
        return;
    }
    let entries = entries(step, operation, given);
    let misspelt = missing(operation, given, &entries, diagnostics);
    for entry in entries {
        match operation.parameter(&entry.key) {
            Some(parameter) => value(&entry.key, parameter.shape, &entry.node, diagnostics),
            None if misspelt.contains(&entry.key.as_str()) => {}
            None => diagnostics.extend(unknown(operation, entry)),
        }
    }
}

/// The parameters, under `parameters` or beside `type`, without the words that choose the operation.
fn entries<'step>(step: &Step, operation: &Operation, given: &'step Node) -> Vec<&'step Entry> {
    let is_flat = step.config.get("parameters").is_none();
    let chooses = |key: &str| match key {
        "operation" => true,
        "type" | "onUnknown" => is_flat,
        "description" => is_flat && operation.parameter(key).is_none(),
        _ => false,
    };
    let entries = given.entries().iter();
    entries.filter(|entry| !chooses(&entry.key)).collect()
}

/// Says what is missing, and answers with the names that were probably meant for it.
fn missing<'step>(
    operation: &Operation,
    given: &Node,
    entries: &[&'step Entry],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<&'step str> {
    let mut misspelt = Vec::new();
    let is_given = |name: &str| given.get(name).is_some_and(|node| !node.is_null());
    for parameter in operation.required() {
        if parameter.names().any(is_given) {
            continue;
        }
        let name = parameter.name;
        let strangers = entries.iter().map(|entry| entry.key.as_str());
        let mut strangers = strangers.filter(|key| operation.parameter(key).is_none());
        let message = format!("`{}` needs the parameter `{name}`", operation.name());
        let mut diagnostic = Diagnostic::error(codes::MISSING_FIELD, message)
            .on(given)
            .help(format!("add `\"{name}\": ...` to the parameters"));
        if let Some(key) = strangers.find(|key| near(key, parameter.names()).is_some()) {
            misspelt.push(key);
            diagnostic = diagnostic.meant(key, Some(name));
        }
        diagnostics.push(diagnostic);
    }
    misspelt
}

/// Says what becomes of a parameter that the operation does not have, where that is probably not what was meant.
fn unknown(operation: &Operation, entry: &Entry) -> Option<Diagnostic> {
    let key = entry.key.as_str();
    let names = || operation.parameters.iter().flat_map(Parameter::names);
    let near = near(key, names());
    let becomes = match operation.others {
        Others::Accepted => return None,
        Others::Ignored => "it is ignored",
        // A field of the author's own is fine; one that is nearly ours is probably ours.
        Others::Stored => near.map(|_| "it becomes a field of the record")?,
        Others::Matched => near.map(|_| "only records with such a field are found")?,
    };
    let message = format!("`{}` has no parameter `{key}`; {becomes}", operation.name());
    let diagnostic = at_key(message, entry);
    Some(match (near, operation.parameters) {
        (None, []) => diagnostic.help("it has no parameters"),
        (None, parameters) => {
            let all = listed(parameters.iter().map(|parameter| parameter.name));
            diagnostic.help(format!("its parameters are {all}"))
        }
        (near, _) if operation.is_open() => diagnostic.perhaps_meant(key, near),
        (near, _) => diagnostic.meant(key, near),
    })
}

/// A warning that points at a name.
fn at_key(message: String, entry: &Entry) -> Diagnostic {
    Diagnostic::warning(codes::UNKNOWN_PARAMETER, message)
        .at(entry.node.pointer.clone(), entry.key_span.clone())
}

/// Whether the value is known only when the step runs.
fn is_computed(node: &Node) -> bool {
    is_encrypted(node) || node.as_str().is_some_and(|text| text.contains("{{"))
}

/// Says what is wrong with a parameter's value.
fn value(name: &str, shape: Shape, node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    if node.is_null() || is_computed(node) {
        return;
    }
    if !fits(&shape, node) {
        diagnostics.push(misfit(name, shape, node));
        return;
    }
    match (shape, node.as_str()) {
        (Shape::Fields(known), _) => fields(name, known, node, diagnostics),
        (Shape::Usually(words), Some(text)) => {
            if let Some(word) = usual(words, text) {
                let message = format!("`{name}` is usually {}, not `{text}`", list(words));
                diagnostics.push(
                    Diagnostic::warning(codes::INVALID_VALUE, message)
                        .on(node)
                        .perhaps_meant(text, Some(word)),
                );
            }
        }
        (Shape::Expression, Some(text)) => {
            if let Err(error) = Expression::parse(text) {
                diagnostics.push(
                    Diagnostic::error(codes::EXPRESSION_SYNTAX, error.message)
                        .on(node)
                        .maybe_help(error.help),
                );
            }
        }
        _ => {}
    }
}

/// Checks the fields of a parameter that is an object.
fn fields(name: &str, known: &[Parameter], node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    for entry in node.entries() {
        let key = entry.key.as_str();
        if let Some(field) = known.iter().find(|field| field.name == key) {
            let name = format!("{name}.{key}");
            value(&name, field.shape, &entry.node, diagnostics);
            continue;
        }
        let message = format!("`{name}` has no field `{key}`; it is ignored");
        let near = near(key, known.iter().map(|field| field.name));
        diagnostics.push(at_key(message, entry).meant(key, near));
    }
}

#[cfg(test)]
mod tests {
    use crate::{Notation, Options, compile};

    /// What is said of an action's configuration: the code, the message, and the help.
    fn findings(config: &str) -> Vec<String> {
        let workflow = format!(
            r#"{{"name": "Example", "steps": [
                {{"stepSlug": "begin", "stepType": "trigger", "config": {{"type": "manual"}}, "nextSteps": {{"success": "act"}}}},
                {{"stepSlug": "act", "stepType": "action", "config": {config}}}
            ]}}"#
        );
        let found = compile(&workflow, Notation::Json, Options::default()).diagnostics;
        // Lints about the step as a whole are not what is looked at here.
        let ours = [
            "missing-field",
            "invalid-value",
            "unknown-parameter",
            "unknown-action",
            "expression-syntax",
        ];
        let found = found.into_iter().filter(|one| ours.contains(&one.code));
        let help = |help: Option<String>| help.map(|help| format!(" ({help})"));
        found
            .map(|one| {
                format!(
                    "{}: {}{}",
                    one.code,
                    one.message,
                    help(one.help).unwrap_or_default()
                )
            })
            .collect()
    }

    #[test]
    fn what_an_operation_can_use_is_fine() {
        let rows = [
            r#"{"type": "customer_get", "parameters": {"customerId": "1", "organizationId": "{{organizationId}}"}}"#,
            r#"{"type": "customer_get", "customerId": "1", "description": "Looks."}"#,
            r#"{"type": "customer", "operation": "get_by_id", "parameters": "{{input}}"}"#,
            r#"{"type": "customer", "parameters": {"operation": "query", "limit": 10, "status": ["active", "vip"], "tier": 3}}"#,
            r#"{"type": "customer_search", "parameters": {"limit": "{{input.limit}}", "cursor": null}}"#,
            r#"{"type": "customer.query", "parameters": {"paginationOpts": {"numItems": 5, "cursor": null}}}"#,
            r#"{"type": "customer_update", "parameters": {"customerId": "1", "emailSent": true, "lastContactedAt": "{{now}}"}}"#,
            r#"{"type": "customer_filter", "parameters": {"expression": "totalSpent > 1000"}}"#,
            r#"{"type": "email_send", "parameters": {"to": ["a@example.com"], "subject": "Hi", "text": "Hello"}}"#,
            r#"{"type": "email_send", "onUnknown": "skip", "to": "a@example.com", "subject": "Hi"}"#,
            r#"{"type": "product_create", "parameters": {"name": "Cup", "price": 3.5, "tags": [], "colour": "red"}}"#,
            r#"{"type": "product_create", "name": "Cup", "description": "To drink from."}"#,
            r#"{"type": "conversation_create", "parameters": {"type": "support", "priority": "high"}}"#,
            r#"{"type": "integration", "operation": "get_orders", "parameters": {"name": "shop", "key": 1, "nam": 2}}"#,
            r#"{"type": "imap", "operation": "list", "parameters": {"port": 993, "password": {"__secure": true, "encrypted": "x"}}}"#,
        ];
        for config in rows {
            assert_eq!(findings(config), Vec::<String>::new(), "{config}");
        }
    }

    #[test]
    fn what_it_cannot_use_is_said() {
        let rows = [
            (
                r#"{"type": "customer_orders", "parameters": {"customerId": "1", "limt": 5}}"#,
                "unknown-parameter: `customer.orders` has no parameter `limt`; it is ignored (did you mean `limit`?)",
            ),
            (
                r#"{"type": "customer_orders", "customerId": "1", "since": "May"}"#,
                "unknown-parameter: `customer.orders` has no parameter `since`; it is ignored (its parameters are `customerId`, `limit`)",
            ),
            (
                r#"{"type": "customer_search", "parameters": {"limt": 5}}"#,
                "unknown-parameter: `customer.query` has no parameter `limt`; only records with such a field are found (did you mean `limit`?)",
            ),
            (
                r#"{"type": "customer_update", "parameters": {"customerId": "1", "stauts": "vip"}}"#,
                "unknown-parameter: `customer.update` has no parameter `stauts`; it becomes a field of the record (did you mean `status`?)",
            ),
            (
                r#"{"type": "customer.query", "parameters": {"paginationOpts": {"numItem": 5}}}"#,
                "unknown-parameter: `paginationOpts` has no field `numItem`; it is ignored (did you mean `numItems`?)",
            ),
            (
                r#"{"type": "customer_get", "parameters": {"customerid": "1"}}"#,
                "missing-field: `customer.get_by_id` needs the parameter `customerId` (did you mean `customerId`?)",
            ),
            (
                r#"{"type": "rag", "operation": "upload_text", "parameters": {}}"#,
                "missing-field: `rag.upload_text` needs the parameter `content` (add `\"content\": ...` to the parameters)",
            ),
            (
                r#"{"type": "customer_get", "parameters": "the first"}"#,
                "invalid-value: `parameters` is an object, not a string",
            ),
            (
                r#"{"type": "customer_search", "parameters": {"limit": "10"}}"#,
                "invalid-value: `limit` is a whole number above zero, not the text `10` (write `10`, without quotes)",
            ),
            (
                r#"{"type": "customer_search", "parameters": {"limit": "1e1"}}"#,
                "invalid-value: `limit` is a whole number above zero, not the text `1e1` (write `10`, without quotes)",
            ),
            (
                r#"{"type": "customer_search", "parameters": {"limit": 0}}"#,
                "invalid-value: `limit` is a whole number above zero, not `0`",
            ),
            (
                r#"{"type": "customer_search", "parameters": {"paginationOpts": {"numItems": 2.5}}}"#,
                "invalid-value: `paginationOpts.numItems` is a whole number above zero, not `2.5`",
            ),
            (
                r#"{"type": "customer_get", "parameters": {"customerId": 12}}"#,
                "invalid-value: `customerId` is a text, not `12` (write `\"12\"`, with quotes)",
            ),
            (
                r#"{"type": "imap_list", "parameters": {"secure": "true"}}"#,
                "invalid-value: `secure` is `true` or `false`, not the text `true` (write `true`, without quotes)",
            ),
            (
                r#"{"type": "product_update", "parameters": {"productId": "1", "updates": ["price"]}}"#,
                "invalid-value: `updates` is an object, not a list",
            ),
            (
                r#"{"type": "conversation_create", "parameters": {"priority": "hihg"}}"#,
                "invalid-value: `priority` is one of `low`, `medium`, `high`, `urgent`, not the text `hihg` (did you mean `high`?)",
            ),
            (
                r#"{"type": "product_search", "parameters": {"status": "activ"}}"#,
                "invalid-value: `status` is one of `active`, `inactive`, `draft`, `archived` or a list, not the text `activ` (did you mean `active`?)",
            ),
            (
                r#"{"type": "workflow_processing_records", "operation": "find_unprocessed", "parameters": {"tableName": "customers", "backoffHours": -1}}"#,
                "invalid-value: `backoffHours` is a number that is not negative, not `-1` (write `0` or more)",
            ),
            (
                r#"{"type": "email_send", "onUnknown": "skp", "parameters": {"to": "a@example.com", "subject": "Hi"}}"#,
                "invalid-value: `onUnknown` is one of `retry`, `skip`, `ask`, not the text `skp` (did you mean `skip`?)",
            ),
            (
                r#"{"type": "email_send", "parameters": {"to": 7, "subject": "Hi"}}"#,
                "invalid-value: `to` is a text or a list, not `7` (write `\"7\"`, with quotes)",
            ),
        ];
        for (config, expected) in rows {
            assert_eq!(findings(config), [expected], "{config}");
        }
        let expression = r#"{"type": "customer_filter", "parameters": {"expression": "spent >"}}"#;
        let found = findings(expression);
        assert!(found.iter().all(|one| one.starts_with("expression-syntax")));
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
