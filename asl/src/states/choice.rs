//! A Choice: goes one of several ways.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::query::present;
use crate::{Dynamic, Fields, QueryLanguage};

/// Goes the way of the first rule whose condition is true.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Choice {
    /// What the state is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The language of this state, where it is not the machine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query_language: Option<QueryLanguage>,
    /// The rules, tried in order.
    pub choices: Vec<Rule>,
    /// The state to go to where no rule applies; without it that is `States.Runtime`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The variables to set where no rule applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<Fields>,
    /// What the default state is given; the input where absent.
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

/// One way out of a Choice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rule {
    /// What the rule is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// What must be true; absent only in JSONPath mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Dynamic<bool>>,
    /// The variables to set when the rule applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<Fields>,
    /// What the next state is given; the input where absent.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub output: Option<Value>,
    /// The state to go to.
    #[serde(default)]
    pub next: String,
    /// Fields that are not of JSONata mode.
    #[serde(flatten)]
    pub other: Fields,
}
