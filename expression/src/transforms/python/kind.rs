//! What Python would call a value, and the values that JSON has not.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use super::print::dumped;
use super::{Call, Made, number::print_float};
use crate::evaluate::{Data, made};
use crate::transforms::Applied;

/// A value by its Python type.
pub(super) enum Kind<'v> {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(&'v str),
    Dict(&'v Map<String, Value>),
    Many(Tag, &'v [Value]),
}

/// What several values together are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    List,
    Tuple,
    Set,
    /// What `.keys()` and `.items()` give.
    Keys,
    Items,
    /// What `.values()` gives.
    Values,
    /// What `map`, `filter`, `zip`, `enumerate`, `reversed` and generators give.
    Iterator,
}

/// The names of objects that are none; no data has a name that begins so.
const TAGS: [(&str, Tag); 6] = [
    ("\0tuple", Tag::Tuple),
    ("\0set", Tag::Set),
    ("\0keys", Tag::Keys),
    ("\0items", Tag::Items),
    ("\0values", Tag::Values),
    ("\0iterator", Tag::Iterator),
];

/// What a value is.
pub(super) fn kind(value: &Value) -> Kind<'_> {
    match value {
        Value::Null => Kind::None,
        Value::Bool(truth) => Kind::Bool(*truth),
        Value::Number(number) => numeric(number),
        Value::String(text) => Kind::Text(text),
        Value::Array(elements) => Kind::Many(Tag::List, elements),
        Value::Object(members) => tagged(members).map_or(Kind::Dict(members), |(tag, elements)| {
            Kind::Many(tag, elements)
        }),
    }
}

fn numeric<'v>(number: &Number) -> Kind<'v> {
    match number.as_i128() {
        Some(whole) if !number.is_f64() => Kind::Int(whole),
        _ => Kind::Float(number.as_f64().unwrap_or_default()),
    }
}

fn tagged(members: &Map<String, Value>) -> Option<(Tag, &[Value])> {
    if members.len() != 1 {
        return None;
    }
    let (name, value) = members.iter().next()?;
    if !name.starts_with('\0') {
        return None;
    }
    let (_, tag) = TAGS.iter().find(|(tag, _)| tag == name)?;
    Some((*tag, value.as_array()?))
}

/// Several values together.
pub(super) fn many(tag: Tag, elements: Vec<Value>) -> Value {
    match TAGS.iter().find(|(_, known)| *known == tag) {
        None => Value::Array(elements),
        Some((name, _)) => {
            let mut members = Map::new();
            members.insert((*name).to_owned(), Value::Array(elements));
            Value::Object(members)
        }
    }
}

/// What a value is called in a message.
pub(super) fn noun(value: &Value) -> &'static str {
    match kind(value) {
        Kind::None => "None",
        Kind::Bool(_) => "a bool",
        Kind::Int(_) => "an int",
        Kind::Float(_) => "a float",
        Kind::Text(_) => "a str",
        Kind::Dict(_) => "a dict",
        Kind::Many(tag, _) => match tag {
            Tag::List => "a list",
            Tag::Tuple => "a tuple",
            Tag::Set => "a set",
            Tag::Keys | Tag::Items | Tag::Values => "a view of a dict",
            Tag::Iterator => "an iterator",
        },
    }
}

/// Whether a value is true.
pub(in super::super) fn truth(value: &Value) -> bool {
    match kind(value) {
        Kind::None => false,
        Kind::Bool(truth) => truth,
        Kind::Int(number) => number != 0,
        Kind::Float(number) => number != 0.0,
        Kind::Text(text) => !text.is_empty(),
        Kind::Dict(members) => !members.is_empty(),
        Kind::Many(Tag::Iterator, _) => true,
        Kind::Many(_, elements) => !elements.is_empty(),
    }
}

/// What a `for` goes through.
pub(super) fn elements<'v>(call: &Call<'_>, value: &'v Value) -> Made<Vec<Cow<'v, Value>>> {
    let elements: Vec<Cow<'v, Value>> = match kind(value) {
        Kind::Text(text) => text
            .chars()
            .map(|character| Cow::Owned(character.to_string().into()))
            .collect(),
        Kind::Dict(members) => members
            .keys()
            .map(|key| Cow::Owned(key.as_str().into()))
            .collect(),
        Kind::Many(_, elements) => elements.iter().map(Cow::Borrowed).collect(),
        Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => {
            return Err(call.fail(format!("{} is nothing to go through", noun(value))));
        }
    };
    call.steps(elements.len())?;
    Ok(elements)
}

/// The same as values of one's own.
pub(super) fn owned_elements(call: &Call<'_>, value: &Value) -> Made<Vec<Value>> {
    let elements = elements(call, value)?;
    call.pay(
        elements
            .iter()
            .map(|element| crate::limits::size(element))
            .sum(),
    )?;
    Ok(elements.into_iter().map(Cow::into_owned).collect())
}

/// A text that only equal values have, for those that a set can hold.
pub(super) fn hash(call: &Call<'_>, value: &Value) -> Made<String> {
    match kind(value) {
        Kind::None => Ok("n".to_owned()),
        Kind::Bool(truth) => Ok(format!("i{}", i32::from(truth))),
        Kind::Int(number) => Ok(format!("i{number}")),
        Kind::Float(number) => Ok(match super::number::whole(number) {
            Some(whole) => format!("i{whole}"),
            None => format!("f{}", print_float(number)),
        }),
        Kind::Text(text) => Ok(format!("t{}:{text}", text.len())),
        Kind::Many(Tag::Tuple, elements) => {
            let mut all = "(".to_owned();
            for element in elements {
                all.push_str(&hash(call, element)?);
                all.push(',');
            }
            Ok(all)
        }
        Kind::Dict(_) | Kind::Many(..) => {
            Err(call.fail(format!("{} cannot be in a set or be a key", noun(value))))
        }
    }
}

/// Those elements that are not equal to one before them.
pub(super) fn distinct<'v>(
    call: &Call<'_>,
    elements: impl IntoIterator<Item = &'v Value>,
) -> Made<Vec<Value>> {
    let mut seen = BTreeSet::new();
    let mut kept = Vec::new();
    for element in elements {
        if seen.insert(hash(call, element)?) {
            kept.push(element.clone());
        }
    }
    Ok(kept)
}

/// `(a, b)`
pub(super) fn py_tuple<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    Ok(made(many(Tag::Tuple, owned_elements(call, &value)?)))
}

/// `set(a)`
pub(super) fn py_set<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    let elements = elements(call, &value)?;
    Ok(made(many(
        Tag::Set,
        distinct(call, elements.iter().map(|element| &**element))?,
    )))
}

/// A value as JSON text, a text with its quotes.
pub(super) fn py_dumps<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    let mut text = String::new();
    dumped(&json(value.into_owned()), &mut text);
    Ok(made(text))
}

/// What JSON can hold of a value: lists for tuples, sets and iterators.
pub(super) fn py_json<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    if has_tag(&value) {
        return Ok(made(json(value.into_owned())));
    }
    Ok(Data::One(value))
}

fn has_tag(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(has_tag),
        Value::Object(members) => tagged(members).is_some() || members.values().any(has_tag),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// What JSON can hold of a value.
pub(super) fn json(value: Value) -> Value {
    match value {
        Value::Array(elements) => elements.into_iter().map(json).collect(),
        Value::Object(members) => {
            if let Some((_, elements)) = tagged(&members) {
                return elements.iter().cloned().map(json).collect();
            }
            members
                .into_iter()
                .map(|(key, member)| (key, json(member)))
                .collect::<Map<_, _>>()
                .into()
        }
        other => other,
    }
}
