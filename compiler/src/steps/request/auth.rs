//! How a request says who asks.

use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::source::Node;

const TYPE: Field = (
    "type",
    Shape::OneOf(&["basic", "bearer", "header", "oauth2"]),
);

/// The fields of each way, and those of them that are needed.
type Way = (&'static str, &'static [Field], &'static [&'static str]);

const WAYS: [Way; 4] = [
    (
        "basic",
        &[TYPE, ("username", Shape::Text), ("password", Shape::Text)],
        &["username", "password"],
    ),
    ("bearer", &[TYPE, ("token", Shape::Text)], &["token"]),
    (
        "header",
        &[TYPE, ("name", Shape::Text), ("value", Shape::Text)],
        &["name", "value"],
    ),
    (
        "oauth2",
        &[
            TYPE,
            ("tokenUrl", Shape::Text),
            ("clientId", Shape::Text),
            ("clientSecret", Shape::Text),
            ("scope", Shape::Text),
            ("audience", Shape::Text),
            ("credentialsIn", Shape::OneOf(&["header", "body"])),
        ],
        &["tokenUrl", "clientId", "clientSecret"],
    ),
];

/// Checks `auth`, which is `{ "type": ... }` and what that way needs.
pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let Some(auth) = step.config.get("auth").filter(|auth| auth.is_object()) else {
        return;
    };
    let Some(written) = auth.get("type").filter(|node| !node.is_null()) else {
        diagnostics.push(
            Diagnostic::error(codes::MISSING_FIELD, "`auth` has no `type`")
                .on(auth)
                .help("it is `basic`, `bearer`, `header` or `oauth2`"),
        );
        return;
    };
    let Some((way, table, needed)) = WAYS.iter().find(|(way, ..)| written.as_str() == Some(way))
    else {
        diagnostics.push(crate::shape::misfit("type", TYPE.1, written));
        return;
    };
    fields::check(auth, table, "`auth`", Templates::Allowed, diagnostics);
    let is_absent = |field: &&&str| auth.get(field).is_none_or(Node::is_null);
    for field in needed.iter().filter(is_absent) {
        if fields::is_misspelt(auth, field, diagnostics) {
            continue;
        }
        let message = format!("`auth` of type `{way}` needs `{field}`");
        diagnostics.push(Diagnostic::error(codes::MISSING_FIELD, message).on(auth));
    }
    let header = match *way {
        "header" => auth.get("name").and_then(Node::as_str).unwrap_or_default(),
        _ => "authorization",
    };
    let headers = step.config.get("headers").map(Node::entries);
    let headers = headers.unwrap_or_default().iter();
    for twice in headers.filter(|entry| entry.key.eq_ignore_ascii_case(header)) {
        let message = format!(
            "`auth` gives the header `{}`, which stands in `headers` too",
            twice.key
        );
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .at(twice.node.pointer.clone(), twice.key_span.clone())
                .help("keep one of them"),
        );
    }
}
