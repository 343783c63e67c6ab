//! `condition`: chooses `true` or `false` by an expression.

use super::{required, wrong};
use crate::definition::Step;
use crate::diagnostic::Diagnostic;

/// The fields of a condition's configuration.
pub(super) const FIELDS: &[&str] = &["expression", "description", "variables"];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let help = "add an expression such as `\"{{input.total}} > 100\"`";
    if let Some(node) = required(step, "expression", help, diagnostics)
        && node.as_str().is_none()
    {
        diagnostics.push(wrong(node, "`expression` is a string"));
    }
}
