//! Transforms of lists.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::Value;

use super::{Applied, Call, at_path, through_texts};
use crate::coerce::{compare_numbers, strictly_equal, to_number, to_text, total_order};
use crate::error::EvaluationError;
use crate::evaluate::{Data, made};
use crate::lexer::parse_number;

/// The number of elements or characters.
#[expect(
    clippy::needless_pass_by_value,
    reason = "every transform has the type that the table asks for"
)]
pub(super) fn length<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    match value.outline() {
        Value::String(text) => Ok(made(text.chars().count())),
        Value::Null | Value::Array(_) => Ok(made(value.len().unwrap_or(0))),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            Err(call.misfit("a list or text", &value))
        }
    }
}

/// The first element; null if there is none.
pub(super) fn first<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    Ok(one_or_null(call.list(value)?.next()))
}

/// The last element; null if there is none.
pub(super) fn last<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    Ok(one_or_null(call.list(value)?.next_back()))
}

/// The elements as one text, with `,` or another text between them.
pub(super) fn join<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let separator = call.text_argument(0)?.unwrap_or(",");
    let mut text = String::new();
    for (at, element) in call.list(value)?.enumerate() {
        text.push_str(if at == 0 { "" } else { separator });
        text.push_str(&to_text(&element));
    }
    Ok(made(text))
}

/// What each element has at a path, where it has something.
pub(super) fn map<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let path = path(call)?;
    let member = |element| match element {
        Cow::Borrowed(element) => at_path(element, path),
        Cow::Owned(element) => {
            at_path(&element, path).map(|member| Cow::Owned(member.into_owned()))
        }
    };
    Ok(call.list(value)?.filter_map(member).collect())
}

/// What stands at a path, also inside of texts that hold JSON.
pub(super) fn at<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let path = call.text_argument(0)?.unwrap_or_default().to_owned();
    let whole = call.evaluator.whole(value, &call.node.span)?;
    Ok(made(through_texts(&whole, &path)))
}

/// The elements whose number at a path compares: `filter('total > 100')`.
pub(super) fn filter<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let condition = call.text_argument(0)?.unwrap_or_default();
    let refuse = || {
        call.refuse(&format!(
            "needs `path operator number`, such as `total > 100`, not `{condition}`"
        ))
    };
    let (path, operator, limit) = split_condition(condition).ok_or_else(refuse)?;
    let limit = parse_number(limit).ok_or_else(refuse)?;
    let fits = |element: &Cow<'_, Value>| {
        let number = at_path(element, path).and_then(|value| to_number(&value));
        number
            .and_then(|number| compare_numbers(&number, &limit))
            .is_some_and(operator)
    };
    Ok(call.list(value)?.filter(fits).collect())
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

/// The path of `total >= 100`.
pub(crate) fn condition_path(condition: &str) -> Option<&str> {
    split_condition(condition).map(|(path, ..)| path)
}

/// The first element that has a value at a path; null if there is none.
pub(super) fn find<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    Ok(one_or_null(having(call, value)?.next()))
}

/// The elements that have a value at a path.
pub(super) fn filter_by<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    Ok(having(call, value)?.collect())
}

/// The elements that have the second argument at the path that is the first.
fn having<'c>(
    call: &Call<'c>,
    value: Data<'c>,
) -> Result<impl Iterator<Item = Cow<'c, Value>>, EvaluationError> {
    let (path, wanted) = (path(call)?, call.arguments.get(1));
    let has = move |element: &Cow<'_, Value>| {
        at_path(element, path)
            .zip(wanted)
            .is_some_and(|(found, wanted)| strictly_equal(&found, wanted))
    };
    Ok(call.list(value)?.filter(has))
}

/// The elements, with those that are lists replaced by theirs.
pub(super) fn flatten<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let mut flat = Vec::new();
    for element in call.list(value)? {
        if element.is_array() {
            flat.extend(Data::One(element).into_elements());
        } else {
            flat.push(element);
        }
    }
    Ok(Data::List(flat))
}

/// The elements whose text no element before has.
pub(super) fn unique<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let mut seen = BTreeSet::new();
    Ok(call
        .list(value)?
        .filter(|element| seen.insert(to_text(element).into_owned()))
        .collect())
}

/// The elements of both lists.
pub(super) fn concat<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let elements = call.list(value)?;
    Ok(elements.chain(list_argument(call)?).collect())
}

/// Whether the lists have an element in common, compared as text.
pub(super) fn has_overlap<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let own = call
        .list(value)?
        .map(|element| to_text(&element).into_owned())
        .collect::<BTreeSet<_>>();
    let is_common = list_argument(call)?.any(|element| own.contains(&*to_text(&element)));
    Ok(made(is_common))
}

/// The elements in the order of what they have at a path, or of themselves; null comes last, or with `'desc'` first.
pub(super) fn sort<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let path = call.text_argument(0)?.unwrap_or_default();
    let is_descending = match call.text_argument(1)? {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(other) => return Err(call.refuse(&format!("sorts `asc` or `desc`, not `{other}`"))),
    };
    let elements = call.list(value)?.collect::<Vec<_>>();
    let mut keyed = Vec::new();
    for element in &elements {
        let key = if path.is_empty() {
            Some(Cow::Borrowed(&**element))
        } else {
            at_path(element, path)
        };
        keyed.push((key.unwrap_or_default(), element));
    }
    keyed.sort_by(|(left, _), (right, _)| {
        let ascending = total_order(left, right);
        if is_descending {
            ascending.reverse()
        } else {
            ascending
        }
    });
    Ok(keyed
        .into_iter()
        .map(|(_, element)| element.clone())
        .collect())
}

/// The elements from last to first.
pub(super) fn reverse<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    Ok(call.list(value)?.rev().collect())
}

/// The elements or characters from a place up to another; a negative place counts from the end.
pub(super) fn slice<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let start = call.whole_argument(0)?.unwrap_or(0);
    let end = call.whole_argument(1)?;
    if let Value::String(text) = value.outline() {
        let (skip, take) = window(text.chars().count(), start, end);
        let part = text.chars().skip(skip).take(take);
        return Ok(made(part.collect::<String>()));
    }
    let (skip, take) = window(value.len().unwrap_or(0), start, end);
    Ok(call.list(value)?.skip(skip).take(take).collect())
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
pub(super) fn chunk<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let size = call
        .whole_argument(0)?
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size > 0);
    let size = size.ok_or_else(|| call.refuse("needs a size of at least 1"))?;
    let mut elements = call.list(value)?.peekable();
    let mut chunks = Vec::new();
    while elements.peek().is_some() {
        let chunk: Data<'c> = elements.by_ref().take(size).collect();
        chunks.push(call.evaluator.own(chunk, &call.node.span)?);
    }
    Ok(made(chunks))
}

/// A line for each element, with `{path}` replaced: `formatList('{name}: {price}')`. Empty lines are left out.
pub(super) fn format_list<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let template = call.text_argument(0)?.unwrap_or_default();
    let separator = call.text_argument(1)?.unwrap_or("\n");
    let mut lines = Vec::new();
    for element in call.list(value)? {
        let line = format_element(template, &element);
        call.evaluator.meter.make(line.len(), &call.node.span)?;
        if !line.trim().is_empty() {
            lines.push(line);
        }
    }
    Ok(made(lines.join(separator)))
}

fn format_element(template: &str, element: &Value) -> String {
    if !element.is_object() && !element.is_array() {
        return to_text(element).into_owned();
    }
    let mut line = String::new();
    let mut rest = template;
    while let Some((before, path, after)) = split_braces(rest) {
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

/// The paths in `{name}: {price}`.
pub(crate) fn braced_paths(template: &str) -> impl Iterator<Item = &str> {
    let mut rest = template;
    std::iter::from_fn(move || {
        let (_, path, after) = split_braces(rest)?;
        rest = after;
        Some(path.trim())
    })
}

/// What stands before the next braces, in them and behind them.
fn split_braces(text: &str) -> Option<(&str, &str, &str)> {
    let (before, tail) = text.split_once('{')?;
    let (inner, after) = tail.split_once('}')?;
    Some((before, inner, after))
}

fn path<'c>(call: &'c Call<'_>) -> Result<&'c str, EvaluationError> {
    call.text_argument(0)?
        .ok_or_else(|| call.refuse("needs a path, such as `'address.city'`"))
}

fn list_argument<'c>(
    call: &Call<'c>,
) -> Result<impl Iterator<Item = Cow<'c, Value>>, EvaluationError> {
    let list = call.arguments.first().cloned().unwrap_or_default();
    if !list.is_array() && !list.is_null() {
        return Err(call.refuse(&format!("needs a list for its argument, not {list}")));
    }
    Ok(Data::One(list).into_elements())
}

fn one_or_null(value: Option<Cow<'_, Value>>) -> Data<'_> {
    Data::One(value.unwrap_or_default())
}
