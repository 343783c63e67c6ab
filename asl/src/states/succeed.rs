//! A Succeed: ends a branch, and the execution where it is not inside one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::query::present;
use crate::{Fields, QueryLanguage};

/// Ends well.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Succeed {
    /// What the state is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The language of this state, where it is not the machine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_language: Option<QueryLanguage>,
    /// The result; the input where absent.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub output: Option<Value>,
    /// Fields that are not of JSONata mode.
    #[serde(flatten)]
    pub other: Fields,
}
