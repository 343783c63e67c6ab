//! The position: the input and the output of every Task, and the whole state of a machine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::At;

/// Which run, where in it, which way. Never data of the run: that lives in DynamoDB.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// The organisation that owns the run; part of every key.
    pub org: String,
    /// The run's id.
    pub run: String,
    /// The ARN of the published machine version that the run executes.
    pub machine: String,
    /// The number of the next visit.
    pub at: At,
    /// The `at` where this execution began; the difference is what an execution has used of its event budget.
    pub base: At,
    /// For each step with a Choice that was just evaluated: the name of the state to go to.
    #[serde(default)]
    pub routes: BTreeMap<String, String>,
    /// The few numbers that a native state needs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Number>,
    /// The failure that a Catch leads away from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caught: Option<Caught>,
    /// The state with which a handed-over execution begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enter: Option<String>,
}

/// What a Catch passes on: who failed, where and under which name. The cause is in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caught {
    /// The slug of the step that failed.
    pub step: String,
    /// The visit that failed.
    pub at: At,
    /// The error's name, as Step Functions saw it.
    pub error: String,
}
