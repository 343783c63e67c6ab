//! The kinds of steps, each with a Lambda of its own.

use serde::{Deserialize, Serialize};

/// What a step is. Work kinds act; pure kinds compute and may ride along with the step before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Starts, hands over, ends and fails runs.
    Trigger,
    /// Asks a language model.
    Llm,
    /// Acts on records, sends mail.
    Action,
    /// Calls an HTTP endpoint.
    Request,
    /// Chooses `true` or `false`.
    Condition,
    /// Goes through a list.
    Loop,
    /// Computes values: `set_variables`, `output`.
    Transform,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Trigger,
        Self::Llm,
        Self::Action,
        Self::Request,
        Self::Condition,
        Self::Loop,
        Self::Transform,
    ];

    /// Whether a step of this kind only computes.
    pub fn is_pure(self) -> bool {
        match self {
            Self::Condition | Self::Loop | Self::Transform => true,
            Self::Trigger | Self::Llm | Self::Action | Self::Request => false,
        }
    }

    /// The kind's name: of its binary, its Rust module and in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Llm => "llm",
            Self::Action => "action",
            Self::Request => "request",
            Self::Condition => "condition",
            Self::Loop => "loop",
            Self::Transform => "transform",
        }
    }

    /// The placeholder by which a compiled machine names this kind's Lambda, without `${` and `}`.
    ///
    /// Publishing and SAM put the ARN of a function version in its place.
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Trigger => "TriggerFunction",
            Self::Llm => "LlmFunction",
            Self::Action => "ActionFunction",
            Self::Request => "RequestFunction",
            Self::Condition => "ConditionFunction",
            Self::Loop => "LoopFunction",
            Self::Transform => "TransformFunction",
        }
    }

    /// The ports by which a step of this kind can be left, in the order in which they are shown.
    pub fn ports(self) -> &'static [&'static str] {
        match self {
            Self::Trigger => &["success"],
            Self::Llm | Self::Action | Self::Request | Self::Transform => &["success", "error"],
            Self::Condition => &["true", "false", "error"],
            Self::Loop => &["next", "done", "error"],
        }
    }
}
