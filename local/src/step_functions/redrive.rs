//! Having executions that ended badly go on, and why others cannot.

use jiff::{SignedDuration, Timestamp};
use pawl_asl::limits::HISTORY_EVENTS;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::engine::{Engine, Snapshot};

use super::executions::find;
use super::machines::{Machines, add};
use super::seconds;
use crate::refusal::Refusal;

/// `RedriveExecution`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Redrive {
    execution_arn: String,
    #[serde(default)]
    client_token: Option<String>,
}

/// How long after its end an execution can be redriven.
const REDRIVABLE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How long an execution may be open.
const LONGEST: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How often an execution can be redriven.
const MOST: u32 = 1_000;

/// Has an execution that ended badly go on from where it failed.
pub(super) fn redrive(
    machines: &Machines,
    engine: &Engine,
    request: Redrive,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let snapshot = find(engine, &request.execution_arn)?;
    if let Some(token) = &request.client_token
        && let Some(at) = engine.redriven_by(&snapshot, token)?
    {
        return Ok(json!({ "redriveDate": seconds(at) }));
    }
    let refuse = |reason: &str| Refusal::new("ExecutionNotRedrivable", reason);
    if snapshot.about.map_run_arn.is_some() {
        return Err(refuse("Execution can only be redriven by its Map Run"));
    }
    let is_deleting = machines.is_deleting(&snapshot.about.machine_arn);
    if let Some(reason) = obstacle(&snapshot, is_deleting, now) {
        return Err(refuse(&reason));
    }
    let redriven = engine.redrive(snapshot, request.client_token)?;
    Ok(json!({ "redriveDate": seconds(redriven.map_err(refuse)?) }))
}

/// Why an execution cannot be redriven, in AWS's words; none if it can.
fn obstacle(snapshot: &Snapshot, is_deleting: bool, now: Timestamp) -> Option<String> {
    let status = snapshot.status.as_str();
    if matches!(status, "RUNNING" | "SUCCEEDED" | "PENDING_REDRIVE") {
        return Some(format!("Execution is {status} and cannot be redriven"));
    }
    let since = |moment: Timestamp| now.duration_since(moment);
    let has_ended_long_ago = snapshot
        .outcome
        .stopped
        .is_some_and(|stopped| since(stopped) > REDRIVABLE);
    let obstacle = if is_deleting {
        "State machine is in DELETING status"
    } else if since(snapshot.about.started) > LONGEST {
        "Execution has exceeded the max execution time"
    } else if has_ended_long_ago {
        "Execution redrivable period exceeded"
    } else if snapshot.events >= HISTORY_EVENTS - 1 {
        // Its event and at least one more have to fit.
        "Execution history event limit exceeded"
    } else if snapshot.redrives >= MOST {
        "Execution redrive limit exceeded"
    } else {
        return None;
    };
    Some(obstacle.to_owned())
}

/// Shows whether an execution can be redriven, and when it was.
pub(super) fn show(
    engine: &Engine,
    snapshot: &Snapshot,
    is_deleting: bool,
    now: Timestamp,
    answer: &mut Map<String, Value>,
) -> Result<(), Refusal> {
    add(answer, "redriveDate", date(engine, snapshot)?);
    let status = match obstacle(snapshot, is_deleting, now) {
        Some(reason) => {
            answer.insert("redriveStatusReason".to_owned(), reason.into());
            "NOT_REDRIVABLE"
        }
        // A child is redriven with its Map Run.
        None if snapshot.about.map_run_arn.is_some() => "REDRIVABLE_BY_MAP_RUN",
        None => "REDRIVABLE",
    };
    answer.insert("redriveStatus".to_owned(), status.into());
    Ok(())
}

/// When an execution was redriven last; its history knows.
fn date(engine: &Engine, snapshot: &Snapshot) -> Result<Option<Value>, Refusal> {
    const STRIDE: u64 = 500;
    let mut last = snapshot.events;
    while snapshot.redrives > 0 && last > 0 {
        let first = last.saturating_sub(STRIDE).max(1);
        let events = engine.history(snapshot, first, last)?;
        let redriven = events.iter().rev().find(|event| {
            event
                .get("type")
                .is_some_and(|kind| kind == "ExecutionRedriven")
        });
        if let Some(event) = redriven {
            return Ok(event.get("timestamp").cloned());
        }
        last = first - 1;
    }
    Ok(None)
}
