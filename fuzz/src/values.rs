//! JSON values from bytes: small ones, with the members that the grammar asks for.

use arbitrary::{Result, Unstructured};
use serde_json::{Map, Number, Value};

use crate::grammar::NAMES;

/// The texts that values hold: plain ones, and those that transforms look into.
const TEXTS: [&str; 12] = [
    "",
    "Ada",
    "ada@example.com",
    "42",
    "-1.5e3",
    "🦀 ü",
    " spaced ",
    "2026-11-21T10:00:00Z",
    "2026-02-30",
    "{\"a\": [1]}",
    "{{name}}",
    "true",
];

/// Numbers at the ends of what they are read as, and common ones.
const NUMBERS: [i64; 9] = [
    0,
    1,
    -1,
    3,
    1_700_000_000,
    1_700_000_000_000,
    9_007_199_254_740_993,
    i64::MAX,
    i64::MIN,
];

/// A scope: an object whose members are the roots that the grammar begins its paths with.
pub fn scope(bytes: &mut Unstructured<'_>) -> Result<Value> {
    object(bytes, 0).map(Value::Object)
}

fn value(bytes: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    // Without bytes every choice is the first one, so that a value always ends.
    let most = if depth < 4 { 7 } else { 5 };
    Ok(match bytes.int_in_range(0..=most)? {
        0 => Value::Null,
        1 => Value::Bool(bytes.arbitrary()?),
        2 => Value::Number((*bytes.choose(&NUMBERS)?).into()),
        3 => Value::String((*bytes.choose(&TEXTS)?).to_owned()),
        4 => Number::from_f64(bytes.arbitrary()?).map_or(Value::Null, Value::Number),
        5 => Value::String(bytes.arbitrary::<&str>()?.to_owned()),
        6 => {
            let length = bytes.int_in_range(0..=4)?;
            let elements = (0..length).map(|_| value(bytes, depth + 1));
            Value::Array(elements.collect::<Result<_>>()?)
        }
        _ => Value::Object(object(bytes, depth + 1)?),
    })
}

fn object(bytes: &mut Unstructured<'_>, depth: usize) -> Result<Map<String, Value>> {
    let length = bytes.int_in_range(0..=5)?;
    let mut members = Map::new();
    for _ in 0..length {
        let name = *bytes.choose(&NAMES)?;
        members.insert(name.to_owned(), value(bytes, depth)?);
    }
    Ok(members)
}
