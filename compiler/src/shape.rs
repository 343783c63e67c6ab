//! Whether a value is of the shape that its place asks for, and what to say where it is not.

use pawl_contract::Shape;
use serde_json::Value;

use crate::diagnostic::{Diagnostic, Fix, codes, near};
use crate::source::{Data, Node};

/// The longest text that a message repeats.
const LONGEST_QUOTE: usize = 40;

/// Whether a value is what it must be.
pub(crate) fn fits(shape: &Shape, node: &Node) -> bool {
    match shape {
        Shape::Text | Shape::Expression => node.as_str().is_some(),
        Shape::Within(least, most) => {
            let bounds = f64::from(*least)..=f64::from(*most);
            let Data::Number(number) = &node.data else {
                return false;
            };
            number
                .as_f64()
                .is_some_and(|number| bounds.contains(&number))
        }
        Shape::Between(least, most) => node
            .as_u64()
            .is_some_and(|number| (*least..=*most).contains(&number)),
        Shape::Number => matches!(node.data, Data::Number(_)),
        Shape::Whole => node.as_u64().is_some(),
        Shape::Count => node.as_u64().is_some_and(|number| number > 0),
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

/// Says what a value should be, and what would do.
pub(crate) fn misfit(name: &str, shape: Shape, node: &Node) -> Diagnostic {
    let found = found(node);
    let message = format!("`{name}` is {shape}, not {found}");
    let diagnostic = Diagnostic::error(codes::INVALID_VALUE, message).on(node);
    if let Some(word) = node.as_str()
        && let Some(near) = near(word, words(&shape))
    {
        return diagnostic.meant(word, Some(near));
    }
    let other = other_notation(node).filter(|other| fits(&shape, other));
    let Some(other) = other else {
        return diagnostic;
    };
    let text = other.to_json().to_string();
    let quotes = if node.as_str().is_some() {
        "without"
    } else {
        "with"
    };
    diagnostic
        .help(format!("write `{text}`, {quotes} quotes"))
        .fix(Fix::replace(node.span.clone(), text))
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
        | Shape::Expression
        | Shape::Number
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
    Some(Node {
        data,
        ..node.clone()
    })
}
