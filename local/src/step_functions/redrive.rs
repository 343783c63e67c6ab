//! Which executions can be redriven, and why others cannot.

use jiff::{SignedDuration, Timestamp};
use pawl_asl::limits::HISTORY_EVENTS;
use serde_json::{Map, Value};

use crate::engine::Snapshot;

/// How long after its end an execution can be redriven.
const REDRIVABLE: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How long an execution may be open.
const LONGEST: SignedDuration = SignedDuration::from_hours(365 * 24);

/// Why an execution cannot be redriven, in AWS's words; none if it can.
pub(super) fn obstacle(snapshot: &Snapshot, is_deleting: bool, now: Timestamp) -> Option<String> {
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
    } else {
        return None;
    };
    Some(obstacle.to_owned())
}

/// Shows whether an execution can be redriven.
pub(super) fn show(
    snapshot: &Snapshot,
    is_deleting: bool,
    now: Timestamp,
    answer: &mut Map<String, Value>,
) {
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
}
