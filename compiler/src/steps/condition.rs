//! `condition`: chooses `true` or `false` by an expression.

use super::{ON_ERROR, required, wrong};
use crate::definition::Step;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Shape};
use crate::source::{Data, Node};

/// The fields of a condition's configuration.
pub(super) const FIELDS: &[Field] = &[
    ("expression", Shape::Any),
    ("description", Shape::Text),
    ("variables", Shape::Object),
    (ON_ERROR, Shape::OneOf(&["false"])),
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let help = "add an expression such as `\"{{input.total}} > 100\"`";
    if let Some(node) = required(step, "expression", help, diagnostics)
        && !is_expression(node)
    {
        diagnostics.push(wrong(node, "`expression` is a string"));
    }
}

/// Whether a value can be asked whether it holds.
pub(super) fn is_expression(node: &Node) -> bool {
    matches!(node.data, Data::String(_) | Data::Bool(_))
}
