//! Documents: JSON under an id on a shelf of an organisation, written all together or not at all.
//!
//! ```text
//! acme#doc#workflows   welcome-email          a workflow, as its authors see it
//! acme#doc#versions    welcome-email#000003   one of its versions
//! acme#doc#audit       2026-01-31T...#7f3a    what somebody did
//! ```
//! A document has a revision, so that nobody overwrites what they have not seen.

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::attribute::{Item, count, number, required, string};
use crate::fetch::primary_key;
use crate::transaction::{MOST_TRIES, is_passing, reasons};
use crate::{Error, Key, Store, Window, key};

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document<T> {
    /// Its id on the shelf.
    pub id: String,
    /// How often it was written, from 1.
    pub revision: u64,
    /// What it says.
    pub value: T,
}

/// Documents of a shelf, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documents<T> {
    /// The documents.
    pub documents: Vec<Document<T>>,
    /// Where the next page begins; absent on the last one.
    pub cursor: Option<String>,
}

/// From which end a shelf is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// In the order of the ids.
    Forward,
    /// The last id first.
    Backward,
}

/// A change of one document.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    shelf: &'static str,
    id: String,
    value: Option<serde_json::Value>,
    replaces: Replaces,
    expires: Option<u64>,
}

/// Which document a change replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Replaces {
    /// None: there must be none.
    Nothing,
    /// The one with this revision.
    Revision(u64),
    /// Whatever is there.
    Anything,
}

impl Change {
    /// A document that must not exist yet.
    pub fn create<T: Serialize>(shelf: &'static str, id: impl Into<String>, value: &T) -> Self {
        Self::of(shelf, id.into(), Some(value), Replaces::Nothing)
    }

    /// A document in place of the one that was read.
    pub fn update<T: Serialize>(shelf: &'static str, document: &Document<T>) -> Self {
        let replaces = Replaces::Revision(document.revision);
        Self::of(shelf, document.id.clone(), Some(&document.value), replaces)
    }

    /// A document in place of whatever is there.
    pub fn put<T: Serialize>(shelf: &'static str, id: impl Into<String>, value: &T) -> Self {
        Self::of(shelf, id.into(), Some(value), Replaces::Anything)
    }

    /// No document in place of the one that was read.
    pub fn delete<T>(shelf: &'static str, document: &Document<T>) -> Self {
        let replaces = Replaces::Revision(document.revision);
        Self::of::<()>(shelf, document.id.clone(), None, replaces)
    }

    /// No document, whatever is there.
    pub fn remove(shelf: &'static str, id: impl Into<String>) -> Self {
        Self::of::<()>(shelf, id.into(), None, Replaces::Anything)
    }

    /// The change of a document that DynamoDB may forget from this second since 1970 on.
    #[must_use]
    pub fn until(mut self, seconds: u64) -> Self {
        self.expires = Some(seconds);
        self
    }

    fn of<T: Serialize>(
        shelf: &'static str,
        id: String,
        value: Option<&T>,
        replaces: Replaces,
    ) -> Self {
        let value = value.map(|value| {
            serde_json::to_value(value).expect("documents are made of what JSON can say")
        });
        Self {
            shelf,
            id,
            value,
            replaces,
            expires: None,
        }
    }
}

impl Change {
    /// The key of the document that it changes.
    pub(crate) fn key(&self, org: &str) -> Key {
        Key {
            pk: key::shelf(org, self.shelf),
            sk: self.id.clone(),
        }
    }
}

impl Store {
    /// A document, as it is now.
    pub async fn document<T: DeserializeOwned>(
        &self,
        org: &str,
        on: &'static str,
        id: &str,
    ) -> Result<Option<Document<T>>, Error> {
        // DynamoDB refuses an empty key, and nothing has one.
        if id.is_empty() {
            return Ok(None);
        }
        let pk = key::shelf(org, on);
        let items = self.fetch(&pk, [id.to_owned()]).await?;
        match items.get(id) {
            Some(item) => self.document_from(item).await.map(Some),
            None => Ok(None),
        }
    }

    /// The documents of a shelf that a test lets through.
    pub async fn documents<T: DeserializeOwned>(
        &self,
        org: &str,
        on: &'static str,
        window: &Window,
        direction: Direction,
        is_wanted: impl Fn(&Document<T>) -> bool,
    ) -> Result<Documents<T>, Error> {
        let pk = key::shelf(org, on);
        let mut start = window.cursor.as_deref().map(|id| primary_key(&pk, id));
        let mut found = Vec::new();
        loop {
            let query = self.beginning_or_all(&pk, &window.prefix);
            let query = query
                .scan_index_forward(direction == Direction::Forward)
                .set_exclusive_start_key(start);
            let answer = query.send().await.map_err(Error::call("Query"))?;
            for item in answer.items.unwrap_or_default() {
                let document = self.document_from(&item).await?;
                if !is_wanted(&document) {
                    continue;
                }
                // Only a document beyond the page shows that there is a next one.
                if found.len() >= window.limit {
                    let last = found.last().map(|last: &Document<T>| last.id.clone());
                    return Ok(Documents {
                        documents: found,
                        cursor: last,
                    });
                }
                found.push(document);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(Documents {
                    documents: found,
                    cursor: None,
                });
            }
        }
    }

    /// Makes changes, all or none. Whether they were made: where a document is not the one that was read, none is.
    pub async fn change(
        &self,
        org: &str,
        changes: impl IntoIterator<Item = Change>,
    ) -> Result<bool, Error> {
        let mut operations = Vec::new();
        for change in changes {
            operations.push(self.operation(org, change).await?);
        }
        self.write_all(&operations).await
    }

    /// Writes everything, or nothing. Whether it was written: where a condition does not hold, nothing is.
    pub(crate) async fn write_all(&self, operations: &[TransactWriteItem]) -> Result<bool, Error> {
        for tries in 0..MOST_TRIES {
            let request = self.dynamodb.transact_write_items();
            let request = request.set_transact_items(Some(operations.to_vec()));
            let Err(failed) = request.send().await else {
                return Ok(true);
            };
            let is_refused = |reason: &String| reason == "ConditionalCheckFailed";
            if reasons(&failed).iter().any(is_refused) {
                return Ok(false);
            }
            if !is_passing(&failed) {
                return Err(Error::call("TransactWriteItems")(failed));
            }
            self.back_off(tries).await;
        }
        Err(Error::Busy("TransactWriteItems"))
    }

    pub(crate) async fn operation(
        &self,
        org: &str,
        change: Change,
    ) -> Result<TransactWriteItem, Error> {
        let key = primary_key(&key::shelf(org, change.shelf), &change.id);
        let (condition, expected) = match change.replaces {
            Replaces::Nothing => (Some("attribute_not_exists(pk)"), None),
            Replaces::Revision(revision) => (Some("revision = :revision"), Some(revision)),
            Replaces::Anything => (None, None),
        };
        let values =
            expected.map(|revision| Item::from([(":revision".to_owned(), number(revision))]));
        let operation = TransactWriteItem::builder();
        let Some(value) = change.value else {
            let delete = Delete::builder().table_name(&self.table).set_key(Some(key));
            let delete = delete
                .set_condition_expression(condition.map(str::to_owned))
                .set_expression_attribute_values(values)
                .build();
            let delete = delete.map_err(Error::call("TransactWriteItems"))?;
            return Ok(operation.delete(delete).build());
        };
        let mut item = key;
        item.insert("value".to_owned(), self.keep(org, &value).await?);
        item.insert("revision".to_owned(), number(expected.unwrap_or(0) + 1));
        if let Some(seconds) = change.expires {
            item.insert("ttl".to_owned(), number(seconds));
        }
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = put
            .set_condition_expression(condition.map(str::to_owned))
            .set_expression_attribute_values(values)
            .build();
        let put = put.map_err(Error::call("TransactWriteItems"))?;
        Ok(operation.put(put).build())
    }

    async fn document_from<T: DeserializeOwned>(&self, item: &Item) -> Result<Document<T>, Error> {
        let id = required(item, "sk")?.to_owned();
        let value = self.value(item, "value").await?.unwrap_or_default();
        Ok(Document {
            revision: count(item, "revision")?,
            value: serde_json::from_value(value).map_err(|error| Error::unreadable(&id, error))?,
            id,
        })
    }

    fn beginning_or_all(
        &self,
        pk: &str,
        prefix: &str,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        if !prefix.is_empty() {
            return self.beginning(pk, prefix);
        }
        self.dynamodb
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", string(pk))
            .consistent_read(true)
    }
}
