//! The requests that are plain: whole items by their keys, and transactions of puts of flat items.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use dynoxide::types::{MAX_ITEM_SIZE, number_size};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// A flat item or a key.
pub(super) type Item = BTreeMap<String, Attribute>;

/// The longest name of an attribute that is looked at here.
const LONGEST_NAME: usize = 255;

/// So many digits a number may have to be kept as it is written.
const MOST_DIGITS: usize = 18;

/// A value that is kept as it was sent.
#[derive(Debug, Hash, Serialize, Deserialize)]
pub(super) enum Attribute {
    S(String),
    N(#[serde(deserialize_with = "canonical")] String),
    #[serde(rename = "BOOL")]
    Bool(bool),
}

/// A read of one item.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Get {
    pub(super) table_name: String,
    pub(super) key: Item,
    /// Nothing is ever older than the latest here.
    #[serde(rename = "ConsistentRead")]
    _consistent_read: Option<bool>,
}

/// A read of many items.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct BatchGet {
    request_items: BTreeMap<String, Keys>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Keys {
    keys: Vec<Item>,
    #[serde(rename = "ConsistentRead")]
    _consistent_read: Option<bool>,
}

/// So many keys fit one request.
const MOST_KEYS: usize = 100;

/// A transaction of puts.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(in crate::dynamodb) struct Write {
    transact_items: Vec<Action>,
    pub(in crate::dynamodb) client_request_token: Option<String>,
    return_consumed_capacity: Option<String>,
    return_item_collection_metrics: Option<String>,
}

#[derive(Hash, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Action {
    put: Put,
}

/// A put of a flat item.
#[derive(Hash, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Put {
    pub(super) table_name: String,
    pub(super) item: Item,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
}

/// What must hold of the item before a put.
pub(super) struct Condition<'put> {
    /// The attribute that it must not have, if any.
    pub(super) absent: Option<&'put str>,
    /// How the request says so.
    pub(super) text: String,
}

impl BatchGet {
    /// The keys, if they are of one table and not too many.
    pub(super) fn of_one_table(&self) -> Option<(&str, &[Item])> {
        let mut tables = self.request_items.iter();
        let (Some((table, Keys { keys, .. })), None) = (tables.next(), tables.next()) else {
            return None;
        };
        (1..=MOST_KEYS)
            .contains(&keys.len())
            .then_some((table.as_str(), keys.as_slice()))
    }
}

impl Write {
    /// A request that is such a transaction.
    pub(in crate::dynamodb) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// Its puts, if they are all that is asked for, and its token was one that DynamoDB takes.
    pub(super) fn puts(&self) -> Option<impl Iterator<Item = &Put>> {
        let fits = (1..=MOST_KEYS).contains(&self.transact_items.len());
        let asks = self.client_request_token.is_some()
            || self.return_consumed_capacity.is_some()
            || self.return_item_collection_metrics.is_some();
        (fits && !asks).then(|| self.transact_items.iter().map(|action| &action.put))
    }

    /// A number for what it writes: the same for the same items, whatever the order of their attributes.
    pub(in crate::dynamodb) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.transact_items.hash(&mut hasher);
        hasher.finish()
    }
}

impl Put {
    /// Its condition; `None` if that is more than that an attribute must be absent.
    pub(super) fn condition(&self) -> Option<Condition<'_>> {
        let names = self.expression_attribute_names.as_ref();
        let Some(expression) = &self.condition_expression else {
            return names.is_none().then_some(Condition {
                absent: None,
                text: String::new(),
            });
        };
        let name = expression.strip_prefix("attribute_not_exists(");
        let name = name.and_then(|rest| rest.strip_suffix(")"))?;
        let absent = match names {
            None => name,
            Some(names) if names.len() == 1 => names.get(name)?,
            Some(_) => return None,
        };
        is_simple(absent).then(|| Condition {
            absent: Some(absent),
            text: match names {
                None => expression.clone(),
                Some(_) => format!("{expression} {absent}"),
            },
        })
    }
}

/// Whether a name stands in JSON as it is.
pub(super) fn is_simple(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !name.is_empty() && name.bytes().all(is_plain)
}

/// Whether the text of an item shows that it has none of some attributes with simple names.
pub(super) fn lacks<'name>(item: &str, mut names: impl Iterator<Item = &'name str>) -> bool {
    !names.any(|name| item.contains(&format!("\"{name}\":")))
}

/// How large an item is, if it may be written as it is.
pub(super) fn size(item: &Item) -> Option<usize> {
    let mut size = 0;
    for (name, value) in item {
        if !(1..=LONGEST_NAME).contains(&name.len()) {
            return None;
        }
        size += name.len()
            + match value {
                Attribute::S(text) => text.len(),
                Attribute::N(number) => number_size(number),
                Attribute::Bool(_) => 1,
            };
    }
    (size <= MAX_ITEM_SIZE).then_some(size)
}

/// A number that is written as DynamoDB keeps it: a whole one without anything that could be left out.
fn canonical<'request, D: Deserializer<'request>>(request: D) -> Result<String, D::Error> {
    let number = String::deserialize(request)?;
    let digits = number.strip_prefix('-').unwrap_or(&number);
    let is_whole = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    if number == "0" || (is_whole && (1..=MOST_DIGITS).contains(&digits.len())) {
        Ok(number)
    } else {
        Err(D::Error::custom("it is a number for dynoxide"))
    }
}
