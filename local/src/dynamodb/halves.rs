//! Tables that a process was killed over while it created them.
//!
//! dynoxide writes down that a table exists before it makes the table itself. What is only written down is empty, and
//! is dropped, so that whoever needs the table creates it anew.

use dynoxide::{Database, DynoxideError};
use serde_json::{Value, json};

/// Drops the tables that exist in name only.
pub(super) fn drop(database: &Database) -> Result<(), DynoxideError> {
    let names = ask(database, "ListTables", &json!({}))?;
    for name in texts(&names, "TableNames") {
        if !is_whole(database, name)? {
            ask(database, "DeleteTable", &json!({ "TableName": name }))?;
        }
    }
    Ok(())
}

/// Whether a table and each of its indexes can be read.
fn is_whole(database: &Database, name: &str) -> Result<bool, DynoxideError> {
    let table = ask(database, "DescribeTable", &json!({ "TableName": name }))?;
    let indexes = table
        .get("Table")
        .and_then(|table| table.get("GlobalSecondaryIndexes"));
    let indexes = indexes.and_then(Value::as_array).into_iter().flatten();
    let indexes = indexes.filter_map(|index| index.get("IndexName")).map(Some);
    for index in std::iter::once(None).chain(indexes) {
        let mut request = json!({ "TableName": name, "Limit": 1 });
        if let (Some(index), Some(request)) = (index, request.as_object_mut()) {
            request.insert("IndexName".to_owned(), index.clone());
        }
        match ask(database, "Scan", &request) {
            Ok(_) => {}
            Err(error) if error.to_string().contains("no such table") => return Ok(false),
            // Whatever else is wrong with a table that is there, it is not ours to drop.
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

fn ask(database: &Database, operation: &str, request: &Value) -> Result<Value, DynoxideError> {
    let answer = super::perform(database, operation, request.to_string().as_bytes())?;
    serde_json::from_slice(answer.body())
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

fn texts<'value>(value: &'value Value, field: &str) -> impl Iterator<Item = &'value str> {
    let listed = value.get(field).and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_str)
}
