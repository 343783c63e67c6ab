//! What acting is: what an action or a model gets to know, and what it gives.

use pawl_contract::At;
use pawl_store::{Run, Store, Writes};
use serde_json::Value;

use crate::Services;
use crate::action::email::Mail;
use crate::clock::Moment;

/// What a work step knows when it acts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'invocation> {
    pub services: &'invocation Services,
    pub run: &'invocation Run,
    pub at: &'invocation At,
    pub now: Moment,
    /// The step's configuration, templates resolved.
    pub input: &'invocation Value,
}

impl Context<'_> {
    /// The same for every attempt of a visit, and for no other visit.
    pub(crate) fn idempotency_key(&self) -> String {
        format!("{}/{}", self.run.run, self.at)
    }

    pub(crate) fn store(&self) -> &Store {
        self.services.store()
    }

    pub(crate) fn org(&self) -> &str {
        &self.run.org
    }
}

/// How an action goes on once it knows what to do.
#[derive(Debug)]
pub(crate) enum Act {
    /// It is done, but for what rides in the step's transaction.
    Done(Box<Acted>),
    /// It sends a mail, which nothing can take back: the visit is claimed first.
    Mail(Box<Mail>),
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
