//! Closes the runs that no task closes: cancelled ones, and those whose execution ended by itself.

use pawl_contract::code;
use pawl_store::{Change, Close, Committed, Run, RunError, RunStatus, Transaction};

use crate::events::{self, News, Occasion};
use crate::{Error, Services, follow_up, id, metrics, subflow};

/// How an execution ended, in the words of Step Functions.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    /// `FAILED`, `TIMED_OUT`, `ABORTED` ...
    pub(crate) status: String,
    /// The error that it ended with.
    pub(crate) error: Option<String>,
    /// What there is to say of it.
    pub(crate) cause: Option<String>,
}

impl Ended {
    /// Whether no task speaks for the run: where an execution succeeded, a task has closed it.
    pub(crate) fn is_bad(&self) -> bool {
        ["FAILED", "TIMED_OUT", "ABORTED"].contains(&self.status.as_str())
    }

    /// The end of a run whose execution ended so; it may have another one by now.
    pub(crate) fn close(self, run: &Run, services: &Services) -> Close {
        let status = match self.status.as_str() {
            "TIMED_OUT" => RunStatus::Timeout,
            "ABORTED" => RunStatus::Cancelled,
            _ => RunStatus::Failed,
        };
        let message = self.cause.unwrap_or_else(|| {
            if status == RunStatus::Timeout {
                "the run took longer than its `timeout` allows".to_owned()
            } else {
                format!("the execution ended as {}", self.status)
            }
        });
        let code = if status == RunStatus::Timeout {
            code::TIMEOUT.to_owned()
        } else {
            self.error.unwrap_or(self.status)
        };
        Close {
            status,
            error: Some(RunError {
                step: None,
                code,
                message,
            }),
            at: None,
            execution: Some(run.execution.clone()),
            completed_at: services.now().iso(),
        }
    }
}

/// Closes a run that no task closes, if nobody else does, along with another change: whether it was open until now.
pub(crate) async fn close_run(
    run: &Run,
    close: Close,
    services: &Services,
    noted: Option<Change>,
) -> Result<bool, Error> {
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
    let ended = events::of_end(Some(run), &close, &occasion);
    let news = News::write(Vec::from_iter(ended), &key, &mut transaction, services).await?;
    if let Some(noted) = noted {
        transaction.change(store, noted).await?;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bad_ends_close_a_run() {
        let rows = [
            ("RUNNING", false),
            ("SUCCEEDED", false),
            ("ABORTED", true),
            ("TIMED_OUT", true),
        ];
        for (status, expected) in rows {
            let ended = Ended {
                status: status.to_owned(),
                error: None,
                cause: None,
            };
            assert_eq!(ended.is_bad(), expected, "{status}");
        }
    }
}
