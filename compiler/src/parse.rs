//! Text to definition. Never fails: it returns what it understood and what it has to say about the rest.

mod envelope;
mod step;

use crate::definition::Definition;
use crate::diagnostic::Diagnostic;
use crate::source::{self, Notation};

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
        Ok(root) => envelope::definition(&root, &mut diagnostics),
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
