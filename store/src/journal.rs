//! The journal of a run: what was told of it to those who watch, in the order that holds for all of them.
//!
//! ```text
//! acme#run-1   j#00000000000000000001   events 1 to 3
//! acme#run-1   j#00000000000000000004   events 4 and 5
//! ```
//! An entry is written once, by whoever comes first, and never changes.
//! `docs/decisions/how-a-stream-is-resumed.md` says why.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use serde_json::Value;

use crate::attribute::{Item, count, number, required, string};
use crate::fetch::primary_key;
use crate::pages::Pages;
use crate::{Error, Store, key};

/// So many entries are read at once,
const ENTRIES_AT_ONCE: i32 = 50;
/// as long as they hold no more bytes than this.
const BYTES_AT_ONCE: usize = 128 * 1024;

/// Events that were told together.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The number of the first of them; a run's first event has the number 1.
    pub first: u64,
    /// The events, in order.
    pub events: Vec<Value>,
}

impl Entry {
    /// The number of the event behind the last of them.
    pub fn next(&self) -> u64 {
        self.first + u64::try_from(self.events.len()).unwrap_or_default()
    }
}

impl Store {
    /// Writes down what is told. Whether it was: somebody else may have told something under this number before.
    pub async fn tell(&self, org: &str, run: &str, entry: &Entry) -> Result<bool, Error> {
        let events = Value::Array(entry.events.clone());
        let mut item = Item::from([
            ("first".to_owned(), number(entry.first)),
            ("events".to_owned(), self.keep(org, &events).await?),
        ]);
        let key = primary_key(&key::partition(org, run), &key::entry(entry.first));
        item.extend(key);
        let put = self.dynamodb.put_item().table_name(&self.table);
        let put = put
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)");
        let Err(failed) = put.send().await else {
            return Ok(true);
        };
        let is_taken = failed
            .as_service_error()
            .is_some_and(PutItemError::is_conditional_check_failed_exception);
        if is_taken {
            Ok(false)
        } else {
            Err(Error::call("PutItem")(failed))
        }
    }

    /// The next entries of which the first begins with this number or a later one; none where nothing more was told.
    pub async fn told_from(&self, org: &str, run: &str, first: u64) -> Result<Vec<Entry>, Error> {
        let query = self
            .between(org, run, &key::entry(first), &key::entry(u64::MAX))
            .limit(ENTRIES_AT_ONCE);
        let found = Pages::of(query).next().await?;
        let (mut entries, mut bytes) = (Vec::new(), 0);
        for item in found.unwrap_or_default() {
            let entry = self.entry_from(&item).await?;
            let sizes = entry.events.iter().map(|event| event.to_string().len());
            bytes += sizes.sum::<usize>();
            entries.push(entry);
            if bytes > BYTES_AT_ONCE {
                break;
            }
        }
        Ok(entries)
    }

    /// The entry that holds the event with this number.
    pub async fn told_with(
        &self,
        org: &str,
        run: &str,
        number: u64,
    ) -> Result<Option<Entry>, Error> {
        let query = self
            .between(org, run, &key::entry(0), &key::entry(number))
            .scan_index_forward(false)
            .limit(1);
        let found = Pages::of(query).next().await?.unwrap_or_default();
        let Some(item) = found.first() else {
            return Ok(None);
        };
        let entry = self.entry_from(item).await?;
        Ok(Some(entry).filter(|entry| number < entry.next()))
    }

    async fn entry_from(&self, item: &Item) -> Result<Entry, Error> {
        let unreadable =
            || Error::unreadable(required(item, "sk").unwrap_or_default(), "no events");
        let events = self.value(item, "events").await?;
        let Some(Value::Array(events)) = events else {
            return Err(unreadable());
        };
        Ok(Entry {
            first: count(item, "first")?,
            events,
        })
    }

    /// The items of a run whose sort keys lie between two, both included, as they are now.
    pub(crate) fn between(
        &self,
        org: &str,
        run: &str,
        first: &str,
        last: &str,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.dynamodb
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", string(key::partition(org, run)))
            .expression_attribute_values(":first", string(first))
            .expression_attribute_values(":last", string(last))
            .consistent_read(true)
    }
}
