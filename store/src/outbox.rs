//! What the bus is to be told: written with what it tells of, and removed once it was told.
//!
//! An item of events stands in the run's partition until the invocation that wrote it has put them on the bus. Where
//! that did not happen, the item is found in the index and told later, with the same ids.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::attribute::{Item, required, string};
use crate::fetch::primary_key;
use crate::schema::LISTS;
use crate::{Error, Key, Store};

/// The list of the index in which untold events stand.
const OUTBOX: &str = "outbox";

/// Something that happened, for whoever listens on the bus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The same however often it is told.
    pub id: String,
    /// What happened, such as `customer.created`: the bus's `detail-type`.
    pub name: String,
    /// When, as ISO 8601.
    pub time: String,
    /// What is told of it.
    pub detail: Value,
}

/// Events that were written and, as far as is known, not told.
#[derive(Debug, Clone, PartialEq)]
pub struct Untold {
    /// The item that holds them.
    pub key: Key,
    /// The events, in the order in which they happened.
    pub events: Vec<Event>,
}

impl Store {
    /// An item of events that happened at this time.
    pub(crate) async fn outbox_item(&self, org: &str, events: &[Event]) -> Result<Item, Error> {
        let time = events.first().map(|event| event.time.clone());
        let id = events.first().map(|event| event.id.clone());
        let place = format!("{}#{}", time.unwrap_or_default(), id.unwrap_or_default());
        Ok(Item::from([
            ("events".to_owned(), self.keep(org, &json!(events)).await?),
            ("gpk".to_owned(), string(OUTBOX)),
            ("gsk".to_owned(), string(place)),
        ]))
    }

    /// Events that happened before this time, as ISO 8601, and were not told; the oldest first, and not all at once.
    pub async fn untold(&self, before: &str) -> Result<Vec<Untold>, Error> {
        let query = self
            .dynamodb
            .query()
            .table_name(&self.table)
            .index_name(LISTS)
            .key_condition_expression("gpk = :outbox AND gsk < :before")
            .expression_attribute_values(":outbox", string(OUTBOX))
            .expression_attribute_values(":before", string(before));
        let answer = query.send().await.map_err(Error::call("Query"))?;
        let mut untold = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let key = Key {
                pk: required(&item, "pk")?.to_owned(),
                sk: required(&item, "sk")?.to_owned(),
            };
            let events = self.value(&item, "events").await?.unwrap_or_default();
            let events = serde_json::from_value(events)
                .map_err(|error| Error::unreadable(&key.sk, error))?;
            untold.push(Untold { key, events });
        }
        Ok(untold)
    }

    /// Forgets events that were told.
    pub async fn told(&self, key: &Key) -> Result<(), Error> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(primary_key(&key.pk, &key.sk)));
        let deleted = delete.send().await;
        deleted.map(|_| ()).map_err(Error::call("DeleteItem"))
    }
}
