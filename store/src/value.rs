//! JSON values: as text in the item, or, above 32 KB, once in S3 under their hash.
//!
//! ```text
//! {"name": "Ada"}    ->  S "{\"name\":\"Ada\"}"
//! { ... 80 KB ... }  ->  M { key: "acme/values/9f86...", bytes: 81920, sha256: "9f86..." }
//! ```

use std::collections::HashMap;
use std::fmt::Write;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::attribute::{Item, place, string, text};
use crate::{Error, Store};

/// The longest JSON text, in bytes, that stays in an item.
pub const LARGEST_INLINE: usize = 32 * 1024;

impl Store {
    /// A value as an attribute; a large one is put into S3 first.
    pub(crate) async fn keep(&self, org: &str, value: &Value) -> Result<AttributeValue, Error> {
        let text = value.to_string();
        if text.len() <= LARGEST_INLINE {
            return Ok(string(text));
        }
        let bytes = text.len();
        let (key, sha256) = self.upload(org, text).await?;
        Ok(AttributeValue::M(HashMap::from([
            ("key".to_owned(), string(key)),
            ("bytes".to_owned(), AttributeValue::N(bytes.to_string())),
            ("sha256".to_owned(), string(sha256)),
        ])))
    }

    /// The value of an attribute, wherever it lies; `None` where the item has no such attribute.
    pub(crate) async fn value(&self, item: &Item, name: &str) -> Result<Option<Value>, Error> {
        match item.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => serde_json::from_str(text)
                .map(Some)
                .map_err(|error| Error::unreadable(place(item), error)),
            Some(attribute) => {
                let key = attribute
                    .as_m()
                    .ok()
                    .and_then(|reference| text(reference, "key"));
                let unknown = || Error::unreadable(place(item), format!("`{name}` is no value"));
                self.download(key.ok_or_else(unknown)?).await.map(Some)
            }
        }
    }

    /// Puts JSON text into S3 under its hash: the same value is the same object, whoever writes it how often.
    pub(crate) async fn upload(&self, org: &str, text: String) -> Result<(String, String), Error> {
        let sha256 = sha256(text.as_bytes());
        let key = format!("{org}/values/{sha256}");
        let put = self
            .s3()
            .put_object()
            .bucket(&self.bucket)
            .key(&key)
            .content_type("application/json");
        put.body(ByteStream::from(text.into_bytes()))
            .send()
            .await
            .map_err(Error::call("PutObject"))?;
        Ok((key, sha256))
    }

    /// Reads a value from S3.
    pub(crate) async fn download(&self, key: &str) -> Result<Value, Error> {
        let get = self.s3().get_object().bucket(&self.bucket).key(key).send();
        let object = get.await.map_err(Error::call("GetObject"))?;
        let bytes = object
            .body
            .collect()
            .await
            .map_err(Error::call("GetObject"))?
            .into_bytes();
        serde_json::from_slice(&bytes).map_err(|error| Error::unreadable(key, error))
    }
}

/// A hash as hexadecimal text.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a string cannot fail");
            text
        })
}
