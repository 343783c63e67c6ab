//! Hears how executions end, and closes the runs that no task could close.
//!
//! A task closes its run itself. What is left are executions that were aborted, ran out of time, or broke in a state
//! that is no task of ours. Whatever a closed run still asks is asked no more. At times it is asked to tell what was
//! recorded and not told.

use pawl_contract::{Position, StepError, code};
use pawl_store::{Close, Committed, Run, RunError, RunStatus, Transaction};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Closing, close_waits};
use crate::events::{self, News, Occasion};
use crate::{Error, Services, catch_up, follow_up, id, metrics, parse, subflow};

/// Whoever recorded something tells it within so many milliseconds, or never.
const PATIENCE: u64 = 60_000;

/// EventBridge's `Step Functions Execution Status Change`.
#[derive(Debug, Deserialize)]
struct StatusChange {
    detail: Detail,
}

/// What it says of the execution.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    name: String,
    state_machine_arn: String,
    status: String,
    input: Option<String>,
    error: Option<String>,
    cause: Option<String>,
}

/// Closes the run of an execution that ended badly, if it is still open.
pub(crate) async fn record(event: Value, services: &Services) -> Result<Value, StepError> {
    if event.get("detail-type") == Some(&json!("Scheduled Event")) {
        let before = services.now().before(PATIENCE);
        let told = catch_up::tell(services, before).await;
        let told = told.map_err(Error::into_step)?;
        return Ok(json!({ "told": told }));
    }
    let event: StatusChange = parse(event, "a status change of an execution")?;
    let is_closed = Box::pin(close(event.detail, services))
        .await
        .map_err(Error::into_step)?;
    Ok(json!({ "closed": is_closed }))
}

async fn close(detail: Detail, services: &Services) -> Result<bool, Error> {
    let Some(status) = final_status(&detail.status) else {
        return Ok(false);
    };
    let (org, id) = run_of(&detail, services);
    let store = services.store();
    let Some(run) = store.run(&org, &id).await? else {
        return Ok(false);
    };
    // An execution that handed over, or that a resumed run has left behind, speaks for nobody.
    if run.execution != detail.name || !same_machine(&run.machine, &detail.state_machine_arn) {
        return Ok(false);
    }
    let is_closed =
        run.is_open() && close_run(&run, ended(status, detail, services), services).await?;
    close_waits(services, &org, &id, Closing::Run).await?;
    Ok(is_closed)
}

/// The end of a run whose execution ended so.
fn ended(status: RunStatus, detail: Detail, services: &Services) -> Close {
    let code = detail
        .error
        .clone()
        .unwrap_or_else(|| detail.status.clone());
    let code = if status == RunStatus::Timeout {
        code::TIMEOUT.to_owned()
    } else {
        code
    };
    let message = detail
        .cause
        .unwrap_or_else(|| format!("the execution ended as {}", detail.status));
    let error = Some(RunError {
        step: None,
        code,
        message,
    });
    Close {
        status,
        error,
        at: None,
        completed_at: services.now().iso(),
    }
}

/// Closes a run that no task closes, if nobody else does: whether it was open until now.
pub(crate) async fn close_run(run: &Run, close: Close, services: &Services) -> Result<bool, Error> {
    let store = services.store();
    let Run { org, run: id, .. } = run;
    let mut transaction = Transaction::new(org, id);
    let now = services.now();
    transaction.close(store, &close)?;
    follow_up::note(services, run, &close, &mut transaction)?;
    let key = id::new(now);
    let occasion = Occasion {
        org,
        run: id,
        workflow: &run.workflow,
        key: &key,
        time: now,
    };
    let ended = vec![events::of_end(&close, &occasion)];
    let news = News::write(ended, &key, &mut transaction, services).await?;
    let is_closed = transaction.commit(store).await? == Committed::Done;
    if is_closed {
        metrics::run_ended(services, run, &close);
        news.tell(services).await;
    }
    if (run.parent.is_some() || !run.follow_ups.is_empty())
        && let Some(closed) = store.run(org, id).await?
    {
        subflow::ended(services, &closed).await?;
        follow_up::start(services, &closed).await?;
    }
    Ok(is_closed)
}

/// The status of a run whose execution ended so; `None` for executions that go on, or that a task speaks for.
fn final_status(status: &str) -> Option<RunStatus> {
    match status {
        "FAILED" => Some(RunStatus::Failed),
        "TIMED_OUT" => Some(RunStatus::Timeout),
        "ABORTED" => Some(RunStatus::Cancelled),
        _ => None,
    }
}

/// The run that an execution belongs to: by its input, or, started by hand, by its name.
fn run_of(detail: &Detail, services: &Services) -> (String, String) {
    let position = detail
        .input
        .as_ref()
        .and_then(|input| serde_json::from_str::<Position>(input).ok());
    match position {
        Some(position) => (position.org, position.run),
        None => (services.settings().org.clone(), detail.name.clone()),
    }
}

/// Whether a machine's ARN, with or without a version, is of this machine.
fn same_machine(one: &str, other: &str) -> bool {
    let unversioned = |arn: &str| {
        arn.split(':')
            .take(7)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    unversioned(one) == unversioned(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_of_its_machine() {
        let machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:hello";
        let rows = [
            (format!("{machine}:3"), true),
            (machine.to_owned(), true),
            (format!("{machine}2"), false),
        ];
        for (other, expected) in rows {
            assert_eq!(same_machine(&other, machine), expected, "{other}");
        }
    }

    #[test]
    fn only_bad_ends_close_a_run() {
        let rows = [
            ("RUNNING", None),
            ("SUCCEEDED", None),
            ("ABORTED", Some(RunStatus::Cancelled)),
        ];
        for (status, expected) in rows {
            assert_eq!(final_status(status), expected);
        }
    }
}
