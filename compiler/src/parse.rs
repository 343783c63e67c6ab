//! Text to definition. Never fails: it returns what it understood and what it has to say about the rest.

mod allowance;
mod envelope;
mod models;
mod retry;
mod settings;
mod step;

use std::collections::BTreeSet;

use crate::definition::Definition;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{self, Node, Notation};

/// What was understood; nothing where the text is not even JSON or YAML, or has no steps.
pub struct Parsed {
    /// The definition.
    pub definition: Option<Definition>,
    /// What there is to say about it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a definition in the native format.
pub fn parse(text: &str, notation: Notation) -> Parsed {
    let mut diagnostics = Vec::new();
    let definition = match source::read(text, notation) {
        Ok(root) => {
            duplicates(&root, &mut diagnostics);
            envelope::definition(&root, &mut diagnostics)
        }
        Err(diagnostic) => {
            diagnostics.push(*diagnostic);
            None
        }
    };
    Parsed {
        definition,
        diagnostics,
    }
}

/// Refuses keys that stand twice in one object: which of them is meant nobody knows.
fn duplicates(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let mut keys = BTreeSet::new();
    for entry in node.entries() {
        if !keys.insert(entry.key.as_str()) {
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
