//! A look at what has happened in a run from a place on: its records without their values, and what its models said.

use aws_sdk_dynamodb::types::AttributeValue;
use pawl_contract::At;
use serde_json::Value;

use crate::attribute::Item;
use crate::event::batch_from;
use crate::pages::Pages;
use crate::{Batch, Error, Record, Run, Store, key};

/// What stands behind every key of its kind.
const LAST: char = '~';

/// A record as a look finds it: `input`, `output` and `meta` are not read.
#[derive(Debug, Clone)]
pub struct Sight {
    /// The record.
    pub record: Record,
    output: Option<AttributeValue>,
}

/// Where the events of a visit are read on: behind those of this turn, try and number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventMark {
    /// The turn.
    pub turn: u64,
    /// The try.
    pub attempt: String,
    /// The batch.
    pub sequence: u64,
}

/// What one page of a look holds, in the order of places.
#[derive(Debug, Clone, Default)]
pub struct Glance {
    /// The records.
    pub sights: Vec<Sight>,
    /// What models said up to the last of them; on the last page everything.
    pub batches: Vec<Batch>,
}

/// A look, page by page.
pub struct Look {
    org: String,
    run: String,
    pages: Pages,
    ahead: Option<Vec<Item>>,
    /// The key from which events are read.
    events: String,
}

impl Sight {
    /// A record as it would be found.
    pub fn of(record: Record) -> Self {
        Self {
            record,
            output: None,
        }
    }
}

impl Look {
    /// The next page; none behind the last one.
    ///
    /// The events are read after the records, so that a visit that is found settled has all of its events.
    pub async fn next(&mut self, store: &Store) -> Result<Option<Glance>, Error> {
        let Some(items) = self.ahead.take() else {
            return Ok(None);
        };
        self.ahead = self.pages.next().await?;
        let mut glance = Glance::default();
        for mut item in items {
            let output = item.remove("output");
            item.remove("input");
            item.remove("meta");
            let record = store.record_from(&item).await?;
            glance.sights.push(Sight { record, output });
        }
        let end = match glance.sights.last() {
            Some(last) if self.ahead.is_some() => {
                format!("{}{}#{LAST}", key::EVENTS, last.record.at)
            }
            _ => format!("{}{LAST}", key::EVENTS),
        };
        let mut pages = Pages::of(store.between(&self.org, &self.run, &self.events, &end));
        while let Some(items) = pages.next().await? {
            for item in items {
                glance.batches.push(batch_from(&item)?);
            }
        }
        self.events = end;
        Ok(Some(glance))
    }
}

impl Store {
    /// Looks at a run's visits from a place on, and at what was said there behind a mark.
    pub async fn look(
        &self,
        org: &str,
        run: &str,
        from: &At,
        behind: Option<&EventMark>,
    ) -> Result<Look, Error> {
        let last = format!("{}{LAST}", key::RECORDS);
        let mut pages = Pages::of(self.between(org, run, &key::record(from), &last));
        let ahead = pages.next().await?;
        let events = match behind {
            None => format!("{}{from}", key::EVENTS),
            Some(mark) => key::event(from, mark.turn, &mark.attempt, mark.sequence + 1),
        };
        Ok(Look {
            org: org.to_owned(),
            run: run.to_owned(),
            pages,
            ahead,
            events,
        })
    }

    /// What the visit gave that was found.
    pub async fn output_at(&self, sight: &Sight) -> Result<Value, Error> {
        let Some(output) = sight.output.clone() else {
            return Ok(Value::Null);
        };
        let item = Item::from([("output".to_owned(), output)]);
        Ok(self.value(&item, "output").await?.unwrap_or_default())
    }

    /// A run as it is now, without what it was started with where that is large.
    pub async fn run_without_input(&self, org: &str, run: &str) -> Result<Option<Run>, Error> {
        let items = self
            .fetch(&key::partition(org, run), [key::RUN.to_owned()])
            .await?;
        self.run_for(&items, || false).await
    }
}
