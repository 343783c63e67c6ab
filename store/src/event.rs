//! What a run's language models say and do while they answer, for those who watch.
//!
//! ```text
//! acme#run-1   e#000003#0001#0001.1763712000000.01#000000   the first batch of a model's first turn at 000003
//! ```
//! A turn that is tried again has a later try in its keys; readers see the latest alone.

use pawl_contract::At;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::attribute::{Item, count, json as parse, number, parsed, required, string};
use crate::fetch::primary_key;
use crate::pages::Pages;
use crate::{Error, Store, key};

/// Something that happened while a model answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Told {
    /// The model said a part of its answer.
    Delta {
        /// The part.
        text: String,
    },
    /// The model asked for a tool.
    ToolCall {
        /// The tool.
        tool: String,
        /// What it is called with.
        arguments: Value,
    },
    /// A tool answered.
    ToolResult {
        /// The tool.
        tool: String,
        /// Whether it failed.
        failed: bool,
        /// The beginning of what it answered.
        preview: String,
    },
}

/// Events that were written together.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// The visit.
    pub at: At,
    /// The step.
    pub step: String,
    /// Which turn of the visit it is, from 1.
    pub turn: u64,
    /// Which try of the turn, in the order of the text.
    #[serde(rename = "try")]
    pub attempt: String,
    /// Which batch of the try, from 0.
    pub sequence: u64,
    /// When it was written.
    pub written_at: String,
    /// The events, in order.
    pub events: Vec<Told>,
}

impl Store {
    /// Writes a batch of events.
    pub async fn emit(&self, org: &str, run: &str, batch: &Batch) -> Result<(), Error> {
        let Batch {
            at,
            turn,
            attempt,
            sequence,
            ..
        } = batch;
        let sk = key::event(at, *turn, attempt, *sequence);
        let mut item = Item::from([
            ("at".to_owned(), string(at.as_str())),
            ("step".to_owned(), string(&batch.step)),
            ("turn".to_owned(), number(*turn)),
            ("try".to_owned(), string(attempt)),
            ("sequence".to_owned(), number(*sequence)),
            ("writtenAt".to_owned(), string(&batch.written_at)),
            ("events".to_owned(), string(json!(batch.events).to_string())),
        ]);
        item.extend(primary_key(&key::partition(org, run), &sk));
        let put = self.dynamodb.put_item().table_name(&self.table);
        let put = put.set_item(Some(item)).send().await;
        put.map(|_| ()).map_err(Error::call("PutItem"))
    }

    /// The events of a run: of every turn its latest try, in order.
    pub async fn events(&self, org: &str, run: &str) -> Result<Vec<Batch>, Error> {
        let mut batches = Vec::new();
        let query = self.beginning(&key::partition(org, run), key::EVENTS);
        let mut pages = Pages::of(query);
        while let Some(items) = pages.next().await? {
            for item in items {
                batches.push(batch_from(&item)?);
            }
        }
        Ok(latest(batches))
    }
}

/// What is left when only the latest try of each turn counts. The batches stand in the order of their keys.
fn latest(batches: Vec<Batch>) -> Vec<Batch> {
    let mut kept: Vec<Batch> = Vec::new();
    for batch in batches {
        let is_earlier = |one: &Batch| {
            one.at == batch.at && one.turn == batch.turn && one.attempt != batch.attempt
        };
        while kept.last().is_some_and(is_earlier) {
            kept.pop();
        }
        kept.push(batch);
    }
    kept
}

pub(crate) fn batch_from(item: &Item) -> Result<Batch, Error> {
    let unreadable = || Error::unreadable("an event", "it has no `at`");
    Ok(Batch {
        at: parsed(item, "at")?.ok_or_else(unreadable)?,
        step: required(item, "step")?.to_owned(),
        turn: count(item, "turn")?,
        attempt: required(item, "try")?.to_owned(),
        sequence: count(item, "sequence")?,
        written_at: required(item, "writtenAt")?.to_owned(),
        events: parse(item, "events")?.unwrap_or_default(),
    })
}
