//! Retry: which failures of a Task are tried again, how often, and after which waits.

use pawl_asl::{Jitter, Retrier};
use pawl_contract::code;

use super::names::Task;
use crate::check::Checked;
use crate::definition::{Retry, Step};
use crate::steps;

/// Failures of Lambda and DynamoDB themselves, which another attempt may not meet.
const TRANSIENT: [&str; 5] = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    code::STORE_ERROR,
];

/// How a function ends that cannot say it itself. Where an author has decided what becomes of an unknown outcome, the
/// step is invoked again to do so.
const CRASHES: [&str; 4] = [
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
    "States.Timeout",
];

/// How often a step is invoked again that ended so.
const CRASH_RETRIES: u64 = 2;

/// Failures that another attempt would only meet again.
const FINAL: [&str; 6] = [
    code::STOP,
    code::VALIDATION_ERROR,
    code::APPROVAL_REJECTED,
    code::OUTCOME_UNKNOWN,
    code::OUTCOME_LOST,
    code::BUDGET_EXCEEDED,
];

/// Attempts after the first that a transient failure is worth.
const TRANSIENT_RETRIES: u64 = 5;

/// The retriers of a Task, of which the first that fits a failure counts.
pub(super) fn retry(checked: &Checked, task: &Task) -> Vec<Retrier> {
    let asks = matches!(task, Task::Work(id) if steps::asks(checked.step(*id)));
    // Nor is a question a failure; the Catch leads to whoever asks it.
    let never = never(names(
        &[&FINAL[..], if asks { &[code::ASK] } else { &[] }].concat(),
    ));
    let transient = Retrier {
        error_equals: names(&TRANSIENT),
        interval_seconds: Some(1),
        max_attempts: Some(TRANSIENT_RETRIES),
        backoff_rate: Some(2.0),
        jitter_strategy: Some(Jitter::Full),
        ..Retrier::default()
    };
    let work = task.work().map(|id| checked.step(id));
    let turns = work.and_then(steps::most_turns);
    let decides = work.is_some_and(steps::decides_unknown);
    let crashed = decides.then(|| Retrier {
        error_equals: names(&CRASHES),
        interval_seconds: Some(1),
        max_attempts: Some(CRASH_RETRIES),
        backoff_rate: Some(2.0),
        ..Retrier::default()
    });
    // It comes first: going on is no failure, whatever the step's policy says.
    let go_on = turns.map(|turns| Retrier {
        error_equals: names(&[code::CONTINUE]),
        interval_seconds: Some(1),
        max_attempts: Some(turns),
        backoff_rate: Some(1.0),
        ..Retrier::default()
    });
    let policy = work.and_then(|step| policy_of(checked, step));
    let always = [never, transient];
    let first = go_on.into_iter().chain(always);
    first
        .chain(crashed)
        .chain(policy.into_iter().flat_map(retriers))
        .collect()
}

/// How a step is tried again, where it is: its own policy wins over the workflow's.
pub(super) fn policy_of<'a>(checked: &'a Checked, step: &'a Step) -> Option<&'a Retry> {
    let policy = step
        .retry
        .as_ref()
        .or(checked.definition.settings.retry.as_ref());
    // Nobody is asked twice because the answer was no, or none.
    policy.filter(|policy| policy.max_retries > 0 && !step.kind.waits())
}

/// The retriers of a policy: what it excepts comes first, and is not tried again.
fn retriers(policy: &Retry) -> Vec<Retrier> {
    let seconds = |milliseconds: u64| milliseconds.div_ceil(1000).max(1);
    let interval = seconds(policy.backoff_ms);
    let excepted = (!policy.except.is_empty()).then(|| never(theirs(&policy.except)));
    let tried = Retrier {
        error_equals: match &policy.on {
            Some(codes) => theirs(codes),
            None => names(&["States.ALL"]),
        },
        interval_seconds: Some(interval),
        max_attempts: Some(policy.max_retries),
        backoff_rate: Some(policy.backoff_rate),
        // Whole seconds must not make the longest wait shorter than the first.
        max_delay_seconds: policy
            .max_backoff_ms
            .map(|most| seconds(most).max(interval)),
        jitter_strategy: policy.jitter.then_some(Jitter::Full),
        ..Retrier::default()
    };
    excepted.into_iter().chain([tried]).collect()
}

/// An author's codes as Step Functions sees them: a function that is out of time cannot say so itself.
fn theirs(codes: &[String]) -> Vec<String> {
    let mut found = codes.to_vec();
    if codes.iter().any(|name| name == code::TIMEOUT) {
        found.extend(names(&CRASHES));
    }
    found
}

fn never(error_equals: Vec<String>) -> Retrier {
    Retrier {
        error_equals,
        max_attempts: Some(0),
        ..Retrier::default()
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
