//! Tables of fields: what an object of a definition may hold, and what each field must be.
//!
//! `("temperature", Shape::Within(0, 2))` refuses `"temperature": "hot"` and makes `temprature` a near name.

pub(crate) use pawl_contract::Shape;

use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::shape::{self, near_ours};
use crate::source::Node;

/// One field: its name and what it must be.
pub(crate) type Field = (&'static str, Shape);

/// Whether a template may stand for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Templates {
    /// The object is rendered when the step runs.
    Allowed,
    /// The object is read as it is.
    Refused,
}

/// Checks an object against its table; `what` is it for people: `a step`.
pub(crate) fn check(
    node: &Node,
    fields: &[Field],
    what: &str,
    templates: Templates,
    diagnostics: &mut Vec<Diagnostic>,
) {
    unknown(
        node,
        &fields.iter().map(|(name, _)| *name),
        what,
        diagnostics,
    );
    for (name, shape) in fields {
        if let Some(value) = node.get(name) {
            let is_template = value.as_str().is_some_and(|text| text.contains("{{"));
            let is_open = templates == Templates::Allowed && is_template;
            if !value.is_null() && !is_open && !shape::fits(shape, value) {
                diagnostics.push(shape::misfit(name, *shape, value));
            }
        }
    }
}

/// Warns of fields that nothing reads, with a near name.
pub(crate) fn unknown<'name>(
    node: &Node,
    known: &(impl Iterator<Item = &'name str> + Clone),
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for entry in node.entries() {
        if known.clone().any(|name| name == entry.key) {
            continue;
        }
        let message = format!("{what} has no field `{}`; it is ignored", entry.key);
        // A field that is there already cannot be the one that was meant.
        let absent = known.clone().filter(|name| node.get(name).is_none());
        diagnostics.push(
            Diagnostic::warning(codes::UNKNOWN_FIELD, message)
                .at(entry.node.pointer.clone(), entry.key_span.clone())
                .meant(&entry.key, near_ours(&entry.key, absent)),
        );
    }
}

/// Whether a field that is needed and absent stands there under a name that was taken for a slip.
///
/// That finding is then the error, and nothing else need be said.
pub(crate) fn is_misspelt(node: &Node, field: &str, diagnostics: &mut [Diagnostic]) -> bool {
    let is_it = |finding: &&mut Diagnostic| {
        let parent = finding.pointer.rsplit_once('/').map(|(parent, _)| parent);
        finding.code == codes::UNKNOWN_FIELD
            && parent == Some(node.pointer.as_str())
            && finding.renames.iter().any(|rename| rename.to == field)
    };
    let found = diagnostics.iter_mut().rev().find(is_it);
    found
        .map(|finding| finding.severity = Severity::Error)
        .is_some()
}

/// Words in a row, each marked as one: `` `a`, `b` or `c` ``.
pub(crate) fn list(words: &[&str]) -> String {
    let marked: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match marked.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Fails where `docs/formats.md` does not name a field.
#[cfg(test)]
pub(crate) fn assert_documented(fields: &[Field]) {
    assert_on(include_str!("../../docs/formats.md"), fields);
}

/// Fails where a page does not name a field.
#[cfg(test)]
pub(crate) fn assert_on(page: &str, fields: &[Field]) {
    for (name, _) in fields {
        let is_named = [format!("`{name}`"), format!("\"{name}\"")];
        assert!(
            is_named.iter().any(|name| page.contains(name.as_str())),
            "the page says nothing of `{name}`"
        );
    }
}
