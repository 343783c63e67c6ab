//! Names, members, items and slices.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::kind::{Kind, Tag, hash, kind, many, noun};
use super::{Call, Made};
use crate::evaluate::{Data, made};
use crate::limits::size;
use crate::member::find;
use crate::transforms::Applied;

/// A name of the expression, which stands for a member of what the names are read from.
pub(super) fn name<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let name = call.word(0)?;
    let names = call.evaluator.whole(value, &call.node.span)?;
    let Some(members) = names.as_object() else {
        return Err(call.fail(format!(
            "`{name}` is not known here: what there is is {}",
            noun(&names)
        )));
    };
    let Some(found) = find(members, name) else {
        if name == "keys" {
            return Ok(made(keys(members)));
        }
        // A template prints nothing for what is not there.
        return match call.arguments.get(1) {
            Some(default) => Ok(made(default.clone().into_owned())),
            None => Err(call.fail(format!("`{name}` is not known here"))),
        };
    };
    match found.as_str().map(str::to_lowercase).as_deref() {
        Some("true") => return Ok(made(true)),
        Some("false") => return Ok(made(false)),
        _ => {}
    }
    Ok(borrow(names, |names| {
        names.as_object().and_then(|members| find(members, name))
    }))
}

/// What a text is as a Python literal, if it is one; anything else as it is.
pub(super) fn literal<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    let read = value.as_str().map(str::trim).and_then(|text| {
        // Words with commas between them are a text to whoever splits it.
        let is_bare = !text.starts_with(['[', '(', '{']);
        crate::python::literal(text).filter(|read| !(is_bare && read.is_array()))
    });
    Ok(read.map_or(Data::One(value), made))
}

/// The names of a dict.
pub(super) fn keys(members: &Map<String, Value>) -> Value {
    let names = members.keys().map(|key| key.as_str().into());
    many(Tag::Keys, names.collect())
}

/// A part of a value, borrowed where the value is; null where there is none.
fn borrow(value: Cow<'_, Value>, part: impl Fn(&Value) -> Option<&Value>) -> Data<'_> {
    match value {
        Cow::Borrowed(value) => match part(value) {
            Some(part) => Data::One(Cow::Borrowed(part)),
            None => made(Value::Null),
        },
        Cow::Owned(value) => made(part(&value).cloned()),
    }
}

/// `a.name`: a member of a dict, or None where it has none.
pub(super) fn member<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let name = call.word(0)?;
    let object = call.evaluator.whole(value, &call.node.span)?;
    let default = call.arguments.get(1).map(|default| (**default).clone());
    let is_there = object
        .as_object()
        .is_some_and(|members| find(members, name).is_some());
    if let Some(default) = default.filter(|_| !is_there) {
        return Ok(made(default));
    }
    if !matches!(kind(&object), Kind::Dict(_)) {
        return Err(call.fail(format!("{} has no member `{name}`", noun(&object))));
    }
    Ok(borrow(object, |object| {
        object.as_object().and_then(|members| find(members, name))
    }))
}

/// `a[index]`; with a second argument, that stands for what is not there.
pub(super) fn item<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    if let (Some(index), Some(default)) = (call.arguments.first(), call.arguments.get(1)) {
        let is_there = match (kind(&value), kind(index)) {
            (Kind::Dict(members), Kind::Text(key)) => find(members, key).is_some(),
            (Kind::Many(Tag::List | Tag::Tuple, elements), Kind::Int(_)) => {
                place(call, index, elements.len()).is_ok()
            }
            (Kind::Text(text), Kind::Int(_)) => place(call, index, text.chars().count()).is_ok(),
            _ => false,
        };
        if !is_there {
            return Ok(made((**default).clone()));
        }
    }
    let index = call.arguments.first().cloned().unwrap_or_default();
    match (kind(&value), kind(&index)) {
        (Kind::Dict(members), index_kind) => {
            hash(call, &index)?;
            let Some(key) = (match index_kind {
                Kind::Text(key) => find(members, key).map(|_| key.to_owned()),
                _ => None,
            }) else {
                return Err(call.fail(format!("there is no key {index}")));
            };
            Ok(borrow(value, |value| {
                value.as_object().and_then(|members| find(members, &key))
            }))
        }
        (Kind::Many(tag @ (Tag::List | Tag::Tuple), elements), Kind::Int(_) | Kind::Bool(_)) => {
            let at = place(call, &index, elements.len())?;
            let element = move |value: &Value| -> Option<usize> {
                matches!(kind(value), Kind::Many(..)).then_some(at)
            };
            if tag == Tag::List {
                return Ok(borrow(value, |value| value.get(element(value)?)));
            }
            Ok(made(elements.get(at).cloned()))
        }
        (Kind::Text(text), Kind::Int(_) | Kind::Bool(_)) => {
            let at = place(call, &index, text.chars().count())?;
            Ok(made(text.chars().nth(at).map(String::from)))
        }
        _ => Err(call.fail(format!("{} has no item at {}", noun(&value), noun(&index)))),
    }
}

/// A place in a list, counted from the end where it is negative.
fn place(call: &Call<'_>, index: &Value, length: usize) -> Made<usize> {
    let index = match kind(index) {
        Kind::Int(index) => index,
        Kind::Bool(index) => i128::from(index),
        _ => 0,
    };
    let length = i128::try_from(length).unwrap_or(i128::MAX);
    let at = if index < 0 { index + length } else { index };
    usize::try_from(at)
        .ok()
        .filter(|_| at < length)
        .ok_or_else(|| call.fail(format!("the index {index} is out of range")))
}

/// `a[start:end:step]`
pub(super) fn slice<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    let bound = |at: usize| -> Made<Option<i128>> {
        match call.arguments.get(at).map(|bound| kind(bound)) {
            None | Some(Kind::None) => Ok(None),
            Some(Kind::Int(bound)) => Ok(Some(bound)),
            Some(Kind::Bool(bound)) => Ok(Some(i128::from(bound))),
            Some(_) => Err(call.fail("a slice needs whole numbers")),
        }
    };
    let places = |length: usize| -> Made<Vec<usize>> {
        let places = places(length, bound(0)?, bound(1)?, bound(2)?)
            .ok_or_else(|| call.fail("the step of a slice is zero"))?;
        call.steps(places.len())?;
        Ok(places)
    };
    match kind(&value) {
        Kind::Text(text) => {
            let characters = text.chars().collect::<Vec<_>>();
            let places = places(characters.len())?;
            let part = places.iter().filter_map(|at| characters.get(*at));
            Ok(made(part.collect::<String>()))
        }
        Kind::Many(tag @ (Tag::List | Tag::Tuple), elements) => {
            let places = places(elements.len())?;
            let part = places.iter().filter_map(|at| elements.get(*at));
            call.pay(part.clone().map(size).sum())?;
            Ok(made(many(tag, part.cloned().collect())))
        }
        Kind::None
        | Kind::Bool(_)
        | Kind::Int(_)
        | Kind::Float(_)
        | Kind::Dict(_)
        | Kind::Many(..) => Err(call.fail(format!("{} cannot be sliced", noun(&value)))),
    }
}

/// The places that a slice takes, in their order; none for a stride of zero.
fn places(
    length: usize,
    start: Option<i128>,
    end: Option<i128>,
    stride: Option<i128>,
) -> Option<Vec<usize>> {
    let stride = stride.unwrap_or(1);
    if stride == 0 {
        return None;
    }
    let length = i128::try_from(length).unwrap_or(i128::MAX);
    let (lowest, highest) = if stride > 0 {
        (0, length)
    } else {
        (-1, length - 1)
    };
    let clamp = |at: i128| if at < 0 { at + length } else { at }.clamp(lowest, highest);
    let (first, last) = if stride > 0 {
        (lowest, highest)
    } else {
        (highest, lowest)
    };
    let (mut at, end) = (start.map_or(first, clamp), end.map_or(last, clamp));
    let mut places = Vec::new();
    while (stride > 0 && at < end) || (stride < 0 && at > end) {
        places.extend(usize::try_from(at));
        at = at.saturating_add(stride);
    }
    Some(places)
}
