//! Tree to definition. Never fails: it returns what it understood and what it has to say about the rest.

mod allowance;
pub(crate) mod dependencies;
mod envelope;
mod follow_up;
mod models;
mod retry;
mod settings;
mod step;

use std::collections::BTreeSet;

pub(crate) use step::LONGEST_SLUG;

use crate::definition::Definition;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Node;

/// Understands a tree of the native format; nothing where it has no steps.
pub fn parse(root: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Definition> {
    envelope::definition(root, diagnostics)
}

/// Refuses keys that stand twice in one object: which of them is meant nobody knows.
pub(crate) fn duplicates(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let mut keys: Vec<&str> = node.entries().iter().map(|entry| &*entry.key).collect();
    keys.sort_unstable();
    let has_twice = !keys.is_sorted_by(|key, next| key < next);
    let mut met = BTreeSet::new();
    for entry in node.entries() {
        if has_twice && !met.insert(entry.key.as_str()) {
            let message = format!("the key `{}` stands here twice", entry.key);
            diagnostics.push(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .at(entry.node.pointer.clone(), entry.key_span.clone())
                    .help("keep one of them"),
            );
        }
        duplicates(&entry.node, diagnostics);
    }
    for element in node.elements() {
        duplicates(element, diagnostics);
    }
}
