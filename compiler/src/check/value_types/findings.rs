//! What there is to say of what inference found, and where its author wrote it.

use std::ops::Range;

use pawl_contract::reference::ROOTS;
use pawl_expression::{Finding, Mistake, Others, Type};

use super::Known;
use crate::check::texts::Text;
use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::Node;
use crate::steps;

impl Known<'_> {
    pub(super) fn say(&self, finding: &Finding, text: &Text<'_>) -> Option<Diagnostic> {
        let node = &text.node;
        let span = self.place(finding, node);
        let diagnostic = match &finding.mistake {
            Mistake::NoMember {
                owner,
                member,
                found,
                is_defaulted: false,
            } => no_member(owner, member, found),
            Mistake::NoMember {
                owner,
                member,
                found,
                is_defaulted: true,
            } if owner == "input" || self.has_default(node) => never_there(owner, member, found)?,
            // A default that nobody wrote is the translation's, for which what is missing is nothing.
            Mistake::NoMember {
                owner,
                member,
                found,
                is_defaulted: true,
            } => undeclared_member(owner, member, found),
            Mistake::NoName { name, list, item } => self.no_name(name, list, item, text)?,
            Mistake::NeverEqual { left, right, gives } => never_equal(left, right, *gives),
            Mistake::Misfit {
                operation,
                needs,
                found,
            } => Diagnostic::error(
                codes::WRONG_TYPE,
                format!("`{operation}` needs {needs}, and this is {found}"),
            ),
            Mistake::FlagInOrder { operation, other } => Diagnostic::warning(
                codes::WRONG_TYPE,
                format!("`{operation}` compares `true` or `false`, which count as 1 and 0, with {other}"),
            )
            .help("use the value as the condition itself, or compare each value on its own and join them by `&&`"),
        };
        Some(diagnostic.at(node.pointer.clone(), span))
    }

    /// What there is to say of a name in a section that its item does not have, where it means nothing else.
    fn no_name(&self, name: &str, list: &str, item: &Type, text: &Text<'_>) -> Option<Diagnostic> {
        let step = text.step.and_then(|id| self.definition.steps.get(id));
        let given = step.map_or(&[][..], |step| steps::given(step, &text.node.pointer));
        let own = step.into_iter().flat_map(steps::names);
        let mut meant = own
            .map(|(name, _)| name)
            .chain(given.iter().copied())
            .chain(ROOTS);
        if self.variables.contains_key(name) || meant.any(|meant| meant == name) {
            return None;
        }
        let near = near(name, item.member_names());
        // Whoever starts a run may give it.
        if near.is_none() && steps::is_input_open(self.definition) {
            return None;
        }
        let message = format!("no item of `{list}` has a `{name}`: each is {item}");
        let diagnostic = Diagnostic::warning(codes::UNKNOWN_REFERENCE, message);
        Some(diagnostic.perhaps_meant(name, near))
    }

    /// Whether the author of a text gives a default in it.
    fn has_default(&self, node: &Node) -> bool {
        let written = self.text.get(node.span.clone()).unwrap_or_default();
        ["??", "?:"]
            .iter()
            .any(|operator| written.contains(operator))
    }

    /// Where a finding stands in the author's text: of a text that was translated, at the member that it is about.
    fn place(&self, finding: &Finding, node: &Node) -> Range<usize> {
        let span = node.inner_span(self.text, finding.span.clone());
        let written = self.text.get(node.span.clone()).unwrap_or_default();
        match &finding.mistake {
            Mistake::NoMember { member, .. } if span == node.span => path_to(written, member)
                .map_or(span, |found| {
                    node.span.start + found.start..node.span.start + found.end
                }),
            Mistake::NoMember { .. }
            | Mistake::NoName { .. }
            | Mistake::NeverEqual { .. }
            | Mistake::Misfit { .. }
            | Mistake::FlagInOrder { .. } => span,
        }
    }
}

/// The path in a text that ends with a name, where it is written once.
fn path_to(text: &str, name: &str) -> Option<Range<usize>> {
    let is_of_name = |character: char| character.is_alphanumeric() || character == '_';
    let mut found = text.match_indices(name).filter(|(at, _)| {
        let before = text
            .get(..*at)
            .and_then(|before| before.chars().next_back());
        let after = text
            .get(at + name.len()..)
            .and_then(|after| after.chars().next());
        !before.is_some_and(is_of_name) && !after.is_some_and(is_of_name)
    });
    let (at, _) = found.next()?;
    if name.is_empty() || found.next().is_some() {
        return None;
    }
    let before = text.get(..at)?;
    let is_of_path = |character: char| is_of_name(character) || ".-[]".contains(character);
    let start = before.trim_end_matches(is_of_path).len();
    Some(start..at + name.len())
}

/// What there is to say of a member that its owner does not have.
fn no_member(owner: &str, member: &str, found: &Type) -> Diagnostic {
    let near = near(member, found.member_names());
    let message = format!("`{owner}` has no `{member}`: it is {found}");
    if is_closed(found) {
        let diagnostic = Diagnostic::error(codes::UNKNOWN_REFERENCE, message);
        return diagnostic.perhaps_meant(member, near);
    }
    if owner != "input" {
        return undeclared_member(owner, member, found);
    }
    // Whoever starts a run may give more than what is declared.
    let message = format!("the trigger declares no input `{member}`: `input` is {found}");
    let diagnostic = Diagnostic::warning(codes::UNKNOWN_REFERENCE, message);
    if near.is_some() {
        return diagnostic.perhaps_meant(member, near);
    }
    diagnostic.help("declare it, so that a run without it is refused or gets its default")
}

/// The same where it does not stop the run: what is missing is nothing.
fn undeclared_member(owner: &str, member: &str, found: &Type) -> Diagnostic {
    let near = near(member, found.member_names());
    let message = format!("`{owner}` has no `{member}`: it is {found}");
    Diagnostic::warning(codes::UNKNOWN_REFERENCE, message).perhaps_meant(member, near)
}

/// What there is to say where a default always stands in for a member: something only where another name was meant.
fn never_there(owner: &str, member: &str, found: &Type) -> Option<Diagnostic> {
    let near = near(member, found.member_names())?;
    let message = format!("`{owner}` has no `{member}`, so that its default always stands in");
    let diagnostic = Diagnostic::warning(codes::UNKNOWN_REFERENCE, message);
    Some(diagnostic.perhaps_meant(member, Some(near)))
}

/// Whether a value, or each of its elements, surely has no other fields than those that are known.
fn is_closed(found: &Type) -> bool {
    found.present().all(|one| match one {
        Type::List(element) => is_closed(element),
        Type::Object(fields) => fields.others == Others::Never,
        Type::Any
        | Type::Null
        | Type::Flag
        | Type::Number
        | Type::Text
        | Type::Words(_)
        | Type::Given(_)
        | Type::Either(_) => true,
    })
}

fn never_equal(left: &Type, right: &Type, gives: bool) -> Diagnostic {
    let holds = if gives { "always" } else { "never" };
    let message = format!("this {holds} holds: {left} is never {right}");
    let diagnostic = Diagnostic::warning(codes::IMPOSSIBLE_COMPARISON, message);
    let mut words = Vec::new();
    for side in [left, right] {
        for one in side.choices() {
            if let Type::Words(some) = one {
                words.push(some);
            }
        }
    }
    if let [first, second] = words.as_slice() {
        let (one, all) = if first.len() == 1 {
            (first, second)
        } else {
            (second, first)
        };
        if let Some(word) = one.iter().next() {
            let near = near(word, all.iter().map(String::as_str));
            return diagnostic.perhaps_meant(word, near);
        }
    }
    diagnostic
}
