//! One strongly consistent look at many items of a run.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use aws_sdk_dynamodb::types::builders::KeysAndAttributesBuilder;

use crate::attribute::{Item, required, string, text};
use crate::{Error, Store, key};

/// So many keys fit one BatchGetItem.
const MOST_KEYS: usize = 100;

/// How often keys that DynamoDB left out are asked for again.
const MOST_TRIES: u32 = 12;

/// Items of one partition, by sort key.
#[derive(Debug, Clone, Default)]
pub struct Items(BTreeMap<String, Item>);

impl Items {
    /// The item with this sort key.
    pub(crate) fn get(&self, sk: &str) -> Option<&Item> {
        self.0.get(sk)
    }

    /// Whether there is an item with this sort key.
    pub fn has(&self, sk: &str) -> bool {
        self.0.contains_key(sk)
    }

    /// A secure variable, encrypted, from the first of some scopes that has it.
    pub fn secret<'scope>(
        &self,
        scopes: impl IntoIterator<Item = &'scope str>,
        name: &str,
    ) -> Option<&str> {
        let mut found = scopes
            .into_iter()
            .filter_map(|scope| self.get(&key::secret(scope, name)));
        text(found.next()?, "sealed")
    }

    /// Every item with its sort key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Item)> {
        self.0.iter().map(|(sk, item)| (sk.as_str(), item))
    }
}

impl Store {
    /// Reads items of one partition as they are now; those that do not exist are left out.
    pub async fn fetch(
        &self,
        pk: &str,
        sks: impl IntoIterator<Item = String>,
    ) -> Result<Items, Error> {
        let mut sks: Vec<String> = sks.into_iter().collect();
        sks.sort_unstable();
        sks.dedup();
        let mut items = Items::default();
        for batch in sks.chunks(MOST_KEYS) {
            let mut keys = KeysAndAttributes::builder().consistent_read(true);
            for sk in batch {
                keys = keys.keys(primary_key(pk, sk));
            }
            self.fetch_batch(keys, &mut items).await?;
        }
        Ok(items)
    }

    /// Asks until DynamoDB has answered for every key.
    async fn fetch_batch(
        &self,
        keys: KeysAndAttributesBuilder,
        items: &mut Items,
    ) -> Result<(), Error> {
        let mut keys = keys.build().map_err(Error::call("BatchGetItem"))?;
        for tries in 0..MOST_TRIES {
            let request = self
                .dynamodb
                .batch_get_item()
                .request_items(&self.table, keys);
            let answer = request.send().await.map_err(Error::call("BatchGetItem"))?;
            for item in answer
                .responses
                .and_then(|mut tables| tables.remove(&self.table))
                .unwrap_or_default()
            {
                items.0.insert(required(&item, "sk")?.to_owned(), item);
            }
            let left = answer
                .unprocessed_keys
                .and_then(|mut tables| tables.remove(&self.table));
            let Some(left) = left.filter(|left| !left.keys().is_empty()) else {
                return Ok(());
            };
            keys = left;
            self.back_off(tries).await;
        }
        Err(Error::Busy("BatchGetItem"))
    }
}

/// A primary key, as requests want it.
pub(crate) fn primary_key(pk: &str, sk: &str) -> Item {
    Item::from([("pk".to_owned(), string(pk)), ("sk".to_owned(), string(sk))])
}
