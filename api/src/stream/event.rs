//! The events of a run's stream, as they stand in its journal.

use pawl_contract::At;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What an event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Name {
    /// How the run stands now.
    Status,
    /// A visit of a step began.
    StepStart,
    /// A visit of a step ended well.
    StepComplete,
    /// A model said a part of its answer.
    Delta,
    /// A model asked for a tool.
    ToolCall,
    /// A tool answered.
    ToolResult,
    /// A visit of a step failed, or the run did.
    Error,
    /// The run has ended.
    Complete,
}

impl Name {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::StepStart => "step_start",
            Self::StepComplete => "step_complete",
            Self::Delta => "delta",
            Self::ToolCall => "tool_call",
            Self::ToolResult => "tool_result",
            Self::Error => "error",
            Self::Complete => "complete",
        }
    }
}

/// What an event means for those that come behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Mark {
    /// The run stands so.
    Status { status: String },
    /// The visit began.
    Started { at: At },
    /// The visit waits.
    Waits { at: At },
    /// A model said so much.
    Said { at: At, said: Said },
    /// The visit ended then; a failure that is not settled can be tried again when the run is resumed.
    Ended {
        at: At,
        completed_at: Option<String>,
        is_settled: bool,
    },
    /// The run failed for this.
    Blamed,
    /// The run ended, having been resumed so often.
    Complete { generation: u64 },
    /// The run goes on.
    Reopened { generation: u64 },
}

/// How much of what a visit's model said was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    pub(crate) turn: u64,
    /// The try, as its batches have it.
    pub(crate) text: String,
    /// Which try of the turn it is among those that were told, from 1.
    pub(crate) attempt: u64,
    pub(crate) sequence: u64,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Event {
    #[serde(rename = "event")]
    pub(crate) name: Name,
    pub(crate) data: Value,
    pub(crate) mark: Mark,
    /// The visit whose output belongs into `data.result`.
    #[serde(skip)]
    pub(crate) output: Option<At>,
}

impl Event {
    /// An event as it stands in the journal.
    pub(crate) fn kept(&self) -> Value {
        json!(self)
    }

    /// An event of the journal.
    pub(crate) fn read(kept: Value) -> Option<Self> {
        serde_json::from_value(kept).ok()
    }

    /// The event as it is sent.
    pub(crate) fn frame(&self, number: u64) -> String {
        let Self { name, data, .. } = self;
        format!("id: {number}\nevent: {}\ndata: {data}\n\n", name.text())
    }
}
