//! What reaches a Lambda: a Task's payload, and the request to start a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{At, Mock};

/// A Task's payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payload {
    /// The run's position. In the first Task of a machine started by hand it is the plain input instead.
    pub position: Value,
    /// How many times Step Functions has retried this state (`$states.context.State.RetryCount`).
    #[serde(default)]
    pub attempt: u32,
    /// The plan, as JSON text.
    pub plan: String,
    /// Only where the machine waits for an answer: the token to answer with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Only in the first Task of a machine: the execution that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<Execution>,
}

/// Which execution a machine's first Task belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// The execution's ARN.
    pub id: String,
    /// The execution's name.
    pub name: String,
    /// The ARN of the machine.
    pub machine: String,
}

/// A request to start a run, as the trigger Lambda takes it.
///
/// ```json
/// { "machine": "arn:aws:states:...:stateMachine:welcome-email:1", "input": { "customerId": "cust_456" } }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Start {
    /// The ARN of the published machine version to run; where absent, that of the workflow.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub machine: String,
    /// Beside a machine: the number of the workflow's version that it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The published workflow to run, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// The trigger of the workflow that asks, by its name: a run is started only if the workflow still has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// How it was asked for: `api`, `chat`, `webhook` ...; what the definition's trigger says where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What whoever asks knows beside the input.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub context: Value,
    /// The organisation that the run belongs to; the deployment's own where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// The run's input.
    #[serde(default)]
    pub input: Value,
    /// Results to record for steps instead of acting, by slug.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mocks: BTreeMap<String, Mock>,
    /// Two requests with the same machine and key start one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// The thread that the run's llm steps share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<String>,
    /// Only of a subflow: the visit that waits for the run's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// Whether a draft is tried: the bus does not hear how it ends.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
    /// Only of a run that follows another: that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A visit of another run that waits for this one's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The run.
    pub run: String,
    /// The visit.
    pub at: At,
}
