//! The event that EventBridge brings when an execution starts or ends.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::delivery::whole_seconds;
use crate::random::derived;
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
        "id": derived(&[&about.arn, status, &redrives.to_string()]),
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": ACCOUNT,
        "time": whole_seconds(outcome.stopped.unwrap_or(about.started)),
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
