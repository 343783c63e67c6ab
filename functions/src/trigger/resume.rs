//! Resume: opens a run again and starts it at its first position; what is recorded answers at once.
//!
//! On another version of its workflow it goes on from the visit that failed, and that is where it begins from then on.

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionError;
use aws_sdk_sfn::types::ExecutionStatus;
use pawl_contract::{At, Node, Plan, StepError, code};
use pawl_store::{Run, RunStatus, Stretch};
use serde_json::Value;

use super::{
    Started, StartedStatus, definition, execute, execution_arn, first, first_plan, unavailable,
};
use crate::invocation::nodes;
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
    reopen(services, org, run, None)
        .await
        .map_err(Error::into_step)
}

/// Goes on with a run that failed, with another version of its workflow.
pub async fn resume_onto(
    services: &Services,
    org: &str,
    run: &str,
    onto: Onto,
) -> Result<Started, StepError> {
    reopen(services, org, run, Some(onto))
        .await
        .map_err(Error::into_step)
}

async fn reopen(
    services: &Services,
    org: &str,
    id: &str,
    onto: Option<Onto>,
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
    if run.is_open() && is_running(services, &run).await? {
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
    let deadline = |timeout| services.now().after(timeout).iso();
    next.deadline = next.timeout_ms.map(deadline);
    if !services.store().reopen(&run, &next).await? {
        return refuse(format!(
            "run `{id}` changed while it was resumed: try again"
        ));
    }
    let failures = services.store().forget_failed_strands(org, id);
    failures.await?;
    let execution = execute(services, &next.machine, &next.execution, &position).await?;
    Ok(Started {
        run: run.run,
        execution,
        status: StartedStatus::Started,
    })
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

/// Whether Step Functions still has the run's execution on its way.
async fn is_running(services: &Services, run: &Run) -> Result<bool, Error> {
    let arn = execution_arn(&run.machine, &run.execution);
    match services
        .states()
        .describe_execution()
        .execution_arn(arn)
        .send()
        .await
    {
        Ok(execution) => Ok(execution.status == ExecutionStatus::Running),
        Err(failed)
            if failed
                .as_service_error()
                .is_some_and(DescribeExecutionError::is_execution_does_not_exist) =>
        {
            Ok(false)
        }
        Err(failed) => Err(unavailable("DescribeExecution", &run.machine, &failed)),
    }
}
