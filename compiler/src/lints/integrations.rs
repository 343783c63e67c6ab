//! Integrations: what a workflow uses, it also requires.

use pawl_contract::Kind;

use super::{Facts, operation};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::Node;

/// Where a definition lists the integrations that it needs, the list is whole.
pub(super) fn undeclared(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(required) = &facts.definition.settings.requires else {
        return;
    };
    let actions = facts.steps().filter(|(_, step)| {
        step.kind == Kind::Action
            && operation(step).is_some_and(|operation| operation.action == "integration")
    });
    for (_, step) in actions {
        let parameters = step.config.get("parameters").unwrap_or(&step.config);
        let text = |field: &str| {
            let node = parameters.get(field)?;
            Some((node, node.as_str().filter(|text| !text.contains("{{"))?))
        };
        let Some((node, name)) = text("name") else {
            continue;
        };
        let Some(integration) = required.iter().find(|integration| integration.name == name) else {
            let names = required.iter().map(|integration| integration.name.as_str());
            diagnostics.push(say(
                node,
                format!("integration `{name}` is used and not required"),
                "add it to `requires.integrations`",
                name,
                near(name, names),
            ));
            continue;
        };
        let (Some(known), Some((node, word))) = (&integration.operations, text("operation")) else {
            continue;
        };
        if !known.iter().any(|operation| operation == word) {
            diagnostics.push(say(
                node,
                format!("operation `{word}` of integration `{name}` is used and not required"),
                "add it to the integration's `operations` in `requires`",
                word,
                near(word, known.iter().map(String::as_str)),
            ));
        }
    }
}

fn say(node: &Node, message: String, help: &str, word: &str, near: Option<&str>) -> Diagnostic {
    Diagnostic::warning(codes::UNDECLARED_INTEGRATION, message)
        .on(node)
        .help(help)
        .perhaps_meant(word, near)
}
