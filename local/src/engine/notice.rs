//! The event that EventBridge brings when an execution starts or ends.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::step_functions::{ACCOUNT, REGION};

use super::about::{About, Outcome};

/// The announcement that an execution has begun, or has ended with a status.
/// Whoever hears of the same id twice has heard of the same thing twice.
pub(super) fn notice(about: &About, redrives: u32, end: Option<(&str, &Outcome)>) -> Value {
    let none = Outcome::default();
    let (status, outcome) = end.unwrap_or(("RUNNING", &none));
    let included = json!({ "included": true });
    json!({
        "version": "0",
        "id": match redrives {
            0 => format!("{}-{status}", about.arn),
            redrives => format!("{}-{status}-{redrives}", about.arn),
        },
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": ACCOUNT,
        "time": outcome.stopped.unwrap_or(about.started).to_string(),
        "region": REGION,
        "resources": [about.arn],
        "detail": {
            "executionArn": about.arn,
            "stateMachineArn": about.machine_arn,
            "stateMachineVersionArn": about.version_arn,
            "stateMachineAliasArn": about.alias_arn,
            "name": about.name,
            "status": status,
            "startDate": about.started.as_millisecond(),
            "stopDate": outcome.stopped.map(Timestamp::as_millisecond),
            "input": about.input,
            "inputDetails": included,
            "output": outcome.output,
            "outputDetails": outcome.output.as_ref().map(|_| included.clone()),
            "error": outcome.error,
            "cause": outcome.cause,
        },
    })
}
