//! How values turn into truth, numbers and text, and how they compare: as in JavaScript, without its silent wrongs.

use std::borrow::Cow;
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
        Value::String(text) if trim(text).is_empty() => Some(0.into()),
        Value::String(text) => parse_number(trim(text)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether a character is white space to JavaScript.
pub(crate) fn is_space(character: char) -> bool {
    (character.is_whitespace() && character != '\u{85}') || character == '\u{feff}'
}

/// A text without white space at both ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// The whole number that a number is: `2` and `2.0` are, `2.5` is not.
pub(crate) fn to_whole(number: &Number) -> Option<i64> {
    /// Up to here, every whole number has a float of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let of_float = |float: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number within 2^53 fits an i64"
        )]
        let whole = float as i64;
        (float.fract() == 0.0 && float.abs() <= EXACT).then_some(whole)
    };
    number
        .as_i64()
        .or_else(|| number.as_f64().and_then(of_float))
}

/// A value as it is printed into a text.
pub(crate) fn to_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::Bool(truth) => Cow::Owned(truth.to_string()),
        Value::Number(number) => Cow::Owned(print_number(number)),
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(_) | Value::Object(_) => Cow::Owned(json_text(value)),
    }
}

/// JSON with numbers as JavaScript writes them.
fn json_text(value: &Value) -> String {
    let mut text = String::new();
    write_json(value, &mut text);
    text
}

fn write_json(value: &Value, text: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
        Value::Number(number) => text.push_str(&print_number(number)),
        Value::Array(elements) => {
            text.push('[');
            for (at, element) in elements.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                write_json(element, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (at, (key, member)) in members.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write_json(member, text);
            }
            text.push('}');
        }
    }
}

/// A number as JavaScript prints it: `1`, not `1.0`.
fn print_number(number: &Number) -> String {
    let text = number.to_string();
    if !number.is_f64() {
        return text;
    }
    // The digits are the fewest that tell the number from its neighbours; only their layout is another.
    let (sign, text) = text
        .strip_prefix('-')
        .map_or(("", &*text), |rest| ("-", rest));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    let place = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let exponent = exponent.parse::<i64>().unwrap_or(0);
    let point = exponent + place(whole.len()) - place(all.len() - digits.len());
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return "0".to_owned();
    }
    format!("{sign}{}", lay_out(digits, point))
}

/// Digits whose decimal point stands after so many of them.
fn lay_out(digits: &str, point: i64) -> String {
    let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
    match usize::try_from(point) {
        Ok(_) if count <= point && point <= 21 => format!("{digits}{}", zeros(point - count)),
        Ok(place @ 1..=21) => {
            let (whole, fraction) = digits.split_at(place);
            format!("{whole}.{fraction}")
        }
        _ if -6 < point && point <= 0 => format!("0.{}{digits}", zeros(-point)),
        _ => {
            let (first, rest) = digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{first}{dot}{rest}e{:+}", point - 1)
        }
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

/// A total order, in which lists are sorted: numbers, texts, booleans, the rest by its JSON; null last.
///
/// ```
/// use serde_json::json;
///
/// let mut values = vec![json!(null), json!("a"), json!(10), json!(9)];
/// values.sort_by(pawl_expression::total_order);
/// assert_eq!(values, [json!(9), json!(10), json!("a"), json!(null)]);
/// ```
pub fn total_order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            compare_numbers(left, right).unwrap_or(Ordering::Equal)
        }
        (Value::String(left), Value::String(right)) => compare_texts(left, right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Array(_) | Value::Object(_), Value::Array(_) | Value::Object(_)) => {
            left.to_string().cmp(&right.to_string())
        }
        _ => rank(left).cmp(&rank(right)),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) | Value::Object(_) => 3,
        Value::Null => 4,
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
            (json!(-1e-7), "-1e-7"),
            (json!(1e-6), "0.000001"),
            (json!(0.000_012), "0.000012"),
            (json!(-0.5), "-0.5"),
            (json!(1e16), "10000000000000000"),
            (json!(1.5e300), "1.5e+300"),
            (json!(5e-324), "5e-324"),
            // Halfway between .12 and .13, where the even digit wins.
            (json!(207_208_107_966_000.12), "207208107966000.12"),
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
