//! `approval`: asks a person, and waits for the decision.

use pawl_contract::reference::QUESTION;

use super::required;
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{Field, Shape};
use crate::schema;
use crate::source::Data;

/// The fields of an approval's configuration.
pub(super) const FIELDS: &[Field] = &[
    ("title", Shape::Text),
    ("message", Shape::Text),
    ("prompt", Shape::Text),
    ("description", Shape::Text),
    (
        "priority",
        Shape::OneOf(&["low", "medium", "high", "urgent"]),
    ),
    ("approvers", Shape::Either(&[Shape::Text, Shape::Texts])),
    ("payload", Shape::Any),
    ("form", Shape::Object),
    ("requireComment", Shape::Flag),
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let help = "say what is to be decided: `\"message\": \"Send this to {{input.email}}?\"`";
    let says = |field: &&str| step.config.get(field).is_some_and(|node| !node.is_null());
    if !QUESTION.iter().any(says) {
        required(step, "message", help, diagnostics);
    }
    if let Some(form) = step.config.get("form").filter(|form| form.is_object()) {
        schema::check_root(form, "`form`", diagnostics);
    }
    let approvers = step.config.get("approvers");
    if let Some(node) = approvers
        && matches!(&node.data, Data::Array(listed) if listed.is_empty())
    {
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, "`approvers` names nobody")
                .on(node)
                .help("leave it out where anybody may decide"),
        );
    }
}
