//! A Parallel: several branches at once.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::query::{is_false, present};
use crate::{Branch, Catcher, Fields, QueryLanguage, Retrier};

/// Runs branches side by side; its result is the list of theirs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parallel {
    /// What the state is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The language of this state, where it is not the machine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_language: Option<QueryLanguage>,
    /// The branches.
    pub branches: Vec<Branch>,
    /// What every branch is given; the state's input where absent.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub arguments: Option<Value>,
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
