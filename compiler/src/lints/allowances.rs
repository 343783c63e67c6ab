//! The findings that an author knows of and accepts.

use std::collections::BTreeMap;

use crate::definition::{Allowance, Definition};
use crate::diagnostic::{Diagnostic, codes, near};

/// The allowances of a definition, kept while it is checked and lowered.
pub(crate) struct Allowances {
    allowances: Vec<Allowance>,
    /// The pointer of every step, by slug.
    steps: BTreeMap<String, String>,
}

impl Allowances {
    pub(crate) fn of(definition: &Definition) -> Self {
        let steps = definition.steps.iter().map(|step| {
            let pointer = step.slug_place.pointer.as_str();
            let step_pointer = pointer.strip_suffix("/stepSlug").unwrap_or(pointer);
            (step.slug.clone(), step_pointer.to_owned())
        });
        Self {
            allowances: definition.allowances.clone(),
            steps: steps.collect(),
        }
    }

    /// Takes out what is allowed, and speaks of allowances that allow nothing.
    pub(crate) fn apply(&self, diagnostics: &mut Vec<Diagnostic>) {
        // What is left out because of an error elsewhere may be found once that is mended.
        let is_whole = !diagnostics.iter().any(Diagnostic::is_error);
        let mut said = Vec::new();
        for allowance in &self.allowances {
            let before = diagnostics.len();
            diagnostics.retain(|diagnostic| !self.covers(allowance, diagnostic));
            if diagnostics.len() == before {
                said.extend(self.complaint(allowance, diagnostics, is_whole));
            }
        }
        diagnostics.extend(said);
    }

    fn covers(&self, allowance: &Allowance, diagnostic: &Diagnostic) -> bool {
        let is_allowed = allowance.code == diagnostic.code
            && !diagnostic.is_error()
            && diagnostic.code != codes::NOT_YET;
        is_allowed && self.is_in_step(allowance, diagnostic)
    }

    fn is_in_step(&self, allowance: &Allowance, diagnostic: &Diagnostic) -> bool {
        let Some(slug) = &allowance.step else {
            return true;
        };
        self.steps.get(slug).is_some_and(|pointer| {
            let rest = diagnostic.pointer.strip_prefix(pointer.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// What there is to say about an allowance that took nothing out.
    fn complaint(
        &self,
        allowance: &Allowance,
        diagnostics: &[Diagnostic],
        is_whole: bool,
    ) -> Option<Diagnostic> {
        let Allowance {
            code,
            step,
            step_place,
            place,
        } = allowance;
        if let Some(slug) = step.as_ref().filter(|slug| !self.steps.contains_key(*slug)) {
            let message = format!("there is no step `{slug}`");
            let near = near(slug, self.steps.keys().map(String::as_str));
            return Some(
                Diagnostic::error(codes::INVALID_ALLOWANCE, message)
                    .at(step_place.pointer.clone(), step_place.span.clone())
                    .perhaps_meant(slug, near),
            );
        }
        let is_found = |found: &Diagnostic| found.code == code && self.is_in_step(allowance, found);
        let (message, help) = if diagnostics.iter().any(is_found) {
            (
                format!("`{code}` is more than a lint, and cannot be allowed"),
                if code == codes::NOT_YET {
                    "mock the step, or do without it"
                } else {
                    "mend what it says"
                },
            )
        } else if is_whole {
            (
                format!("`{code}` is allowed, and there is nothing to allow"),
                "remove the allowance",
            )
        } else {
            return None;
        };
        Some(
            Diagnostic::warning(codes::INVALID_ALLOWANCE, message)
                .at(place.pointer.clone(), place.span.clone())
                .help(help),
        )
    }
}
