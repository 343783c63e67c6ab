//! Hears how executions end, and closes the runs that no task could close.
//!
//! A task closes its run itself. What is left are executions that were aborted, ran out of time, or broke in a state
//! that is no task of ours. Whatever a closed run still asks is asked no more. At times it is asked to tell what was
//! recorded and not told, or to find the runs of whose executions it has heard nothing.

use pawl_contract::{Position, StepError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Closing, close_waits};
use crate::close::{Ended, close_run};
use crate::reconcile::{self, Swept};
use crate::{Error, Services, catch_up, parse};

/// Whoever recorded something tells it within so many milliseconds, or never.
const PATIENCE: u64 = 60_000;

/// What is asked every hour: to find runs that nothing executes.
const RECONCILE: &str = "reconcile";

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
    if event.get("ask") == Some(&json!(RECONCILE)) {
        let swept = reconcile::sweep(services).await;
        let Swept { looked, closed } = swept.map_err(Error::into_step)?;
        return Ok(json!({ "looked": looked, "closed": closed }));
    }
    let event: StatusChange = parse(event, "a status change of an execution")?;
    let is_closed = Box::pin(close(event.detail, services))
        .await
        .map_err(Error::into_step)?;
    Ok(json!({ "closed": is_closed }))
}

async fn close(detail: Detail, services: &Services) -> Result<bool, Error> {
    let (org, id) = run_of(&detail, services);
    let ended = Ended {
        status: detail.status,
        error: detail.error,
        cause: detail.cause,
    };
    if !ended.is_bad() {
        return Ok(false);
    }
    let Some(run) = services.store().run(&org, &id).await? else {
        return Ok(false);
    };
    // An execution that handed over, or that a resumed run has left behind, speaks for nobody.
    if run.execution != detail.name || !same_machine(&run.machine, &detail.state_machine_arn) {
        return Ok(false);
    }
    let is_closed =
        run.is_open() && close_run(&run, ended.close(&run, services), services, None).await?;
    close_waits(services, &org, &id, Closing::Run).await?;
    Ok(is_closed)
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
}
