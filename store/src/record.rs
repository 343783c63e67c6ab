//! The record of a visit: what a step was given, what it gave, and how it was left.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use pawl_contract::{At, Kind, Position, StepError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::attribute::{Item, count, json, number, parsed, place, required, string, text};
use crate::fetch::primary_key;
use crate::pages::Pages;
use crate::transaction::UNCLAIMED;
use crate::{Error, Items, Store, Wait, key};

/// How a visit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordStatus {
    /// It is about to act where nothing can be taken back.
    Claimed,
    /// It has asked, and waits for the answer.
    Waiting,
    /// It gave an output.
    Completed,
    /// Its last attempt failed.
    Failed,
    /// It did not run, since its `runIf` did not hold; only a last value says so.
    Skipped,
}

/// What a visit left at (run, at).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Where in the run.
    pub at: At,
    /// The step's slug.
    pub step: String,
    /// The step's name, where the author gave one.
    pub name: Option<String>,
    /// The step's kind; unknown where a visit failed before it could write anything.
    pub kind: Option<Kind>,
    /// How the visit stands.
    pub status: RecordStatus,
    /// How many attempts it took.
    pub attempts: u64,
    /// Which visit of the step it is, from 1.
    pub visit: u64,
    /// Where its values are read: the run, or an iteration of a Map.
    #[serde(skip)]
    pub scope: String,
    /// What the step was given.
    pub input: Value,
    /// What it gave.
    pub output: Value,
    /// Further facts, such as the model that answered and its usage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Value>,
    /// Why it failed.
    pub error: Option<StepError>,
    /// The port by which the step was left. A failed step has one once its `error` port was taken: it is settled then,
    /// and no later attempt can change it.
    pub port: Option<String>,
    /// The indexes of the enclosing loops, outermost first.
    pub iteration: Vec<u64>,
    /// Whether a mock stood in for the step.
    pub mocked: bool,
    /// When the last attempt began.
    pub started_at: String,
    /// When it ended.
    pub completed_at: Option<String>,
    /// The position that the invocation answered with; only on the record of a Task's own step.
    #[serde(skip)]
    pub result: Option<Position>,
    /// The invocation that claimed the visit.
    #[serde(skip)]
    pub nonce: Option<String>,
    /// Of a visit that waits, or has been answered: how the answer reaches the machine.
    #[serde(skip)]
    pub wait: Option<Wait>,
}

impl Store {
    /// The record at a place, from items fetched before.
    pub async fn record(&self, items: &Items, at: &At) -> Result<Option<Record>, Error> {
        match items.get(&key::record(at)) {
            Some(item) => self.record_from(item).await.map(Some),
            None => Ok(None),
        }
    }

    /// Every record of a run, in the order of `at`.
    pub async fn records(&self, org: &str, run: &str) -> Result<Vec<Record>, Error> {
        let mut records = Vec::new();
        let query = self.beginning(&key::partition(org, run), key::RECORDS);
        let mut pages = Pages::of(query);
        while let Some(items) = pages.next().await? {
            for item in items {
                records.push(self.record_from(&item).await?);
            }
        }
        Ok(records)
    }

    /// Claims a visit before an act that nothing can take back. Whether it is now this invocation's.
    pub async fn claim(
        &self,
        org: &str,
        run: &str,
        record: &Record,
        nonce: &str,
    ) -> Result<bool, Error> {
        let put = self.dynamodb.put_item().condition_expression(UNCLAIMED);
        let put = put.expression_attribute_values(":nonce", string(nonce));
        self.put_record(org, run, record, put).await
    }

    /// Puts a record at its place, if the condition holds that `put` brings along. Whether it did.
    pub(crate) async fn put_record(
        &self,
        org: &str,
        run: &str,
        record: &Record,
        put: PutItemFluentBuilder,
    ) -> Result<bool, Error> {
        let mut item = self.record_item(org, run, record).await?;
        item.extend(primary_key(
            &key::partition(org, run),
            &key::record(&record.at),
        ));
        let put = put.table_name(&self.table).set_item(Some(item));
        let Err(failed) = put.send().await else {
            return Ok(true);
        };
        let taken = failed
            .as_service_error()
            .is_some_and(PutItemError::is_conditional_check_failed_exception);
        if taken {
            Ok(false)
        } else {
            Err(Error::call("PutItem")(failed))
        }
    }

    pub(crate) async fn record_from(&self, item: &Item) -> Result<Record, Error> {
        let missing = |name: &str| Error::unreadable(place(item), format!("it has no `{name}`"));
        Ok(Record {
            at: parsed(item, "at")?.ok_or_else(|| missing("at"))?,
            step: required(item, "step")?.to_owned(),
            name: text(item, "name").map(str::to_owned),
            kind: parsed(item, "kind")?,
            status: parsed(item, "status")?.ok_or_else(|| missing("status"))?,
            attempts: count(item, "attempts")?,
            visit: count(item, "visit")?,
            scope: text(item, "scope").unwrap_or(key::ROOT).to_owned(),
            input: self.value(item, "input").await?.unwrap_or_default(),
            output: self.value(item, "output").await?.unwrap_or_default(),
            meta: self.value(item, "meta").await?,
            error: json(item, "error")?,
            port: text(item, "port").map(str::to_owned),
            iteration: json(item, "iteration")?.unwrap_or_default(),
            mocked: item
                .get("mocked")
                .and_then(|mocked| mocked.as_bool().ok())
                .copied()
                .unwrap_or(false),
            started_at: required(item, "startedAt")?.to_owned(),
            completed_at: text(item, "completedAt").map(str::to_owned),
            result: json(item, "result")?,
            nonce: text(item, "nonce").map(str::to_owned),
            wait: Wait::from_item(item)?,
        })
    }

    pub(crate) async fn record_item(
        &self,
        org: &str,
        run: &str,
        record: &Record,
    ) -> Result<Item, Error> {
        let mut item = Item::from([
            ("at".to_owned(), string(record.at.as_str())),
            ("step".to_owned(), string(&record.step)),
            ("status".to_owned(), string(word(&record.status))),
            ("attempts".to_owned(), number(record.attempts)),
            ("visit".to_owned(), number(record.visit)),
            ("input".to_owned(), self.keep(org, &record.input).await?),
            ("output".to_owned(), self.keep(org, &record.output).await?),
            (
                "iteration".to_owned(),
                string(json!(record.iteration).to_string()),
            ),
            (
                "mocked".to_owned(),
                aws_sdk_dynamodb::types::AttributeValue::Bool(record.mocked),
            ),
            ("startedAt".to_owned(), string(&record.started_at)),
        ]);
        if let Some(meta) = &record.meta {
            item.insert("meta".to_owned(), self.keep(org, meta).await?);
        }
        let texts = [
            ("name", record.name.clone()),
            ("kind", record.kind.map(|kind| kind.name().to_owned())),
            (
                "error",
                record.error.as_ref().map(|error| json!(error).to_string()),
            ),
            ("port", record.port.clone()),
            ("completedAt", record.completed_at.clone()),
            (
                "result",
                record
                    .result
                    .as_ref()
                    .map(|result| json!(result).to_string()),
            ),
            ("nonce", record.nonce.clone()),
            (
                "scope",
                Some(record.scope.clone()).filter(|scope| scope != key::ROOT),
            ),
        ];
        for (name, text) in texts {
            item.extend(text.map(|text| (name.to_owned(), string(text))));
        }
        if let Some(wait) = &record.wait {
            item.extend(wait.attributes(org, run, record));
        }
        Ok(item)
    }
}

/// The word by which a status stands in an item.
pub(crate) fn word<T: Serialize>(status: &T) -> String {
    let value = serde_json::to_value(status).expect("a status is a word");
    value.as_str().expect("a status is a word").to_owned()
}
