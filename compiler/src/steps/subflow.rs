//! `subflow`: runs another workflow, and waits for its end.

use super::required;
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{Field, Shape};

/// The fields of a subflow's configuration.
pub(super) const FIELDS: &[Field] = &[
    ("workflow", Shape::Text),
    ("input", Shape::Any),
    ("description", Shape::Text),
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let help = "name the workflow to run: `\"workflow\": \"send-invoice\"`";
    let Some(node) = required(step, "workflow", help, diagnostics) else {
        return;
    };
    if node.as_str().is_some_and(|name| name.contains("{{")) {
        diagnostics.push(
            Diagnostic::error(
                codes::INVALID_VALUE,
                "a workflow is named in the definition, not computed in a run",
            )
            .on(node)
            .help("choose between several subflow steps with a condition"),
        );
    }
}
