//! Cancels a run: first it is written that nothing of it acts any more, then its execution is stopped.

use aws_sdk_sfn::operation::stop_execution::StopExecutionError;
use pawl_contract::{StepError, code};
use pawl_store::{Change, Close, Run, RunError, RunStatus};

use crate::answer::{Closing, close_waits};
use crate::close::close_run;
use crate::trigger::{execution_arn, unavailable};
use crate::{Error, Services};

/// What a cancelled run says of its end.
const CODE: &str = "CANCELLED";

/// Cancels a run that is open, along with another change: whether it was. A step that acts right now still does, and
/// nothing follows it.
pub async fn cancel(
    services: &Services,
    org: &str,
    run: &str,
    by: Option<&str>,
    noted: Option<Change>,
) -> Result<bool, StepError> {
    let found = services.store().run(org, run).await;
    let found = found.map_err(|error| Error::from(error).into_step())?;
    let Some(found) = found else {
        let message = format!("there is no run `{run}`");
        return Err(StepError::new(code::VALIDATION_ERROR, message));
    };
    let closed = close(services, &found, by, noted).await;
    closed.map_err(Error::into_step)
}

async fn close(
    services: &Services,
    run: &Run,
    by: Option<&str>,
    noted: Option<Change>,
) -> Result<bool, Error> {
    let message = by.map_or_else(
        || "it was cancelled".to_owned(),
        |by| format!("it was cancelled by {by}"),
    );
    let close = Close {
        status: RunStatus::Cancelled,
        error: Some(RunError {
            step: None,
            code: CODE.to_owned(),
            message,
        }),
        at: None,
        execution: None,
        completed_at: services.now().iso(),
    };
    let is_closed = run.is_open() && Box::pin(close_run(run, close, services, noted)).await?;
    // Asked for again, what was left undone is done.
    let current = services.store().run(&run.org, &run.run).await?;
    if current.is_some_and(|current| current.status == RunStatus::Cancelled) {
        stop(services, run).await?;
        close_waits(services, &run.org, &run.run, Closing::Run).await?;
    }
    Ok(is_closed)
}

/// Stops the execution of a run, if it has not ended.
async fn stop(services: &Services, run: &Run) -> Result<(), Error> {
    let arn = execution_arn(&run.machine, &run.execution);
    let stop = services.states().stop_execution().execution_arn(arn);
    let Err(failed) = stop.error(CODE).send().await else {
        return Ok(());
    };
    let is_gone = failed
        .as_service_error()
        .is_some_and(StopExecutionError::is_execution_does_not_exist);
    if is_gone {
        return Ok(());
    }
    Err(unavailable("StopExecution", &run.machine, &failed))
}
