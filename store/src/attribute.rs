//! Items and their attributes: the few types that we use, read without surprises.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;

use crate::Error;

/// An item, as the client gives it.
pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn string(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The sort key, to name an item in an error.
pub(crate) fn place(item: &Item) -> &str {
    text(item, "sk").unwrap_or("an item without a key")
}

pub(crate) fn text<'item>(item: &'item Item, name: &str) -> Option<&'item str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A string that must be there.
pub(crate) fn required<'item>(item: &'item Item, name: &str) -> Result<&'item str, Error> {
    text(item, name)
        .ok_or_else(|| Error::unreadable(place(item), format!("it has no text `{name}`")))
}

/// A number; 0 where it is absent.
pub(crate) fn count(item: &Item, name: &str) -> Result<u64, Error> {
    let Some(value) = item.get(name) else {
        return Ok(0);
    };
    let digits = value.as_n().ok().and_then(|digits| digits.parse().ok());
    digits.ok_or_else(|| Error::unreadable(place(item), format!("`{name}` is not a count")))
}

/// A string that holds one of our types: a status, an `at`, a kind.
pub(crate) fn parsed<T: DeserializeOwned>(item: &Item, name: &str) -> Result<Option<T>, Error> {
    let Some(text) = text(item, name) else {
        return Ok(None);
    };
    let value = serde_json::Value::String(text.to_owned());
    serde_json::from_value(value)
        .map(Some)
        .map_err(|error| Error::unreadable(place(item), error))
}

/// A string that holds JSON text.
pub(crate) fn json<T: DeserializeOwned>(item: &Item, name: &str) -> Result<Option<T>, Error> {
    let Some(text) = text(item, name) else {
        return Ok(None);
    };
    serde_json::from_str(text)
        .map(Some)
        .map_err(|error| Error::unreadable(place(item), error))
}
