//! What a request sends: one body, in one of its forms.

use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::source::{Data, Node};

/// The forms of a body.
const FORMS: [&str; 3] = ["body", "form", "multipart"];

/// What a part of a multipart body holds.
const CONTENTS: [&str; 3] = ["text", "base64", "file"];

/// The fields of a part that is more than a text.
const PART: &[Field] = &[
    ("text", Shape::Text),
    ("base64", Shape::Text),
    ("file", Shape::Object),
    ("filename", Shape::Text),
    ("contentType", Shape::Text),
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let given = |field: &&str| step.config.get(field).filter(|node| !node.is_null());
    let forms = FORMS.iter().filter_map(|form| Some((*form, given(form)?)));
    let forms: Vec<_> = forms.collect();
    if let [(first, _), (second, node), ..] = forms.as_slice() {
        let message = format!("step `{}` has both `{first}` and `{second}`", step.slug);
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(node)
                .help("keep one of them"),
        );
    }
    let parts = step.config.get("multipart").map(Node::entries);
    for entry in parts.unwrap_or_default() {
        part(&entry.node, diagnostics);
    }
}

fn part(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    match &node.data {
        Data::String(_) | Data::Number(_) | Data::Bool(_) | Data::Null => {}
        Data::Array(listed) => listed.iter().for_each(|one| part(one, diagnostics)),
        Data::Object(_) => {
            let already = diagnostics.len();
            fields::check(node, PART, "a part", Templates::Allowed, diagnostics);
            let contents = CONTENTS.iter().filter(|field| node.get(field).is_some());
            if contents.count() != 1 {
                diagnostics.truncate(already);
                let message = "a part has one of `text`, `base64` and `file`";
                diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(node));
            }
        }
    }
}
