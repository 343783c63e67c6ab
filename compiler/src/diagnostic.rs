//! What the compiler has to say about a definition: collected, never thrown.

pub mod codes;
mod render;

use std::ops::Range;

use serde::Serialize;

pub use render::{Place, render, to_json};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The definition cannot be compiled.
    Error,
    /// It can, but probably does not do what was meant.
    Warning,
}

/// One finding, with a code, a place and, where there is something to do, a help line.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// What kind of finding it is; a code never changes its meaning.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, naming the thing.
    pub message: String,
    /// The JSON Pointer of the value that must change.
    pub pointer: String,
    /// The bytes of that value in the text.
    pub span: Range<usize>,
    /// What to do.
    pub help: Option<String>,
    /// The step that cannot act yet, so that a mock of it settles the matter.
    pub mockable: Option<String>,
}

impl Diagnostic {
    /// An error, not yet placed.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// A warning, not yet placed.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    fn new(severity: Severity, code: &'static str, message: String) -> Self {
        Self {
            code,
            severity,
            message,
            pointer: String::new(),
            span: 0..0,
            help: None,
            mockable: None,
        }
    }

    /// Places it.
    #[must_use]
    pub fn at(mut self, pointer: String, span: Range<usize>) -> Self {
        self.pointer = pointer;
        self.span = span;
        self
    }

    /// Places it at a value.
    #[must_use]
    pub fn on(self, node: &crate::source::Node) -> Self {
        self.at(node.pointer.clone(), node.span.clone())
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what to do, where there is something to say.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Whether it stops the compilation.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The name among `names` that was probably meant, as a help line.
pub fn did_you_mean<'name>(
    word: &str,
    names: impl IntoIterator<Item = &'name str>,
) -> Option<String> {
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .filter(|(distance, name)| {
            *distance <= 1 + name.chars().count().min(word.chars().count()) / 4
        })
        .min_by(|left, right| left.0.cmp(&right.0).then(left.1.cmp(right.1)))
        .map(|(_, name)| format!("did you mean `{name}`?"))
}
