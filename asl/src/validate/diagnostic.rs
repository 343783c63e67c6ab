//! What AWS says about a definition.

use std::fmt;

use super::place::Place;

/// One thing that AWS says about a definition.
///
/// As text it is what stands between the quotes of AWS's `InvalidDefinition`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether a machine can be made of the definition nevertheless.
    pub severity: Severity,
    /// AWS's code, such as `SCHEMA_VALIDATION_FAILED`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The place in AWS's writing, such as `/States/a/Choices[0]/Next`; none where the whole is meant.
    pub location: Option<String>,
    /// The same place as a JSON Pointer.
    pub pointer: String,
}

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is refused for it.
    Warning,
    /// The definition is refused.
    Error,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = self.location.as_deref().unwrap_or("null");
        write!(formatter, "{}: {} at {location}", self.code, self.message)
    }
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) found: Vec<Diagnostic>,
}

impl Findings {
    /// Whether there is an error among them.
    pub(super) fn has_errors(&self) -> bool {
        self.found
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// A field, or what stands in it, that AWS's schema refuses.
    pub(super) fn schema(&mut self, place: &Place, message: impl Into<String>) {
        self.error("SCHEMA_VALIDATION_FAILED", place, message);
    }

    /// Something else that AWS refuses.
    pub(super) fn error(&mut self, code: &'static str, place: &Place, message: impl Into<String>) {
        self.push(Severity::Error, code, Some(place), message.into());
    }

    /// Something that AWS refuses in the definition as a whole.
    pub(super) fn anywhere(&mut self, code: &'static str, message: impl Into<String>) {
        self.push(Severity::Error, code, None, message.into());
    }

    /// Something that is hardly meant so.
    pub(super) fn warning(
        &mut self,
        code: &'static str,
        place: &Place,
        message: impl Into<String>,
    ) {
        self.push(Severity::Warning, code, Some(place), message.into());
    }

    fn push(
        &mut self,
        severity: Severity,
        code: &'static str,
        place: Option<&Place>,
        message: String,
    ) {
        self.found.push(Diagnostic {
            severity,
            code,
            message,
            location: place.map(Place::location),
            pointer: place.map(|place| place.pointer.clone()).unwrap_or_default(),
        });
    }
}
