//! Operations: each makes a list, or an object, of another one.

use pawl_contract::StepError;
use pawl_expression::{Path, total_order};
use serde_json::{Map, Value};

use super::data::{Work, expression, invalid, parsed, put, refused, render, shown};
use super::{aggregate, join};

/// What an operation makes of the data.
pub(super) fn apply(
    kind: &str,
    given: &Value,
    data: Value,
    work: &mut Work<'_>,
) -> Result<Value, StepError> {
    let made: Value = match kind {
        "filter" => filter(given, list(data)?, work)?.into(),
        "map" => map(given, list(data)?, work)?.into(),
        "sort" => sort(given, list(data)?)?.into(),
        "reverse" => list(data)?.into_iter().rev().collect(),
        "limit" => limit(given, list(data)?)?.into(),
        "unique" => unique(given, list(data)?)?.into(),
        "flatten" => flatten(given, list(data)?)?.into(),
        "group" => aggregate::group(given, list(data)?)?.into(),
        "aggregate" => aggregate::aggregate(given, list(data)?)?,
        "join" => join::join(given, list(data)?, work)?.into(),
        "merge" => join::merge(given, data, work)?,
        "pick" => objects(data, &|object| pick(given, &object))?,
        "omit" => objects(data, &|object| omit(given, object))?,
        "rename" => objects(data, &|object| Ok(rename(given, object)))?,
        other => return Err(invalid(format!("there is no operation `{other}`"))),
    };
    work.budget.charge(&made).map_err(|error| refused(&error))?;
    Ok(made)
}

/// The items of a list; null is the empty one.
pub(super) fn list(data: Value) -> Result<Vec<Value>, StepError> {
    match data {
        Value::Array(items) => Ok(items),
        Value::Null => Ok(Vec::new()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Err(invalid(format!("it needs a list, not {}", shown(&data))))
        }
    }
}

fn filter(given: &Value, items: Vec<Value>, work: &mut Work<'_>) -> Result<Vec<Value>, StepError> {
    let condition = expression(text(given, "where")?)?;
    let data = Value::Array(items);
    let kept = work.each(&data, |inside, budget| {
        let holds = condition.is_true_within(inside, budget);
        holds.map_err(|error| refused(&error))
    })?;
    let kept = list(data)?.into_iter().zip(kept);
    let kept = kept.filter(|(_, holds)| *holds == Some(true));
    Ok(kept.map(|(item, _)| item).collect())
}

fn map(given: &Value, items: Vec<Value>, work: &mut Work<'_>) -> Result<Vec<Value>, StepError> {
    let to = given.get("to").unwrap_or(&Value::Null);
    let made = work.each(&items.into(), |inside, budget| render(to, inside, budget))?;
    Ok(made.into_iter().flatten().collect())
}

/// Sorts by what stands at one path, or at several, the first one first.
fn sort(given: &Value, items: Vec<Value>) -> Result<Vec<Value>, StepError> {
    let paths = paths(given, "by")?;
    let is_descending = given.get("direction").and_then(Value::as_str) == Some("desc");
    let key = |item: &Value| -> Vec<Value> {
        let at = |path: &Path| path.find(item).map(std::borrow::Cow::into_owned);
        match paths.as_slice() {
            [] => vec![item.clone()],
            paths => paths
                .iter()
                .map(|path| at(path).unwrap_or_default())
                .collect(),
        }
    };
    let mut keyed: Vec<_> = items.into_iter().map(|item| (key(&item), item)).collect();
    keyed.sort_by(|(left, _), (right, _)| {
        let mut orders = left
            .iter()
            .zip(right)
            .map(|(left, right)| total_order(left, right));
        let ascending = orders.find(|order| order.is_ne());
        let ascending = ascending.unwrap_or(std::cmp::Ordering::Equal);
        if is_descending {
            ascending.reverse()
        } else {
            ascending
        }
    });
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

fn limit(given: &Value, items: Vec<Value>) -> Result<Vec<Value>, StepError> {
    let number = |field: &str| match given.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let number = value
                .as_u64()
                .and_then(|number| usize::try_from(number).ok());
            let message = || invalid(format!("`{field}` is a whole number, not {value}"));
            number.map(Some).ok_or_else(message)
        }
    };
    let (skip, count) = (number("skip")?.unwrap_or(0), number("count")?);
    let rest = items.into_iter().skip(skip);
    Ok(rest.take(count.unwrap_or(usize::MAX)).collect())
}

/// The first item of each that are equal, or that are where a path leads.
fn unique(given: &Value, items: Vec<Value>) -> Result<Vec<Value>, StepError> {
    let paths = paths(given, "by")?;
    let mut seen = std::collections::BTreeSet::new();
    let is_new = |item: &Value| {
        let keys = paths.iter().map(|path| key_of(path, item));
        let key = if paths.is_empty() {
            item.to_string()
        } else {
            keys.collect::<Vec<_>>().join(",")
        };
        seen.insert(key)
    };
    let mut is_new = is_new;
    Ok(items.into_iter().filter(|item| is_new(item)).collect())
}

/// What stands at a path, as a text by which equal values are found.
pub(super) fn key_of(path: &Path, item: &Value) -> String {
    path.find(item)
        .map_or_else(|| "null".to_owned(), |value| value.to_string())
}

/// The items of lists in a list, or of the lists at a path of its items.
fn flatten(given: &Value, items: Vec<Value>) -> Result<Vec<Value>, StepError> {
    let path = given.get("path").and_then(Value::as_str);
    let path = path.map(parsed).transpose()?;
    let lists = items.into_iter().map(|item| match &path {
        Some(path) => path
            .find(&item)
            .map_or(Value::Null, std::borrow::Cow::into_owned),
        None => item,
    });
    let inner = |item: Value| {
        if let Value::Array(items) = item {
            return items;
        }
        let is_absent = item.is_null() && path.is_some();
        if is_absent { Vec::new() } else { vec![item] }
    };
    Ok(lists.flat_map(inner).collect())
}

/// An object, or each object of a list, made anew.
fn objects(
    data: Value,
    change: &dyn Fn(Map<String, Value>) -> Result<Value, StepError>,
) -> Result<Value, StepError> {
    match data {
        Value::Object(object) => change(object),
        Value::Array(items) => {
            let items = items.into_iter().map(|item| {
                if let Value::Object(object) = item {
                    return change(object);
                }
                let message = format!("its items are objects, not {}", shown(&item));
                Err(invalid(message))
            });
            items.collect()
        }
        Value::Null => Ok(Value::Null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(invalid(format!(
            "it needs an object or a list of them, not {}",
            shown(&data)
        ))),
    }
}

fn pick(given: &Value, object: &Map<String, Value>) -> Result<Value, StepError> {
    let whole = Value::Object(object.clone());
    let mut picked = Value::Object(Map::new());
    for field in texts(given, "fields") {
        if let Some(value) = parsed(field)?.find(&whole) {
            put(&mut picked, field, value.into_owned())?;
        }
    }
    Ok(picked)
}

fn omit(given: &Value, object: Map<String, Value>) -> Result<Value, StepError> {
    let mut whole = Value::Object(object);
    for field in texts(given, "fields") {
        let path = parsed(field)?;
        let names = path.names().unwrap_or_default();
        let Some((last, parents)) = names.split_last() else {
            continue;
        };
        let parent = parents
            .iter()
            .try_fold(&mut whole, |object, name| object.get_mut(name));
        if let Some(Value::Object(members)) = parent {
            members.shift_remove(*last);
        }
    }
    Ok(whole)
}

fn rename(given: &Value, object: Map<String, Value>) -> Value {
    let names = given.get("fields").and_then(Value::as_object);
    let renamed = object.into_iter().map(|(name, value)| {
        let new = names
            .and_then(|names| names.get(&name))
            .and_then(Value::as_str);
        (new.map_or(name, str::to_owned), value)
    });
    Value::Object(renamed.collect())
}

/// The texts of a field that is a text or a list of texts.
pub(super) fn texts<'config>(
    given: &'config Value,
    field: &str,
) -> impl Iterator<Item = &'config str> {
    let value = given.get(field);
    let one = value.and_then(Value::as_str);
    let listed = value.and_then(Value::as_array).into_iter().flatten();
    one.into_iter().chain(listed.filter_map(Value::as_str))
}

pub(super) fn paths(given: &Value, field: &str) -> Result<Vec<Path>, StepError> {
    texts(given, field).map(parsed).collect()
}

pub(super) fn text<'config>(given: &'config Value, field: &str) -> Result<&'config str, StepError> {
    let value = given.get(field).and_then(Value::as_str);
    value.ok_or_else(|| invalid(format!("it has no `{field}`")))
}
