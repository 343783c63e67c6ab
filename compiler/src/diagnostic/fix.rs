//! Changes of the text that settle a finding.

use std::ops::Range;

use super::Diagnostic;

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

/// Finds the words that are to be replaced; a word that does not stand there once, as it is written, gets no fix.
pub(crate) fn place(text: &str, diagnostics: &mut [Diagnostic]) {
    for diagnostic in diagnostics {
        for rename in std::mem::take(&mut diagnostic.renames) {
            let around = text.get(diagnostic.span.clone()).unwrap_or_default();
            let mut found = around.match_indices(&rename.from);
            if let (Some((at, _)), None) = (found.next(), found.next()) {
                let start = diagnostic.span.start + at;
                let fix = Fix::replace(start..start + rename.from.len(), rename.to);
                diagnostic.fixes.push(Fix {
                    is_safe: rename.is_safe,
                    ..fix
                });
            }
        }
    }
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
    /// Writes another word at a place.
    pub fn replace(span: Range<usize>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            title: format!("write `{text}`"),
            edits: vec![Edit { span, text }],
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
    let wanted = |fix: &&Fix| fix.is_safe || which == Which::All;
    let mut fixes: Vec<&Fix> = diagnostics
        .iter()
        .filter_map(|diagnostic| diagnostic.fixes.iter().find(wanted))
        .collect();
    fixes.sort_by_key(|fix| fix.edits.first().map(|edit| edit.span.start));
    let mut edits: Vec<&Edit> = Vec::new();
    let mut count = 0;
    for fix in fixes {
        let is_free = |edit: &Edit| {
            edits
                .iter()
                .all(|other| edit.span.end <= other.span.start || other.span.end <= edit.span.start)
                && text.get(edit.span.clone()).is_some()
        };
        if !fix.edits.is_empty() && fix.edits.iter().all(is_free) {
            edits.extend(&fix.edits);
            count += 1;
        }
    }
    edits.sort_by_key(|edit| edit.span.start);
    let mut changed = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        changed.push_str(text.get(done..edit.span.start)?);
        changed.push_str(&edit.text);
        done = edit.span.end;
    }
    changed.push_str(text.get(done..)?);
    (count > 0).then_some((changed, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixes_that_overlap_wait_for_the_next_round() {
        let with = |fix: Fix| {
            let mut diagnostic = Diagnostic::error("test", "test");
            diagnostic.fixes.push(fix);
            diagnostic
        };
        let diagnostics = [
            with(Fix::replace(4..7, "THREE")),
            with(Fix::replace(0..3, "one")),
            with(Fix::replace(5..7, "lost")),
            with(Fix::replace(8..9, "guess").guess()),
        ];
        assert_eq!(
            apply("two old x", &diagnostics, Which::Safe),
            Some(("one THREE x".to_owned(), 2))
        );
        assert_eq!(
            apply("two old x", &diagnostics, Which::All),
            Some(("one THREE guess".to_owned(), 3))
        );
        assert_eq!(apply("two old x", &[], Which::All), None);
    }
}
