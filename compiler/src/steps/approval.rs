//! `approval`: asks a person, and waits for the decision.

use pawl_contract::reference::QUESTION;

use super::required;
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::schema;
use crate::source::{Data, Node};

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
    ("onRejected", Shape::OneOf(&["fail", "continue"])),
    ("rejectedAs", Shape::OneOf(&["rejected", "denied"])),
    ("notify", Shape::OneOf(&["email", "none"])),
    ("remindAfter", Shape::Object),
    ("delegateTo", Shape::Text),
    ("delegateAfter", Shape::Object),
];

/// How long something is.
const LENGTH: &[Field] = &[
    ("seconds", Shape::FromZero),
    ("minutes", Shape::FromZero),
    ("hours", Shape::FromZero),
    ("days", Shape::FromZero),
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
    later(step, diagnostics);
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

/// What happens to a question that waits for long.
fn later(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let given = |field: &str| step.config.get(field).filter(|node| !node.is_null());
    for field in ["remindAfter", "delegateAfter"] {
        let Some(length) = given(field).filter(|node| node.is_object()) else {
            continue;
        };
        let what = format!("`{field}`");
        fields::check(length, LENGTH, &what, Templates::Allowed, diagnostics);
        let says = |(unit, _): &Field| length.get(unit).is_some_and(|node| !is_nothing(node));
        if !LENGTH.iter().any(says) {
            diagnostics.push(
                Diagnostic::error(codes::INVALID_VALUE, format!("{what} is no time at all"))
                    .on(length)
                    .help("say how long: `{ \"hours\": 24 }`"),
            );
        }
    }
    for (field, needed, help) in [
        (
            "delegateTo",
            "delegateAfter",
            "say when: `\"delegateAfter\": { \"hours\": 48 }`",
        ),
        (
            "delegateAfter",
            "delegateTo",
            "say to whom: `\"delegateTo\": \"bo@example.com\"`",
        ),
    ] {
        if let (Some(node), None) = (given(field), given(needed)) {
            diagnostics.push(
                Diagnostic::error(codes::MISSING_FIELD, format!("`{field}` needs `{needed}`"))
                    .on(node)
                    .help(help),
            );
        }
    }
}

/// Whether a length is nothing, as far as it can be known before the run.
fn is_nothing(node: &Node) -> bool {
    node.is_null() || node.to_json().as_f64() == Some(0.0)
}
