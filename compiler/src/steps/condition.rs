//! `condition`: chooses `true` or `false` by an expression.

use super::{required, wrong};
use crate::definition::Step;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Shape};
use crate::source::Data;

/// The fields of a condition's configuration.
pub(super) const FIELDS: &[Field] = &[
    ("expression", Shape::Any),
    ("description", Shape::Text),
    ("variables", Shape::Object),
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let help = "add an expression such as `\"{{input.total}} > 100\"`";
    if let Some(node) = required(step, "expression", help, diagnostics)
        && !matches!(node.data, Data::String(_) | Data::Bool(_))
    {
        diagnostics.push(wrong(node, "`expression` is a string"));
    }
}
