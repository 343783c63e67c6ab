//! Whether a value is of the shape that its place asks for, and what to say where it is not.

use pawl_contract::Shape;
use serde_json::{Number, Value};

use crate::diagnostic::{Diagnostic, Fix, codes, near};
use crate::source::{Data, Node};

/// Greater numbers may have lost digits when they were read.
const GREATEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// The longest text that a message repeats.
const LONGEST_QUOTE: usize = 40;

/// Whether a value is what it must be.
pub(crate) fn fits(shape: &Shape, node: &Node) -> bool {
    match shape {
        Shape::Text | Shape::Usually(_) | Shape::Expression => node.as_str().is_some(),
        Shape::Within(least, most) => {
            let bounds = f64::from(*least)..=f64::from(*most);
            let Data::Number(number) = &node.data else {
                return false;
            };
            number
                .as_f64()
                .is_some_and(|number| bounds.contains(&number))
        }
        Shape::Integer => {
            matches!(&node.data, Data::Number(number) if number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|number| number.fract() == 0.0))
        }
        Shape::FromZero => {
            matches!(&node.data, Data::Number(number) if number.as_f64().is_some_and(|number| number >= 0.0))
        }
        Shape::Between(least, most) => {
            whole(node).is_some_and(|number| (*least..=*most).contains(&number))
        }
        Shape::Number => matches!(node.data, Data::Number(_)),
        Shape::Whole => whole(node).is_some(),
        Shape::Count => whole(node).is_some_and(|number| number > 0),
        Shape::Flag => matches!(node.data, Data::Bool(_)),
        Shape::List => matches!(node.data, Data::Array(_)),
        Shape::Texts => {
            let mut elements = node.elements().iter();
            matches!(node.data, Data::Array(_))
                && elements.all(|element| element.as_str().is_some())
        }
        Shape::Object | Shape::Fields(_) => node.is_object(),
        Shape::Any => true,
        Shape::OneOf(words) => node.as_str().is_some_and(|word| words.contains(&word)),
        Shape::Either(shapes) => shapes.iter().any(|shape| fits(shape, node)),
    }
}

/// A number that is whole and not negative, however it is written: `1.0` is `1`.
pub(crate) fn whole(node: &Node) -> Option<u64> {
    let Data::Number(number) = &node.data else {
        return None;
    };
    written_whole(number).as_ref().unwrap_or(number).as_u64()
}

/// A value whose whole numbers are written without a fraction, as whoever reads it later expects them.
pub(crate) fn with_whole_numbers(node: &Node) -> Node {
    let data = match &node.data {
        Data::Number(number) => {
            Data::Number(written_whole(number).unwrap_or_else(|| number.clone()))
        }
        Data::Array(elements) => Data::Array(elements.iter().map(with_whole_numbers).collect()),
        Data::Object(entries) => {
            let entries = entries.iter().map(|entry| entry.with(with_whole_numbers));
            Data::Object(entries.collect())
        }
        Data::Null | Data::Bool(_) | Data::String(_) => node.data.clone(),
    };
    node.with(data)
}

/// `1.0` and `1e3` as `1` and `1000`; nothing for a number that has a fraction or is too great to be exact.
fn written_whole(number: &Number) -> Option<Number> {
    if !number.is_f64() {
        return None;
    }
    let number = number.as_f64()?;
    let is_exact = number.fract() == 0.0 && number.abs() <= GREATEST_EXACT;
    is_exact.then(|| format!("{number:.0}").parse().ok())?
}

/// The word of ours that was probably meant; whether its letters are capitals does not matter.
pub(crate) fn near_ours<'name>(
    word: &str,
    names: impl IntoIterator<Item = &'name str>,
) -> Option<&'name str> {
    let names: Vec<&str> = names.into_iter().collect();
    let same = names
        .iter()
        .find(|name| name.eq_ignore_ascii_case(word.trim()));
    same.copied().or_else(|| {
        let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let found = near(&word.to_lowercase(), lower.iter().map(String::as_str))?;
        let at = lower.iter().position(|name| name == found)?;
        names.get(at).copied()
    })
}

/// The usual word from which a text differs by one slip.
pub(crate) fn usual(words: &[&'static str], text: &str) -> Option<&'static str> {
    let is_slip = |word: &&&str| strsim::damerau_levenshtein(word, &text.to_lowercase()) <= 1;
    let near = words.iter().find(is_slip).copied();
    near.filter(|word| *word != text)
}

/// Says what a value should be, and what would do.
pub(crate) fn misfit(name: &str, shape: Shape, node: &Node) -> Diagnostic {
    let mut elements = node.elements().iter();
    let other = elements.find(|element| element.as_str().is_none());
    let found = match other.filter(|_| matches!(shape, Shape::Texts)) {
        Some(other) => format!("a list with {} in it", other.noun()),
        None => found(node),
    };
    let message = format!("`{name}` is {shape}, not {found}");
    let diagnostic = Diagnostic::error(codes::INVALID_VALUE, message).on(node);
    if let Some(word) = node.as_str()
        && let Some(near) = near_ours(word, words(&shape)).or_else(|| begun(word, &shape))
    {
        return diagnostic.meant(word, Some(near));
    }
    let other = other_notation(node).filter(|other| fits(&shape, other));
    let Some(other) = other else {
        let is_below = matches!(&node.data, Data::Number(number) if number.as_f64() < Some(0.0));
        let from_zero = matches!(shape, Shape::Whole | Shape::FromZero) && is_below;
        let help = from_zero.then(|| "write `0` or more".to_owned());
        return diagnostic.maybe_help(help);
    };
    let text = with_whole_numbers(&other).to_json().to_string();
    let quotes = if node.as_str().is_some() {
        "without"
    } else {
        "with"
    };
    diagnostic
        .help(format!("write `{text}`, {quotes} quotes"))
        .fix(Fix::replace(node.span.clone(), text))
}

/// The one word of a shape of which a text is the beginning.
fn begun(text: &str, shape: &Shape) -> Option<&'static str> {
    let words = words(shape).into_iter();
    let mut begun = words.filter(|word| !text.is_empty() && word.starts_with(text));
    begun.next().filter(|_| begun.next().is_none())
}

/// A value as a message shows it.
fn found(node: &Node) -> String {
    match &node.data {
        Data::Bool(flag) => format!("`{flag}`"),
        Data::Number(number) => format!("`{number}`"),
        Data::String(text) if text.chars().count() <= LONGEST_QUOTE => format!("the text `{text}`"),
        Data::Null | Data::String(_) | Data::Array(_) | Data::Object(_) => node.noun().to_owned(),
    }
}

/// The words that a shape asks for.
fn words(shape: &Shape) -> Vec<&'static str> {
    match shape {
        Shape::OneOf(words) => words.to_vec(),
        Shape::Either(shapes) => shapes.iter().flat_map(words).collect(),
        Shape::Text
        | Shape::Usually(_)
        | Shape::Expression
        | Shape::Number
        | Shape::Integer
        | Shape::FromZero
        | Shape::Within(..)
        | Shape::Between(..)
        | Shape::Texts
        | Shape::Whole
        | Shape::Count
        | Shape::Flag
        | Shape::List
        | Shape::Object
        | Shape::Fields(_)
        | Shape::Any => Vec::new(),
    }
}

/// A number or flag without the quotes that stand around it, or with quotes where there are none.
fn other_notation(node: &Node) -> Option<Node> {
    let data = match &node.data {
        Data::Number(number) => Data::String(number.to_string()),
        Data::Bool(flag) => Data::String(flag.to_string()),
        Data::String(text) => match serde_json::from_str(text).ok()? {
            Value::Number(number) => Data::Number(number),
            Value::Bool(flag) => Data::Bool(flag),
            Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => return None,
        },
        Data::Null | Data::Array(_) | Data::Object(_) => return None,
    };
    Some(node.with(data))
}
