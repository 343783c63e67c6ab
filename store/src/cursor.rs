//! A sequential loop's list, and the cursor that goes through it.

use pawl_contract::At;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::attribute::{Item, json, string};
use crate::{Error, Items, LARGEST_INLINE, Store, key};

/// So many items of a long list share an object in S3.
pub const CHUNK: usize = 100;

/// A loop's place and item.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// The visit of the loop head that put the cursor here.
    pub at: At,
    /// The index of the item, from 0.
    pub index: u64,
    /// How many items the list has.
    pub count: u64,
    /// The item; null once the loop is done.
    pub item: Value,
    /// Whether every item has had its turn.
    pub done: bool,
}

/// Where a cursor stands, without its item.
#[derive(Serialize, Deserialize)]
struct Place {
    at: At,
    index: u64,
    count: u64,
    done: bool,
}

/// A loop's list: short ones in the item, long ones in S3, a hundred to an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum List {
    /// The items themselves.
    Inline(Vec<Value>),
    /// The keys of the objects that hold them.
    Chunks(Vec<String>),
}

impl Store {
    /// Puts a list where it fits; a long one goes to S3.
    pub async fn keep_list(&self, org: &str, items: &[Value]) -> Result<List, Error> {
        if json!(items).to_string().len() <= LARGEST_INLINE {
            return Ok(List::Inline(items.to_vec()));
        }
        let mut keys = Vec::new();
        for chunk in items.chunks(CHUNK) {
            let (key, _) = self.upload(org, json!(chunk).to_string()).await?;
            keys.push(key);
        }
        Ok(List::Chunks(keys))
    }

    /// One item of a list; `None` where the list is shorter. It reads one object at most.
    pub async fn nth(&self, list: &List, index: u64) -> Result<Option<Value>, Error> {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        match list {
            List::Inline(items) => Ok(items.get(index).cloned()),
            List::Chunks(keys) => {
                let Some(key) = keys.get(index / CHUNK) else {
                    return Ok(None);
                };
                let chunk = self.download(key).await?;
                Ok(chunk.get(index % CHUNK).cloned())
            }
        }
    }

    /// Every item of a list.
    pub async fn all(&self, list: &List) -> Result<Vec<Value>, Error> {
        let keys = match list {
            List::Inline(items) => return Ok(items.clone()),
            List::Chunks(keys) => keys,
        };
        let mut items = Vec::new();
        for key in keys {
            let Value::Array(chunk) = self.download(key).await? else {
                return Err(Error::unreadable(key, "it is no list"));
            };
            items.extend(chunk);
        }
        Ok(items)
    }

    /// A loop's cursor, from items fetched before.
    pub async fn cursor(
        &self,
        items: &Items,
        scope: &str,
        step: &str,
    ) -> Result<Option<Cursor>, Error> {
        let Some(item) = items.get(&key::cursor(scope, step)) else {
            return Ok(None);
        };
        let Some(place) = json::<Place>(item, "place")? else {
            return Ok(None);
        };
        let value = self.value(item, "item").await?.unwrap_or_default();
        Ok(Some(Cursor {
            at: place.at,
            index: place.index,
            count: place.count,
            item: value,
            done: place.done,
        }))
    }

    /// A variable's value, from items fetched before.
    pub async fn variable(
        &self,
        items: &Items,
        scope: &str,
        name: &str,
    ) -> Result<Option<Value>, Error> {
        match items.get(&key::variable(scope, name)) {
            Some(item) => self.value(item, "value").await,
            None => Ok(None),
        }
    }

    pub(crate) async fn cursor_item(&self, org: &str, cursor: &Cursor) -> Result<Item, Error> {
        let place = Place {
            at: cursor.at.clone(),
            index: cursor.index,
            count: cursor.count,
            done: cursor.done,
        };
        Ok(Item::from([
            ("place".to_owned(), string(json!(place).to_string())),
            ("item".to_owned(), self.keep(org, &cursor.item).await?),
        ]))
    }
}

impl Items {
    /// A loop's list.
    pub fn list(&self, scope: &str, step: &str) -> Result<Option<List>, Error> {
        match self.get(&key::list(scope, step)) {
            Some(item) => json(item, "list"),
            None => Ok(None),
        }
    }
}
