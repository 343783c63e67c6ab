//! What acting is: what an action or a model gets to know, and what it gives.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pawl_contract::At;
use pawl_store::{Run, Store, Writes};
use serde_json::Value;

use crate::clock::Moment;
use crate::question::Asker;
use crate::secret::Mask;
use crate::{Error, Services};

/// What a work step knows when it acts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'invocation> {
    pub services: &'invocation Services,
    pub run: &'invocation Run,
    pub at: &'invocation At,
    pub now: Moment,
    /// How often this invocation has looked before and found that something overtook it.
    pub look: u32,
    /// The step's slug.
    pub step: &'invocation str,
    /// Which invocation of the visit this is, from 1.
    pub attempt: u64,
    /// How often the visit went on in a new invocation.
    pub turns: u64,
    /// When the step began to act in this invocation, by the machine's own clock,
    pub begun: Instant,
    /// and when it must have ended.
    pub timeout: Option<Duration>,
    /// The step's configuration, templates resolved.
    pub input: &'invocation Value,
    /// When the step's time is over.
    pub deadline: Option<Moment>,
    /// What is to be known of the step even where it fails.
    pub facts: &'invocation Mutex<Option<Value>>,
    /// Whether the machine can ask somebody on the step's behalf.
    pub may_ask: bool,
    /// The secrets in `input`, and those that the step learns while it acts.
    pub mask: &'invocation Mask,
}

impl Context<'_> {
    /// The visit, as one that asks.
    pub(crate) fn asker(&self) -> Asker<'_> {
        Asker {
            services: self.services,
            run: self.run,
            at: self.at,
            step: self.step,
        }
    }

    /// Leaves what is to be known of the step even where it fails.
    pub(crate) fn leave(&self, facts: Option<Value>) {
        *self.facts.lock().unwrap_or_else(PoisonError::into_inner) = facts;
    }

    /// The same for every attempt of a visit, and for no other visit.
    pub(crate) fn idempotency_key(&self) -> String {
        format!("{}/{}", self.run.run, self.at)
    }

    /// Whether the step's time is not over after such a wait.
    pub(crate) fn has_time_for(&self, wait: Duration) -> bool {
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let then = self.services.now().after(wait);
        self.deadline.is_none_or(|deadline| then.0 < deadline.0)
    }

    /// How much of the invocation's time is left.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        Some(self.timeout?.saturating_sub(self.begun.elapsed()))
    }

    /// Notes that the visit goes on in a new invocation, which is no further attempt.
    pub(crate) async fn goes_on(&self) -> Result<(), Error> {
        let Self { run, at, .. } = self;
        let turns = self.turns + 1;
        Ok(self
            .store()
            .set_turns(&run.org, &run.run, at, turns)
            .await?)
    }

    pub(crate) fn store(&self) -> &Store {
        self.services.store()
    }

    pub(crate) fn org(&self) -> &str {
        &self.run.org
    }
}

/// How an action goes on once it knows what to do.
pub(crate) enum Act<'context> {
    /// It is done, but for what rides in the step's transaction.
    Done(Box<Acted>),
    /// It is still to be done, and nothing can take it back: the visit is claimed first.
    Once(Pin<Box<dyn Future<Output = Result<Acted, Error>> + Send + 'context>>),
}

/// What acting gave.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Acted {
    /// What later steps read.
    pub output: Value,
    /// Further facts for the record.
    pub meta: Option<Value>,
    /// What it writes into our own records, in the step's transaction.
    pub writes: Writes,
}
