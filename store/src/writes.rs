//! What one step writes into our own records: each record once, however many calls of the step change it.

use std::collections::{BTreeMap, VecDeque};

use crate::business::{Business, Version};

/// Writes of business records that ride in one transaction.
///
/// A record that is written twice is written once: what the first write replaces, the last one's fields replace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Writes(BTreeMap<(String, String), Business>);

impl Writes {
    /// Adds a write.
    pub fn add(&mut self, mut write: Business) {
        let key = (write.collection.clone(), write.id.clone());
        if let Some(earlier) = self.0.get(&key) {
            write.replaces = earlier.replaces;
            write.events = told_together(&earlier.events, &write.events);
        }
        self.0.insert(key, write);
    }

    /// Adds the writes of a later call.
    pub fn extend(&mut self, later: Self) {
        for write in later.0.into_values() {
            self.add(write);
        }
    }

    /// The write of a record.
    pub fn get(&self, collection: &str, id: &str) -> Option<&Business> {
        self.0.get(&(collection.to_owned(), id.to_owned()))
    }

    /// Every write, by collection and id.
    pub fn iter(&self) -> impl Iterator<Item = &Business> {
        self.0.values()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The new records of a collection after an id, in the order in which a collection is read.
    pub(crate) fn created(
        &self,
        collection: &str,
        prefix: &str,
        after: Option<&str>,
    ) -> VecDeque<&Business> {
        let is_new = |write: &&Business| {
            write.collection == collection
                && write.id.starts_with(prefix)
                && write.replaces == Version::Absent
                && after.is_none_or(|after| write.id.as_str() > after)
        };
        self.iter().filter(is_new).collect()
    }
}

/// What is told of a record that is written twice: a new one was not changed too, and nothing is told twice.
fn told_together(earlier: &[&'static str], later: &[&'static str]) -> Vec<&'static str> {
    let is_new = earlier.iter().any(|event| event.ends_with(".created"));
    let mut events = earlier.to_vec();
    for event in later {
        let is_said = is_new && event.ends_with(".updated");
        if !is_said && !events.contains(event) {
            events.push(event);
        }
    }
    events
}

impl From<Business> for Writes {
    fn from(write: Business) -> Self {
        let mut writes = Self::default();
        writes.add(write);
        writes
    }
}
