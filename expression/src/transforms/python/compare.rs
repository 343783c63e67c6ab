//! `== != < <= > >= in is`.

use std::cmp::Ordering;

use serde_json::Value;

use super::kind::{Kind, Tag, elements, hash, kind, noun};
use super::number::{Numeric, numeric, whole};
use super::{Call, Made};
use crate::evaluate::{Data, made};
use crate::member::find;
use crate::transforms::Applied;

/// `a < b` and the others.
pub(super) fn py_compare<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let left = call.evaluator.whole(value, &call.node.span)?;
    let right = call.arguments.get(1).cloned().unwrap_or_default();
    let operator = call.word(0)?;
    let truth = match operator {
        "==" => equal(&left, &right),
        "!=" => !equal(&left, &right),
        "is" => same(&left, &right),
        "is not" => !same(&left, &right),
        "in" => contains(call, &right, &left)?,
        "not in" => !contains(call, &right, &left)?,
        _ => ordered(call, operator, &left, &right)?,
    };
    Ok(made(truth))
}

/// Whether two values are the same None, True or False.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        _ => false,
    }
}

/// `==`
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    let kinds = (kind(left), kind(right));
    if let (Some(left), Some(right)) = (numeric(&kinds.0), numeric(&kinds.1)) {
        return compare_numbers(left, right) == Some(Ordering::Equal);
    }
    match kinds {
        (Kind::None, Kind::None) => true,
        (Kind::Text(left), Kind::Text(right)) => left == right,
        (Kind::Dict(left), Kind::Dict(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, member)| find(right, key).is_some_and(|other| equal(member, other)))
        }
        (
            Kind::Many(Tag::Set | Tag::Keys | Tag::Items, left),
            Kind::Many(Tag::Set | Tag::Keys | Tag::Items, right),
        ) => left.len() == right.len() && left.iter().all(|element| contains_equal(right, element)),
        (Kind::Many(Tag::Iterator | Tag::Values, _), _) => false,
        (Kind::Many(tag, left), Kind::Many(other, right)) => {
            tag == other
                && left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| equal(left, right))
        }
        _ => false,
    }
}

pub(super) fn contains_equal(elements: &[Value], wanted: &Value) -> bool {
    elements.iter().any(|element| equal(element, wanted))
}

/// `part in whole`
fn contains(call: &Call<'_>, whole: &Value, part: &Value) -> Made<bool> {
    match (kind(whole), kind(part)) {
        (Kind::Text(text), Kind::Text(part)) => Ok(text.contains(part)),
        (Kind::Text(_), _) => Err(call.fail(format!("`in` a str needs a str, not {}", noun(part)))),
        (Kind::Dict(members), part_kind) => {
            hash(call, part)?;
            Ok(matches!(part_kind, Kind::Text(key) if find(members, key).is_some()))
        }
        (Kind::Many(tag, elements), part_kind) => {
            call.steps(elements.len())?;
            let is_set = matches!(part_kind, Kind::Many(Tag::Set, _));
            if matches!(tag, Tag::Set | Tag::Keys) && !is_set {
                hash(call, part)?;
            }
            if tag == Tag::Items && !matches!(part_kind, Kind::Many(Tag::Tuple, _)) {
                return Ok(false);
            }
            Ok(contains_equal(elements, part))
        }
        (Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_), _) => {
            Err(call.fail(format!("`in` does not work with {}", noun(whole))))
        }
    }
}

/// Which of two values comes first; an error where Python knows no order.
fn order(call: &Call<'_>, operator: &str, left: &Value, right: &Value) -> Made<Ordering> {
    let kinds = (kind(left), kind(right));
    if let (Some(left), Some(right)) = (numeric(&kinds.0), numeric(&kinds.1)) {
        return Ok(compare_numbers(left, right).unwrap_or(Ordering::Equal));
    }
    match kinds {
        (Kind::Text(left), Kind::Text(right)) => Ok(left.cmp(right)),
        (Kind::Many(tag @ (Tag::List | Tag::Tuple), these), Kind::Many(other, rest))
            if tag == other =>
        {
            call.steps(these.len())?;
            match these
                .iter()
                .zip(rest)
                .find(|(left, right)| !equal(left, right))
            {
                Some((left, right)) => order(call, operator, left, right),
                None => Ok(these.len().cmp(&rest.len())),
            }
        }
        _ => Err(call.fail(format!(
            "`{operator}` does not work between {} and {}",
            noun(left),
            noun(right)
        ))),
    }
}

/// Compares numbers exactly, as Python does.
fn compare_numbers(left: Numeric, right: Numeric) -> Option<Ordering> {
    match (left, right) {
        (Numeric::Int(left), Numeric::Int(right)) => Some(left.cmp(&right)),
        (Numeric::Float(left), Numeric::Float(right)) => left.partial_cmp(&right),
        (Numeric::Int(left), Numeric::Float(right)) => int_with_float(left, right),
        (Numeric::Float(left), Numeric::Int(right)) => {
            int_with_float(right, left).map(Ordering::reverse)
        }
    }
}

fn int_with_float(int: i128, float: f64) -> Option<Ordering> {
    match whole(float.floor()) {
        // Above a whole number by a fraction, the float is larger than it.
        Some(below) => Some(int.cmp(&below).then(if float.fract() == 0.0 {
            Ordering::Equal
        } else {
            Ordering::Less
        })),
        None => 0.0.partial_cmp(&float),
    }
}

/// Whether `left operator right`, for an operator that asks for an order.
pub(super) fn ordered(call: &Call<'_>, operator: &str, left: &Value, right: &Value) -> Made<bool> {
    if let (Kind::Many(Tag::Set | Tag::Keys, left), Kind::Many(Tag::Set | Tag::Keys, right)) =
        (kind(left), kind(right))
    {
        let holds = |these: &[Value], those: &[Value]| {
            those.iter().all(|element| contains_equal(these, element))
        };
        return Ok(match operator {
            "<" => left.len() < right.len() && holds(right, left),
            "<=" => holds(right, left),
            ">" => left.len() > right.len() && holds(left, right),
            _ => holds(left, right),
        });
    }
    let order = order(call, operator, left, right)?;
    Ok(match operator {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    })
}

/// Sorts by the first of each pair, as `sorted` does: what is equal keeps its order.
pub(super) fn sort(
    call: &Call<'_>,
    mut keyed: Vec<(Value, Value)>,
    is_reverse: bool,
) -> Made<Vec<(Value, Value)>> {
    if keyed.len() < 2 {
        return Ok(keyed);
    }
    // The standard library's sorting needs an order that cannot fail.
    call.steps(keyed.len())?;
    let right = keyed.split_off(keyed.len() / 2);
    let mut left = sort(call, keyed, is_reverse)?.into_iter().peekable();
    let mut right = sort(call, right, is_reverse)?.into_iter().peekable();
    let mut sorted = Vec::new();
    while let (Some((first, _)), Some((second, _))) = (left.peek(), right.peek()) {
        let (before, after) = if is_reverse {
            (first, second)
        } else {
            (second, first)
        };
        let next = if ordered(call, "<", before, after)? {
            right.next()
        } else {
            left.next()
        };
        sorted.extend(next);
    }
    sorted.extend(left);
    sorted.extend(right);
    Ok(sorted)
}

/// The elements of a value with what a function makes of each, or with themselves.
pub(super) fn keyed(call: &Call<'_>, value: &Value, function: usize) -> Made<Vec<(Value, Value)>> {
    elements(call, value)?
        .into_iter()
        .map(|element| {
            let element = element.into_owned();
            let key = match call.function(function) {
                Some(function) => call.invoke(&function, &element)?,
                None => element.clone(),
            };
            Ok((key, element))
        })
        .collect()
}
