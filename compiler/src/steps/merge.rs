//! `merge`: puts together what several steps gave.

use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{Field, Shape};
use crate::source::Node;

/// How the values are put together.
const COMBINATIONS: [&str; 3] = ["object", "array", "first"];

/// What is waited for.
const MODES: [&str; 2] = ["wait_all", "first_available"];

/// The fields of a merge step's configuration.
pub(super) const FIELDS: &[Field] = &[
    ("steps", Shape::Texts),
    ("combine", Shape::OneOf(&COMBINATIONS)),
    ("mode", Shape::OneOf(&MODES)),
    ("onlyApproved", Shape::Texts),
    ("description", Shape::Text),
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let mode = step.config.get("mode");
    if let Some(mode) = mode.filter(|mode| mode.as_str() == Some("first_available")) {
        let message = "a merge waits for all of its branches";
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(mode)
                .help("leave `mode` out; a branch that shall not be waited for is a workflow of its own"),
        );
    }
}

/// The steps that an author names.
pub(crate) fn named(step: &Step) -> Vec<&Node> {
    let steps = step.config.get("steps");
    let steps = steps.map(Node::elements).unwrap_or_default().iter();
    steps.filter(|node| node.as_str().is_some()).collect()
}
