//! Mocks against a definition: which steps can be mocked, and which must be.

use std::collections::BTreeMap;

use pawl_contract::{Kind, Mock};

use crate::Program;
use crate::diagnostic::{Diagnostic, codes, did_you_mean};

/// Refuses mocks of steps that do not exist or only compute, and mocks that mean nothing.
pub fn check(program: &Program, mocks: &BTreeMap<String, Mock>) -> Vec<Diagnostic> {
    let kinds = program.checked.kinds();
    let works = |kind: Kind| !kind.is_pure() && kind != Kind::Trigger;
    let called = |slug| program.authored.name(slug);
    let mockable = || {
        let steps = kinds.iter().filter(|(_, kind)| works(**kind));
        steps.map(|(slug, _)| called(slug))
    };
    let found = mocks
        .iter()
        .filter_map(|(slug, mock)| match kinds.get(slug.as_str()) {
            Some(kind) if works(*kind) => mock.problem().map(|problem| {
                Diagnostic::error(
                    codes::INVALID_MOCK,
                    format!(
                        "the mock of step `{}` is not valid: {problem}",
                        called(slug)
                    ),
                )
            }),
            Some(kind) => {
                let message = format!(
                    "step `{}` cannot be mocked: it is of kind `{}`",
                    called(slug),
                    kind.name()
                );
                let help =
                    "mock the steps that act or wait, such as `llm`, `action` and `approval`";
                Some(Diagnostic::error(codes::INVALID_MOCK, message).help(help))
            }
            None => Some(
                Diagnostic::error(
                    codes::INVALID_MOCK,
                    format!("there is no step `{slug}` to mock"),
                )
                .maybe_help(did_you_mean(slug, mockable())),
            ),
        });
    found.collect()
}

/// Turns what a step cannot do yet into an error, unless the step is mocked.
pub fn settle(diagnostics: &mut Vec<Diagnostic>, mocks: &BTreeMap<String, Mock>) {
    diagnostics.retain_mut(|diagnostic| match &diagnostic.mockable {
        Some(step) if mocks.contains_key(step) => false,
        Some(_) => {
            diagnostic.severity = crate::Severity::Error;
            true
        }
        None => true,
    });
}
