//! Steps that wait: they ask, the machine waits for a task token, and whoever answers tells it where to go on.
//!
//! ```text
//! ask      record the question with the token and the position behind every port
//! renew    a later attempt of the Task brings a new token: the latest one wins
//! settle   the machine waited too long: what was answered in the last moment stands, or nobody answered in time
//! ```

use std::collections::BTreeMap;

use pawl_contract::{Kind, Position, StepError, Then, code};
use pawl_store::{Committed, Expect, Record, RecordStatus, Run, Transaction, Wait};
use serde_json::{Value, json};

use super::situation::Situation;
use super::tree::exhausted;
use super::visit::Visit;
use super::work::mocked;
use super::{Invocation, stop};
use crate::scope::Scope;
use crate::{Error, Services, answer, approval, signal, subflow, template, token};

impl Invocation<'_> {
    /// What a visit that has asked before does: `None` where it was answered meanwhile.
    pub(super) async fn still_waiting(
        &self,
        run: &Run,
        own: &Record,
        situation: &Situation,
    ) -> Result<Option<Position>, Error> {
        let position = &self.position;
        if let Some(token) = &self.token {
            let store = self.store();
            let token = token::seal(self.services, &position.org, token).await?;
            let waits = store.renew_token(&position.org, &position.run, &position.at, &token);
            if !waits.await? {
                return Ok(None);
            }
            self.asked(run, own).await?;
            // Nobody reads it: the machine waits for the answer.
            return Ok(Some(position.clone()));
        }
        let mut transaction = Transaction::new(&position.org, &position.run);
        self.stop_listening(own, &mut transaction)?;
        let mut visit = Visit::saved(own.clone());
        visit.expect = Expect::Waiting;
        visit.record.wait = None;
        if !self.plan.node.then.contains_key("timeout") {
            let error = StepError::new(code::TIMEOUT, "nobody answered in time");
            return self.fail(visit, error, &transaction).await.map(|_| None);
        }
        visit.complete("timeout", unanswered(), self.services.now());
        let path = self.follow(visit, Scope::default(), situation).await?;
        self.commit(path, situation, transaction).await
    }

    /// Asks. `None` where something overtook it.
    pub(super) async fn ask(
        &self,
        run: &Run,
        scope: Scope,
        situation: &Situation,
        mut transaction: Transaction,
    ) -> Result<Option<Position>, Error> {
        let node = &self.plan.node;
        let mut visit = self.visit(node, &self.position.at, &scope, situation)?;
        let rendered = match &self.asked {
            // It may quote what was said elsewhere, which is no template.
            Some(asked) => Ok(asked.input.clone()),
            None => template::render(&node.config, &scope.at(node)),
        };
        let checked = rendered.and_then(|mut input| {
            if node.kind == Kind::Approval {
                approval::print(&mut input);
            }
            check(node.kind, &input, self.services)?;
            Ok(input)
        });
        match checked {
            Ok(input) => visit.record.input = input,
            Err(error) => return self.fail(visit, error, &transaction).await.map(|_| None),
        }
        if let Some(result) = mocked(run, &visit.record, situation.scopes.iteration()) {
            visit.record.mocked = true;
            let answered = match result {
                Ok(acted) if node.kind == Kind::Approval => {
                    Ok(approval::settled(acted.output, &visit.record.input))
                }
                Ok(acted) => Ok(("success", acted.output)),
                Err(error) if error.code == code::TIMEOUT && node.then.contains_key("timeout") => {
                    Ok(("timeout", unanswered()))
                }
                Err(error) => Err(error),
            };
            let error = match answered {
                Ok((port, output)) if node.then.contains_key(port) => {
                    visit.complete(port, output, self.services.now());
                    let path = self.follow(visit, scope, situation).await?;
                    // The next look finds the result, and tells the machine.
                    return self
                        .commit(path, situation, transaction)
                        .await
                        .map(|_| None);
                }
                // As with an answer that somebody gives.
                Ok((port, output)) => {
                    let error = answer::unforeseen(port, &output);
                    visit.record.output = output;
                    error
                }
                Err(error) => error,
            };
            return self.fail(visit, error, &transaction).await.map(|_| None);
        }
        let Some(token) = &self.token else {
            let message = "the machine gave no token to answer with";
            return Err(Error::step(code::VALIDATION_ERROR, message));
        };
        let Some(answers) = self.answers() else {
            let message = exhausted(&node.step).message;
            let error = StepError::new(code::VALIDATION_ERROR, message);
            return self.fail(visit, error, &transaction).await.map(|_| None);
        };
        let patience = self.plan.patience_seconds;
        let link_key = if node.kind == Kind::Approval {
            let org = &self.position.org;
            approval::link_key(self.services, org, &visit.record.input).await?
        } else {
            None
        };
        let sealed = match token::seal(self.services, &self.position.org, token).await {
            Ok(sealed) => sealed,
            Err(Error::Step(error)) => {
                return self.fail(visit, error, &transaction).await.map(|_| None);
            }
            Err(error @ Error::Store(_)) => return Err(error),
        };
        visit.record.status = RecordStatus::Waiting;
        visit.record.wait = Some(Wait {
            token: sealed,
            answers,
            workflow: run.name.clone(),
            expires_at: patience.map(|seconds| self.now.after(seconds.saturating_mul(1_000)).iso()),
            link_key,
            delegates: Vec::new(),
            is_untold: false,
        });
        let store = self.store();
        transaction
            .record(store, &visit.record, &visit.expect)
            .await?;
        transaction.only_if_open(store)?;
        if node.kind == Kind::Signal {
            let name = signal::name(&visit.record.input)?;
            transaction.listen(store, name, &self.position.at)?;
        }
        match transaction.commit(store).await? {
            Committed::Done => {
                self.asked(run, &visit.record).await?;
                Ok(Some(self.position.clone()))
            }
            Committed::Settled | Committed::Stale => Ok(None),
            Committed::Closed => Err(stop()),
        }
    }

    /// What happens once a question stands; it may happen again with a later attempt.
    async fn asked(&self, run: &Run, record: &Record) -> Result<(), Error> {
        let kind = self.plan.node.kind;
        if kind == Kind::Signal {
            let name = signal::name(&record.input)?;
            signal::deliver(self.services, &run.org, &run.run, name).await
        } else if kind == Kind::Subflow {
            subflow::start(self.services, run, record).await
        } else {
            approval::asked(self.services, run, record).await
        }
    }

    fn stop_listening(&self, own: &Record, transaction: &mut Transaction) -> Result<(), Error> {
        if self.plan.node.kind == Kind::Signal {
            let name = signal::name(&own.input)?;
            transaction.stop_listening(self.store(), name, &own.at)?;
        }
        Ok(())
    }

    /// Tells the machine an answer that was recorded before.
    pub(super) async fn tell(&self, own: &Record, result: &Position) -> Result<(), Error> {
        if let Some(token) = &self.token {
            answer::succeed(self.services, token, result).await?;
        }
        self.heard(own).await
    }

    /// Notes that the machine hears an answer from this invocation.
    pub(super) async fn heard(&self, own: &Record) -> Result<(), Error> {
        let Position { org, run, .. } = &self.position;
        answer::forget(self.services, org, run, own).await
    }

    /// The position behind each port; `None` where no visit can follow any more.
    fn answers(&self) -> Option<BTreeMap<String, Position>> {
        let node = &self.plan.node;
        if let Some(asked) = &self.asked {
            let ports = node.then.keys();
            return Some(
                ports
                    .map(|port| (port.clone(), asked.back.clone()))
                    .collect(),
            );
        }
        let next = self.position.at.next()?;
        let behind = |(port, then): (&String, &Then)| {
            let routes = match (node.choice_name(), then) {
                (Some(choice), Then::State(name) | Then::End(name)) => {
                    BTreeMap::from([(choice, name.clone())])
                }
                _ => BTreeMap::new(),
            };
            let position = Position {
                at: next.clone(),
                routes,
                values: BTreeMap::new(),
                caught: None,
                enter: None,
                ..self.position.clone()
            };
            (port.clone(), position)
        };
        Some(node.then.iter().map(behind).collect())
    }
}

/// What a visit gives that nobody answered.
fn unanswered() -> Value {
    json!({ "decision": "timeout", "approved": false })
}

/// Whether a rendered configuration can be asked.
fn check(kind: Kind, input: &Value, services: &Services) -> Result<(), StepError> {
    if kind == Kind::Approval {
        approval::check(input, services)
    } else if kind == Kind::Signal {
        signal::name(input).map(|_| ())
    } else {
        Ok(())
    }
}
