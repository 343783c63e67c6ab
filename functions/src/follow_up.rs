//! What follows a run: the workflow that its own names for its end, started once.
//!
//! ```json
//! { "onComplete": "Send the report", "onError": "Tell somebody" }
//! ```
//! Closing the run notes it in the same transaction; whoever closed the run starts it then, and where that did not
//! happen, whoever catches up does. The other run's input says which run ended, and how.

use pawl_contract::{Start, code};
use pawl_store::{Close, FollowUp, Run, RunError, RunStatus, Transaction};
use serde_json::json;

use crate::{Error, Services, trigger};

/// So many workflows may follow each other: two that follow each other for ever end here.
const MOST_IN_A_ROW: usize = 16;

/// Notes what follows a run that this transaction closes.
pub(crate) fn note(
    services: &Services,
    run: &Run,
    close: &Close,
    transaction: &mut Transaction,
) -> Result<(), Error> {
    // Who tries a draft starts nothing behind it.
    if run.draft {
        return Ok(());
    }
    let (on, workflow) = match close.status {
        RunStatus::Completed => ("onComplete", &run.follow_ups.on_complete),
        RunStatus::Failed | RunStatus::Timeout => ("onError", &run.follow_ups.on_error),
        // Who cancels a run wants nothing more of it.
        RunStatus::Cancelled | RunStatus::Pending | RunStatus::Running | RunStatus::Waiting => {
            return Ok(());
        }
    };
    let Some(workflow) = workflow else {
        return Ok(());
    };
    let follow_up = FollowUp {
        org: run.org.clone(),
        after: run.run.clone(),
        on: on.to_owned(),
        workflow: workflow.clone(),
        run: None,
        error: None,
    };
    Ok(transaction.follow_up(services.store(), &follow_up, &close.completed_at)?)
}

/// Starts what follows a closed run, where that has not happened yet.
pub(crate) async fn start(services: &Services, closed: &Run) -> Result<(), Error> {
    if closed.follow_ups.is_empty() {
        return Ok(());
    }
    let found = services.store().follow_ups(&closed.org, &closed.run);
    for follow_up in found.await? {
        if !follow_up.is_settled() {
            settle(services, closed, follow_up).await?;
        }
    }
    Ok(())
}

/// Starts what was noted before this time, as ISO 8601, and not started: how much it was.
pub(crate) async fn start_late(services: &Services, before: &str) -> Result<usize, Error> {
    let mut started = 0;
    loop {
        let found = services.store().unstarted(before).await?;
        let (count, mut left) = (found.len(), 0);
        for follow_up in found {
            let run = services.store().run(&follow_up.org, &follow_up.after);
            let is_settled = match run.await? {
                Some(closed) => settle(services, &closed, follow_up).await?,
                None => false,
            };
            if is_settled {
                started += 1;
            } else {
                left += 1;
            }
        }
        // What could not be started now is started another time.
        if count == 0 || left > 0 {
            return Ok(started);
        }
    }
}

/// Starts one workflow, and notes what came of it. Whether that is settled.
async fn settle(services: &Services, closed: &Run, mut follow_up: FollowUp) -> Result<bool, Error> {
    match begin(services, closed, &follow_up).await {
        Ok(run) => follow_up.run = Some(run),
        // Step Functions did not answer; it will another time.
        Err(Error::Step(error)) if error.code == code::TOOL_ERROR => {
            tracing::warn!(run = closed.run, error.message, "what follows waits");
            return Ok(false);
        }
        Err(Error::Step(error)) => {
            tracing::warn!(run = closed.run, error.message, "nothing follows");
            follow_up.error = Some(RunError {
                step: None,
                code: error.code,
                message: error.message,
            });
        }
        Err(error @ Error::Store(_)) => return Err(error),
    }
    services.store().followed(&follow_up).await?;
    Ok(true)
}

/// The id of the run that is started.
async fn begin(services: &Services, closed: &Run, follow_up: &FollowUp) -> Result<String, Error> {
    let refuse = |message: String| Err(Error::step(code::VALIDATION_ERROR, message));
    let store = services.store();
    let name = follow_up.workflow.trim();
    let workflow = pawl_contract::identifier(name);
    let Some(published) = store.published(&closed.org, &workflow).await? else {
        return refuse(format!("there is no workflow `{name}`"));
    };
    if row(services, closed).await? >= MOST_IN_A_ROW {
        return refuse(format!(
            "more than {MOST_IN_A_ROW} workflows follow each other here"
        ));
    }
    let start = Start {
        machine: published.machine,
        org: Some(closed.org.clone()),
        input: json!({
            "run": closed.run,
            "workflow": closed.workflow,
            "name": closed.name,
            "status": closed.status,
            "input": closed.input,
            "output": store.output(closed).await?,
            "error": closed.error,
        }),
        idempotency_key: Some(format!("{}/{}", closed.run, follow_up.on)),
        thread_id: closed.thread_id.clone(),
        after: Some(closed.run.clone()),
        ..Start::default()
    };
    Ok(Box::pin(trigger::begin(start, services)).await?.run)
}

/// How many runs this one follows, one after the other.
async fn row(services: &Services, run: &Run) -> Result<usize, Error> {
    let mut length = 0;
    let mut before = run.after.clone();
    while let Some(earlier) = before
        && length < MOST_IN_A_ROW
    {
        length += 1;
        let found = services.store().run(&run.org, &earlier).await?;
        before = found.and_then(|run| run.after);
    }
    Ok(length)
}
