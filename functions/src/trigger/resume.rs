//! Resume: opens a run again and starts it at its first position; what is recorded answers at once.

use pawl_contract::{StepError, code};
use pawl_store::RunStatus;

use super::{Started, StartedStatus, execute, first};
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
    let execution = execute(services, &run.machine, &name, &first(&run)).await?;
    Ok(Started {
        run: run.run,
        execution,
        status: StartedStatus::Started,
    })
}
