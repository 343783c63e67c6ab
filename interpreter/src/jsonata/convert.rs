//! From JSON to the engine's values and back.

use jsonata_core::value::{JArray, JValue, with_stack};
use serde_json::{Map, Number, Value};

use super::Answer;
use super::uses::Part;

/// The deepest value that an expression may give. Deeper ones no JSON reader on the way would take.
const DEPTH: usize = 1_000;

/// The part of a value that an expression can look at.
pub(super) fn part(value: &Value, part: &Part) -> JValue {
    let (Part::Members(parts), Value::Object(members)) = (part, value) else {
        return whole(value);
    };
    let members = parts.iter().filter_map(|(name, inner)| {
        let member = members.get(name)?;
        Some((name.clone(), self::part(member, inner)))
    });
    JValue::object(members.collect())
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
