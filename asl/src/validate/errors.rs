//! Retry and Catch: error names and the bounds of retriers.

use super::{Problems, pointer};
use crate::limits::{RETRY_ATTEMPTS, RETRY_DELAY_SECONDS, SECONDS};
use crate::{Retrier, State};

/// The error names that begin with `States.`; a machine cannot make up others.
const RESERVED: [&str; 19] = [
    "States.ALL",
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ResultPathMatchFailure",
    "States.ResultWriterFailed",
    "States.Runtime",
    "States.StateMachineDeleting",
    "States.StateMachineDoesNotExist",
    "States.TaskFailed",
    "States.Timeout",
];

/// Checks the retriers and catchers of a state.
pub(super) fn check(state: &State, place: &str, problems: &mut Problems) {
    let retriers = state.retry();
    for (index, retrier) in retriers.iter().enumerate() {
        let place = format!("{place}/Retry/{index}");
        names(
            &retrier.error_equals,
            index + 1 == retriers.len(),
            &place,
            problems,
        );
        bounds(retrier, &place, problems);
    }
    let catchers = state.catch();
    for (index, catcher) in catchers.iter().enumerate() {
        let place = format!("{place}/Catch/{index}");
        names(
            &catcher.error_equals,
            index + 1 == catchers.len(),
            &place,
            problems,
        );
    }
}

fn names(names: &[String], is_last: bool, place: &str, problems: &mut Problems) {
    let place = pointer(place, "ErrorEquals");
    if names.is_empty() {
        problems.add(&place, "at least one error name is needed");
    }
    for (index, name) in names.iter().enumerate() {
        let place = format!("{place}/{index}");
        if name.starts_with("States.") && !RESERVED.contains(&name.as_str()) {
            problems.add(
                &place,
                format!(
                    "there is no error `{name}`, and names of your own cannot begin with `States.`"
                ),
            );
        }
        if name == "States.ALL" && (names.len() > 1 || !is_last) {
            problems.add(
                &place,
                "`States.ALL` has to stand alone, and in the last place",
            );
        }
    }
}

fn bounds(retrier: &Retrier, place: &str, problems: &mut Problems) {
    let rows = [
        ("IntervalSeconds", retrier.interval_seconds, 1..=SECONDS),
        ("MaxAttempts", retrier.max_attempts, 0..=RETRY_ATTEMPTS),
        (
            "MaxDelaySeconds",
            retrier.max_delay_seconds,
            1..=RETRY_DELAY_SECONDS,
        ),
    ];
    for (field, number, bounds) in rows {
        if let Some(number) = number.filter(|number| !bounds.contains(number)) {
            let message = format!(
                "{number} is not from {} to {}",
                bounds.start(),
                bounds.end()
            );
            problems.add(&pointer(place, field), message);
        }
    }
    if retrier.backoff_rate.is_some_and(|rate| rate < 1.0) {
        problems.add(&pointer(place, "BackoffRate"), "must be at least 1");
    }
    for field in retrier.other.keys() {
        problems.add(
            &pointer(place, field),
            format!("a retrier has no field `{field}`"),
        );
    }
}
