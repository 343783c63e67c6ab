//! Answers what waits: records what was answered, then tells the machine, in this order.
//!
//! ```text
//! record   the visit is completed, or fails, in one transaction that holds only while it waits and the run is open
//! tell     SendTaskSuccess with the next position, or SendTaskFailure with the code
//! ```
//! An answer that was recorded and not told is told again by whoever answers the same again, and by the next attempt
//! of the Task.

use std::error::Error as _;

use aws_sdk_sfn::error::SdkError;
use pawl_contract::{At, Position, StepError, code};
use pawl_store::{Committed, Expect, Latest, Record, RecordStatus, Transaction};
use serde_json::{Value, json};

use crate::{Error, Services};

/// What a waiting visit comes to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// It is left by a port.
    Port(&'static str, Value),
    /// It fails.
    Failure(StepError),
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// It stands.
    Taken,
    /// Nobody waits for it any more.
    Overtaken,
    /// The run is closed.
    Closed,
}

/// Gives a waiting visit its outcome. `more` is what else the transaction holds.
pub(crate) async fn give(
    services: &Services,
    org: &str,
    run: &str,
    waiting: &Record,
    outcome: Outcome,
    mut more: Transaction,
) -> Result<Given, Error> {
    let store = services.store();
    let record = answered(waiting, outcome, services.now().iso());
    more.record(store, &record, &Expect::Waiting).await?;
    more.latest(store, &record.scope, &record.step, &Latest::of(&record))
        .await?;
    more.only_if_open(store)?;
    match more.commit(store).await? {
        Committed::Done => {
            tell(services, org, run, &record).await?;
            Ok(Given::Taken)
        }
        Committed::Settled | Committed::Stale => Ok(Given::Overtaken),
        Committed::Closed => Ok(Given::Closed),
    }
}

/// The record that an outcome leaves.
fn answered(waiting: &Record, outcome: Outcome, now: String) -> Record {
    let mut record = waiting.clone();
    record.completed_at = Some(now);
    let next = |port: &str| waiting.wait.as_ref()?.answers.get(port).cloned();
    match outcome {
        Outcome::Port(port, output) => {
            if let Some(next) = next(port) {
                record.status = RecordStatus::Completed;
                record.port = Some(port.to_owned());
                record.result = Some(next);
            } else {
                // The definition says nothing of this answer, so it is a failure; what was said stands in the record.
                record.status = RecordStatus::Failed;
                record.error = Some(unforeseen(port, &output));
            }
            record.output = output;
        }
        Outcome::Failure(error) => {
            record.status = RecordStatus::Failed;
            record.error = Some(error);
        }
    }
    record
}

/// The failure that an answer is where no port is for it.
fn unforeseen(port: &str, output: &Value) -> StepError {
    let text = |field: &str| output.get(field).and_then(Value::as_str);
    match port {
        "rejected" => {
            let by = text("decidedBy").map(|by| format!(" by {by}"));
            let why = text("comment").map(|comment| format!(": {comment}"));
            let message = format!(
                "it was rejected{}{}",
                by.unwrap_or_default(),
                why.unwrap_or_default()
            );
            StepError::new(code::APPROVAL_REJECTED, message)
        }
        "timeout" => StepError::new(code::TIMEOUT, "nobody answered in time"),
        port => StepError::new(
            code::VALIDATION_ERROR,
            format!("the step leads nowhere by its port `{port}`"),
        ),
    }
}

/// Tells the machine how a visit was answered. A machine that waits no longer is no failure: it has gone on, or ended.
pub(crate) async fn tell(
    services: &Services,
    org: &str,
    run: &str,
    record: &Record,
) -> Result<(), Error> {
    let Some(wait) = &record.wait else {
        return Ok(());
    };
    tracing::info!(org, run, at = %record.at, step = record.step, "answered");
    match (&record.result, &record.error) {
        (Some(next), _) => succeed(services, &wait.token, next).await,
        (None, Some(error)) => fail(services, &wait.token, &error.code, &record.at).await,
        (None, None) => Ok(()),
    }
}

/// Ends the Task that waits with this token: the machine goes on.
pub(crate) async fn succeed(
    services: &Services,
    token: &str,
    next: &Position,
) -> Result<(), Error> {
    let output = json!(next).to_string();
    let call = services.states().send_task_success();
    let sent = call.task_token(token).output(output).send().await;
    let Err(failed) = sent else { return Ok(()) };
    let is_over = failed
        .as_service_error()
        .is_some_and(|error| error.is_task_timed_out() || error.is_task_does_not_exist());
    over_or(is_over, "SendTaskSuccess", &failed)
}

/// Fails the Task that waits with this token. The cause says no more than the place, as everywhere.
async fn fail(services: &Services, token: &str, code: &str, at: &At) -> Result<(), Error> {
    let call = services.states().send_task_failure();
    let call = call.task_token(token).error(code);
    let sent = call.cause(format!("{code} at {at}")).send().await;
    let Err(failed) = sent else { return Ok(()) };
    let is_over = failed
        .as_service_error()
        .is_some_and(|error| error.is_task_timed_out() || error.is_task_does_not_exist());
    over_or(is_over, "SendTaskFailure", &failed)
}

fn over_or<E, R>(is_over: bool, call: &str, failed: &SdkError<E, R>) -> Result<(), Error>
where
    E: std::error::Error + 'static,
    R: std::fmt::Debug,
{
    if is_over {
        return Ok(());
    }
    let source = failed.source().map(|source| format!(": {source}"));
    let message = format!("{call} failed: {failed}{}", source.unwrap_or_default());
    Err(Error::step(code::STORE_ERROR, message))
}
