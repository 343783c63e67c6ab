//! How much was found, over all definitions.

use std::collections::{BTreeMap, BTreeSet};

use pawl_compiler::Severity;
use pawl_compiler::diagnostic::Diagnostic;

/// The figures of a check.
#[derive(Debug, Default)]
pub(super) struct Tally {
    definitions: usize,
    found: BTreeMap<Severity, usize>,
    codes: BTreeSet<&'static str>,
    /// Fixes, applied or shown.
    pub(super) changes: usize,
}

impl Tally {
    /// Counts the findings of a definition.
    pub(super) fn count(&mut self, diagnostics: &[Diagnostic]) {
        self.definitions += 1;
        for diagnostic in diagnostics {
            *self.found.entry(diagnostic.severity).or_default() += 1;
            self.codes.insert(diagnostic.code);
        }
    }

    /// Whether something as bad as this, or worse, was found.
    pub(super) fn has(&self, severity: Severity) -> bool {
        // The worst comes first in the order of severities.
        self.found.range(..=severity).next().is_some()
    }

    /// ```text
    /// help: `pawl explain never-ran` says more
    /// 3 definitions, 1 error, 0 warnings
    /// ```
    pub(super) fn summary(&self) -> String {
        let found = |severity| self.found.get(&severity).copied().unwrap_or(0);
        let mut parts = vec![
            number(self.definitions, "definition"),
            number(found(Severity::Error), "error"),
            number(found(Severity::Warning), "warning"),
        ];
        let notes = found(Severity::Note);
        parts.extend((notes > 0).then(|| number(notes, "note")));
        let codes: Vec<&str> = self.codes.iter().copied().collect();
        let hint = match codes.as_slice() {
            [] => String::new(),
            [code] => format!("help: `pawl explain {code}` says more\n"),
            [first, ..] => format!(
                "help: `pawl explain {first}` says more, and so for: {}\n",
                codes.get(1..).unwrap_or_default().join(", ")
            ),
        };
        hint + &parts.join(", ")
    }
}

/// A number with its noun.
fn number(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}
