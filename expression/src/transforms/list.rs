//! Transforms of lists.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;

use super::{Applied, Call, at_path};
use crate::coerce::{compare_numbers, compare_texts, strictly_equal, to_number, to_text};
use crate::error::EvaluationError;
use crate::lexer::parse_number;

/// The number of elements or characters.
pub(super) fn length(call: &Call<'_>) -> Applied {
    match &*call.value {
        Value::String(text) => Ok(text.chars().count().into()),
        Value::Null | Value::Array(_) => Ok(call.list()?.len().into()),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err(call.misfit("a list or text")),
    }
}

/// The first element; null if there is none.
pub(super) fn first(call: &Call<'_>) -> Applied {
    Ok(call.list()?.first().cloned().unwrap_or_default())
}

/// The last element; null if there is none.
pub(super) fn last(call: &Call<'_>) -> Applied {
    Ok(call.list()?.last().cloned().unwrap_or_default())
}

/// The elements as one text, with `,` or another text between them.
pub(super) fn join(call: &Call<'_>) -> Applied {
    let separator = call.text_argument(0)?.unwrap_or(",");
    Ok(call
        .list()?
        .iter()
        .map(to_text)
        .collect::<Vec<_>>()
        .join(separator)
        .into())
}

/// What each element has at a path, where it has something.
pub(super) fn map(call: &Call<'_>) -> Applied {
    let path = path(call)?;
    Ok(call
        .list()?
        .iter()
        .filter_map(|element| at_path(element, path))
        .map(Cow::into_owned)
        .collect())
}

/// The elements whose number at a path compares: `filter('total > 100')`.
pub(super) fn filter(call: &Call<'_>) -> Applied {
    let condition = call.text_argument(0)?.unwrap_or_default();
    let refuse = || {
        call.refuse(&format!(
            "needs `path operator number`, such as `total > 100`, not `{condition}`"
        ))
    };
    let (path, operator, limit) = split_condition(condition).ok_or_else(refuse)?;
    let limit = parse_number(limit).ok_or_else(refuse)?;
    let fits = |element: &&Value| {
        let number = at_path(element, path).and_then(|value| to_number(&value));
        number
            .and_then(|number| compare_numbers(&number, &limit))
            .is_some_and(operator)
    };
    Ok(call.list()?.iter().filter(fits).cloned().collect())
}

/// What an operator says of an order.
type IsSo = fn(Ordering) -> bool;

/// Splits `total >= 100` at its operator.
fn split_condition(condition: &str) -> Option<(&str, IsSo, &str)> {
    const OPERATORS: [(&str, IsSo); 6] = [
        (">=", Ordering::is_ge),
        ("<=", Ordering::is_le),
        ("==", Ordering::is_eq),
        ("!=", Ordering::is_ne),
        (">", Ordering::is_gt),
        ("<", Ordering::is_lt),
    ];
    let (path, rest) = condition.split_at(condition.find(['>', '<', '=', '!'])?);
    let (symbol, operator) = OPERATORS
        .iter()
        .find(|(symbol, _)| rest.starts_with(symbol))?;
    let limit = rest.strip_prefix(symbol)?.trim();
    (!path.trim().is_empty()).then_some((path.trim(), *operator, limit))
}

/// The first element that has a value at a path; null if there is none.
pub(super) fn find(call: &Call<'_>) -> Applied {
    let (path, wanted) = (path(call)?, call.arguments.get(1));
    let fits = |element: &&Value| {
        at_path(element, path)
            .zip(wanted)
            .is_some_and(|(found, wanted)| strictly_equal(&found, wanted))
    };
    Ok(call.list()?.iter().find(fits).cloned().unwrap_or_default())
}

/// The elements that have a value at a path.
pub(super) fn filter_by(call: &Call<'_>) -> Applied {
    let (path, wanted) = (path(call)?, call.arguments.get(1));
    let fits = |element: &&Value| {
        at_path(element, path)
            .zip(wanted)
            .is_some_and(|(found, wanted)| strictly_equal(&found, wanted))
    };
    Ok(call.list()?.iter().filter(fits).cloned().collect())
}

/// The elements, with those that are lists replaced by theirs.
pub(super) fn flatten(call: &Call<'_>) -> Applied {
    let mut flat = Vec::new();
    for element in call.list()? {
        match element {
            Value::Array(elements) => flat.extend(elements.iter().cloned()),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => flat.push(element.clone()),
        }
    }
    Ok(flat.into())
}

/// The elements whose text no element before has.
pub(super) fn unique(call: &Call<'_>) -> Applied {
    let mut seen = BTreeSet::new();
    Ok(call
        .list()?
        .iter()
        .filter(|element| seen.insert(to_text(element)))
        .cloned()
        .collect())
}

/// The elements of both lists.
pub(super) fn concat(call: &Call<'_>) -> Applied {
    Ok(call
        .list()?
        .iter()
        .chain(list_argument(call)?)
        .cloned()
        .collect())
}

/// Whether the lists have an element in common, compared as text.
pub(super) fn has_overlap(call: &Call<'_>) -> Applied {
    let own = call.list()?.iter().map(to_text).collect::<BTreeSet<_>>();
    Ok(list_argument(call)?
        .iter()
        .any(|element| own.contains(&to_text(element)))
        .into())
}

/// The elements in the order of what they have at a path, or of themselves; null comes last, or with `'desc'` first.
pub(super) fn sort(call: &Call<'_>) -> Applied {
    let path = call.text_argument(0)?.unwrap_or_default();
    let is_descending = match call.text_argument(1)? {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(other) => return Err(call.refuse(&format!("sorts `asc` or `desc`, not `{other}`"))),
    };
    let mut keyed = Vec::new();
    for element in call.list()? {
        let key = if path.is_empty() {
            Some(Cow::Borrowed(element))
        } else {
            at_path(element, path)
        };
        keyed.push((key.unwrap_or_default(), element));
    }
    keyed.sort_by(|(left, _), (right, _)| {
        let order = compare_keys(left, right);
        if is_descending {
            order.reverse()
        } else {
            order
        }
    });
    Ok(keyed
        .into_iter()
        .map(|(_, element)| element.clone())
        .collect())
}

/// A total order: numbers, texts, booleans, the rest by its JSON; null and nothing last.
fn compare_keys(left: &Value, right: &Value) -> Ordering {
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

/// The elements from last to first.
pub(super) fn reverse(call: &Call<'_>) -> Applied {
    Ok(call.list()?.iter().rev().cloned().collect())
}

/// The elements or characters from a place up to another; a negative place counts from the end.
pub(super) fn slice(call: &Call<'_>) -> Applied {
    let start = call.whole_argument(0)?.unwrap_or(0);
    let end = call.whole_argument(1)?;
    if let Value::String(text) = &*call.value {
        let (skip, take) = window(text.chars().count(), start, end);
        return Ok(text
            .chars()
            .skip(skip)
            .take(take)
            .collect::<String>()
            .into());
    }
    let elements = call.list()?;
    let (skip, take) = window(elements.len(), start, end);
    Ok(elements.iter().skip(skip).take(take).cloned().collect())
}

/// How many to skip and how many to take.
fn window(length: usize, start: i64, end: Option<i64>) -> (usize, usize) {
    let place = |at: i64| {
        let distance = usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX);
        if at < 0 {
            length.saturating_sub(distance)
        } else {
            distance.min(length)
        }
    };
    let (start, end) = (place(start), end.map_or(length, place));
    (start, end.saturating_sub(start))
}

/// Lists of so many elements each.
pub(super) fn chunk(call: &Call<'_>) -> Applied {
    let size = call
        .whole_argument(0)?
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size > 0);
    let size = size.ok_or_else(|| call.refuse("needs a size of at least 1"))?;
    Ok(call.list()?.chunks(size).map(<[Value]>::to_vec).collect())
}

/// A line for each element, with `{path}` replaced: `formatList('{name}: {price}')`. Empty lines are left out.
pub(super) fn format_list(call: &Call<'_>) -> Applied {
    let template = call.text_argument(0)?.unwrap_or_default();
    let separator = call.text_argument(1)?.unwrap_or("\n");
    let mut lines = Vec::new();
    for element in call.list()? {
        let line = format_element(template, element);
        call.evaluator.meter.make(line.len(), &call.node.span)?;
        if !line.trim().is_empty() {
            lines.push(line);
        }
    }
    Ok(lines.join(separator).into())
}

fn format_element(template: &str, element: &Value) -> String {
    if !element.is_object() && !element.is_array() {
        return to_text(element);
    }
    let mut line = String::new();
    let mut rest = template;
    while let Some((before, (path, after))) = rest
        .split_once('{')
        .and_then(|(before, tail)| Some((before, tail.split_once('}')?)))
    {
        line.push_str(before);
        match at_path(element, path.trim()) {
            _ if path.is_empty() => line.push_str("{}"),
            Some(value) => line.push_str(&to_text(&value)),
            None => {}
        }
        rest = after;
    }
    line + rest
}

fn path<'c>(call: &'c Call<'_>) -> Result<&'c str, EvaluationError> {
    call.text_argument(0)?
        .ok_or_else(|| call.refuse("needs a path, such as `'address.city'`"))
}

fn list_argument<'c>(call: &'c Call<'_>) -> Result<&'c [Value], EvaluationError> {
    match call.argument(0) {
        None => Ok(&[]),
        Some(Value::Array(elements)) => Ok(elements),
        Some(other) => Err(call.refuse(&format!("needs a list for its argument, not {other}"))),
    }
}
