//! One invocation of a step: the contract between machine and functions.
//!
//! ```text
//! look    one consistent read of everything the step and its ride-alongs need
//! settle  is the visit settled already? then its answer stands
//! visit   evaluate, act, or let a mock stand in; then the ride-alongs
//! commit  one transaction: records, latest values, variables, the run's end
//! ```

mod asked;
mod caught;
mod commit;
mod machine;
mod situation;
mod tree;
mod visit;
mod wait;
mod work;

use std::sync::Arc;

use std::sync::atomic::AtomicU64;
use std::time::Instant;

use pawl_contract::{Kind, Payload, Plan, Position, StepError, code};
use pawl_store::{
    Close, Committed, Event, Latest, RecordStatus, Run, RunError, RunStatus, Store, Transaction,
};
use serde::Deserialize;
use serde_json::Value;

use crate::answer::{self, Closing};
use crate::clock::Moment;
use crate::scope::Scope;
use crate::{Error, Services, follow_up, id, metrics, subflow, trigger};
use asked::Asked;
use situation::Situation;
pub(crate) use situation::nodes;
use tree::Path;
use visit::Visit;

/// How often an invocation looks again when something overtook it.
const MOST_LOOKS: u32 = 12;

/// An invocation, and what it knows before it looks.
struct Invocation<'services> {
    services: &'services Services,
    plan: Arc<Plan>,
    position: Position,
    /// Of a Task that asks on behalf of a step: what it asks.
    asked: Option<Asked>,
    /// Which attempt of the visit this is, from 1.
    attempt: u64,
    /// Where the machine waits for an answer: the token to answer with.
    token: Option<String>,
    /// Tells this invocation's claims from those of others.
    nonce: String,
    now: Moment,
    /// When the invocation began, by the machine's own clock.
    begun: Instant,
    /// How often the visit went on in a new invocation, once that is known.
    turns: AtomicU64,
    /// How often it has looked before.
    looked: u32,
}

/// Runs a Task's step and answers with the next position.
pub(crate) async fn invoke(payload: Payload, services: &Services) -> Result<Value, StepError> {
    let plan = services.plan_of(&payload.plan)?;
    let (now, begun) = (services.now(), Instant::now());
    let position = match Position::deserialize(&payload.position) {
        Ok(position) => position,
        // A start by hand in the cloud console: the machine's first Task does the intake.
        Err(_) => match (payload.execution, &plan.intake) {
            (Some(execution), Some(_)) => {
                trigger::by_hand(&plan, payload.position, execution, services)
                    .await
                    .map_err(Error::into_step)?
            }
            _ => {
                return Err(StepError::new(
                    code::VALIDATION_ERROR,
                    "this is not a position",
                ));
            }
        },
    };
    let (position, asked) = if plan.asks && plan.node.kind.waits() {
        let found = asked::find(services, position).await;
        let (position, asked) = found.map_err(Error::into_step)?;
        (position, Some(asked))
    } else {
        (position, None)
    };
    let nonce = id::new(now);
    let attempt = u64::from(payload.attempt) + 1;
    let mut invocation = Invocation {
        services,
        plan,
        position,
        asked,
        attempt,
        token: payload.token,
        nonce,
        now,
        begun,
        turns: AtomicU64::new(0),
        looked: 0,
    };
    match invocation.run().await {
        Ok(position) => {
            Ok(serde_json::to_value(position).expect("a position is made of strings and numbers"))
        }
        Err(error) => Err(invocation.raised(error)),
    }
}

impl Invocation<'_> {
    async fn run(&mut self) -> Result<Position, Error> {
        for looked in 0..MOST_LOOKS {
            self.looked = looked;
            if let Some(position) = Box::pin(self.look()).await? {
                return Ok(position);
            }
        }
        Err(Error::step(
            code::STORE_ERROR,
            "other invocations of this visit were always faster",
        ))
    }

    /// Looks, and does what is to be done: the next position, or `None` where something was written in between.
    async fn look(&self) -> Result<Option<Position>, Error> {
        let situation = Situation::read(self.store(), &self.plan, &self.position).await?;
        let Some(run) = &situation.run else {
            return Err(stop());
        };
        if let Some(caught) = self
            .position
            .caught
            .as_ref()
            .filter(|_| situation.leaves_strands)
        {
            let strands = format!("{}/", caught.at);
            let (org, run) = (&self.position.org, &self.position.run);
            answer::close_waits(self.services, org, run, Closing::Strand(&strands)).await?;
        }
        // A Task of the machine's own is no visit: a record at its place belongs to the step that comes after it.
        if self.plan.node.kind == Kind::Trigger {
            return self.of_the_machine(&situation, run).await;
        }
        if let Some(own) = &situation.own
            && let Some(result) = &own.result
        {
            self.tell(own, result).await?;
            self.closed(run).await?;
            return Ok(Some(result.clone()));
        }
        if !run.is_open() {
            return Err(stop());
        }
        if let (Some(own), Some(failure)) = (&situation.own, self.settled_failure(&situation)) {
            self.heard(own).await?;
            return Err(Error::Step(failure));
        }
        let own = situation.own.as_ref();
        if let Some(own) = own.filter(|own| own.status == RecordStatus::Waiting) {
            return Box::pin(self.still_waiting(run, own, &situation)).await;
        }
        let mut transaction = Transaction::new(&self.position.org, &self.position.run);
        if let Some(error) = self.lost(&situation) {
            return self.give_up(run, error, transaction).await;
        }
        let caught = self.settle_caught(&situation, &mut transaction).await?;
        if self.is_late(run) {
            return self.late(&situation, transaction).await;
        }
        let mut scope = Scope::read(
            self.store(),
            &situation.items,
            &situation.scopes,
            &self.plan,
            run,
            self.now,
        )
        .await?;
        scope.set_here(self.position.at.to_string());
        scope.set_last_output(
            situation
                .last_output(self.store(), &self.position.at)
                .await?,
        );
        if let Some(record) = caught {
            scope.set_step(&record.step, &Latest::of(&record));
        }
        let visit = match saved(&situation) {
            Some(saved) => saved,
            None if self.plan.node.kind.is_pure() => {
                self.evaluate(&self.plan.node, &scope, &situation).await?
            }
            None if self.plan.node.kind.waits() => {
                return Box::pin(self.ask(run, scope, &situation, transaction)).await;
            }
            None => match Box::pin(self.work(run, &scope, &situation, &transaction)).await? {
                Some(visit) => visit,
                None => return Ok(None),
            },
        };
        let path = self.follow(visit, scope, &situation).await?;
        self.commit(path, &situation, transaction).await
    }

    /// Whether the run's time is over.
    fn is_late(&self, run: &Run) -> bool {
        run.deadline
            .as_ref()
            .is_some_and(|deadline| *deadline <= self.now.iso())
    }

    /// Ends a run whose time is over.
    async fn late(
        &self,
        situation: &Situation,
        transaction: Transaction,
    ) -> Result<Option<Position>, Error> {
        let error = StepError::new(
            code::TIMEOUT,
            "the run took longer than its workflow allows",
        );
        let host = if let Some(saved) = saved(situation) {
            saved
        } else {
            let node = &self.plan.node;
            let mut visit = self.visit(node, &self.position.at, &Scope::default(), situation)?;
            visit.fail(error.clone(), self.services.now());
            visit
        };
        let step = Some(self.plan.node.step.clone());
        let error = RunError {
            step,
            code: error.code,
            message: error.message,
        };
        self.commit(
            Path::failed(host, RunStatus::Timeout, error),
            situation,
            transaction,
        )
        .await
    }

    /// Ends a run whose Catch leads away from a step that has completed.
    async fn give_up(
        &self,
        run: &Run,
        error: RunError,
        mut transaction: Transaction,
    ) -> Result<Option<Position>, Error> {
        if !self.is_root() {
            return Err(stop());
        }
        let close = self.close(RunStatus::Failed, Some(error));
        let ended = self.write_end(Some(run), &close, &mut transaction)?;
        let news = self
            .announce(Vec::from_iter(ended), &mut transaction)
            .await?;
        match transaction.commit(self.store()).await? {
            Committed::Done => {
                metrics::run_ended(self.services, run, &close);
                news.tell(self.services).await;
                self.closed(run).await?;
                Err(stop())
            }
            Committed::Closed => Err(stop()),
            Committed::Settled | Committed::Stale => Ok(None),
        }
    }

    /// Where this run may have been closed just now: tells the run that waits for its end, and starts what follows it.
    async fn closed(&self, run: &Run) -> Result<(), Error> {
        if run.parent.is_none() && run.follow_ups.is_empty() {
            return Ok(());
        }
        let now = self.store().run(&run.org, &run.run).await?;
        let Some(closed) = now.filter(|run| !run.is_open()) else {
            return Ok(());
        };
        Box::pin(subflow::ended(self.services, &closed)).await?;
        Box::pin(follow_up::start(self.services, &closed)).await
    }

    /// Writes the run's end, and what follows it. What the bus is told of it.
    fn write_end(
        &self,
        run: Option<&Run>,
        close: &Close,
        transaction: &mut Transaction,
    ) -> Result<Option<Event>, Error> {
        transaction.close(self.store(), close)?;
        if let Some(run) = run {
            follow_up::note(self.services, run, close, transaction)?;
        }
        Ok(self.ended(run, close))
    }

    /// The run's end, by this visit.
    fn close(&self, status: RunStatus, error: Option<RunError>) -> Close {
        Close {
            status,
            error,
            at: Some(self.position.at.clone()),
            execution: None,
            completed_at: self.services.now().iso(),
        }
    }

    /// Whether what ends here ends the run.
    fn is_root(&self) -> bool {
        match self.plan.strand {
            pawl_contract::Strand::Root => true,
            pawl_contract::Strand::Inner => false,
        }
    }

    /// The failure of a visit that no further attempt may change.
    fn settled_failure(&self, situation: &Situation) -> Option<StepError> {
        let own = situation
            .own
            .as_ref()
            .filter(|own| own.status == RecordStatus::Failed)?;
        let error = own.error.clone()?;
        // Whether it acted will not be known better by acting again.
        let is_unknown = error.code == code::OUTCOME_UNKNOWN && !own.mocked;
        // A pure step that took its own `error` port is evaluated again, with its ride-alongs.
        let is_caught = own.port.is_some() && !own.kind.is_some_and(Kind::is_pure);
        // Who comes without a token only asks how the waiting ended.
        let is_answered = self.plan.node.kind.waits() && self.token.is_none();
        // Somebody answered between two attempts, and the machine has not heard of it.
        let is_untold = own.wait.as_ref().is_some_and(|wait| wait.is_untold);
        (is_unknown || is_caught || is_answered || is_untold).then_some(error)
    }

    fn store(&self) -> &Store {
        self.services.store()
    }

    /// What Step Functions may see of a failure: its code and its place.
    fn raised(&self, error: Error) -> StepError {
        let error = error.into_step();
        let at = &self.position.at;
        tracing::info!(run = self.position.run, %at, step = self.plan.node.step, code = error.code, "step raised");
        StepError {
            message: format!("{} at {at}", error.code),
            code: error.code,
        }
    }
}

/// The machine must end: the run is closed, or a step failed where nothing catches it.
fn stop() -> Error {
    Error::step(code::STOP, "the run is closed")
}

/// The visit's own part, where it is done and only the ride-alongs are to be evaluated again.
fn saved(situation: &Situation) -> Option<Visit> {
    let own = situation.own.as_ref()?;
    (own.status == RecordStatus::Completed).then(|| Visit::saved(own.clone()))
}
