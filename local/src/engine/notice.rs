//! The event that EventBridge brings when an execution starts or ends.

use bytes::Bytes;
use jiff::Timestamp;
use pawl_interpreter::Status;
use serde_json::{Value, json};

use crate::step_functions::{ACCOUNT, REGION};

use super::About;
use super::driver::Work;

/// The function that is told of every change of an execution's status.
pub(super) const RECORDER: &str = "recorder";

/// How often a failing recorder is called again, as Lambda does with an event that nobody waits for.
pub(super) const RETRIES: u32 = 2;

impl Work {
    /// The announcement that an execution has a status.
    pub(super) fn notice(about: &About, status: &Status, stopped: Option<Timestamp>) -> Self {
        let (output, failure) = match status {
            Status::Running => (None, (&None, &None)),
            Status::Succeeded { output } => (Some(output.to_string()), (&None, &None)),
            Status::Failed { error, cause }
            | Status::TimedOut { error, cause }
            | Status::Aborted { error, cause } => (None, (error, cause)),
        };
        let included = json!({ "included": true });
        let status = status_name(status);
        let event = json!({
            "version": "0",
            "id": format!("{}-{status}", about.arn),
            "detail-type": "Step Functions Execution Status Change",
            "source": "aws.states",
            "account": ACCOUNT,
            "time": stopped.unwrap_or(about.started).to_string(),
            "region": REGION,
            "resources": [about.arn],
            "detail": {
                "executionArn": about.arn,
                "stateMachineArn": about.machine_arn,
                "stateMachineVersionArn": about.version_arn,
                "stateMachineAliasArn": Value::Null,
                "name": about.name,
                "status": status,
                "startDate": about.started.as_millisecond(),
                "stopDate": stopped.map(Timestamp::as_millisecond),
                "input": about.input,
                "inputDetails": included,
                "output": output,
                "outputDetails": output.as_ref().map(|_| included.clone()),
                "error": failure.0,
                "cause": failure.1,
            },
        });
        Self::Notice {
            payload: Bytes::from(event.to_string()),
            retries: 0,
        }
    }
}

/// A status, as AWS names it.
pub(crate) fn status_name(status: &Status) -> &'static str {
    match status {
        Status::Running => "RUNNING",
        Status::Succeeded { .. } => "SUCCEEDED",
        Status::Failed { .. } => "FAILED",
        Status::TimedOut { .. } => "TIMED_OUT",
        Status::Aborted { .. } => "ABORTED",
    }
}
