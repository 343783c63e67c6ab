//! What the compiler has to say about a definition: collected, never thrown.

pub mod codes;
pub mod fix;
mod lines;
mod near;
mod render;

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Serialize;

pub(crate) use fix::Rename;
pub use fix::{Edit, Fix, Which};
pub use lines::{Lines, Place};
pub use near::{did_you_mean, near};
pub use render::{render, to_json};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The definition cannot be compiled.
    Error,
    /// It can, but probably does not do what was meant.
    Warning,
    /// It does what was meant, and could do it better.
    Note,
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
    /// Changes of the text that settle it, the best one first.
    pub fixes: Vec<Fix>,
    /// The step that cannot act yet, so that a mock of it settles the matter.
    pub mockable: Option<String>,
    /// The findings of one place that are told as this one; `mocks::gather` puts them together.
    pub(crate) alike: Vec<Diagnostic>,
    /// Words that the author probably meant; `fix::place` turns them into fixes.
    pub(crate) renames: Vec<Rename>,
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

    /// A note, not yet placed.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message.into())
    }

    fn new(severity: Severity, code: &'static str, message: String) -> Self {
        Self {
            code,
            severity,
            message,
            pointer: String::new(),
            span: 0..0,
            help: None,
            fixes: Vec::new(),
            mockable: None,
            alike: Vec::new(),
            renames: Vec::new(),
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

    /// Says which of our own words was probably meant: nothing else can be.
    #[must_use]
    pub fn meant(self, word: &str, near: Option<&str>) -> Self {
        self.rename(word, near, true)
    }

    /// Says which of the author's words was probably meant.
    #[must_use]
    pub fn perhaps_meant(self, word: &str, near: Option<&str>) -> Self {
        self.rename(word, near, false)
    }

    /// The fix is placed later, by the text: the diagnostic stands at a value, of which the word is a part.
    fn rename(mut self, word: &str, near: Option<&str>, is_safe: bool) -> Self {
        if let Some(near) = near {
            self.help = Some(format!("did you mean `{near}`?"));
            self.renames.push(Rename {
                from: word.to_owned(),
                to: near.to_owned(),
                is_safe,
            });
        }
        self
    }

    /// Gives a fix.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// Takes its fixes away: they would write what the text's format does not know.
    pub(crate) fn without_fixes(&mut self) {
        self.fixes.clear();
        self.renames.clear();
    }

    /// Whether it stops the compilation.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Puts findings into the order of the text, and keeps one of those that say the same of the same value.
pub(crate) fn arrange(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
    let mut said = BTreeSet::new();
    diagnostics
        .retain(|found| said.insert((found.code, found.message.clone(), found.pointer.clone())));
}
