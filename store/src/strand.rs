//! What the iterations of a Map give, each at its place, and what a strand gave last.

use pawl_contract::{At, code};
use serde_json::Value;

use crate::attribute::{Item, parsed, required, string, text};
use crate::pages::Pages;
use crate::transaction::Guard;
use crate::{Error, Record, Store, Transaction, key};

/// What an iteration came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// What its last step gave.
    Output(Value),
    /// Why it failed.
    Error(Value),
}

impl Store {
    /// What the iterations of the Map at a place came to, with the index of each.
    pub async fn given(&self, org: &str, run: &str, map: &At) -> Result<Vec<(u64, Given)>, Error> {
        let begins = key::given(&format!("{map}/"));
        let query = self.beginning(&key::partition(org, run), &begins);
        let mut pages = Pages::of(query);
        let mut found = Vec::new();
        while let Some(items) = pages.next().await? {
            for item in items {
                let index = required(&item, "sk")?.strip_prefix(&begins);
                // Iterations of a Map inside of this one have longer places.
                let Some(index) = index.and_then(|index| index.parse().ok()) else {
                    continue;
                };
                let given = match self.value(&item, "error").await? {
                    Some(error) => Given::Error(error),
                    None => Given::Output(self.value(&item, "output").await?.unwrap_or_default()),
                };
                found.push((index, given));
            }
        }
        Ok(found)
    }

    /// The first failure inside of a place that nothing caught.
    pub async fn failed_inside(
        &self,
        org: &str,
        run: &str,
        at: &At,
    ) -> Result<Option<Record>, Error> {
        let begins = format!("{}{at}/", key::RECORDS);
        let query = self
            .beginning(&key::partition(org, run), &begins)
            .filter_expression("#status = :failed AND attribute_not_exists(port)")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":failed", string("failed"));
        let mut pages = Pages::of(query);
        let mut first: Option<Record> = None;
        while let Some(items) = pages.next().await? {
            for item in items {
                let record = self.record_from(&item).await?;
                // What was asked in a branch that was given up is over, and no reason.
                let code = record.error.as_ref().map(|error| error.code.as_str());
                if code == Some(code::STOP) {
                    continue;
                }
                // What failed in a branch fails what is around it in the same moment.
                let earlier = |first: &Record| {
                    let ends = record.completed_at.cmp(&first.completed_at);
                    ends.then(first.at.depth().cmp(&record.at.depth())).is_lt()
                };
                let is_earlier = first.as_ref().is_none_or(earlier);
                if is_earlier {
                    first = Some(record);
                }
            }
        }
        Ok(first)
    }

    /// Forgets the failures of parallel steps and loops whose strands are tried again: how that ends says more.
    pub async fn forget_failed_strands(&self, org: &str, run: &str) -> Result<(), Error> {
        let pk = key::partition(org, run);
        let query = self
            .beginning(&pk, key::RECORDS)
            .filter_expression(
                "#status = :failed AND attribute_not_exists(kind) AND attribute_not_exists(port)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":failed", string("failed"));
        let mut pages = Pages::of(query);
        while let Some(items) = pages.next().await? {
            for item in items {
                let mut transaction = Transaction::new(org, run);
                transaction.delete(self, required(&item, "sk")?.to_owned())?;
                transaction.commit(self).await?;
            }
        }
        Ok(())
    }

    /// What the last step of a strand gave that gives something.
    pub async fn last_of_strand(&self, org: &str, run: &str, at: &At) -> Result<Value, Error> {
        let strand = at.strand(at.depth()).unwrap_or_default();
        let begins = format!("{}{strand}/", key::RECORDS);
        let query = self
            .beginning(&key::partition(org, run), &begins)
            .filter_expression(
                "#status = :completed AND (NOT kind IN (:condition, :loop, :delay, :parallel) OR #port = :done)",
            )
            .expression_attribute_names("#port", "port")
            .expression_attribute_values(":done", string("done"))
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":completed", string("completed"))
            .expression_attribute_values(":condition", string("condition"))
            .expression_attribute_values(":loop", string("loop"))
            .expression_attribute_values(":delay", string("delay"))
            .expression_attribute_values(":parallel", string("parallel"))
            .scan_index_forward(false);
        let mut pages = Pages::of(query);
        while let Some(items) = pages.next().await? {
            for item in items {
                let found: Option<At> = parsed(&item, "at")?;
                if found.is_none_or(|found| found.depth() != at.depth()) {
                    continue;
                }
                let output = self.value(&item, "output").await?.unwrap_or_default();
                // A loop gives something where its iterations ran side by side.
                let is_done = text(&item, "port") == Some("done");
                if !is_done || output.get("results").is_some() {
                    return Ok(output);
                }
            }
        }
        Ok(Value::Null)
    }
}

impl Transaction {
    /// Writes what the iteration came to in which a place lies.
    pub async fn give(&mut self, store: &Store, at: &At, given: &Given) -> Result<(), Error> {
        let (name, value) = match given {
            Given::Output(output) => ("output", output),
            Given::Error(error) => ("error", error),
        };
        let item = Item::from([(name.to_owned(), store.keep(self.org(), value).await?)]);
        let strand = at.strand(at.depth()).unwrap_or_default();
        let put = aws_sdk_dynamodb::types::Put::builder();
        self.put(store, key::given(strand), item, Guard::Visit, put)
    }
}
