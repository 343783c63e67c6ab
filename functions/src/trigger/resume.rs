//! Resume: opens a run again and starts it at its first position; what is recorded answers at once.

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionError;
use aws_sdk_sfn::types::ExecutionStatus;
use pawl_contract::{StepError, code};
use pawl_store::{Run, RunStatus};

use super::{Started, StartedStatus, execute, execution_arn, first, unavailable};
use crate::{Error, Services};

/// Goes on with a run that failed, was stopped, or whose execution is no more.
///
/// Completed steps are not done again: their records answer. The step that failed is tried again. A workflow's timeout
/// begins anew.
pub async fn resume(services: &Services, org: &str, run: &str) -> Result<Started, StepError> {
    reopen(services, org, run).await.map_err(Error::into_step)
}

async fn reopen(services: &Services, org: &str, id: &str) -> Result<Started, Error> {
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
    let name = format!("{id}.{}", run.generation + 1);
    let deadline = run
        .timeout_ms
        .map(|timeout| services.now().after(timeout).iso());
    if !services
        .store()
        .reopen(&run, &name, deadline.as_deref())
        .await?
    {
        return refuse(format!(
            "run `{id}` changed while it was resumed: try again"
        ));
    }
    let failures = services.store().forget_failed_strands(org, id);
    failures.await?;
    let execution = execute(services, &run.machine, &name, &first(&run)).await?;
    Ok(Started {
        run: run.run,
        execution,
        status: StartedStatus::Started,
    })
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
