//! One invocation of a function: what goes in, and what comes out.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::FunctionError;

/// The largest payload of a function that is waited for, in and out.
pub(super) const LARGEST: usize = 6 * 1024 * 1024;

/// The largest payload of a function that nobody waits for.
pub(super) const LARGEST_EVENT: usize = 1024 * 1024;

/// What goes into a function.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The invocation's id.
    pub(super) id: String,
    /// The function's ARN, as it was named.
    pub(super) arn: String,
    pub(super) payload: Bytes,
    /// What the client says of itself, in base 64.
    pub(super) client_context: Option<String>,
    /// Whether the last of the log is to come with the answer.
    pub(super) wants_log: bool,
}

/// What came out of a function.
#[derive(Debug, Clone)]
pub(crate) struct Invoked {
    /// The version that ran.
    pub(crate) version: String,
    /// Its answer, or what it failed with.
    pub(crate) ending: Ending,
    /// The last lines of its log.
    pub(crate) log: String,
}

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With an answer.
    Answered(Bytes),
    /// With an error, and what it says of it in JSON.
    Failed {
        /// The error's name.
        error_type: String,
        /// `{"errorType": ..., "errorMessage": ...}`, or what the function wrote.
        payload: Bytes,
    },
}

impl Ending {
    /// An error of ours about a function, in Lambda's words.
    pub(super) fn failed(error_type: &str, message: &str) -> Self {
        let payload = json!({ "errorType": error_type, "errorMessage": message });
        Self::Failed {
            error_type: error_type.to_owned(),
            payload: payload.to_string().into(),
        }
    }

    /// Whether it is an error of this name.
    pub(super) fn is_named(&self, name: &str) -> bool {
        match self {
            Self::Answered(_) => false,
            Self::Failed { error_type, .. } => error_type == name,
        }
    }

    /// The ending as a handler of ours gives it.
    pub(crate) fn result(self) -> Result<Bytes, FunctionError> {
        match self {
            Self::Answered(payload) => Ok(payload),
            Self::Failed {
                error_type,
                payload,
            } => {
                let said: Value = serde_json::from_slice(&payload).unwrap_or_default();
                let text = |name: &str| said.get(name).and_then(Value::as_str);
                Err(FunctionError::Raised {
                    error_type: text("errorType").unwrap_or(&error_type).to_owned(),
                    message: text("errorMessage").unwrap_or_default().to_owned(),
                })
            }
        }
    }
}
