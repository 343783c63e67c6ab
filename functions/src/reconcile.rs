//! Finds runs that are open though nothing executes them, and closes them.
//!
//! AWS tells how executions end as best it can, and a process may end between writing a run and starting its execution.
//! So the table may say that a run goes on where nothing does. Step Functions knows: it is asked when somebody reads
//! such a run, and every hour for those that nobody reads.
//!
//! A run names the execution that speaks for it. One that has handed over, that a resumed run has left behind, or that
//! is an iteration of a Map is never asked about.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionError;
use aws_sdk_sfn::types::ExecutionStatus;
use pawl_contract::code;
use pawl_store::{Close, Run, RunError, RunStatus};

use crate::answer::{Closing, close_waits};
use crate::clock::Moment;
use crate::close::{Ended, close_run};
use crate::trigger::{execution_arn, unavailable};
use crate::{Error, Services};

/// What a run says whose execution never began.
const NOT_STARTED: &str = "NOT_STARTED";

/// So many milliseconds a run is open before anybody asks about it, and so many pass before they ask again.
const PATIENCE: u64 = 60_000;

/// So many milliseconds whoever starts an execution may take, with all that they try again.
const LONGEST_START: u64 = 300_000;

/// A run that was seen to go on is looked at again after so many milliseconds, where nobody reads it.
const SELDOM: u64 = 3_600_000;

/// So many runs are looked at in one go; the next one goes on behind them.
const MOST_AT_ONCE: i32 = 500;

/// So many runs are remembered, before all are forgotten.
const MOST_REMEMBERED: usize = 10_000;

/// How the execution stands that speaks for a run.
#[derive(Debug, Clone)]
pub(crate) enum Execution {
    /// It is on its way.
    GoesOn,
    /// It has ended.
    Ended(Ended),
    /// Step Functions knows none.
    Unknown,
}

/// What a sweep came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    /// The runs that were looked at.
    pub(crate) looked: usize,
    /// Those of them that were closed.
    pub(crate) closed: usize,
}

/// When this process last asked about a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Looks(Arc<Mutex<HashMap<String, Moment>>>);

impl Looks {
    /// Whether it is time to ask about a run; who is told so asks.
    fn is_time(&self, run: &Run, now: Moment) -> bool {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = format!("{}#{}", run.org, run.run);
        if looks
            .get(&key)
            .is_some_and(|last| *last > now.before(PATIENCE))
        {
            return false;
        }
        if looks.len() >= MOST_REMEMBERED {
            looks.clear();
        }
        looks.insert(key, now);
        true
    }
}

/// A run as it is once it is closed, if it was open though nothing executes it; somebody reads it.
///
/// Most runs are over before anybody asks Step Functions about them, and reading one never fails because of this.
pub async fn reconcile(services: &Services, run: Run) -> Run {
    let now = services.now();
    let is_young = run.asked_at() > now.before(PATIENCE).iso().as_str();
    if !run.is_open() || is_young || !services.looks().is_time(&run, now) {
        return run;
    }
    let closed = async {
        if !settle(services, &run).await? {
            return Ok(None);
        }
        Ok::<_, Error>(services.store().run(&run.org, &run.run).await?)
    };
    match closed.await {
        Ok(closed) => closed.unwrap_or(run),
        Err(error) => {
            tracing::warn!(%error, run = run.run, "nobody knows whether the run goes on");
            run
        }
    }
}

/// Looks at the open runs that nobody has seen go on for long, the one not seen for longest first.
pub(crate) async fn sweep(services: &Services) -> Result<Swept, Error> {
    let store = services.store();
    let mut swept = Swept::default();
    let since = services.now().before(SELDOM).iso();
    for open in store.unseen(&since, MOST_AT_ONCE).await? {
        swept.looked += 1;
        let run = store.run(&open.org, &open.run).await?;
        let Some(run) = run.filter(Run::is_open) else {
            store.unlist(&open).await?;
            continue;
        };
        match settle(services, &run).await {
            Ok(true) => {
                swept.closed += 1;
                continue;
            }
            Ok(false) => {}
            // What cannot be found out of one run keeps nobody from the others.
            Err(error) => {
                tracing::warn!(%error, run = run.run, "nobody knows whether the run goes on");
            }
        }
        store.seen(&open, &services.now().iso()).await?;
    }
    Ok(swept)
}

/// Closes an open run that nothing executes: whether it did.
async fn settle(services: &Services, run: &Run) -> Result<bool, Error> {
    let close = match of(services, run).await? {
        Execution::GoesOn => return Ok(false),
        Execution::Ended(ended) => ended.close(run, services),
        // Somebody may be about to start it.
        Execution::Unknown
            if run.asked_at() > services.now().before(LONGEST_START).iso().as_str() =>
        {
            return Ok(false);
        }
        Execution::Unknown => never_began(run, services),
    };
    let is_closed = Box::pin(close_run(run, close, services, None)).await?;
    if is_closed {
        tracing::info!(run = run.run, "the run was open, and nothing executed it");
        close_waits(services, &run.org, &run.run, Closing::Run).await?;
    }
    Ok(is_closed)
}

/// The end of a run whose execution never began.
pub(crate) fn never_began(run: &Run, services: &Services) -> Close {
    let execution = &run.execution;
    let message = format!(
        "Step Functions knows no execution `{execution}`: it never began, or is long over. Resume the run"
    );
    Close {
        status: RunStatus::Failed,
        error: Some(RunError {
            step: None,
            code: NOT_STARTED.to_owned(),
            message,
        }),
        at: None,
        execution: Some(execution.clone()),
        completed_at: services.now().iso(),
    }
}

/// How the execution stands that speaks for a run, as Step Functions says.
pub(crate) async fn of(services: &Services, run: &Run) -> Result<Execution, Error> {
    let arn = execution_arn(&run.machine, &run.execution);
    let describe = services.states().describe_execution();
    let described = match describe.execution_arn(arn).send().await {
        Ok(described) => described,
        Err(failed)
            if failed
                .as_service_error()
                .is_some_and(DescribeExecutionError::is_execution_does_not_exist) =>
        {
            return Ok(Execution::Unknown);
        }
        Err(failed) => return Err(unavailable("DescribeExecution", &run.machine, &failed)),
    };
    let status = described.status;
    if matches!(
        status,
        ExecutionStatus::Running | ExecutionStatus::PendingRedrive
    ) {
        return Ok(Execution::GoesOn);
    }
    let mut ended = Ended {
        status: status.as_str().to_owned(),
        error: described.error,
        cause: described.cause,
    };
    if status == ExecutionStatus::Succeeded {
        // A task closes the run before its execution can succeed.
        ended.error = Some(code::OUTCOME_LOST.to_owned());
        ended.cause = Some("the execution succeeded, and no task of it closed the run".to_owned());
    }
    Ok(Execution::Ended(ended))
}
