//! `llm`: asks a language model.

use super::{not_yet, wrong};
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Data, Node};

/// What an llm step can be asked for and cannot do yet.
const LATER: [(&str, &str); 6] = [
    ("tools", "tools"),
    ("outputSchema", "an output schema"),
    ("mcpServerIds", "MCP servers"),
    ("knowledgeFileIds", "knowledge files"),
    ("models", "a chain of models"),
    ("contextVariables", "context variables"),
];

/// The fields of an llm step's configuration.
pub(super) const FIELDS: &[&str] = &[
    "name",
    "description",
    "systemPrompt",
    "userPrompt",
    "model",
    "temperature",
    "maxTokens",
    "outputFormat",
    "maxSteps",
    "conversational",
    "tools",
    "outputSchema",
    "mcpServerIds",
    "knowledgeFileIds",
    "models",
    "contextVariables",
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    if step
        .config
        .get("systemPrompt")
        .or_else(|| step.config.get("userPrompt"))
        .is_none()
    {
        diagnostics.push(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("step `{}` has no `systemPrompt`", step.slug),
            )
            .on(&step.config)
            .help("say what the model is to do"),
        );
    }
    for field in ["systemPrompt", "userPrompt", "model"] {
        if let Some(node) = step
            .config
            .get(field)
            .filter(|node| node.as_str().is_none() && !node.is_null())
        {
            diagnostics.push(wrong(node, &format!("`{field}` is a string")));
        }
    }
    if let Some(node) = step.config.get("outputFormat")
        && !matches!(node.as_str(), Some("text" | "json"))
    {
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, "`outputFormat` is `text` or `json`").on(node),
        );
    }
    for (field, what) in LATER {
        if let Some(node) = step.config.get(field).filter(|node| !is_empty(node)) {
            diagnostics.push(not_yet(step, node, what));
        }
    }
}

/// Whether a field asks for nothing.
fn is_empty(node: &Node) -> bool {
    match &node.data {
        Data::Null => true,
        Data::Array(elements) => elements.is_empty(),
        Data::Object(entries) => entries.is_empty(),
        Data::String(text) => text.is_empty(),
        Data::Bool(_) | Data::Number(_) => false,
    }
}
