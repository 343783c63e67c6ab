//! Writes a tree as an expression that reads back as the same tree.

use std::fmt::{self, Display, Formatter};

use serde_json::Value;

use crate::lexer::{is_name, is_slug};
use crate::tree::{Access, Base, Form, LOOSEST, Node};

impl Display for Node {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Literal(value) => write_literal(formatter, value),
            Form::Function(names, body) => match names.as_slice() {
                [name] => write!(formatter, "{name} => {body}"),
                names => write!(formatter, "({}) => {body}", names.join(", ")),
            },
            Form::Array(elements) => {
                formatter.write_str("[")?;
                write_list(formatter, elements)?;
                formatter.write_str("]")
            }
            Form::Object(members) => write_object(formatter, members),
            Form::Path(base, accesses) => write_path(formatter, base, accesses),
            Form::Not(node) => write!(formatter, "!{}", Bound(node, UNARY)),
            Form::Negate(node) => write_negated(formatter, &Bound(node, UNARY).to_string()),
            Form::Binary(operator, left, right) => {
                let level = operator.level();
                write!(
                    formatter,
                    "{} {} {}",
                    Bound(left, level),
                    operator.symbol(),
                    Bound(right, level + 1)
                )
            }
            Form::Elvis(left, right) => write!(formatter, "{} ?: {right}", Bound(left, LOOSEST)),
            Form::Default(left, right) => write!(formatter, "{} ?? {right}", Bound(left, LOOSEST)),
            Form::Ternary(condition, then, otherwise) => {
                write!(
                    formatter,
                    "{} ? {then} : {otherwise}",
                    Bound(condition, LOOSEST)
                )
            }
            Form::Transform(subject, transform, arguments) => {
                write!(
                    formatter,
                    "{}|{}",
                    Bound(subject, POSTFIX),
                    transform.info.name
                )?;
                if arguments.is_empty() {
                    return Ok(());
                }
                formatter.write_str("(")?;
                write_list(formatter, arguments)?;
                formatter.write_str(")")
            }
        }
    }
}

/// `-1` is a number and `-(1)` is minus one.
fn write_negated(formatter: &mut Formatter<'_>, operand: &str) -> fmt::Result {
    if operand.starts_with(|first: char| first.is_ascii_digit()) {
        write!(formatter, "-({operand})")
    } else {
        write!(formatter, "-{operand}")
    }
}

/// The levels beyond those of operators.
const UNARY: u8 = 6;
const POSTFIX: u8 = 7;

/// A node in brackets if it binds looser than the place where it stands.
struct Bound<'a>(&'a Node, u8);

impl Display for Bound<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self(node, level) = self;
        if own_level(&node.form) < *level {
            write!(formatter, "({node})")
        } else {
            write!(formatter, "{node}")
        }
    }
}

fn own_level(form: &Form) -> u8 {
    match form {
        Form::Elvis(..) | Form::Default(..) | Form::Ternary(..) | Form::Function(..) => 0,
        Form::Binary(operator, ..) => operator.level(),
        Form::Not(_) | Form::Negate(_) => UNARY,
        Form::Literal(_)
        | Form::Array(_)
        | Form::Object(_)
        | Form::Path(..)
        | Form::Transform(..) => POSTFIX,
    }
}

/// The beginning of a path, for a message that says how far it led.
pub(crate) struct Path<'a>(pub(crate) &'a Base, pub(crate) &'a [Access]);

impl Display for Path<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write_path(formatter, self.0, self.1)
    }
}

fn write_path(formatter: &mut Formatter<'_>, base: &Base, accesses: &[Access]) -> fmt::Result {
    match base {
        Base::Root(name) => formatter.write_str(name)?,
        // The dot of `.name` belongs to the access.
        Base::Relative if matches!(accesses.first(), Some(Access::Member(name)) if is_name(name)) =>
            {}
        Base::Relative => formatter.write_str(".")?,
        Base::Node(node) => write!(formatter, "({node})")?,
    }
    for (at, access) in accesses.iter().enumerate() {
        let is_step = at == 0 && matches!(base, Base::Root(name) if name == "steps");
        match access {
            Access::Member(name) if is_name(name) || (is_step && is_slug(name)) => {
                write!(formatter, ".{name}")?;
            }
            Access::Member(name) => {
                formatter.write_str("[")?;
                write_string(formatter, name)?;
                formatter.write_str("]")?;
            }
            Access::Index(node) | Access::Filter(node) => write!(formatter, "[{node}]")?,
        }
    }
    Ok(())
}

fn write_list(formatter: &mut Formatter<'_>, nodes: &[Node]) -> fmt::Result {
    for (at, node) in nodes.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        write!(formatter, "{comma}{node}")?;
    }
    Ok(())
}

fn write_object(formatter: &mut Formatter<'_>, members: &[(String, Node)]) -> fmt::Result {
    formatter.write_str("{")?;
    for (at, (key, node)) in members.iter().enumerate() {
        formatter.write_str(if at == 0 { "" } else { ", " })?;
        write_string(formatter, key)?;
        write!(formatter, ": {node}")?;
    }
    formatter.write_str("}")
}

fn write_literal(formatter: &mut Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::String(text) => write_string(formatter, text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            write!(formatter, "{value}")
        }
    }
}

fn write_string(formatter: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let escaped = text.replace('\\', "\\\\").replace('\'', "\\'");
    write!(formatter, "'{escaped}'")
}
