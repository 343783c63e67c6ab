//! The functions that read a text as AWS does: JSON, base64 and parts of URLs.

use std::fmt;

use jsonata_core::evaluator::{EvaluatorError, HostFnResult};
use jsonata_core::functions::encoding;
use jsonata_core::value::JValue;
use percent_encoding::percent_decode_str;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::functions::{at_most, refused, type_error};

/// The text that is a function's one argument; nothing where there is none.
fn text<'a>(arguments: &'a [JValue], function: &str) -> Result<Option<&'a str>, EvaluatorError> {
    at_most(arguments, 1, function)?;
    match arguments.first() {
        None | Some(JValue::Undefined) => Ok(None),
        Some(JValue::String(text)) => Ok(Some(text)),
        Some(_) => Err(type_error(0, function)),
    }
}

/// `$parse(text)`: the JSON value in a text, in which single quotes do as well, and no key may come twice.
pub(super) fn parse(arguments: &[JValue]) -> HostFnResult {
    let Some(text) = text(arguments, "parse")? else {
        return Ok(JValue::Undefined);
    };
    let text = in_double_quotes(text);
    let mut reader = serde_json::Deserializer::from_str(&text);
    let value = Unique
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|_| refused("D3137: Invalid JSON"))?;
    Ok(JValue::from(value))
}

/// JSON with its single quotes made double ones.
fn in_double_quotes(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, '"' | '\'') => {
                quote = Some(character);
                result.push('"');
            }
            (Some(open), _) if open == character => {
                quote = None;
                result.push('"');
            }
            (Some('\''), '"') => result.push_str("\\\""),
            (Some(open), '\\') => match characters.next() {
                Some('\'') if open == '\'' => result.push('\''),
                escaped => {
                    result.push('\\');
                    result.extend(escaped);
                }
            },
            _ => result.push(character),
        }
    }
    result
}

/// Reads a JSON value in which no key comes twice in an object.
struct Unique;

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(Self)?;
            if object.insert(name, value).is_some() {
                return Err(serde::de::Error::custom("a key comes twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

/// `$decodeUrlComponent(text)`: `+` is a space, and bytes that are no text become U+FFFD.
pub(super) fn decode_url_component(arguments: &[JValue]) -> HostFnResult {
    let Some(text) = text(arguments, "decodeUrlComponent")? else {
        return Ok(JValue::Undefined);
    };
    let is_escape = |after: &str| {
        let digits = after.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !text.split('%').skip(1).all(is_escape) {
        let message = format!(
            "D3140: Malformed URL passed to $decodeUrlComponent(): {}",
            Value::from(text)
        );
        return Err(refused(message));
    }
    let text = text.replace('+', " ");
    Ok(JValue::from(
        &*percent_decode_str(&text).decode_utf8_lossy(),
    ))
}

/// `$base64decode(text)`: padding may be missing, and nothing may stand in it that is not of the alphabet.
pub(super) fn base64_decode(arguments: &[JValue]) -> HostFnResult {
    let Some(text) = text(arguments, "base64decode")? else {
        return Ok(JValue::Undefined);
    };
    let digits = text.strip_suffix('=').unwrap_or(text);
    let digits = digits.strip_suffix('=').unwrap_or(digits);
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
    if let Some(other) = digits.bytes().find(|byte| !is_digit(*byte)) {
        return Err(refused(format!("Illegal base64 character {other:x}")));
    }
    encoding::base64decode(digits).map_err(EvaluatorError::from)
}
