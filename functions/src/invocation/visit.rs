//! A visit in the making: the record that it will leave, and what it changes besides.

use pawl_contract::{At, Node, StepError, code};
use pawl_store::{Expect, Record, RecordStatus, Visits, Writes};
use serde_json::Value;

use super::Invocation;
use super::situation::Situation;
use crate::Error;
use crate::clock::Moment;
use crate::pure::{self, Effect, Place};
use crate::scope::Scope;

/// A visit that is not written yet.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub record: Record,
    /// What its record must be for it to be written.
    pub expect: Expect,
    pub effects: Vec<Effect>,
    /// What it writes into our own records.
    pub writes: Writes,
}

impl Visit {
    /// A visit that was written before, but not answered.
    pub(super) fn saved(record: Record) -> Self {
        Self {
            record,
            expect: Expect::Unanswered,
            effects: Vec::new(),
            writes: Writes::default(),
        }
    }

    /// The visit completed.
    pub(super) fn complete(&mut self, port: &str, output: Value, now: Moment) {
        self.record.status = RecordStatus::Completed;
        self.record.port = Some(port.to_owned());
        self.record.output = output;
        self.record.completed_at = Some(now.iso());
    }

    /// The visit failed. Which port it takes, if any, is decided elsewhere.
    pub(super) fn fail(&mut self, error: StepError, now: Moment) {
        self.record.status = RecordStatus::Failed;
        self.record.error = Some(error);
        self.record.completed_at = Some(now.iso());
        self.record.nonce = None;
        self.record.wait = None;
        self.effects.clear();
        self.writes = Writes::default();
    }
}

impl Invocation<'_> {
    /// A visit of a step at a place, before anything is known of how it goes.
    pub(super) fn visit(
        &self,
        node: &Node,
        at: &At,
        scope: &Scope,
        situation: &Situation,
    ) -> Result<Visit, Error> {
        let own = situation.scopes.own();
        let last = situation.items.visits(own, &node.step)?;
        let record = Record {
            at: at.clone(),
            step: node.step.clone(),
            name: node.name.clone(),
            kind: Some(node.kind),
            status: RecordStatus::Completed,
            // Only the Task's own step is retried.
            attempts: if *at == self.position.at {
                self.attempt
            } else {
                1
            },
            visit: Visits::including(last.as_ref(), at),
            scope: own.to_owned(),
            input: Value::Null,
            output: Value::Null,
            meta: None,
            error: None,
            port: None,
            iteration: scope.iteration(node),
            mocked: false,
            started_at: self.now.iso(),
            completed_at: None,
            result: None,
            nonce: None,
            wait: None,
        };
        Ok(Visit {
            record,
            expect: Expect::Unsettled { nonce: None },
            effects: Vec::new(),
            writes: Writes::default(),
        })
    }

    /// Evaluates a Task's own pure step.
    pub(super) async fn evaluate(
        &self,
        node: &Node,
        scope: &Scope,
        situation: &Situation,
    ) -> Result<Visit, Error> {
        // A visit that failed and was not answered is evaluated anew, whatever port it took.
        let expect = Expect::Unanswered;
        Ok(Visit {
            expect,
            ..self.pure(node, &self.position.at, scope, situation).await?
        })
    }

    /// Evaluates a pure step at a place. Its failure is a visit too; only the store can fail here.
    pub(super) async fn pure(
        &self,
        node: &Node,
        at: &At,
        scope: &Scope,
        situation: &Situation,
    ) -> Result<Visit, Error> {
        let mut visit = self.visit(node, at, scope, situation)?;
        visit.record.input = pure::input(node);
        let place = Place {
            services: self.services,
            store: self.store(),
            org: &self.position.org,
            items: &situation.items,
            scopes: &situation.scopes,
            run: &self.position.run,
            at,
            now: self.now,
        };
        let is_mocked = situation
            .run
            .as_ref()
            .is_some_and(|run| run.mocks.contains_key(&node.step));
        if is_mocked {
            let message =
                "a step that only computes cannot be mocked: mock the steps that it reads";
            visit.fail(
                StepError::new(code::VALIDATION_ERROR, message),
                self.services.now(),
            );
            return Ok(visit);
        }
        match pure::evaluate(node, scope, place).await {
            Ok(evaluated) => {
                visit.complete(evaluated.port, evaluated.output, self.services.now());
                visit.record.meta = evaluated.effects.iter().find_map(|effect| match effect {
                    Effect::Note(meta) => Some(meta.clone()),
                    Effect::Variable(..)
                    | Effect::Keep(_)
                    | Effect::Secret(..)
                    | Effect::List(..)
                    | Effect::Cursor(_)
                    | Effect::Skip(..)
                    | Effect::Output
                    | Effect::Number(_) => None,
                });
                visit.effects = evaluated.effects;
            }
            Err(Error::Step(error)) => visit.fail(error, self.services.now()),
            Err(error @ Error::Store(_)) => return Err(error),
        }
        Ok(visit)
    }
}
