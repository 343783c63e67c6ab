//! `action`: one operation of the catalogue.

mod parameters;

use pawl_contract::catalogue::{self, Operation, Readiness};

use super::{not_yet, required, wrong};
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes, near};
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
    }
    parameters::check(step, found, diagnostics);
}

/// The operation stands beside `type` or among the parameters.
fn operation(step: &Step) -> Option<&Node> {
    step.config
        .get("operation")
        .or_else(|| step.config.get("parameters")?.get("operation"))
}

/// Says which action or operation does not exist, and which one was probably meant.
fn unknown(name: &str, action: &Node, operation: Option<&Node>) -> Diagnostic {
    let operation = operation.and_then(|node| Some((node, node.as_str()?)));
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
    diagnostic.meant(name, near(name, spellings.iter().map(String::as_str)))
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
    use crate::{Notation, Options, compile};

    #[test]
    fn the_action_that_was_meant_is_named_and_can_be_written() {
        let rows = [
            (r#""type": "custmer_get""#, "customer_get"),
            (r#""type": "customer_list""#, "customer.query"),
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
