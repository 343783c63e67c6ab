//! Puts data together: the items of two lists by what they have in common, or two objects or lists into one.

use std::collections::BTreeMap;

use pawl_contract::StepError;
use pawl_expression::Path;
use serde_json::{Map, Value};

use super::data::{Inside, Work, invalid, parsed, refused, render, shown};
use super::operation::{key_of, list};

/// The items of a list with those of another that have the same value: one for each pair.
///
/// `how` says what becomes of items without any: `left` (the default) keeps them, `inner` does not.
pub(super) fn join(
    given: &Value,
    items: Vec<Value>,
    work: &Work<'_>,
) -> Result<Vec<Value>, StepError> {
    let others = list(with(given, &Value::Null, work)?)?;
    let (left, right) = on(given)?;
    let keeps_all = given.get("how").and_then(Value::as_str) != Some("inner");
    let name = given.get("as").and_then(Value::as_str);
    let mut by_key: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for other in &others {
        by_key.entry(key_of(&right, other)).or_default().push(other);
    }
    let mut joined = Vec::new();
    for item in items {
        let key = key_of(&left, &item);
        // As everywhere else, nothing is equal to nothing.
        let matching = by_key.get(&key).filter(|_| key != "null");
        let matching = matching.map(Vec::as_slice).unwrap_or_default();
        if matching.is_empty() && keeps_all {
            joined.push(pair(item.clone(), &Value::Null, name)?);
        }
        for other in matching {
            let row = pair(item.clone(), other, name)?;
            // A list of pairs may be much longer than both lists.
            work.budget.charge(&row).map_err(|error| refused(&error))?;
            joined.push(row);
        }
    }
    Ok(joined)
}

/// The paths that are compared: one for both lists, or one for each.
fn on(given: &Value) -> Result<(Path, Path), StepError> {
    let on = given.get("on").unwrap_or(&Value::Null);
    let side = |side: &str| on.as_str().or_else(|| on.get(side)?.as_str());
    match (side("left"), side("right")) {
        (Some(left), Some(right)) => Ok((parsed(left)?, parsed(right)?)),
        _ => Err(invalid("`on` is a path, or `{ \"left\", \"right\" }`")),
    }
}

/// An item with another one: under a name, or with the fields that it lacks.
fn pair(item: Value, other: &Value, name: Option<&str>) -> Result<Value, StepError> {
    let Value::Object(mut object) = item else {
        let message = format!("its items are objects, not {}", shown(&item));
        return Err(invalid(message));
    };
    if let Some(name) = name {
        object.insert(name.to_owned(), other.clone());
        return Ok(object.into());
    }
    for (name, value) in other.as_object().into_iter().flatten() {
        object.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Ok(object.into())
}

/// Two lists one after the other, or objects in one; what stands in the later one counts.
pub(super) fn merge(given: &Value, data: Value, work: &Work<'_>) -> Result<Value, StepError> {
    let is_deep = given.get("deep").and_then(Value::as_bool) == Some(true);
    if given.get("with").is_none() {
        let mut merged = Value::Object(Map::new());
        for item in list(data)? {
            merged = into_one(merged, item, is_deep)?;
        }
        return Ok(merged);
    }
    let other = with(given, &data, work)?;
    into_one(data, other, is_deep)
}

fn into_one(first: Value, second: Value, is_deep: bool) -> Result<Value, StepError> {
    match (first, second) {
        (Value::Object(mut first), Value::Object(second)) => {
            for (name, value) in second {
                let before = if is_deep {
                    first.get_mut(&name).map(Value::take)
                } else {
                    None
                };
                let value = match (before, value) {
                    (Some(before @ Value::Object(_)), value @ Value::Object(_)) => {
                        into_one(before, value, is_deep)?
                    }
                    (_, value) => value,
                };
                first.insert(name, value);
            }
            Ok(first.into())
        }
        (Value::Array(mut first), Value::Array(second)) => {
            first.extend(second);
            Ok(first.into())
        }
        (Value::Null, other) | (other, Value::Null) => Ok(other),
        (first, second) => {
            let noun = |value: &Value| match value {
                Value::Array(_) => "a list",
                Value::Object(_) => "an object",
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => "a value",
            };
            let (first, second) = (noun(&first), noun(&second));
            Err(invalid(format!("{first} and {second} cannot be merged")))
        }
    }
}

/// What the data is put together with.
fn with(given: &Value, data: &Value, work: &Work<'_>) -> Result<Value, StepError> {
    let inside = Inside {
        outer: work.outer,
        data,
        result: None,
        item: None,
    };
    let with = given.get("with").unwrap_or(&Value::Null);
    render(with, &inside, work.budget)
}
