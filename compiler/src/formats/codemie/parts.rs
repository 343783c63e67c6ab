//! What states run: assistants, tools and custom nodes, by their ids.

use std::collections::BTreeMap;

use super::super::Translation;
use super::{given, word};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::fields::{self, Field, Shape, Templates};
use crate::source::Node;

const ASSISTANT: [Field; 14] = [
    ("id", Shape::Text),
    ("assistant_id", Shape::Text),
    ("system_prompt", Shape::Text),
    ("name", Shape::Text),
    ("model", Shape::Text),
    ("temperature", Shape::Within(0, 2)),
    ("limit_tool_output_tokens", Shape::Whole),
    ("tools", Shape::List),
    ("datasource_ids", Shape::List),
    ("skill_ids", Shape::List),
    ("mcp_servers", Shape::List),
    ("exclude_extra_context_tools", Shape::Flag),
    ("description", Shape::Any),
    ("max_tokens", Shape::Whole),
];

const TOOL: [Field; 12] = [
    ("id", Shape::Text),
    ("tool", Shape::Text),
    ("tool_args", Shape::Object),
    ("integration_alias", Shape::Text),
    ("tool_result_json_pointer", Shape::Text),
    ("trace", Shape::Flag),
    ("mcp_server", Shape::Any),
    ("resolve_dynamic_values_in_response", Shape::Flag),
    ("input_key", Shape::Text),
    ("tokens_size_limit", Shape::Whole),
    ("name", Shape::Any),
    ("description", Shape::Any),
];

const CUSTOM: [Field; 8] = [
    ("id", Shape::Text),
    ("custom_node_id", Shape::Text),
    ("name", Shape::Text),
    ("model", Shape::Text),
    ("system_prompt", Shape::Text),
    ("config", Shape::Object),
    ("description", Shape::Any),
    ("temperature", Shape::Any),
];

/// Everything that states may run.
pub(super) struct Parts<'a> {
    assistants: BTreeMap<&'a str, &'a Node>,
    tools: BTreeMap<&'a str, &'a Node>,
    customs: BTreeMap<&'a str, &'a Node>,
}

/// What a state runs.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Assistant(&'a Node),
    Tool(&'a Node),
    Custom(&'a Node),
}

impl<'a> Parts<'a> {
    pub(super) fn collect(execution: &'a Node, translation: &mut Translation<'_>) -> Self {
        let mut read = |field: &str, table: &[Field], what: &str| {
            let mut found = BTreeMap::new();
            for node in execution.get(field).map(Node::elements).unwrap_or_default() {
                fields::check(
                    node,
                    table,
                    what,
                    Templates::Refused,
                    translation.diagnostics,
                );
                let Some(id) = word(node, "id") else {
                    let message = format!("{what} has no `id`");
                    translation.say(
                        Diagnostic::error(codes::MISSING_FIELD, message)
                            .on(node)
                            .help("add an `id`, by which states name it"),
                    );
                    continue;
                };
                if found.insert(id, node).is_some() {
                    let message = format!("there are two of `{field}` with the id `{id}`");
                    translation.say(
                        Diagnostic::error(codes::INVALID_VALUE, message)
                            .on(given(node, "id").unwrap_or(node)),
                    );
                }
            }
            found
        };
        let parts = Self {
            assistants: read("assistants", &ASSISTANT, "an assistant"),
            tools: read("tools", &TOOL, "a tool"),
            customs: read("custom_nodes", &CUSTOM, "a custom node"),
        };
        for (id, node) in &parts.assistants {
            // One of them that is no text is refused as such.
            let has = |field| given(node, field).is_some_and(|node| node.as_str() != Some(""));
            if let (Some(own), Some(_)) =
                (given(node, "assistant_id"), given(node, "system_prompt"))
            {
                let message = format!(
                    "the assistant `{id}` has both an `assistant_id` and a `system_prompt`"
                );
                translation.say(
                    Diagnostic::error(codes::INVALID_VALUE, message)
                        .on(own)
                        .help("keep one of them"),
                );
            } else if !has("assistant_id") && !has("system_prompt") {
                let message = format!(
                    "the assistant `{id}` has neither a `system_prompt` nor an `assistant_id`"
                );
                translation.say(
                    Diagnostic::error(codes::MISSING_FIELD, message)
                        .on(node)
                        .help("add a `system_prompt`, or the `assistant_id` of a stored assistant"),
                );
            }
        }
        parts
    }

    /// What a state runs.
    pub(super) fn of(&self, state: &'a Node) -> Option<Part<'a>> {
        let fields = ["assistant_id", "tool_id", "custom_node_id"];
        if fields
            .iter()
            .filter(|field| given(state, field).is_some())
            .count()
            > 1
        {
            return None;
        }
        if let Some(id) = word(state, "assistant_id") {
            return self.assistants.get(id).map(|node| Part::Assistant(node));
        }
        if let Some(id) = word(state, "tool_id") {
            return self.tools.get(id).map(|node| Part::Tool(node));
        }
        let id = word(state, "custom_node_id")?;
        self.customs.get(id).map(|node| Part::Custom(node))
    }

    /// Whether a node looks at all that a state gave.
    pub(super) fn is_processed(&self, id: &str) -> bool {
        self.customs.values().any(|node| {
            let config = given(node, "config");
            config.and_then(|config| word(config, "state_id")) == Some(id)
        })
    }

    /// Whether a node looks at all that every state gave.
    pub(super) fn is_all_processed(&self) -> bool {
        self.customs.values().any(|node| {
            let kind = word(node, "custom_node_id").or_else(|| word(node, "id"));
            let config = given(node, "config").unwrap_or(node);
            kind == Some("state_processor_node") && word(config, "state_id").is_none()
        })
    }

    /// Says that a state names nothing that there is.
    pub(super) fn missing(&self, state: &Node, id: &str, translation: &mut Translation<'_>) {
        let kinds = [
            ("assistant_id", "assistant", "assistants", &self.assistants),
            ("tool_id", "tool", "tools", &self.tools),
            (
                "custom_node_id",
                "custom node",
                "custom_nodes",
                &self.customs,
            ),
        ];
        let named: Vec<_> = kinds
            .iter()
            .filter(|(field, ..)| given(state, field).is_some())
            .collect();
        let diagnostic = match named.as_slice() {
            [(field, noun, list, known)] => {
                let node = given(state, field).unwrap_or(state);
                let wanted = node.as_str().unwrap_or_default();
                let help = near(wanted, known.keys().copied()).map_or_else(
                    || format!("add it to `{list}`"),
                    |near| format!("did you mean `{near}`?"),
                );
                Diagnostic::error(
                    codes::INVALID_VALUE,
                    format!("there is no {noun} `{wanted}`"),
                )
                .on(node)
                .help(help)
            }
            [] => Diagnostic::error(codes::MISSING_FIELD, format!("state `{id}` runs nothing"))
                .on(state)
                .help("add an `assistant_id`, a `tool_id` or a `custom_node_id`"),
            _ => Diagnostic::error(
                codes::INVALID_VALUE,
                format!("state `{id}` runs more than one thing"),
            )
            .on(state)
            .help("keep one of `assistant_id`, `tool_id` and `custom_node_id`"),
        };
        translation.say(diagnostic);
    }
}
