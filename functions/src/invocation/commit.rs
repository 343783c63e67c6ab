//! The one transaction of an invocation, and the position that it answers with.

use std::collections::BTreeMap;

use pawl_contract::Position;
use pawl_store::{
    Close, Committed, Event, Given, Latest, Record, RecordStatus, Run, RunStatus, Transaction,
};
use serde_json::{Number, Value, json};

use super::situation::Situation;
use super::tree::{Ending, Path, exhausted};
use super::visit::Visit;
use super::{Invocation, stop};
use crate::Error;
use crate::events::{self, News, Occasion};
use crate::metrics;
use crate::pure::Effect;

impl Invocation<'_> {
    /// Writes what a path did, and answers with where it leads.
    pub(super) async fn commit(
        &self,
        mut path: Path,
        situation: &Situation,
        transaction: Transaction,
    ) -> Result<Option<Position>, Error> {
        let next = path.last().at.next();
        if next.is_none() && matches!(path.ending, Ending::State) {
            let exhausted = exhausted(&path.last().step);
            path.ending = Ending::Failed(RunStatus::Failed, exhausted);
        }
        // An end needs no next place; the last one will do.
        let at = next.unwrap_or_else(|| path.last().at.clone());
        let answer = Position {
            at,
            routes: std::mem::take(&mut path.routes),
            values: numbers(&path),
            caught: None,
            enter: None,
            ..self.position.clone()
        };
        let is_failed = matches!(path.ending, Ending::Failed(..));
        // Without a result the visit is evaluated again when the run is resumed.
        path.host.record.result = (!is_failed).then(|| answer.clone());
        let is_open = situation.run.as_ref().is_some_and(Run::is_open);
        let mut whole = self.writes(&path, transaction.clone()).await?;
        let mut events = self.happened(&path.host);
        if self.ends_iteration() && matches!(path.ending, Ending::End) {
            let failed = path.last().status == RecordStatus::Failed;
            let given = if failed {
                failure(path.last())
            } else {
                Given::Output(self.last_given(&path).await?)
            };
            whole.give(self.store(), &self.position.at, &given).await?;
        }
        let close = match &path.ending {
            _ if !(self.is_root() && is_open) => None,
            Ending::State => None,
            Ending::End => Some(self.close(RunStatus::Completed, None)),
            Ending::Failed(status, error) => Some(self.close(*status, Some(error.clone()))),
        };
        if let Some(close) = &close {
            events.extend(self.write_end(situation.run.as_ref(), close, &mut whole)?);
        }
        let news = self.announce(events, &mut whole).await?;
        match whole.commit(self.store()).await? {
            Committed::Done => {
                self.count(&path, situation, close.as_ref());
                news.tell(self.services).await;
                if let (false, Some(run)) = (matches!(path.ending, Ending::State), &situation.run) {
                    self.closed(run).await?;
                }
                if is_failed {
                    Err(stop())
                } else {
                    Ok(Some(answer))
                }
            }
            Committed::Settled | Committed::Stale => Ok(None),
            // Someone closed the run meanwhile. What was done is done, and the record says so.
            Committed::Closed => {
                path.host.record.result = None;
                path.riders.clear();
                let mut rest = self.writes(&path, transaction).await?;
                let news = self.announce(self.happened(&path.host), &mut rest).await?;
                if rest.commit(self.store()).await? == Committed::Done {
                    news.tell(self.services).await;
                }
                Err(stop())
            }
        }
    }

    /// Tells the log what a path did.
    fn count(&self, path: &Path, situation: &Situation, close: Option<&Close>) {
        for visit in std::iter::once(&path.host).chain(&path.riders) {
            let (workflow, run) = (&self.plan.workflow, &self.position.run);
            metrics::visited(self.services, workflow, run, &visit.record);
        }
        if let (Some(run), Some(close)) = (&situation.run, close) {
            metrics::run_ended(self.services, run, close);
        }
    }

    /// Everything that a path writes, besides the run's end.
    async fn writes(
        &self,
        path: &Path,
        mut transaction: Transaction,
    ) -> Result<Transaction, Error> {
        self.write(&path.host, &mut transaction).await?;
        for rider in &path.riders {
            // Where the path fails, what rode along leaves only its records: a resumed run evaluates it again, from
            // the scope as the host left it.
            if matches!(path.ending, Ending::Failed(..)) {
                transaction
                    .record(self.store(), &rider.record, &rider.expect)
                    .await?;
            } else {
                self.write(rider, &mut transaction).await?;
            }
        }
        Ok(transaction)
    }

    /// Whether a strand that ends here is an iteration of a Map.
    pub(super) fn ends_iteration(&self) -> bool {
        let innermost = self.plan.maps.last();
        innermost.is_some_and(|map| map.depth == self.position.at.depth())
    }

    /// What the last step gave that gives something, on this path or before it.
    async fn last_given(&self, path: &Path) -> Result<Value, Error> {
        let visits = std::iter::once(&path.host).chain(&path.riders);
        let mut given = visits.rev().filter(|visit| visit.record.gives());
        if let Some(visit) = given.next() {
            return Ok(visit.record.output.clone());
        }
        let Position { org, run, at, .. } = &self.position;
        Ok(self.store().last_of_strand(org, run, at).await?)
    }

    /// What the bus is told of what a visit writes.
    fn happened(&self, visit: &Visit) -> Vec<Event> {
        events::of_writes(&visit.writes, &self.occasion())
    }

    /// What the bus is told of the run's end.
    pub(super) fn ended(&self, run: Option<&Run>, close: &Close) -> Option<Event> {
        events::of_end(run, close, &self.occasion())
    }

    fn occasion(&self) -> Occasion<'_> {
        Occasion {
            org: &self.position.org,
            run: &self.position.run,
            workflow: &self.plan.workflow,
            key: &self.nonce,
            time: self.now,
        }
    }

    /// Writes what is to be told along with what it tells of.
    pub(super) async fn announce(
        &self,
        events: Vec<Event>,
        transaction: &mut Transaction,
    ) -> Result<News, Error> {
        News::write(events, &self.nonce, transaction, self.services).await
    }

    /// Everything that one visit writes.
    pub(super) async fn write(
        &self,
        visit: &Visit,
        transaction: &mut Transaction,
    ) -> Result<(), Error> {
        let store = self.store();
        let record = &visit.record;
        let scope = &record.scope;
        transaction.record(store, record, &visit.expect).await?;
        transaction
            .latest(store, scope, &record.step, &Latest::of(record))
            .await?;
        for effect in &visit.effects {
            match effect {
                Effect::Variable(name, value) => {
                    transaction.variable(store, scope, name, value).await?;
                }
                Effect::Secret(name, sealed) => transaction.secret(store, scope, name, sealed)?,
                Effect::Keep(kept) => transaction.keep(store, kept).await?,
                Effect::List(_, list) => transaction.list(store, scope, &record.step, list)?,
                Effect::Cursor(cursor) => {
                    transaction
                        .cursor(store, scope, &record.step, cursor)
                        .await?;
                }
                Effect::Skip(slug, latest) => {
                    transaction.latest(store, scope, slug, latest).await?;
                }
                Effect::Output => transaction.output(store, &record.at)?,
                // One stands in the position, the other in the record.
                Effect::Number(_) | Effect::Note(_) => {}
            }
        }
        for write in visit.writes.iter() {
            transaction.business(store, write).await?;
        }
        Ok(())
    }
}

/// What an iteration came to by a visit that failed.
pub(super) fn failure(failed: &Record) -> Given {
    let error = failed.error.as_ref();
    Given::Error(json!({
        "step": failed.step,
        "code": error.map(|error| &error.code),
        "message": error.map(|error| &error.message),
    }))
}

/// The numbers that the machine needs, by step.
fn numbers(path: &Path) -> BTreeMap<String, Number> {
    let visits = std::iter::once(&path.host).chain(&path.riders);
    let effects = visits.flat_map(|visit| {
        let step = &visit.record.step;
        visit.effects.iter().map(move |effect| (step, effect))
    });
    effects
        .filter_map(|(step, effect)| match effect {
            Effect::Number(number) => Some((step.clone(), number.clone())),
            Effect::Variable(..)
            | Effect::List(..)
            | Effect::Cursor(_)
            | Effect::Secret(..)
            | Effect::Keep(_)
            | Effect::Skip(..)
            | Effect::Note(_)
            | Effect::Output => None,
        })
        .collect()
}
