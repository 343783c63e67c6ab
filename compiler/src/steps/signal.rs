//! `signal`: waits for a message from outside.

use super::required;
use crate::definition::Step;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Shape};
use crate::schema;

/// The fields of a signal's configuration.
pub(super) const FIELDS: &[Field] = &[
    ("signal", Shape::Text),
    ("schema", Shape::Object),
    ("description", Shape::Text),
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let help = "name what the run waits for: `\"signal\": \"payment-received\"`";
    required(step, "signal", help, diagnostics);
    if let Some(payload) = step
        .config
        .get("schema")
        .filter(|schema| schema.is_object())
    {
        schema::check_root(payload, "`schema`", diagnostics);
    }
}
