//! Runs another workflow, and waits for its end.
//!
//! ```json
//! { "workflow": "send-invoice", "input": { "order": "{{input.order}}" } }
//! ```
//! gives what the other run gives. The other run knows which visit waits for it; whoever closes it answers.

use pawl_contract::{Parent, Start, StepError, code};
use pawl_store::{Record, RecordStatus, Run, RunStatus, Transaction};
use serde_json::{Value, json};

use crate::answer::{self, Outcome};
use crate::{Error, Services, trigger};

/// So deep may workflows run each other: a workflow that runs itself for ever ends here.
const DEEPEST: usize = 16;

/// Starts the run that a visit waits for; a run that was started before is not started again.
pub(crate) async fn start(services: &Services, run: &Run, record: &Record) -> Result<(), Error> {
    let store = services.store();
    match begin(services, run, record).await {
        Ok(child) => {
            // It may have ended before anybody could say so.
            let child = store.run(&run.org, &child).await?;
            match child.filter(|child| !child.is_open()) {
                Some(child) => ended(services, &child).await,
                None => Ok(()),
            }
        }
        Err(Error::Step(error)) => {
            let outcome = Outcome::Failure(error);
            let more = Transaction::new(&run.org, &run.run);
            answer::give(services, &run.org, &run.run, record, outcome, more)
                .await
                .map(|_| ())
        }
        Err(error @ Error::Store(_)) => Err(error),
    }
}

/// The id of the run that is started.
async fn begin(services: &Services, run: &Run, record: &Record) -> Result<String, Error> {
    let refuse = |message: String| Err(Error::step(code::VALIDATION_ERROR, message));
    let name = record.input.get("workflow").and_then(Value::as_str);
    let name = name.map(str::trim).unwrap_or_default();
    let workflow = pawl_contract::identifier(name);
    let store = services.store();
    let Some(published) = store.published(&run.org, &workflow).await? else {
        return refuse(format!("there is no workflow `{name}`"));
    };
    if depth(services, run).await? >= DEEPEST {
        return refuse(format!(
            "workflows run each other more than {DEEPEST} deep here"
        ));
    }
    let input = record.input.get("input").cloned();
    let start = Start {
        machine: published.machine,
        org: Some(run.org.clone()),
        input: input.unwrap_or_else(|| json!({})),
        idempotency_key: Some(format!("{}/{}", run.run, record.at)),
        thread_id: run.thread_id.clone(),
        parent: Some(Parent {
            run: run.run.clone(),
            at: record.at.clone(),
        }),
        ..Start::default()
    };
    Ok(Box::pin(trigger::begin(start, services)).await?.run)
}

/// How many runs wait for this one, one for the other.
async fn depth(services: &Services, run: &Run) -> Result<usize, Error> {
    let mut depth = 0;
    let mut parent = run.parent.clone();
    while let Some(waiting) = parent
        && depth < DEEPEST
    {
        depth += 1;
        let found = services.store().run(&run.org, &waiting.run).await?;
        parent = found.and_then(|run| run.parent);
    }
    Ok(depth)
}

/// Tells the visit that waits for a run that it has ended, and how.
pub(crate) async fn ended(services: &Services, child: &Run) -> Result<(), Error> {
    let Some(parent) = &child.parent else {
        return Ok(());
    };
    let store = services.store();
    let pk = pawl_store::key::partition(&child.org, &parent.run);
    let items = store
        .fetch(&pk, [pawl_store::key::record(&parent.at)])
        .await?;
    let Some(record) = store.record(&items, &parent.at).await? else {
        return Ok(());
    };
    if record.status != RecordStatus::Waiting {
        return answer::tell(services, &child.org, &parent.run, &record).await;
    }
    let outcome = if child.status == RunStatus::Completed {
        Outcome::Port("success", store.output(child).await?)
    } else {
        Outcome::Failure(failure(child))
    };
    let more = Transaction::new(&child.org, &parent.run);
    let given = answer::give(services, &child.org, &parent.run, &record, outcome, more);
    given.await.map(|_| ())
}

/// The failure of a step whose run did not complete.
fn failure(child: &Run) -> StepError {
    let Run { run, name, .. } = child;
    if let Some(error) = &child.error {
        let message = format!("run `{run}` of `{name}` failed: {}", error.message);
        StepError::new(&error.code, message)
    } else {
        let message = format!("run `{run}` of `{name}` is {}", child.status.name());
        StepError::new(code::TOOL_ERROR, message)
    }
}
