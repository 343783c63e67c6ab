//! Comparisons, and chains of them.

use std::ops::Range;

use serde_json::Value;

use super::super::syntax::{Kind, Tree};
use super::node::{apply, literal, node, root};
use super::{Translated, Translator};
use crate::coerce::{to_number, trim};
use crate::error::SyntaxError;
use crate::tree::{Form, Node, Operator};

impl Translator<'_> {
    pub(super) fn comparison(
        &self,
        first: &Tree,
        rest: &[(&'static str, Tree)],
        span: &Range<usize>,
    ) -> Translated {
        let Some(((operator, right), rest)) = rest.split_first() else {
            return self.value(first);
        };
        if rest.is_empty() {
            return Self::compare(
                operator,
                [first, right],
                [self.value(first)?, self.value(right)?],
                span,
            );
        }
        // What stands in the middle is evaluated once and compared twice.
        let middle = self.value(right)?;
        if matches!(middle.form, Form::Literal(_)) {
            let compared =
                Self::compare(operator, [first, right], [self.value(first)?, middle], span)?;
            let more = self.comparison(right, rest, span)?;
            return Ok(node(
                Form::Binary(Operator::And, Box::new(compared), Box::new(more)),
                span,
            ));
        }
        let left = self.value(first)?;
        let name = self.fresh("between");
        let again = Tree::new(Kind::Name(format!("<{name}>")), right.span.clone())?;
        let compared = Self::compare(operator, [first, &again], [left, root(&name, span)], span)?;
        let more = self.binding(vec![(format!("<{name}>"), name.clone())], || {
            self.comparison(&again, rest, span)
        })?;
        let both = node(
            Form::Binary(Operator::And, Box::new(compared), Box::new(more)),
            span,
        );
        let function = node(Form::Function(vec![name], Box::new(both)), span);
        Ok(apply("pyLet", middle, vec![function], span))
    }

    fn compare(
        operator: &'static str,
        trees: [&Tree; 2],
        [left, right]: [Node; 2],
        span: &Range<usize>,
    ) -> Translated {
        let is_plain = trees.iter().any(|tree| is_plain(&tree.kind));
        let symbol = match operator {
            "is" | "is not" => {
                let is_constant = |tree: &&&Tree| {
                    matches!(tree.kind, Kind::Literal(Value::Null | Value::Bool(_)))
                };
                if !trees.iter().any(|tree| is_constant(&tree)) {
                    return Err(SyntaxError::new(
                        format!("`{operator}` needs None, True or False on one side"),
                        span.clone(),
                    )
                    .help("write `==` or `!=` to compare values"));
                }
                let is_none = |tree: &&&Tree| matches!(tree.kind, Kind::Literal(Value::Null));
                trees
                    .iter()
                    .any(|tree| is_none(&tree))
                    .then_some(if operator == "is" {
                        Operator::Equal
                    } else {
                        Operator::NotEqual
                    })
            }
            "==" if is_plain => Some(Operator::Equal),
            "!=" if is_plain => Some(Operator::NotEqual),
            _ => None,
        };
        if let Some(symbol) = symbol {
            return Ok(node(
                Form::Binary(symbol, Box::new(left), Box::new(right)),
                span,
            ));
        }
        // To look something up, a list does as well as a tuple.
        let right = match (&trees, right.form) {
            ([_, tree], Form::Transform(list, transform, _))
                if matches!(tree.kind, Kind::Tuple(_))
                    && matches!(operator, "in" | "not in")
                    && transform.info.name == "pyTuple" =>
            {
                *list
            }
            (_, form) => Node { form, ..right },
        };
        let arguments = vec![literal(operator, span), right];
        Ok(apply("pyCompare", left, arguments, span))
    }
}

/// Whether native equality with it is Python's: a text that no number and no boolean equals, or None.
fn is_plain(kind: &Kind) -> bool {
    match kind {
        Kind::Literal(Value::Null) => true,
        Kind::Literal(Value::String(text)) => {
            !trim(text).is_empty() && to_number(&Value::String(text.clone())).is_none()
        }
        _ => false,
    }
}
