//! What a Task, Parallel or Map does about errors: try again, or go another way.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Fields;
use crate::query::present;

/// Tries a state again after some errors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Retrier {
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The errors that it is for.
    pub error_equals: Vec<String>,
    /// Seconds before the first retry; 1 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_seconds: Option<u64>,
    /// The number of retries; 3 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u64>,
    /// The factor by which the wait grows with each retry; 2 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff_rate: Option<f64>,
    /// The longest wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_delay_seconds: Option<u64>,
    /// Whether the wait is shortened by chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter_strategy: Option<Jitter>,
    /// Fields that the language does not know.
    #[serde(flatten)]
    pub other: Fields,
}

/// Whether the wait before a retry is left to chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Jitter {
    /// The wait is as computed.
    None,
    /// The wait is anything between nothing and the computed one.
    Full,
}

/// Goes to another state after some errors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Catcher {
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The errors that it is for.
    pub error_equals: Vec<String>,
    /// The variables to set; `$states.errorOutput` holds the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<Fields>,
    /// The input of the next state; the error itself where absent.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub output: Option<Value>,
    /// The state to go to.
    pub next: String,
    /// Fields that are not of JSONata mode.
    #[serde(flatten)]
    pub other: Fields,
}
