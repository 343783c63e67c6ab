//! Work steps: resolve, let a mock stand in or act, and record a failure before it is raised.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pawl_contract::{Kind, Mocked, StepError, code};
use pawl_store::{Expect, Record, RecordStatus, Run, Transaction, Writes};
use serde_json::Value;

use super::Invocation;
use super::situation::Situation;
use super::visit::Visit;
use crate::cache::Caching;
use crate::pure::Effect;
use crate::question::{Answer, Asker};
use crate::scope::Scope;
use crate::secret::{self, Mask, Revealed};
use crate::unknown::{self, OnUnknown};
use crate::work::{Act, Acted, Context};
use crate::{Error, action, llm, metrics, mocked_answer, request, template};

/// So often a step acts at the most whose author would rather have it act twice than not at all.
const MOST_ACTS: u32 = 3;

impl Invocation<'_> {
    /// The visit of a work step, done but not written. `None` where something overtook it.
    ///
    /// A failure is written here, and then raised.
    pub(super) async fn work(
        &self,
        run: &Run,
        scope: &Scope,
        situation: &Situation,
        transaction: &Transaction,
    ) -> Result<Option<Visit>, Error> {
        let mut visit = self.visit(&self.plan.node, &self.position.at, scope, situation)?;
        // Going on in a new invocation is no further attempt.
        let turns = self.turns(run).await?;
        self.turns.store(turns, Ordering::Relaxed);
        visit.record.attempts = visit.record.attempts.saturating_sub(turns).max(1);
        if let Some(claim) = situation
            .own
            .as_ref()
            .filter(|own| own.status == RecordStatus::Claimed)
            && claim.nonce.as_ref() != Some(&self.nonce)
        {
            visit.record.input = claim.input.clone();
            let claimed = claim.nonce.as_deref();
            let outcome = Box::pin(self.unknown(run, scope, situation, &mut visit, claimed)).await;
            return match outcome {
                Ok(Some(acted)) => self.settle(visit, Ok(acted), transaction).await,
                Ok(None) => Ok(None),
                Err(error) => self.settle(visit, Err(error), transaction).await,
            };
        }
        let config = &self.plan.node.config;
        match template::render_without_secrets(config, &scope.at(&self.plan.node)) {
            Ok(input) => visit.record.input = input,
            Err(error) => return self.fail(visit, error, transaction).await,
        }
        let done = match mocked(run, &visit.record, situation.scopes.iteration()) {
            Some(result) => {
                visit.record.mocked = true;
                result.map_err(Error::Step)
            }
            None => {
                match Box::pin(self.reveal_and_act(run, scope, situation, &mut visit, None)).await {
                    Ok(Some(acted)) => Ok(acted),
                    Ok(None) => return Ok(None),
                    Err(error) => Err(error),
                }
            }
        };
        self.settle(visit, done, transaction).await
    }

    /// The visit as its work has left it. A failure is written, and then raised.
    async fn settle(
        &self,
        mut visit: Visit,
        done: Result<Acted, Error>,
        transaction: &Transaction,
    ) -> Result<Option<Visit>, Error> {
        match done {
            Ok(acted) => {
                visit.complete("success", acted.output, self.services.now());
                visit.record.meta = acted.meta;
                visit.writes = acted.writes;
                Ok(Some(visit))
            }
            // No failure: the machine invokes the same visit again.
            Err(Error::Step(error))
                if [code::CONTINUE, code::ASK].contains(&error.code.as_str()) =>
            {
                Err(error.into())
            }
            Err(Error::Step(error)) => self.fail(visit, error, transaction).await,
            Err(error @ Error::Store(_)) => Err(error),
        }
    }

    /// How often the visit went on in a new invocation; only a step that asks a model does.
    async fn turns(&self, run: &Run) -> Result<u64, Error> {
        if self.plan.node.kind != Kind::Llm || self.attempt == 1 {
            return Ok(0);
        }
        let at = &self.position.at;
        Ok(self.store().turns(&run.org, &run.run, at).await?)
    }

    /// Acts with the secrets that the step reads, of which nothing gets further than where they are used.
    async fn reveal_and_act(
        &self,
        run: &Run,
        scope: &Scope,
        situation: &Situation,
        visit: &mut Visit,
        claimed: Option<&str>,
    ) -> Result<Option<Acted>, Error> {
        let found = secret::reveal(
            &self.plan,
            scope,
            &situation.items,
            &situation.scopes,
            &run.org,
            self.services,
        );
        let revealed = found.await?.unwrap_or_else(|| Revealed {
            input: visit.record.input.clone(),
            mask: Mask::default(),
        });
        let Revealed { input, mask } = &revealed;
        let caching = Caching::of(&self.plan, input)?;
        if let Some(caching) = &caching
            && let Some(kept) = caching.find(self.services, &run.org).await?
        {
            return Ok(Some(kept));
        }
        let done = match Box::pin(self.act(run, input, mask, visit, claimed)).await {
            Ok(acted) => Ok(acted.map(|acted| Acted {
                output: mask.value(acted.output),
                meta: acted.meta.map(|meta| mask.value(meta)),
                ..acted
            })),
            Err(Error::Step(error)) => Err(Error::Step(mask.error(error))),
            Err(error @ Error::Store(_)) => Err(error),
        };
        // What a step wrote besides is not done by giving its answer again.
        if let (Some(caching), Ok(Some(acted))) = (caching, &done)
            && acted.writes.iter().next().is_none()
        {
            let kept = caching.keep(acted.output.clone(), self.services.now());
            visit.effects.push(Effect::Keep(kept));
        }
        done
    }

    /// What becomes of a visit that an earlier attempt claimed and did not finish: its target knows, or its author
    /// has decided.
    async fn unknown(
        &self,
        run: &Run,
        scope: &Scope,
        situation: &Situation,
        visit: &mut Visit,
        claimed: Option<&str>,
    ) -> Result<Option<Acted>, Error> {
        let (mask, facts) = (Mask::default(), Mutex::default());
        let context = self.context(run, &visit.record.input, &mask, &facts);
        if let Some(acted) = action::has_acted(&context) {
            return Ok(Some(acted));
        }
        let mut policy = self.on_unknown();
        if policy == OnUnknown::Ask && self.plan.asks {
            let why = "it was claimed, and its invocation ended before it could say more";
            match self.ask_about(run, claimed, why).await? {
                Some(answer) => policy = unknown::decided(answer)?,
                None => return Ok(None),
            }
        }
        match policy {
            OnUnknown::Retry => {
                self.reveal_and_act(run, scope, situation, visit, claimed)
                    .await
            }
            OnUnknown::Skip => Ok(Some(unknown::skipped())),
            OnUnknown::Fail | OnUnknown::Ask => {
                let message = "an earlier attempt may or may not have acted before it ended";
                Err(Error::step(code::OUTCOME_UNKNOWN, message))
            }
        }
    }

    /// What somebody says to an outcome that nobody knows.
    async fn ask_about(
        &self,
        run: &Run,
        claim: Option<&str>,
        why: &str,
    ) -> Result<Option<Answer>, Error> {
        let (at, step) = (&self.position.at, self.plan.node.step.as_str());
        let asker = Asker {
            services: self.services,
            run,
            at,
            step,
        };
        asker.ask(unknown::question(step, claim, why)).await
    }

    fn on_unknown(&self) -> OnUnknown {
        OnUnknown::of(&self.plan.node.config)
    }

    fn context<'context>(
        &'context self,
        run: &'context Run,
        input: &'context Value,
        mask: &'context Mask,
        facts: &'context Mutex<Option<Value>>,
    ) -> Context<'context> {
        let timeout = self.timeout();
        let milliseconds = timeout.map(|timeout| timeout.as_millis());
        Context {
            services: self.services,
            run,
            at: &self.position.at,
            now: self.now,
            look: self.looked,
            step: &self.plan.node.step,
            attempt: self.attempt,
            turns: self.turns.load(Ordering::Relaxed),
            begun: Instant::now(),
            timeout,
            input,
            facts,
            may_ask: self.plan.asks,
            deadline: milliseconds
                .map(|left| self.now.after(u64::try_from(left).unwrap_or(u64::MAX))),
            mask,
        }
    }

    /// How long the step may act: as its author says, and no longer than the function may run.
    fn timeout(&self) -> Option<Duration> {
        let own = self.plan.timeout_seconds.map(Duration::from_secs);
        let left = self.services.time_left();
        let left = left.map(|left| left.saturating_sub(self.begun.elapsed()));
        own.into_iter().chain(left).min()
    }

    /// Acts, with a claim before what nothing can take back: a new one, or one of an attempt that did not finish.
    /// `None` where another invocation has the claim.
    async fn act(
        &self,
        run: &Run,
        input: &Value,
        mask: &Mask,
        visit: &mut Visit,
        claimed: Option<&str>,
    ) -> Result<Option<Acted>, Error> {
        let facts = Mutex::default();
        let context = self.context(run, input, mask, &facts);
        let effect = match self.prepare(&context).await {
            Ok(Act::Done(acted)) => return Ok(Some(*acted)),
            Ok(Act::Once(effect)) => effect,
            Err(error) => {
                let mut left = facts.lock().unwrap_or_else(PoisonError::into_inner);
                visit.record.meta = left.take().map(|left| mask.value(left));
                return Err(error);
            }
        };
        let nonce = Some(self.nonce.clone());
        let claim = Record {
            status: RecordStatus::Claimed,
            nonce: nonce.clone(),
            ..visit.record.clone()
        };
        if !self
            .store()
            .claim(&run.org, &run.run, &claim, claimed.unwrap_or(&self.nonce))
            .await?
        {
            return Ok(None);
        }
        visit.expect = Expect::Unsettled { nonce };
        let mut outcome = self.take_effect(effect).await;
        for _ in 1..MOST_ACTS {
            if !is_unknown(&outcome) || self.on_unknown() != OnUnknown::Retry {
                break;
            }
            if let Act::Once(effect) = self.prepare(&context).await? {
                outcome = self.take_effect(effect).await;
            }
        }
        if is_unknown(&outcome) && self.on_unknown() == OnUnknown::Skip {
            return Ok(Some(unknown::skipped()));
        }
        if let Err(Error::Step(error)) = &outcome
            && error.code == code::OUTCOME_UNKNOWN
            && self.on_unknown() == OnUnknown::Ask
            && self.plan.asks
        {
            // The next invocation finds the claim, and then the answer.
            let why = mask.error(error.clone()).message;
            self.ask_about(run, Some(&self.nonce), &why).await?;
            return Ok(None);
        }
        outcome.map(Some)
    }

    /// All of acting that can be given up and tried again.
    async fn prepare<'context>(
        &self,
        context: &'context Context<'context>,
    ) -> Result<Act<'context>, Error> {
        let act = async {
            match self.plan.node.kind {
                Kind::Llm => llm::ask(context)
                    .await
                    .map(|acted| Act::Done(Box::new(acted))),
                Kind::Action => action::act(context).await,
                Kind::Request => request::act(context).await,
                Kind::Trigger
                | Kind::Condition
                | Kind::Switch
                | Kind::Loop
                | Kind::Transform
                | Kind::Approval
                | Kind::Signal
                | Kind::Subflow
                | Kind::Delay
                | Kind::Parallel
                | Kind::Merge => unreachable!("only work steps act"),
            }
        };
        let late = || StepError::new(code::TIMEOUT, "the step took longer than it may");
        Box::pin(self.in_time(act, late)).await
    }

    /// What nothing can take back.
    async fn take_effect(
        &self,
        effect: impl Future<Output = Result<Acted, Error>>,
    ) -> Result<Acted, Error> {
        let late = || {
            StepError::new(
                code::OUTCOME_UNKNOWN,
                "it took longer than it may: it may or may not have happened",
            )
        };
        self.in_time(effect, late).await
    }

    /// Gives something up when the step's time is over.
    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, Error>>,
        late: impl FnOnce() -> StepError,
    ) -> Result<T, Error> {
        let Some(timeout) = self.timeout() else {
            return work.await;
        };
        let done = tokio::time::timeout(timeout, work).await;
        done.unwrap_or_else(|_| Err(Error::Step(late())))
    }

    /// Records a failure, then raises it.
    pub(super) async fn fail(
        &self,
        mut visit: Visit,
        error: StepError,
        transaction: &Transaction,
    ) -> Result<Option<Visit>, Error> {
        visit.fail(error.clone(), self.services.now());
        let mut transaction = transaction.clone();
        self.write(&visit, &mut transaction).await?;
        match transaction.commit(self.store()).await? {
            pawl_store::Committed::Done => {
                let (workflow, run) = (&self.plan.workflow, &self.position.run);
                metrics::visited(self.services, workflow, run, &visit.record);
                Err(Error::Step(error))
            }
            pawl_store::Committed::Settled
            | pawl_store::Committed::Closed
            | pawl_store::Committed::Stale => Ok(None),
        }
    }
}

/// Whether nobody knows if it has happened.
fn is_unknown(outcome: &Result<Acted, Error>) -> bool {
    matches!(outcome, Err(Error::Step(error)) if error.code == code::OUTCOME_UNKNOWN)
}

/// What the run's mocks say to this attempt; in an iteration that runs for itself, its item chooses among them.
pub(super) fn mocked(
    run: &Run,
    record: &Record,
    iteration: Option<u64>,
) -> Option<Result<Acted, StepError>> {
    let mock = run.mocks.get(&record.step)?;
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let visit = record.visit.saturating_sub(1);
    Some(
        match mock.result(count(iteration.unwrap_or(visit)), count(record.attempts)) {
            Mocked::Output(output) if record.kind == Some(Kind::Llm) => {
                mocked_answer(&record.input, output)
                    .map(Acted::from)
                    .map_err(|wrong| {
                        let message = format!("the mock is no answer of the step: {wrong}");
                        StepError::new(code::AGENT_ERROR, message)
                    })
            }
            Mocked::Output(output) => Ok(Acted::from(output)),
            Mocked::Error(StepError { code, message }) if message.is_empty() => Err(StepError {
                code,
                message: "the mock says so".to_owned(),
            }),
            Mocked::Error(error) => Err(error),
        },
    )
}

/// The result of a step that gives a value and nothing else.
impl From<Value> for Acted {
    fn from(output: Value) -> Self {
        Self {
            output,
            meta: None,
            writes: Writes::default(),
        }
    }
}
