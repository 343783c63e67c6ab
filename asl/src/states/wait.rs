//! A Wait: lets time pass.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::query::{is_false, present};
use crate::{Dynamic, Fields, QueryLanguage};

/// Waits for a number of seconds or until a moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Wait {
    /// What the state is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The language of this state, where it is not the machine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_language: Option<QueryLanguage>,
    /// How long to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<Dynamic<u64>>,
    /// Until when to wait, in RFC 3339, or an expression for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// The variables to set; their expressions see the old values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<Fields>,
    /// What the next state is given; the input where absent.
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
