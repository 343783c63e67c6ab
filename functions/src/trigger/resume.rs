//! Resume: opens a run again and starts it at its first position; what is recorded answers at once.
//!
//! On another version of its workflow it goes on from the visit that failed, and that is where it begins from then on.

use pawl_contract::{At, Node, Plan, StepError, code};
use pawl_store::{Change, Committed, Run, RunStatus, Stretch, Transaction};
use serde_json::Value;

use super::{Started, StartedStatus, definition, execute, first, first_plan};
use crate::close::close_run;
use crate::invocation::nodes;
use crate::reconcile::{Execution, never_began, of};
use crate::{Error, Services};

/// Another version that a run goes on with, from one of its visits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onto {
    /// The ARN of a machine version that can be entered there.
    pub machine: String,
    /// The number of the workflow's version.
    pub number: u64,
    /// The visit to go on with.
    pub from: At,
    /// The state to begin with.
    pub enter: String,
}

/// Goes on with a run that failed, was stopped, or whose execution is no more.
///
/// Completed steps are not done again: their records answer. The step that failed is tried again. A workflow's timeout
/// begins anew.
pub async fn resume(services: &Services, org: &str, run: &str) -> Result<Started, StepError> {
    resume_noted(services, org, run, None, Vec::new()).await
}

/// The same, with another version of its workflow where one is given, and along with other changes.
pub async fn resume_noted(
    services: &Services,
    org: &str,
    run: &str,
    onto: Option<Onto>,
    noted: Vec<Change>,
) -> Result<Started, StepError> {
    let resumed = Box::pin(reopen(services, org, run, onto, noted)).await;
    resumed.map_err(Error::into_step)
}

async fn reopen(
    services: &Services,
    org: &str,
    id: &str,
    onto: Option<Onto>,
    noted: Vec<Change>,
) -> Result<Started, Error> {
    let refuse = |message: String| Err(Error::step(code::VALIDATION_ERROR, message));
    let Some(run) = services.store().run(org, id).await? else {
        return refuse(format!("there is no run `{id}`"));
    };
    match run.status {
        RunStatus::Completed => return refuse(format!("run `{id}` is completed")),
        RunStatus::Pending
        | RunStatus::Running
        | RunStatus::Waiting
        | RunStatus::Failed
        | RunStatus::Cancelled
        | RunStatus::Timeout => {}
    }
    if run.is_open() && matches!(of(services, &run).await?, Execution::GoesOn) {
        return refuse(format!("run `{id}` is still running"));
    }
    let mut next = run.clone();
    if let Some(onto) = onto {
        go_onto(services, &mut next, onto).await?;
    }
    next.status = RunStatus::Running;
    next.generation += 1;
    next.execution = format!("{id}.{}", next.generation);
    let position = first(&next);
    next.base = position.base.clone();
    let now = services.now();
    next.executing_since = Some(now.iso());
    next.deadline = next.timeout_ms.map(|timeout| now.after(timeout).iso());
    let store = services.store();
    let mut transaction = Transaction::new(org, id);
    transaction.reopen(store, &run, &next)?;
    for change in noted {
        transaction.change(store, change).await?;
    }
    if transaction.commit(store).await? != Committed::Done {
        return refuse(format!(
            "run `{id}` changed while it was resumed: try again"
        ));
    }
    store.forget_failed_strands(org, id).await?;
    match execute(services, &next.machine, &next.execution, &position).await {
        Ok(execution) => Ok(Started {
            run: run.run,
            execution,
            status: StartedStatus::Started,
        }),
        Err(failed) => {
            // So that it can be resumed again. Where this fails, too, whoever reconciles it closes it.
            let close = never_began(&next, services);
            if let Err(error) = Box::pin(close_run(&next, close, services, None)).await {
                tracing::warn!(%error, run = id, "the run is open, and nothing executes it");
            }
            Err(failed)
        }
    }
}

/// Gives a run what intake takes from a machine, of another one.
async fn go_onto(services: &Services, run: &mut Run, onto: Onto) -> Result<(), Error> {
    let plan = first_plan(services, &onto.machine).await?;
    if let Some(intake) = &plan.intake {
        run.version.clone_from(&intake.version);
        run.timeout_ms = intake.timeout_ms;
        run.follow_ups = intake.follow_ups.clone();
    }
    run.stretches = run.all_stretches();
    run.stretches.push(Stretch {
        machine: onto.machine.clone(),
        number: Some(onto.number),
        from: onto.from,
        enter: Some(onto.enter),
        since: services.now().iso(),
    });
    run.machine = onto.machine;
    run.number = Some(onto.number);
    // Only what is published is gone on with.
    run.draft = false;
    Ok(())
}

/// What a machine knows of a step.
pub async fn node(
    services: &Services,
    machine: &str,
    step: &str,
) -> Result<Option<Node>, StepError> {
    let definition = definition(services, machine).await;
    let definition = definition.map_err(Error::into_step)?;
    let definition = serde_json::from_str(&definition).unwrap_or_default();
    Ok(find(&definition, step))
}

/// A step among the plans of a machine, or of a part of one.
fn find(part: &Value, step: &str) -> Option<Node> {
    match part {
        Value::Object(members) => {
            let plan = members.get("plan").and_then(Value::as_str);
            let plan = plan.and_then(|plan| serde_json::from_str::<Plan>(plan).ok());
            let own = plan.and_then(|plan| {
                let mut nodes = nodes(&plan.node).into_iter();
                nodes.find(|node| node.step == step).cloned()
            });
            own.or_else(|| members.values().find_map(|part| find(part, step)))
        }
        Value::Array(parts) => parts.iter().find_map(|part| find(part, step)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
