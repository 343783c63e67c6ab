//! Nodes of the tree that is made.

use std::ops::Range;

use serde_json::{Number, Value};

use crate::transforms::find;
use crate::tree::{Base, Form, Node};

pub(in super::super) fn negative(number: &Number) -> Option<Value> {
    if number.is_f64() {
        return Some((-number.as_f64()?).into());
    }
    let negative = -number.as_i128()?;
    (negative != 0)
        .then(|| i64::try_from(negative).ok())
        .flatten()
        .map(Value::from)
}

/// A text; `{{` in it would be taken for a template where the expression is read again.
pub(in super::super) fn text_literal(text: &str, span: &Range<usize>) -> Node {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (before, after) = rest.split_at(at + 1);
        parts.push(literal(before, span));
        rest = after;
    }
    if parts.is_empty() {
        return literal(text, span);
    }
    parts.push(literal(rest, span));
    apply(
        "join",
        node(Form::Array(parts), span),
        vec![literal("", span)],
        span,
    )
}

pub(in super::super) fn node(form: Form, span: &Range<usize>) -> Node {
    Node::new(form, span.clone())
}

pub(in super::super) fn literal(value: impl Into<Value>, span: &Range<usize>) -> Node {
    node(Form::Literal(value.into()), span)
}

pub(super) fn root(name: &str, span: &Range<usize>) -> Node {
    node(Form::Path(Base::Root(name.to_owned()), Vec::new()), span)
}

pub(in super::super) fn apply(
    name: &str,
    subject: Node,
    arguments: Vec<Node>,
    span: &Range<usize>,
) -> Node {
    let transform = find(name).expect("every name that is written here is in the table");
    node(
        Form::Transform(Box::new(subject), transform, arguments),
        span,
    )
}
