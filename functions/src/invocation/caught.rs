//! The failure that a Catch leads away from: recorded by the step that it leads to, if nobody has recorded it.

use pawl_contract::{Caught, StepError, code};
use pawl_store::{Expect, Latest, Record, RecordStatus, RunError, Transaction, Visits};
use serde_json::Value;

use super::Invocation;
use super::situation::Situation;
use crate::Error;

impl Invocation<'_> {
    /// Settles the caught visit as failed by its `error` port. The record that this writes, if nobody had written one.
    pub(super) async fn settle_caught(
        &self,
        situation: &Situation,
        transaction: &mut Transaction,
    ) -> Result<Option<Record>, Error> {
        let Some(caught) = &self.position.caught else {
            return Ok(None);
        };
        let failed = situation
            .caught
            .as_ref()
            .filter(|record| record.status == RecordStatus::Failed && situation.inside.is_none());
        if let Some(failed) = failed {
            if failed.port.is_none() {
                transaction.settle(self.store(), &caught.at)?;
            }
            return Ok(None);
        }
        let claim = situation.caught.as_ref();
        let claim = claim.filter(|_| situation.inside.is_none());
        let mut record = self.failure(caught, claim, situation)?;
        record.port = Some("error".to_owned());
        self.write_failure(&record, transaction).await?;
        Ok(Some(record))
    }

    /// Why the run cannot go on, where the caught visit has completed.
    pub(super) fn lost(&self, situation: &Situation) -> Option<RunError> {
        let caught = self.position.caught.as_ref()?;
        let record = situation.caught.as_ref()?;
        (record.status == RecordStatus::Completed).then(|| lost(caught))
    }

    /// The record of a visit that failed before it could write one, after it claimed, or while it waited.
    pub(super) fn failure(
        &self,
        caught: &Caught,
        claim: Option<&Record>,
        situation: &Situation,
    ) -> Result<Record, Error> {
        let now = self.now.iso();
        if let Some(claim) = claim {
            let error = if claim.status == RecordStatus::Claimed {
                let message = "the step may or may not have acted before it ended";
                StepError::new(code::OUTCOME_UNKNOWN, message)
            } else {
                ended(caught)
            };
            let error = Some(error);
            let completed_at = Some(now);
            return Ok(Record {
                status: RecordStatus::Failed,
                error,
                completed_at,
                nonce: None,
                wait: None,
                ..claim.clone()
            });
        }
        let scope = situation.scopes.own();
        let last = situation.items.visits(scope, &caught.step)?;
        Ok(Record {
            at: caught.at.clone(),
            step: caught.step.clone(),
            name: None,
            kind: None,
            status: RecordStatus::Failed,
            attempts: 1,
            visit: Visits::including(last.as_ref(), &caught.at),
            scope: scope.to_owned(),
            input: Value::Null,
            output: Value::Null,
            meta: None,
            error: Some(failed_inside(situation.inside.as_ref(), caught)),
            port: None,
            iteration: Vec::new(),
            mocked: false,
            started_at: now.clone(),
            completed_at: Some(now),
            result: None,
            nonce: None,
            wait: None,
        })
    }

    /// Writes a failure and makes it readable as `steps.<slug>.error`.
    pub(super) async fn write_failure(
        &self,
        record: &Record,
        transaction: &mut Transaction,
    ) -> Result<(), Error> {
        transaction
            .record(self.store(), record, &Expect::Unsettled { nonce: None })
            .await?;
        transaction
            .latest(
                self.store(),
                &record.scope,
                &record.step,
                &Latest::of(record),
            )
            .await?;
        Ok(())
    }
}

/// How a step ended whose branches or iterations could say it.
fn failed_inside(inside: Option<&Record>, caught: &Caught) -> StepError {
    let failed = inside.and_then(|record| Some((&record.step, record.error.as_ref()?)));
    match failed {
        Some((step, error)) => {
            let message = format!("step `{step}` failed: {}", error.message);
            StepError::new(&error.code, message)
        }
        None => ended(caught),
    }
}

/// How a step ended that could not say it itself.
fn ended(caught: &Caught) -> StepError {
    let message = format!("the step ended with {}", caught.error);
    StepError::new(&name(&caught.error), message)
}

/// A step completed, but its answer never reached Step Functions, which went on as if it had failed.
fn lost(caught: &Caught) -> RunError {
    RunError {
        step: Some(caught.step.clone()),
        code: code::OUTCOME_LOST.to_owned(),
        message:
            "the step completed, but its answer was lost: resume the run to go on from its record"
                .to_owned(),
    }
}

/// Our name for an error that Step Functions or Lambda named.
fn name(error: &str) -> String {
    const CRASHES: [&str; 5] = [
        "States.Timeout",
        "States.HeartbeatTimeout",
        "Sandbox.Timedout",
        "Lambda.Unknown",
        "Runtime.ExitError",
    ];
    if CRASHES.contains(&error) {
        code::TIMEOUT.to_owned()
    } else {
        error.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crashes_are_timeouts_and_other_names_stay() {
        let rows = [
            ("States.Timeout", "TIMEOUT"),
            ("Sandbox.Timedout", "TIMEOUT"),
            ("TOOL_ERROR", "TOOL_ERROR"),
            (
                "Lambda.TooManyRequestsException",
                "Lambda.TooManyRequestsException",
            ),
        ];
        for (error, expected) in rows {
            assert_eq!(name(error), expected);
        }
    }
}
