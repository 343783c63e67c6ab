//! Changes of the text that settle a finding.

mod place;

use std::ops::Range;

use super::Diagnostic;

pub(crate) use place::place;

/// A change of the text that settles a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an instruction: `write `success``.
    pub title: String,
    /// The parts of the text that change.
    pub edits: Vec<Edit>,
    /// Whether the definition cannot have meant anything else: the wrong word is one of ours, not one of the author's.
    pub is_safe: bool,
}

/// One part of the text that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that are replaced.
    pub span: Range<usize>,
    /// What stands there before; where it does not, nothing is replaced.
    pub old: String,
    /// What stands there afterwards.
    pub text: String,
}

/// A word to be replaced by another, somewhere at the place of its diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rename {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) is_safe: bool,
}

/// Which fixes are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Only the safe ones.
    Safe,
    /// Those that guess, too.
    All,
}

impl Fix {
    /// Writes another word at a place; what stands there is noted when all findings are placed.
    pub fn replace(span: Range<usize>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            title: format!("write `{text}`"),
            edits: vec![Edit {
                span,
                old: String::new(),
                text,
            }],
            is_safe: true,
        }
    }

    /// Says that the author may have meant something else.
    #[must_use]
    pub fn guess(mut self) -> Self {
        self.is_safe = false;
        self
    }
}

/// The text with the wanted fixes applied, and how many there were; `None` where there is nothing to change.
///
/// Of fixes that overlap, only the first in the text is applied: what remains is found again afterwards.
pub fn apply(text: &str, diagnostics: &[Diagnostic], which: Which) -> Option<(String, usize)> {
    let fixes = wanted(text, diagnostics, which);
    (!fixes.is_empty()).then(|| (write(text, &fixes), fixes.len()))
}

/// The best wanted fix of each finding, as far as they fit the text and do not overlap, in the order of the text.
pub fn wanted<'found>(
    text: &str,
    diagnostics: &'found [Diagnostic],
    which: Which,
) -> Vec<&'found Fix> {
    let is_wanted = |fix: &&Fix| fix.is_safe || which == Which::All;
    let mut fixes: Vec<&Fix> = diagnostics
        .iter()
        .filter_map(|diagnostic| diagnostic.fixes.iter().find(is_wanted))
        .collect();
    fixes.sort_by_key(|fix| fix.edits.first().map(|edit| edit.span.start));
    let mut taken: Vec<&Edit> = Vec::new();
    fixes.retain(|fix| {
        let is_free = |edit: &Edit| {
            let stands_there = text.get(edit.span.clone()) == Some(edit.old.as_str());
            let mut others = taken.iter();
            stands_there
                && others.all(|other| {
                    edit.span.end <= other.span.start || other.span.end <= edit.span.start
                })
        };
        let fits = !fix.edits.is_empty() && fix.edits.iter().all(is_free);
        if fits {
            taken.extend(&fix.edits);
        }
        fits
    });
    fixes
}

/// The text with fixes applied that do not overlap.
pub fn write(text: &str, fixes: &[&Fix]) -> String {
    let mut edits: Vec<&Edit> = fixes.iter().flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|edit| edit.span.start);
    let mut changed = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        if let Some(between) = text.get(done..edit.span.start) {
            changed.push_str(between);
            changed.push_str(&edit.text);
            done = edit.span.end;
        }
    }
    changed.push_str(text.get(done..).unwrap_or_default());
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Notation;

    #[test]
    fn fixes_that_overlap_wait_for_the_next_round() {
        let with = |fix: Fix| {
            let mut diagnostic = Diagnostic::error("test", "test");
            diagnostic.fixes.push(fix);
            diagnostic
        };
        let mut diagnostics = [
            with(Fix::replace(4..7, "THREE")),
            with(Fix::replace(0..3, "one")),
            with(Fix::replace(5..7, "lost")),
            with(Fix::replace(8..9, "guess").guess()),
        ];
        place("two old x", Notation::Yaml, &mut diagnostics);
        assert_eq!(
            apply("two old x", &diagnostics, Which::Safe),
            Some(("one THREE x".to_owned(), 2))
        );
        assert_eq!(
            apply("two old x", &diagnostics, Which::All),
            Some(("one THREE guess".to_owned(), 3))
        );
        assert_eq!(apply("two old x", &[], Which::All), None);
        // Another text than the one that was looked at.
        assert_eq!(apply("one two y", &diagnostics, Which::All), None);
    }
}
