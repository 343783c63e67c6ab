//! The items of a distributed Map, and the child executions that they are for.

use std::sync::Arc;

use pawl_asl::limits::STATE_BYTES;
use serde_json::{Value, json};

/// Where items come from that are in the state's own data.
pub(super) const STATE_DATA: &str = "STATE_DATA";

/// One item, as `$states.context.Map.Item` shows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    value: Value,
    /// The name of the member, for an item that is one of an object.
    key: Option<String>,
    /// Where it was read.
    pub(super) source: Arc<str>,
}

impl Item {
    /// An item that is an element of a list.
    pub(super) fn new(value: Value, source: &str) -> Self {
        Self {
            value,
            key: None,
            source: source.into(),
        }
    }

    /// The elements of a list, or the members of an object; anything else is given back.
    pub(super) fn all(value: Value, source: &str) -> Result<Vec<Self>, Value> {
        let source: Arc<str> = source.into();
        match value {
            Value::Array(items) => Ok(items
                .into_iter()
                .map(|value| Self {
                    value,
                    key: None,
                    source: Arc::clone(&source),
                })
                .collect()),
            Value::Object(members) => Ok(members
                .into_iter()
                .map(|(key, value)| Self {
                    value: json!({ "Key": key, "Value": value }),
                    key: Some(key),
                    source: Arc::clone(&source),
                })
                .collect()),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                Err(other)
            }
        }
    }

    /// What a child execution is given where nothing selects from the item.
    pub(super) fn into_value(self) -> Value {
        self.value
    }

    /// The name of the member, for an item that is one of an object.
    pub(super) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The item's own value: for a member of an object without its name.
    pub(super) fn own_value(&self) -> &Value {
        match (&self.key, self.value.get("Value")) {
            (Some(_), Some(value)) => value,
            _ => &self.value,
        }
    }
}

/// The input of a child execution, and how many items it is for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Batch {
    pub(super) input: Value,
    pub(super) items: u64,
}

/// How items are put together.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Batching {
    /// What every batch is given beside its items.
    pub(super) input: Option<Value>,
    /// The most items of a batch.
    pub(super) most_items: Option<u64>,
    /// The most bytes of a batch.
    pub(super) most_bytes: Option<u64>,
}

impl Batching {
    /// Puts items together, in order, as many as fit. An item that fits in no batch stands alone.
    pub(super) fn batches(&self, items: Vec<Value>) -> Vec<Batch> {
        let most_items = self.most_items.unwrap_or(u64::MAX);
        let most_bytes = self
            .most_bytes
            .and_then(|bytes| usize::try_from(bytes).ok())
            .map_or(STATE_BYTES, |bytes| bytes.min(STATE_BYTES));
        let empty = self.batch(&[]).input.to_string().len();
        let mut batches = Vec::new();
        let mut current = Vec::new();
        let mut bytes = empty;
        for item in items {
            // Every item but the first has a comma before it.
            let size = item.to_string().len();
            let more = size + usize::from(!current.is_empty());
            let is_full = u64::try_from(current.len()).is_ok_and(|count| count >= most_items)
                || bytes + more > most_bytes;
            if is_full && !current.is_empty() {
                batches.push(self.batch(&current));
                current.clear();
                bytes = empty;
            }
            bytes += size + usize::from(!current.is_empty());
            current.push(item);
        }
        if !current.is_empty() {
            batches.push(self.batch(&current));
        }
        batches
    }

    fn batch(&self, items: &[Value]) -> Batch {
        let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
        let input = match &self.input {
            Some(input) => json!({ "BatchInput": input, "Items": items }),
            None => json!({ "Items": items }),
        };
        Batch {
            input,
            items: count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_put_together() {
        let batching = |most_items, most_bytes| Batching {
            input: None,
            most_items,
            most_bytes,
        };
        // `{"Items":[10,20]}` has 17 bytes.
        #[rustfmt::skip]
        let rows = [
            (batching(Some(2), None), json!([10, 20, 30]), vec![2, 1]),
            (batching(None, Some(17)), json!([10, 20, 30, 40, 50]), vec![2, 2, 1]),
            (batching(None, Some(16)), json!([10, 20]), vec![1, 1]),
            (batching(Some(3), Some(17)), json!([10, 20, 30]), vec![2, 1]),
            (batching(None, Some(13)), json!([1, "longer than allowed", 2]), vec![1, 1, 1]),
            (batching(Some(5), None), json!([]), vec![]),
        ];
        for (batching, items, expected) in rows {
            let items = items.as_array().expect("a list").clone();
            let batches = batching.batches(items.clone());
            let counts: Vec<u64> = batches.iter().map(|batch| batch.items).collect();
            assert_eq!(counts, expected, "{batching:?}");
            let together: Vec<Value> = batches
                .iter()
                .filter_map(|batch| batch.input.get("Items")?.as_array().cloned())
                .flatten()
                .collect();
            assert_eq!(together, items, "in order, and all of them");
        }
        let batching = Batching {
            input: Some(json!("shared")),
            ..Batching::default()
        };
        let batch = Batch {
            input: json!({ "BatchInput": "shared", "Items": [1] }),
            items: 1,
        };
        assert_eq!(batching.batches(vec![json!(1)]), [batch]);
    }
}
