//! Answers of a DynamoDB under load: cancelled transactions and batches done in part.

use dynoxide::{Database, DynoxideError};
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, json_answer};

use super::perform;

/// A transaction cancelled because another one has the first of its items.
pub(super) fn conflict(body: &[u8]) -> Answer {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let items = request
        .get("TransactItems")
        .and_then(Value::as_array)
        .map_or(1, Vec::len);
    let conflict =
        json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" });
    let others = std::iter::repeat_n(json!({ "Code": "None" }), items.saturating_sub(1));
    let reasons: Vec<Value> = std::iter::once(conflict).chain(others).collect();
    let codes: Vec<&str> = reasons
        .iter()
        .filter_map(|reason| reason.get("Code")?.as_str())
        .collect();
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        ),
        "CancellationReasons": reasons,
    });
    json_answer(StatusCode::BAD_REQUEST, body.to_string())
}

/// A batch whose last key or item is left for another request.
pub(super) fn unprocessed(
    database: &Database,
    operation: &str,
    body: &[u8],
) -> Result<Answer, DynoxideError> {
    let (empty, left_field) = match operation {
        "BatchGetItem" => (
            json!({ "Responses": {}, "UnprocessedKeys": {} }),
            "UnprocessedKeys",
        ),
        _ => (json!({ "UnprocessedItems": {} }), "UnprocessedItems"),
    };
    let mut request: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some((table, left)) = request.get_mut("RequestItems").and_then(take_last) else {
        return perform(database, operation, body);
    };
    let remains = request
        .get("RequestItems")
        .and_then(Value::as_object)
        .is_some_and(|map| !map.is_empty());
    let mut response = empty;
    if remains {
        let answer = perform(database, operation, request.to_string().as_bytes())?;
        let parsed = serde_json::from_slice(answer.body());
        response = parsed.map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
    }
    if let Some(unprocessed) = response.get_mut(left_field).and_then(Value::as_object_mut) {
        unprocessed.insert(table, left);
    }
    Ok(json_answer(StatusCode::OK, response.to_string()))
}

/// Takes the last key or item out of `RequestItems`: its table and what to ask for again.
fn take_last(request_items: &mut Value) -> Option<(String, Value)> {
    let tables: &mut Map<String, Value> = request_items.as_object_mut()?;
    let (table, of_table) = tables.iter_mut().next_back()?;
    let table = table.clone();
    let mut left = of_table.clone();
    let remaining = entries(of_table)?;
    let last = remaining.pop()?;
    let is_empty = remaining.is_empty();
    *entries(&mut left)? = vec![last];
    if is_empty {
        tables.remove(&table);
    }
    Some((table, left))
}

/// The keys to read or the writes to do, of one table.
fn entries(of_table: &mut Value) -> Option<&mut Vec<Value>> {
    if of_table.is_array() {
        of_table.as_array_mut()
    } else {
        of_table.get_mut("Keys")?.as_array_mut()
    }
}
