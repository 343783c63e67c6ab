//! What is said between a step and a language model, in no provider's words.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "camelCase")]
pub enum Message {
    /// What the model is asked.
    User {
        /// The text.
        text: String,
    },
    /// What the model answers.
    Assistant {
        /// The text; empty where it only asks for tools.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
        /// The tools that it asks for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<ToolCall>,
        /// The model that answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<String>,
        /// The tokens that it took.
        #[serde(default)]
        usage: Usage,
    },
    /// What a tool answers.
    Tool {
        /// The call's id.
        id: String,
        /// The tool's name.
        tool: String,
        /// What it gives, or `{ "error": { "code", "message" } }`.
        result: Value,
        /// Whether it failed.
        #[serde(default)]
        failed: bool,
    },
}

/// A model's wish to use a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The provider's id of the call, by which the result is told apart from others.
    pub id: String,
    /// The tool's name.
    pub tool: String,
    /// The arguments; a text where they are not JSON.
    pub arguments: Value,
}

/// The tokens that a call of a model took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// What was read.
    pub input_tokens: u64,
    /// What was written.
    pub output_tokens: u64,
}

impl Usage {
    /// All of them.
    pub fn total(self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
    }
}
