//! Templates and sections.

use serde_json::Value;

use super::{Finding, Rule};
use crate::case::Subject;
use crate::outcome::Stage;
use crate::template::{Block, Piece, has_name};

pub(crate) static RULES: [Rule; 11] = [
    Rule {
        name: "a-missing-value-in-a-template",
        explains: |finding| {
            finding.ours.failed(Stage::Missing, "is missing") && finding.reference.value().is_some()
        },
    },
    Rule {
        name: "keys-are-texts",
        explains: |finding| {
            finding
                .ours
                .failed(Stage::Evaluate, "which cannot be a key")
        },
    },
    Rule {
        name: "two-keys-that-become-one",
        explains: |finding| finding.ours.failed(Stage::Evaluate, "two keys become"),
    },
    Rule {
        name: "an-object-in-a-tag",
        explains: |finding| {
            let begins_with_object = |piece: &Piece| {
                piece
                    .tree()
                    .map(crate::tree::Tree::plain)
                    .is_some_and(|text| text.starts_with('{') && !text.starts_with("{{"))
            };
            let is_so = matches!(finding.subject, Some(Subject::Template(pieces)) if pieces.iter().any(begins_with_object));
            is_so && finding.ours.value().is_some() && finding.reference.failure().is_some()
        },
    },
    Rule {
        name: "the-first-brace-does-not-end-a-tag",
        explains: |finding| {
            matches!(finding.subject, Some(Subject::Template(_)))
                && finding.reference.failed(Stage::Parse, "")
                && finding.any(&|tree| tree.plain().contains("}}") || tree.plain().ends_with('}'))
        },
    },
    Rule {
        name: "a-brace-before-a-tag",
        explains: |finding| {
            finding.ours.failed(Stage::Parse, "")
                && matches!(finding.subject, Some(Subject::Mustache(blocks)) if has_brace(blocks))
        },
    },
    Rule {
        name: "items-that-are-null",
        explains: |finding| {
            matches!(finding.subject, Some(Subject::Mustache(_)))
                && finding.ours.value().is_some()
                && finding
                    .reference
                    .failed(Stage::Evaluate, "Cannot read properties of null")
        },
    },
    Rule {
        name: "partials-and-delimiters",
        explains: |finding| {
            finding.ours.failed(Stage::Parse, "are not supported")
                && has_stray(finding, &["{{> part}}", "{{=<% %>=}}"])
        },
    },
    Rule {
        name: "empty-tags",
        explains: |finding| {
            finding.ours.failed(Stage::Parse, "expected a value") && has_stray(finding, &["{{}}"])
        },
    },
    Rule {
        name: "the-item-outside-of-sections",
        explains: |finding| {
            let is_said = finding.ours.failed(Stage::Parse, "expected a value")
                || finding.ours.failed(Stage::Absent, "no item");
            is_said && uses(finding, ".")
        },
    },
    Rule {
        name: "members-of-a-list",
        explains: |finding| {
            finding.reference.value().is_some_and(Value::is_string)
                && finding.ours.value().is_some()
                && uses(finding, "orders.total")
        },
    },
];

fn has_stray(finding: &Finding<'_>, strays: &[&str]) -> bool {
    matches!(finding.subject, Some(Subject::Mustache(blocks)) if blocks.iter().any(|block| matches!(block, Block::Stray(text) if strays.contains(text))))
}

fn uses(finding: &Finding<'_>, wanted: &str) -> bool {
    matches!(finding.subject, Some(Subject::Mustache(blocks)) if has_name(blocks, &|name| name == wanted))
}

/// Whether a text ends with a brace right before a tag.
fn has_brace(blocks: &[Block]) -> bool {
    blocks.iter().any(|block| match block {
        Block::Text(text) => text.ends_with('{'),
        Block::Section(_, _, inner) => has_brace(inner),
        Block::Name(..) | Block::Comment(_) | Block::Stray(_) => false,
    })
}
