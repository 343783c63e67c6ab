//! Whether a value is true to Python.

use std::ops::Range;

use serde_json::Value;

use super::super::syntax::{Kind, Tree};
use super::node::{apply, literal, node};
use super::{Translated, Translator};
use crate::tree::{Form, Node, Operator};

impl Translator<'_> {
    /// A node that says whether a value is true to Python.
    pub(in super::super) fn truth(&self, tree: &Tree) -> Translated {
        let span = &tree.span;
        match &tree.kind {
            Kind::Not(operand) => Ok(negated(self.truth(operand)?, span)),
            Kind::And(operands) => self.all(Operator::And, operands, span),
            Kind::Or(operands) => self.all(Operator::Or, operands, span),
            Kind::Choice(condition, then, otherwise) => Ok(node(
                Form::Ternary(
                    Box::new(self.truth(condition)?),
                    Box::new(self.truth(then)?),
                    Box::new(self.truth(otherwise)?),
                ),
                span,
            )),
            _ => {
                let value = self.value(tree)?;
                Ok(if is_boolean(&value) {
                    value
                } else {
                    apply("pyTruth", value, Vec::new(), span)
                })
            }
        }
    }

    pub(super) fn all(
        &self,
        operator: Operator,
        operands: &[Tree],
        span: &Range<usize>,
    ) -> Translated {
        let mut nodes = operands.iter().map(|operand| self.truth(operand));
        let first = nodes.next().unwrap_or_else(|| Ok(literal(true, span)))?;
        nodes.try_fold(first, |left, right| {
            Ok(node(
                Form::Binary(operator, Box::new(left), Box::new(right?)),
                span,
            ))
        })
    }
}

/// Whether a node is true or false whatever it is given.
pub(super) fn is_boolean(node: &Node) -> bool {
    match &node.form {
        Form::Literal(value) => value.is_boolean(),
        Form::Not(_) => true,
        Form::Binary(operator, left, right) => match operator {
            Operator::And | Operator::Or => is_boolean(left) && is_boolean(right),
            Operator::Equal | Operator::NotEqual => true,
            _ => false,
        },
        Form::Ternary(_, then, otherwise) => is_boolean(then) && is_boolean(otherwise),
        Form::Transform(_, transform, arguments) => match transform.info.name {
            "pyTruth" | "pyCompare" | "pyAny" | "pyAll" => true,
            "pyLet" => arguments.first().is_some_and(
                |function| matches!(&function.form, Form::Function(_, body) if is_boolean(body)),
            ),
            "pyCall" => named(arguments, &["any", "all", "bool", "isinstance"]),
            "pyMethod" => named(arguments, &["startswith", "endswith", "isdigit", "isalpha"]),
            _ => false,
        },
        _ => false,
    }
}

fn named(arguments: &[Node], names: &[&str]) -> bool {
    matches!(arguments.first().map(|name| &name.form), Some(Form::Literal(Value::String(name))) if names.contains(&name.as_str()))
}

pub(super) fn negated(truth: Node, span: &Range<usize>) -> Node {
    match truth.form {
        Form::Literal(Value::Bool(value)) => literal(!value, span),
        _ => node(Form::Not(Box::new(truth)), span),
    }
}
