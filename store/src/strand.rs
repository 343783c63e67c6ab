//! What the iterations of a Map give, each at its place, and what a strand gave last.

use std::collections::BTreeSet;

use pawl_contract::{At, Kind, code};
use serde_json::Value;

use crate::attribute::{Item, parsed, required, string};
use crate::pages::Pages;
use crate::transaction::Guard;
use crate::{Error, Record, RecordStatus, Store, Transaction, key};

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
        let mut failed: Vec<Record> = Vec::new();
        while let Some(items) = pages.next().await? {
            for item in items {
                let record = self.record_from(&item).await?;
                // What was asked in a branch that was given up is over, and no reason.
                let code = record.error.as_ref().map(|error| error.code.as_str());
                if code != Some(code::STOP) {
                    failed.push(record);
                }
            }
        }
        // What failed in a branch fails what is around it in the same moment; where that did not fail, it was let go on.
        let places: BTreeSet<&str> = failed.iter().map(|record| record.at.as_str()).collect();
        let has_failed_all = |record: &&Record| {
            let mut around = record.at.around().skip(at.depth() + 1);
            around.all(|place| places.contains(place))
        };
        let first = failed.iter().filter(has_failed_all).min_by(|one, other| {
            let ends = one.completed_at.cmp(&other.completed_at);
            ends.then(other.at.depth().cmp(&one.at.depth()))
        });
        Ok(first.cloned())
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

    /// What the last step gave that gives something, in the strand in which a place lies.
    pub async fn last_of_strand(&self, org: &str, run: &str, at: &At) -> Result<Value, Error> {
        let pk = key::partition(org, run);
        self.last_given(&pk, at, Kind::gives).await
    }

    /// What the last completed step gave of the kinds that count, in the strand in which a place lies; null where there
    /// is none. A loop counts whose iterations ran side by side.
    pub(crate) async fn last_given(
        &self,
        pk: &str,
        at: &At,
        counts: fn(Kind) -> bool,
    ) -> Result<Value, Error> {
        let strand = at.strand(at.depth());
        let strand = strand.map_or_else(String::new, |strand| format!("{strand}/"));
        let query = self
            .beginning(pk, &format!("{}{strand}", key::RECORDS))
            .filter_expression("#status = :completed")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":completed", string("completed"))
            .scan_index_forward(false);
        let mut pages = Pages::of(query);
        while let Some(items) = pages.next().await? {
            for item in items {
                let found: Option<At> = parsed(&item, "at")?;
                let kind: Option<Kind> = parsed(&item, "kind")?;
                let is_here = found.is_some_and(|found| found.depth() == at.depth());
                let is_loop = kind == Some(Kind::Loop);
                if !is_here || !(is_loop || kind.is_some_and(counts)) {
                    continue;
                }
                let output = self.value(&item, "output").await?.unwrap_or_default();
                if !is_loop || is_gathered(&output) {
                    return Ok(output);
                }
            }
        }
        Ok(Value::Null)
    }
}

/// Whether a loop's output is what its iterations gave.
fn is_gathered(output: &Value) -> bool {
    output.get("results").is_some()
}

impl Record {
    /// Whether the visit gave something of its own.
    pub fn gives(&self) -> bool {
        let is_loop = self.kind == Some(Kind::Loop);
        self.status == RecordStatus::Completed
            && (self.kind.is_some_and(Kind::gives) || (is_loop && is_gathered(&self.output)))
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
