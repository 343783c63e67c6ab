//! `llm`: asks a language model.

use pawl_contract::tools;

use super::not_yet;
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{Field, Shape};
use crate::schema;
use crate::shape::near_ours;
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
pub(super) const FIELDS: &[Field] = &[
    ("name", Shape::Text),
    ("description", Shape::Text),
    ("systemPrompt", Shape::Text),
    ("userPrompt", Shape::Text),
    ("model", Shape::Text),
    ("models", Shape::Texts),
    ("temperature", Shape::Within(0, 2)),
    ("maxTokens", Shape::Count),
    ("maxSteps", Shape::Count),
    ("outputFormat", Shape::OneOf(&["text", "json"])),
    ("outputSchema", Shape::Object),
    ("conversational", Shape::Flag),
    ("tools", Shape::Texts),
    ("mcpServerIds", Shape::Texts),
    // A list of ids, or a template that gives one.
    ("knowledgeFileIds", Shape::Texts),
    ("contextVariables", Shape::Any),
    ("cache", Shape::Object),
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let given = |field: &str| step.config.get(field).filter(|node| !is_empty(node));
    if given("systemPrompt").or(given("userPrompt")).is_none() {
        diagnostics.push(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("step `{}` has no `systemPrompt`", step.slug),
            )
            .on(&step.config)
            .help("say what the model is to do"),
        );
    }
    if let (Some(_), Some(models)) = (given("model"), given("models")) {
        diagnostics.push(
            Diagnostic::error(
                codes::INVALID_VALUE,
                format!("step `{}` names both `model` and `models`", step.slug),
            )
            .on(models)
            .help("put the model first in `models`, or leave `models` out"),
        );
    }
    if let Some(schema) = given("outputSchema").filter(|schema| schema.is_object()) {
        schema::check_root(schema, "`outputSchema`", diagnostics);
    }
    for tool in step
        .config
        .get("tools")
        .map(Node::elements)
        .unwrap_or_default()
    {
        check_tool(tool, diagnostics);
    }
    for (field, what) in LATER {
        if let Some(node) = given(field) {
            diagnostics.push(not_yet(step, node, what));
        }
    }
}

fn check_tool(tool: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some(name) = tool.as_str() else {
        // The table says that the list holds strings.
        return;
    };
    if name.contains("{{") {
        let message = "a tool is named in the definition, not computed in a run";
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(tool));
    } else if tools::find(name).is_none() {
        diagnostics.push(
            Diagnostic::error(codes::UNKNOWN_TOOL, format!("there is no tool `{name}`"))
                .on(tool)
                .help("the tools are listed in docs/formats.md")
                .meant(name, near_ours(name, tools::names())),
        );
    }
}

/// Whether a field asks for nothing.
pub(super) fn is_empty(node: &Node) -> bool {
    match &node.data {
        Data::Null => true,
        Data::Array(elements) => elements.is_empty(),
        Data::Object(entries) => entries.is_empty(),
        Data::String(text) => text.is_empty(),
        Data::Bool(_) | Data::Number(_) => false,
    }
}
