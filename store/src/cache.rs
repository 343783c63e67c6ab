//! What steps gave, kept for a while so that it need not be asked for anew.

use aws_sdk_dynamodb::types::Put;
use serde_json::Value;

use crate::attribute::{Item, number, string, text};
use crate::{Error, Key, Store, Transaction, key};

/// The one item of its partition.
const SK: &str = "cache";

/// A value that is kept until a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// What stands for the question.
    pub key: String,
    /// The answer.
    pub value: Value,
    /// The last moment at which it may be given again, as ISO 8601.
    pub until: String,
    /// The same in seconds since 1970, when DynamoDB may forget it.
    pub until_seconds: u64,
}

impl Store {
    /// What an organisation has kept under a key, if it may still be given at this moment.
    pub async fn kept(&self, org: &str, key: &str, now: &str) -> Result<Option<Value>, Error> {
        let items = self.fetch(&key::cache(org, key), [SK.to_owned()]).await?;
        // DynamoDB forgets late, and other machines' clocks may differ from its.
        let item = items.get(SK);
        let item = item.filter(|item| text(item, "until").is_some_and(|until| now < until));
        match item {
            Some(item) => self.value(item, "value").await,
            None => Ok(None),
        }
    }
}

impl Transaction {
    /// Keeps a value, in place of what was kept under its key.
    pub async fn keep(&mut self, store: &Store, kept: &Kept) -> Result<(), Error> {
        let item = Item::from([
            (
                "value".to_owned(),
                store.keep(self.org(), &kept.value).await?,
            ),
            ("until".to_owned(), string(&kept.until)),
            ("ttl".to_owned(), number(kept.until_seconds)),
        ]);
        let key = Key {
            pk: key::cache(self.org(), &kept.key),
            sk: SK.to_owned(),
        };
        self.unguarded(store, key, item, Put::builder())
    }
}
