//! A step's latest value: what `steps.<slug>` reads.

use pawl_contract::{At, Kind, StepError};
use serde_json::{Value, json};

use crate::attribute::{Item, count, json, number, parsed, string, text};
use crate::record::{Record, RecordStatus, word};
use crate::{Error, Items, Store, key};

/// What the last visit of a step left in a scope.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest {
    /// The visit.
    pub at: At,
    /// How many visits the step has had; a retried one counts once.
    pub visits: u64,
    /// The step's name, where the author gave one.
    pub name: Option<String>,
    /// The step's kind; unknown where a visit failed before it could write anything.
    pub kind: Option<Kind>,
    /// How the visit ended.
    pub status: RecordStatus,
    /// What it gave.
    pub output: Value,
    /// What it noted beside that.
    pub meta: Option<Value>,
    /// Why it failed.
    pub error: Option<StepError>,
}

impl Latest {
    /// What a record leaves for later steps.
    pub fn of(record: &Record) -> Self {
        Self {
            at: record.at.clone(),
            visits: record.visit,
            name: record.name.clone(),
            kind: record.kind,
            status: record.status,
            output: record.output.clone(),
            meta: record.meta.clone(),
            error: record.error.clone(),
        }
    }

    /// The value of `steps.<slug>`.
    pub fn envelope(&self) -> Value {
        json!({
            "stepType": self.kind.map(Kind::name),
            "name": self.name,
            "status": self.status,
            "output": self.output,
            "meta": self.meta,
            "error": self.error,
            "visits": self.visits,
        })
    }
}

/// How often a step was visited, and where last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visits {
    /// The last visit.
    pub at: At,
    /// How many there were.
    pub count: u64,
}

impl Visits {
    /// The count that includes a visit at this place: a retried visit counts once.
    pub fn including(last: Option<&Self>, at: &At) -> u64 {
        match last {
            Some(last) if last.at == *at => last.count,
            Some(last) => last.count + 1,
            None => 1,
        }
    }
}

impl Items {
    /// How often a step was visited.
    pub fn visits(&self, scope: &str, step: &str) -> Result<Option<Visits>, Error> {
        let Some(item) = self.get(&key::latest(scope, step)) else {
            return Ok(None);
        };
        Ok(Some(Visits {
            at: required_at(item)?,
            count: count(item, "visits")?,
        }))
    }
}

impl Store {
    /// A step's latest value, from items fetched before.
    pub async fn latest(
        &self,
        items: &Items,
        scope: &str,
        step: &str,
    ) -> Result<Option<Latest>, Error> {
        let Some(item) = items.get(&key::latest(scope, step)) else {
            return Ok(None);
        };
        Ok(Some(Latest {
            at: required_at(item)?,
            visits: count(item, "visits")?,
            name: text(item, "name").map(str::to_owned),
            kind: parsed(item, "kind")?,
            status: parsed(item, "status")?.unwrap_or(RecordStatus::Completed),
            output: self.value(item, "output").await?.unwrap_or_default(),
            meta: self.value(item, "meta").await?,
            error: json(item, "error")?,
        }))
    }

    pub(crate) async fn latest_item(&self, org: &str, latest: &Latest) -> Result<Item, Error> {
        let mut item = Item::from([
            ("at".to_owned(), string(latest.at.as_str())),
            ("visits".to_owned(), number(latest.visits)),
            ("status".to_owned(), string(word(&latest.status))),
            ("output".to_owned(), self.keep(org, &latest.output).await?),
        ]);
        if let Some(meta) = &latest.meta {
            item.insert("meta".to_owned(), self.keep(org, meta).await?);
        }
        item.extend(
            latest
                .name
                .as_ref()
                .map(|name| ("name".to_owned(), string(name))),
        );
        item.extend(
            latest
                .kind
                .map(|kind| ("kind".to_owned(), string(kind.name()))),
        );
        item.extend(
            latest
                .error
                .as_ref()
                .map(|error| ("error".to_owned(), string(json!(error).to_string()))),
        );
        Ok(item)
    }
}

fn required_at(item: &Item) -> Result<At, Error> {
    parsed(item, "at")?
        .ok_or_else(|| Error::unreadable(crate::attribute::place(item), "it has no `at`"))
}
