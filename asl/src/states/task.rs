//! A Task: work done by something else.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::query::{is_false, present};
use crate::{Catcher, Dynamic, Fields, QueryLanguage, Retrier};

/// Has work done by a service and waits for its result.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Task {
    /// What the state is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The language of this state, where it is not the machine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_language: Option<QueryLanguage>,
    /// The ARN of what does the work, such as `arn:aws:states:::lambda:invoke`.
    pub resource: String,
    /// What the service is given; the state's input where absent.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub arguments: Option<Value>,
    /// The role to do the work under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Value>,
    /// The longest that one attempt may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<Dynamic<u64>>,
    /// The longest silence of a worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat_seconds: Option<Dynamic<u64>>,
    /// What to do about errors first: try again. The first that matches counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retry: Vec<Retrier>,
    /// What to do about errors then: go on elsewhere. The first that matches counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub catch: Vec<Catcher>,
    /// The variables to set; their expressions see the old values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<Fields>,
    /// What the next state is given; the result where absent.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub output: Option<Value>,
    /// The state that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether the branch ends here.
    #[serde(default, skip_serializing_if = "is_false")]
    pub end: bool,
    /// Fields that are not of JSONata mode.
    #[serde(flatten)]
    pub other: Fields,
}
