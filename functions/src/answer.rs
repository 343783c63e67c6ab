//! Answers what waits: records what was answered, then tells the machine, in this order.
//!
//! ```text
//! record   the visit is completed, or fails, in one transaction that holds only while it waits and the run is open
//! tell     SendTaskSuccess with the next position, or SendTaskFailure with the code
//! ```
//! An answer that was recorded and not told is told by whoever answers the same again, by the next attempt of the
//! Task, and by whoever catches up.

use std::error::Error as _;

use aws_sdk_sfn::error::SdkError;
use pawl_contract::{At, Position, StepError, code};
use pawl_store::{Committed, Expect, Latest, Record, RecordStatus, Transaction};
use serde_json::{Value, json};

use crate::{Error, Services, token};

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
    let is_decided = matches!(outcome, Outcome::Port("approved" | "rejected", _));
    let mut record = answered(waiting, outcome, services.now().iso());
    if let Some(wait) = &mut record.wait {
        wait.is_untold = true;
    }
    more.record(store, &record, &Expect::Waiting).await?;
    more.latest(store, &record.scope, &record.step, &Latest::of(&record))
        .await?;
    if is_decided {
        more.list_decided(store, run, &record)?;
    }
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
pub(crate) fn unforeseen(port: &str, output: &Value) -> StepError {
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

/// Whether a machine has heard an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It has.
    Yes,
    /// It waits no longer: it has gone on, or ended, or asks once more.
    Over,
}

/// Tells the machine how a visit was answered. A machine that waits no longer is no failure.
pub(crate) async fn tell(
    services: &Services,
    org: &str,
    run: &str,
    record: &Record,
) -> Result<(), Error> {
    let heard = speak(services, org, run, record).await?;
    // The attempt that asks once more looks for a failure that nobody has heard of.
    if heard == Heard::Yes || record.result.is_some() {
        forget(services, org, run, record).await?;
    }
    Ok(())
}

/// Tells the machine an answer that should have been told a while ago: whoever asks once more has asked.
pub(crate) async fn tell_late(
    services: &Services,
    org: &str,
    run: &str,
    record: &Record,
) -> Result<(), Error> {
    speak(services, org, run, record).await?;
    forget(services, org, run, record).await
}

async fn speak(services: &Services, org: &str, run: &str, record: &Record) -> Result<Heard, Error> {
    let Some(wait) = &record.wait else {
        return Ok(Heard::Over);
    };
    tracing::info!(org, run, at = %record.at, step = record.step, "answered");
    let token = token::open(services, org, &wait.token).await?;
    match (&record.result, &record.error) {
        (Some(next), _) => succeed(services, &token, next).await,
        (None, Some(error)) => fail(services, &token, &error.code, &record.at).await,
        (None, None) => Ok(Heard::Over),
    }
}

/// Takes the note away that an answer was not told.
pub(crate) async fn forget(
    services: &Services,
    org: &str,
    run: &str,
    record: &Record,
) -> Result<(), Error> {
    if record.wait.as_ref().is_some_and(|wait| wait.is_untold) {
        services.store().answer_told(org, run, &record.at).await?;
    }
    Ok(())
}

/// Which visits of a run are asked no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing<'places> {
    /// All of them: the run is closed.
    Run,
    /// Those in a strand that was given up, by what their places begin with.
    Strand(&'places str),
}

/// Closes what a run asks and nobody needs to answer any more: how many questions it was.
pub async fn close_waits(
    services: &Services,
    org: &str,
    run: &str,
    closing: Closing<'_>,
) -> Result<usize, Error> {
    let store = services.store();
    let (prefix, message) = match closing {
        Closing::Run => ("", "the run was closed before anybody answered"),
        Closing::Strand(prefix) => (prefix, "its branch was given up before anybody answered"),
    };
    let error = StepError::new(code::STOP, message);
    let mut closed = 0;
    for at in store.waits_of(org, run, prefix).await? {
        let mut transaction = Transaction::new(org, run);
        transaction.close_wait(store, &at, &error, &services.now().iso())?;
        // A run that was resumed meanwhile asks anew.
        if closing == Closing::Run {
            transaction.only_if_closed(store)?;
        }
        if transaction.commit(store).await? == Committed::Done {
            closed += 1;
        }
    }
    Ok(closed)
}

/// Ends the Task that waits with this token: the machine goes on.
pub(crate) async fn succeed(
    services: &Services,
    token: &str,
    next: &Position,
) -> Result<Heard, Error> {
    let output = json!(next).to_string();
    let call = services.states().send_task_success();
    let sent = call.task_token(token).output(output).send().await;
    let Err(failed) = sent else {
        return Ok(Heard::Yes);
    };
    let is_over = failed
        .as_service_error()
        .is_some_and(|error| error.is_task_timed_out() || error.is_task_does_not_exist());
    over_or(is_over, "SendTaskSuccess", &failed)
}

/// Fails the Task that waits with this token. The cause says no more than the place, as everywhere.
async fn fail(services: &Services, token: &str, code: &str, at: &At) -> Result<Heard, Error> {
    let call = services.states().send_task_failure();
    let call = call.task_token(token).error(code);
    let sent = call.cause(format!("{code} at {at}")).send().await;
    let Err(failed) = sent else {
        return Ok(Heard::Yes);
    };
    let is_over = failed
        .as_service_error()
        .is_some_and(|error| error.is_task_timed_out() || error.is_task_does_not_exist());
    over_or(is_over, "SendTaskFailure", &failed)
}

fn over_or<E, R>(is_over: bool, call: &str, failed: &SdkError<E, R>) -> Result<Heard, Error>
where
    E: std::error::Error + 'static,
    R: std::fmt::Debug,
{
    if is_over {
        return Ok(Heard::Over);
    }
    let source = failed.source().map(|source| format!(": {source}"));
    let message = format!("{call} failed: {failed}{}", source.unwrap_or_default());
    Err(Error::step(code::STORE_ERROR, message))
}
