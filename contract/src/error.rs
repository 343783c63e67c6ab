//! How a step fails: a code that machines match on, and a message for people.

use serde::{Deserialize, Serialize};

/// A step's failure. The code is a contract: Retry, Catch and authors match on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct StepError {
    /// One of the names in [`code`], or a name that a mock chose.
    pub code: String,
    /// What went wrong, for the person who reads the run.
    #[serde(default)]
    pub message: String,
}

impl StepError {
    /// A failure with a code and a message.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

/// The names of failures. Step Functions matches on them, so they never change.
pub mod code {
    /// The workflow, its input or a step's configuration is not valid; never retried.
    pub const VALIDATION_ERROR: &str = "VALIDATION_ERROR";
    /// A language model could not be asked or did not answer as asked.
    pub const AGENT_ERROR: &str = "AGENT_ERROR";
    /// An action failed.
    pub const TOOL_ERROR: &str = "TOOL_ERROR";
    /// A step or a run took longer than it may.
    pub const TIMEOUT: &str = "TIMEOUT";
    /// A person said no; never retried.
    pub const APPROVAL_REJECTED: &str = "APPROVAL_REJECTED";
    /// A provider asked to slow down.
    pub const RATE_LIMIT: &str = "RATE_LIMIT";
    /// A language model took more tokens or money than its step or run may.
    pub const BUDGET_EXCEEDED: &str = "BUDGET_EXCEEDED";
    /// DynamoDB or S3 did not answer; always retried.
    pub const STORE_ERROR: &str = "STORE_ERROR";
    /// An effect may or may not have happened: its claim is there, its record is not.
    pub const OUTCOME_UNKNOWN: &str = "OUTCOME_UNKNOWN";
    /// A step completed, but its answer was lost on the way to Step Functions.
    pub const OUTCOME_LOST: &str = "OUTCOME_LOST";
    /// Not a failure of a step: the run is closed or was failed in place, so the machine must end.
    pub const STOP: &str = "STOP";
    /// Not a failure: the step goes on in its next invocation.
    pub const CONTINUE: &str = "CONTINUE";
    /// Not a failure: the step goes on once somebody has answered its question.
    pub const ASK: &str = "ASK";
}
