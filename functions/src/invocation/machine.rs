//! The machine's own Tasks: `end` closes the run, `fail` fails it, `hand over` goes on in a new execution.

use pawl_contract::{Caught, Position, StepError, code};
use pawl_store::{Committed, Given, RecordStatus, Run, RunError, RunStatus, Transaction};

use super::commit::failure;
use super::situation::Situation;
use super::{Invocation, stop};
use crate::{Error, metrics, trigger};

impl Invocation<'_> {
    /// Does what a Task of the machine's own does.
    pub(super) async fn of_the_machine(
        &self,
        situation: &Situation,
        run: &Run,
    ) -> Result<Option<Position>, Error> {
        if run.closed_by.as_ref() == Some(&self.position.at) {
            self.closed(run).await?;
            return Ok(Some(self.onward()));
        }
        if !run.is_open() {
            return Err(stop());
        }
        match self.plan.node.step.as_str() {
            "end" => self.end(run, situation).await,
            "fail" => self.fail_run(run, situation).await,
            "hand over" => self.hand_over(run).await,
            step => Err(Error::step(
                code::VALIDATION_ERROR,
                format!("the machine has no task `{step}`"),
            )),
        }
    }

    async fn end(&self, run: &Run, situation: &Situation) -> Result<Option<Position>, Error> {
        let mut transaction = Transaction::new(&self.position.org, &self.position.run);
        let lost = self.lost(situation);
        if let Some(lost) = lost.as_ref().filter(|_| !self.is_root()) {
            return Err(Error::step(&lost.code, &lost.message));
        }
        if lost.is_none() {
            self.settle_caught(situation, &mut transaction).await?;
        }
        if self.ends_iteration() {
            let given = self.given(situation).await?;
            transaction
                .give(self.store(), &self.position.at, &given)
                .await?;
        }
        let status = if lost.is_some() {
            RunStatus::Failed
        } else {
            RunStatus::Completed
        };
        self.close_run(run, status, lost, transaction).await
    }

    /// What an iteration came to that ends without a step's Lambda.
    async fn given(&self, situation: &Situation) -> Result<Given, Error> {
        let Position { org, run, at, .. } = &self.position;
        let Some(caught) = &self.position.caught else {
            let output = self.store().last_of_strand(org, run, at).await?;
            return Ok(Given::Output(output));
        };
        let failed = match &situation.caught {
            Some(record) if record.status == RecordStatus::Failed => record.clone(),
            unfinished => self.failure(caught, unfinished.as_ref(), situation)?,
        };
        Ok(failure(&failed))
    }

    /// Fails the run with the failure that was caught. The failed visit is not settled: a resumed run tries it again.
    async fn fail_run(&self, run: &Run, situation: &Situation) -> Result<Option<Position>, Error> {
        let mut transaction = Transaction::new(&self.position.org, &self.position.run);
        let error = match &self.position.caught {
            Some(caught) => self.blame(caught, situation, &mut transaction).await?,
            None => RunError {
                step: None,
                code: code::VALIDATION_ERROR.to_owned(),
                message: "the machine failed without saying why".to_owned(),
            },
        };
        // What was too late inside of a branch is too late for all.
        let status = if error.code == code::TIMEOUT && self.is_late(run) {
            RunStatus::Timeout
        } else {
            RunStatus::Failed
        };
        self.close_run(run, status, Some(error), transaction).await
    }

    /// Why the run fails, by the record of the caught visit.
    async fn blame(
        &self,
        caught: &Caught,
        situation: &Situation,
        transaction: &mut Transaction,
    ) -> Result<RunError, Error> {
        if let Some(lost) = self.lost(situation) {
            return Ok(lost);
        }
        let record = match &situation.caught {
            Some(record) if record.status == RecordStatus::Failed && situation.inside.is_none() => {
                record.clone()
            }
            unfinished => {
                let claim = unfinished.as_ref().filter(|_| situation.inside.is_none());
                let record = self.failure(caught, claim, situation)?;
                self.write_failure(&record, transaction).await?;
                record
            }
        };
        // What failed in a branch says more than that its parallel step did.
        let record = situation.inside.clone().unwrap_or(record);
        let unknown = || StepError::new(&caught.error, "");
        let StepError { code, message } = record.error.unwrap_or_else(unknown);
        Ok(RunError {
            step: Some(record.step),
            code,
            message,
        })
    }

    async fn close_run(
        &self,
        run: &Run,
        status: RunStatus,
        error: Option<RunError>,
        mut transaction: Transaction,
    ) -> Result<Option<Position>, Error> {
        let mut events = Vec::new();
        let close = self.is_root().then(|| self.close(status, error));
        if let Some(close) = &close {
            events.extend(self.write_end(Some(run), close, &mut transaction)?);
        }
        let news = self.announce(events, &mut transaction).await?;
        match transaction.commit(self.store()).await? {
            Committed::Done => {
                if let Some(close) = &close {
                    metrics::run_ended(self.services, run, close);
                }
                news.tell(self.services).await;
                self.closed(run).await?;
                Ok(Some(self.onward()))
            }
            Committed::Settled | Committed::Closed | Committed::Stale => Ok(None),
        }
    }

    /// Starts the execution that goes on from here; nothing is evaluated again.
    async fn hand_over(&self, run: &Run) -> Result<Option<Position>, Error> {
        let position = &self.position;
        let place = position.at.as_str().replace('/', ".");
        let name = match run.generation {
            0 => format!("{}-{place}", run.run),
            generation => format!("{}.{generation}-{place}", run.run),
        };
        let next = Position {
            base: position.at.clone(),
            enter: self
                .plan
                .node
                .config
                .get("enter")
                .and_then(|enter| enter.as_str())
                .map(str::to_owned),
            caught: None,
            ..position.clone()
        };
        // The run names its execution before it starts, so that nobody takes the end of the old one for the run's.
        let now = self.now.iso();
        self.store()
            .hand_over(&position.org, &position.run, &name, &position.at, &now)
            .await?;
        trigger::execute(self.services, &position.machine, &name, &next).await?;
        Ok(Some(self.onward()))
    }

    /// The position after a Task that is no visit.
    fn onward(&self) -> Position {
        Position {
            routes: std::collections::BTreeMap::new(),
            caught: None,
            enter: None,
            ..self.position.clone()
        }
    }
}
