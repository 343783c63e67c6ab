//! Reads that miss the latest writes, as a read that is not strongly consistent may.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dynoxide::{Database, DynoxideError};
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, json_answer};

use super::perform;

/// How many of the latest writes a stale read misses.
const MISSED: usize = 25;

/// What the latest writes have overwritten, oldest first.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<VecDeque<Write>>);

/// One item as it was before a write.
#[derive(Debug, Clone)]
struct Write {
    table: String,
    key: Map<String, Value>,
    before: Option<Value>,
}

impl Recent {
    /// Keeps the items that a request is about to write.
    pub(super) fn remember(&self, database: &Database, operation: &str, body: &[u8]) {
        let Ok(request) = serde_json::from_slice(body) else {
            return;
        };
        for (table, item) in written(operation, &request) {
            let Some(key) = key_of(database, &table, &item) else {
                continue;
            };
            let get = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
            let Some(response) = value(database, "GetItem", &get) else {
                continue;
            };
            let before = response.get("Item").cloned();
            let mut writes = self.writes();
            if writes.len() == MISSED {
                writes.pop_front();
            }
            writes.push_back(Write { table, key, before });
        }
    }

    /// Answers a read from before the latest writes, unless it asks for a consistent one.
    pub(super) fn read(
        &self,
        database: &Database,
        operation: &str,
        body: &[u8],
    ) -> Result<Answer, DynoxideError> {
        let answer = perform(database, operation, body)?;
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let mut response: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        match operation {
            "GetItem" => self.age_get(&request, &mut response),
            "BatchGetItem" => self.age_batch(&request, &mut response),
            _ => self.age_list(database, &request, &mut response),
        }
        Ok(json_answer(StatusCode::OK, response.to_string()))
    }

    fn age_get(&self, request: &Value, response: &mut Value) {
        let (Some(table), Some(key)) = (text(request, "TableName"), object(request, "Key")) else {
            return;
        };
        if must_be_exact(request) {
            return;
        }
        if let (Some(write), Some(response)) =
            (self.first_write(table, key), response.as_object_mut())
        {
            match write.before {
                Some(item) => response.insert("Item".to_owned(), item),
                None => response.remove("Item"),
            };
        }
    }

    fn age_batch(&self, request: &Value, response: &mut Value) {
        let Some(tables) = object(request, "RequestItems") else {
            return;
        };
        for (table, asked) in tables.iter().filter(|(_, asked)| !must_be_exact(asked)) {
            let keys = asked
                .get("Keys")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let answered = response
                .get_mut("Responses")
                .and_then(|tables| tables.get_mut(table));
            let Some(items) = answered.and_then(Value::as_array_mut) else {
                continue;
            };
            for key in keys.filter_map(Value::as_object) {
                if let Some(write) = self.first_write(table, key) {
                    items.retain(|item| !has_key(item, key));
                    items.extend(write.before);
                }
            }
        }
    }

    fn age_list(&self, database: &Database, request: &Value, response: &mut Value) {
        let Some(table) = text(request, "TableName") else {
            return;
        };
        if request.get("ConsistentRead") == Some(&Value::Bool(true)) {
            return;
        }
        // An old item may not belong to the list that an index or a filter makes; then it is missing from it.
        let may_replace = !must_be_exact(request)
            && ["IndexName", "FilterExpression"]
                .iter()
                .all(|field| request.get(field).is_none());
        let Some(items) = response.get_mut("Items").and_then(Value::as_array_mut) else {
            return;
        };
        let aged: Vec<Value> = std::mem::take(items)
            .into_iter()
            .filter_map(|item| {
                let write =
                    key_of(database, table, &item).and_then(|key| self.first_write(table, &key));
                match write {
                    None => Some(item),
                    Some(write) => write.before.filter(|_| may_replace),
                }
            })
            .collect();
        let count = aged.len();
        *items = aged;
        if let Some(response) = response.as_object_mut() {
            response.insert("Count".to_owned(), count.into());
        }
    }

    /// The first of the latest writes that was on an item.
    fn first_write(&self, table: &str, key: &Map<String, Value>) -> Option<Write> {
        let writes = self.writes();
        let write = writes
            .iter()
            .find(|write| write.table == table && write.key == *key)?;
        Some(write.clone())
    }

    fn writes(&self) -> MutexGuard<'_, VecDeque<Write>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tables and items (or keys) that a request writes.
fn written(operation: &str, request: &Value) -> Vec<(String, Value)> {
    let of = |request: &Value, field: &str| {
        Some((
            text(request, "TableName")?.to_owned(),
            request.get(field)?.clone(),
        ))
    };
    match operation {
        "PutItem" => of(request, "Item").into_iter().collect(),
        "UpdateItem" | "DeleteItem" => of(request, "Key").into_iter().collect(),
        "TransactWriteItems" => {
            let items = request
                .get("TransactItems")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let write = |item: &Value| {
                let put = item.get("Put").and_then(|put| of(put, "Item"));
                let other = item.get("Update").or(item.get("Delete"));
                put.or_else(|| other.and_then(|other| of(other, "Key")))
            };
            items.filter_map(write).collect()
        }
        "BatchWriteItem" => {
            let tables = object(request, "RequestItems").into_iter().flatten();
            let writes = tables.flat_map(|(table, writes)| {
                let writes = writes.as_array().into_iter().flatten();
                writes.map(move |write| (table, write))
            });
            writes
                .filter_map(|(table, write)| {
                    let item = write
                        .pointer("/PutRequest/Item")
                        .or(write.pointer("/DeleteRequest/Key"))?;
                    Some((table.clone(), item.clone()))
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The key of an item; `None` if it lacks one or its table is missing, which the operation itself will say.
fn key_of(database: &Database, table: &str, item: &Value) -> Option<Map<String, Value>> {
    let described = value(database, "DescribeTable", &json!({ "TableName": table }))?;
    let schema = described.pointer("/Table/KeySchema")?.as_array()?;
    let names = schema.iter().filter_map(|part| text(part, "AttributeName"));
    names
        .map(|name| Some((name.to_owned(), item.get(name)?.clone())))
        .collect()
}

/// The answer to a question of our own.
fn value(database: &Database, operation: &str, request: &Value) -> Option<Value> {
    let answer = perform(database, operation, request.to_string().as_bytes()).ok()?;
    serde_json::from_slice(answer.body()).ok()
}

/// Whether a read wants the latest writes, or only a part of the item, which an old item would have to be cut to.
fn must_be_exact(request: &Value) -> bool {
    let parts = ["ProjectionExpression", "AttributesToGet", "Select"];
    request.get("ConsistentRead") == Some(&Value::Bool(true))
        || parts.iter().any(|field| request.get(field).is_some())
}

fn has_key(item: &Value, key: &Map<String, Value>) -> bool {
    key.iter()
        .all(|(name, value)| item.get(name) == Some(value))
}

fn text<'value>(value: &'value Value, field: &str) -> Option<&'value str> {
    value.get(field)?.as_str()
}

fn object<'value>(value: &'value Value, field: &str) -> Option<&'value Map<String, Value>> {
    value.get(field)?.as_object()
}
