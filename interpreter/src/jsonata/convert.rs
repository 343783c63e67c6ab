//! From JSON to the engine's values and back.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ptr;
use std::sync::Arc;

use jsonata_core::value::{JArray, JValue, with_stack};
use serde_json::{Map, Number, Value};

use super::Answer;
use super::complaint::MEMORY;
use super::growth::fits;
use super::uses::Part;

/// The deepest value that an expression may give. Deeper ones no JSON reader on the way would take.
const DEPTH: usize = 500;

/// A list of this length is worth keeping in the engine's form.
const LONG: usize = 32;

/// The lists that a thread keeps in the engine's form.
const KEPT: usize = 8;

thread_local! {
    /// A cycle that walks a list looks at the whole of it every time.
    static LISTS: RefCell<VecDeque<List>> = const { RefCell::new(VecDeque::new()) };
}

/// A list in both forms.
struct List {
    /// What it is a part of. As long as that lives, nothing else has the list's address.
    root: Arc<Value>,
    address: *const Value,
    value: JValue,
}

/// The part of a value that an expression can look at. `root` is what the value is a part of, where that is shared.
pub(super) fn part(root: Option<&Arc<Value>>, value: &Value, part: &Part) -> JValue {
    if let (Part::Members(parts), Value::Object(members)) = (part, value) {
        let members = parts.iter().filter_map(|(name, inner)| {
            let member = members.get(name)?;
            Some((name.clone(), self::part(root, member, inner)))
        });
        return JValue::object(members.collect());
    }
    match (root, value) {
        (Some(root), Value::Array(items)) if items.len() >= LONG => list(root, value),
        _ => whole(value),
    }
}

/// A long list, converted once.
fn list(root: &Arc<Value>, list: &Value) -> JValue {
    LISTS.with_borrow_mut(|lists| {
        let known = lists
            .iter()
            .find(|known| Arc::ptr_eq(&known.root, root) && ptr::eq(known.address, list));
        if let Some(known) = known {
            return known.value.clone();
        }
        let value = whole(list);
        lists.truncate(KEPT - 1);
        lists.push_front(List {
            root: Arc::clone(root),
            address: list,
            value: value.clone(),
        });
        value
    })
}

/// A value in the engine's form.
fn whole(value: &Value) -> JValue {
    match value {
        Value::Null => JValue::Null,
        Value::Bool(truth) => JValue::Bool(*truth),
        Value::Number(number) => JValue::Number(number.as_f64().unwrap_or(0.0)),
        Value::String(text) => JValue::from(text.as_str()),
        Value::Array(items) => {
            let flat = !items.iter().any(Value::is_array);
            let items = with_stack(|| items.iter().map(whole).collect());
            JValue::Array(JArray::new_flat(items, flat))
        }
        Value::Object(members) => with_stack(|| {
            let members = members
                .iter()
                .map(|(name, member)| (name.clone(), whole(member)));
            JValue::object(members.collect())
        }),
    }
}

/// What a value is, as the result of an expression.
pub(super) fn answer(value: &JValue) -> Result<Answer, String> {
    // What the engine shares is written out here as often as it stands in the value.
    if !fits(value) {
        return Err(MEMORY.to_owned());
    }
    match value {
        JValue::Undefined => Ok(Answer::Nothing),
        JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => Ok(Answer::Function),
        JValue::Null
        | JValue::Bool(_)
        | JValue::Number(_)
        | JValue::String(_)
        | JValue::Array(_)
        | JValue::Object(_) => Ok(json(value, DEPTH)?.map_or(Answer::Function, Answer::Value)),
    }
}

/// The JSON of a value; `None` where a function stands somewhere in it.
fn json(value: &JValue, depth: usize) -> Result<Option<Value>, String> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(format!("The result nests deeper than {DEPTH} levels"));
    };
    Ok(Some(match value {
        JValue::Null | JValue::Undefined => Value::Null,
        JValue::Bool(truth) => Value::Bool(*truth),
        JValue::Number(number) => self::number(*number),
        JValue::String(text) => Value::String(text.to_string()),
        JValue::Array(items) => {
            let items = with_stack(|| {
                items
                    .iter()
                    .map(|item| json(item, depth))
                    .collect::<Result<Option<Vec<_>>, _>>()
            });
            return Ok(items?.map(Value::Array));
        }
        JValue::Object(members) => {
            let member = |(key, member): (&String, &JValue)| {
                Ok(json(member, depth)?.map(|value| (key.clone(), value)))
            };
            let members = with_stack(|| {
                members
                    .iter()
                    .map(member)
                    .collect::<Result<Option<Map<_, _>>, String>>()
            });
            return Ok(members?.map(Value::Object));
        }
        JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => return Ok(None),
    }))
}

/// A value as an error shows it.
pub(super) fn shown(value: &JValue) -> String {
    match json(value, DEPTH) {
        Ok(Some(value)) => value.to_string(),
        _ => "undefined".to_owned(),
    }
}

/// A value as the engine would give it: a number that it could not hold exactly is rounded.
pub(super) fn rounded(value: &Value) -> Value {
    /// The whole numbers up to this have no gaps.
    const EXACT: u64 = 1 << 53;
    match value {
        Value::Number(given) => {
            let is_exact = given.is_f64()
                || given
                    .as_i64()
                    .is_some_and(|given| given.unsigned_abs() <= EXACT);
            match given.as_f64() {
                Some(given) if !is_exact => number(given),
                _ => value.clone(),
            }
        }
        Value::Array(items) => Value::Array(items.iter().map(rounded).collect()),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, member)| (name.clone(), rounded(member)));
            Value::Object(members.collect())
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

/// A number as AWS writes it: whole where it is whole; JSON has no word for the rest, so a text names it.
fn number(number: f64) -> Value {
    // 2^63 is the first whole number that does not fit.
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    if number.fract() == 0.0 && (-BOUND..BOUND).contains(&number) {
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
        let whole = number as i64;
        return Value::from(whole);
    }
    Number::from_f64(number).map_or_else(
        || {
            Value::from(if number.is_nan() {
                "NaN"
            } else if number > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            })
        },
        Value::Number,
    )
}
