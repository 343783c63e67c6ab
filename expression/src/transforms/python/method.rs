//! Methods: `a.name(arguments)`.

use serde_json::Value;

use super::compare::equal;
use super::item::keys;
use super::kind::{Kind, Tag, hash, kind, many, noun};
use super::text::{self, Arguments};
use super::{Call, Made};
use crate::evaluate::{Data, made};
use crate::member::find;
use crate::transforms::Applied;

/// `a.name(arguments)`
pub(super) fn py_method<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    let name = call.word(0)?;
    let result = match kind(&value) {
        Kind::Text(text) => text::method(&Arguments { call, name }, text)?,
        Kind::Dict(members) => match name {
            "get" => Some(get(call, members)?),
            "keys" => Some(keys(members)),
            "values" => Some(many(Tag::Values, members.values().cloned().collect())),
            "items" => {
                let item = |(key, value): (&String, &Value)| {
                    many(Tag::Tuple, vec![key.as_str().into(), value.clone()])
                };
                Some(many(Tag::Items, members.iter().map(item).collect()))
            }
            _ => None,
        },
        Kind::Many(tag @ (Tag::List | Tag::Tuple), elements) => match name {
            "index" => Some(index(call, elements)?),
            "count" if call.arguments.len() == 2 => {
                call.steps(elements.len())?;
                let wanted = call.arguments.get(1).cloned().unwrap_or_default();
                let count = elements
                    .iter()
                    .filter(|element| equal(element, &wanted))
                    .count();
                Some(count.into())
            }
            "count" => {
                return Err(call.fail(format!(
                    "`count` of {} takes one argument",
                    noun(&many(tag, Vec::new()))
                )));
            }
            _ => None,
        },
        Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Many(..) => None,
    };
    result
        .map(made)
        .ok_or_else(|| call.fail(format!("{} has no method `{name}`", noun(&value))))
}

/// `a.get(key, default)`
fn get(call: &Call<'_>, members: &serde_json::Map<String, Value>) -> Made {
    let key = call.arguments.get(1).cloned().unwrap_or_default();
    hash(call, &key)?;
    let found = key.as_str().and_then(|key| find(members, key));
    let default = call.arguments.get(2).map(|default| &**default);
    Ok(found.or(default).cloned().unwrap_or_default())
}

/// `a.index(value, start, end)`
fn index(call: &Call<'_>, elements: &[Value]) -> Made {
    let wanted = call.arguments.get(1).cloned().unwrap_or_default();
    let length = i128::try_from(elements.len()).unwrap_or(i128::MAX);
    let bound = |at: usize, default: i128| match call.arguments.get(at).map(|bound| kind(bound)) {
        None => Ok(default),
        Some(Kind::Int(bound)) if bound < 0 => Ok((bound + length).max(0)),
        Some(Kind::Int(bound)) => Ok(bound),
        Some(Kind::Bool(bound)) => Ok(i128::from(bound)),
        Some(_) => Err(call.fail("`index` needs whole numbers for its bounds")),
    };
    let (start, end) = (bound(2, 0)?, bound(3, length)?);
    call.steps(elements.len())?;
    (0..)
        .zip(elements)
        .find(|(at, element)| (start..end).contains(at) && equal(element, &wanted))
        .and_then(|(at, _)| i64::try_from(at).ok())
        .map(Value::from)
        .ok_or_else(|| call.fail("the value is not in the list"))
}
