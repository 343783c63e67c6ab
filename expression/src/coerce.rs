//! How values turn into truth, numbers and text, and how they compare: as in JavaScript, without its silent wrongs.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::lexer::parse_number;

/// Whether a value is true: anything but null, `false`, 0 and the empty text.
pub(crate) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// The number that a value stands for: a number, a boolean as 0 or 1, or a text that is a number.
pub(crate) fn to_number(value: &Value) -> Option<Number> {
    match value {
        Value::Bool(truth) => Some(u64::from(*truth).into()),
        Value::Number(number) => Some(number.clone()),
        Value::String(text) if text.trim().is_empty() => Some(0.into()),
        Value::String(text) => parse_number(text.trim()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A value as it is printed into a text.
pub(crate) fn to_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => print_number(number),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A number as JavaScript prints it: `1`, not `1.0`.
fn print_number(number: &Number) -> String {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else {
        return number.to_string();
    };
    if float == 0.0 {
        return "0".to_owned();
    }
    if (1e-6..1e21).contains(&float.abs()) {
        return float.to_string();
    }
    let text = format!("{float:e}");
    if text.contains("e-") {
        text
    } else {
        text.replace('e', "e+")
    }
}

/// `==`: numbers also equal texts and booleans that stand for them; null equals only null.
pub(crate) fn loosely_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Bool(_), Value::Number(_) | Value::String(_))
        | (Value::Number(_) | Value::String(_), Value::Bool(_))
        | (Value::Number(_), Value::String(_))
        | (Value::String(_), Value::Number(_)) => match (to_number(left), to_number(right)) {
            (Some(left), Some(right)) => compare_numbers(&left, &right) == Some(Ordering::Equal),
            _ => false,
        },
        _ => strictly_equal(left, right),
    }
}

/// Whether two values are the same: `1` and `1.0` are, `1` and `'1'` are not. Lists and objects compare by content.
pub(crate) fn strictly_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            compare_numbers(left, right) == Some(Ordering::Equal)
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| strictly_equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let is_in_right = |(key, value): (&String, &Value)| {
                right
                    .get(key)
                    .is_some_and(|other| strictly_equal(value, other))
            };
            left.len() == right.len() && left.iter().all(is_in_right)
        }
        _ => left == right,
    }
}

/// The order of two values that are neither lists nor objects; none where there is no order, as with null.
pub(crate) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    if let (Value::String(left), Value::String(right)) = (left, right) {
        return Some(compare_texts(left, right));
    }
    compare_numbers(&to_number(left)?, &to_number(right)?)
}

/// The order of JavaScript, by UTF-16 units.
pub(crate) fn compare_texts(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

/// The order of two numbers, exact for whole ones.
pub(crate) fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// What a value is, for a message.
pub(crate) fn noun(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_print_as_in_javascript() {
        let rows = [
            (json!(1.0), "1"),
            (json!(-0.0), "0"),
            (json!(0.1), "0.1"),
            (json!(1e21), "1e+21"),
            (json!(1.5e-7), "1.5e-7"),
            (
                json!(123_456_789_012_345_680_000.0),
                "123456789012345680000",
            ),
            (json!(u64::MAX), "18446744073709551615"),
        ];
        for (value, text) in rows {
            assert_eq!(to_text(&value), text);
        }
    }

    #[test]
    fn equality_is_loose_between_scalars_only() {
        let rows = [
            (json!(1), json!("1"), true),
            (json!(1), json!(1.0), true),
            (json!(true), json!(1), true),
            (json!(true), json!("true"), false),
            (json!(""), json!(0), true),
            (json!("x"), json!(0), false),
            (json!(null), json!(0), false),
            (json!(null), json!(false), false),
            (json!(null), json!(null), true),
            (json!([1]), json!([1.0]), true),
            (json!([1]), json!(1), false),
            (json!({ "a": 1, "b": 2 }), json!({ "b": 2, "a": 1 }), true),
            (json!({ "a": 1 }), json!({ "a": 2 }), false),
            (json!("inf"), json!(1), false),
        ];
        for (left, right, expected) in rows {
            assert_eq!(loosely_equal(&left, &right), expected, "{left} == {right}");
            assert_eq!(loosely_equal(&right, &left), expected, "{right} == {left}");
        }
    }
}
