//! The names of a state's condition, which are those of its own result and of nothing else.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use pawl_expression::{Expression, Mistake, Others, Roots, Type};

use super::super::super::Translation;
use super::super::states::State;
use super::{Known, say};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::Node;

impl<'a> Known<'_, 'a> {
    /// Says which names of a state's condition its result never has.
    pub(in super::super) fn condition(
        &self,
        at: usize,
        node: &Node,
        flow: &str,
        read: &Expression,
        fails: &str,
        translation: &mut Translation<'_>,
    ) {
        let Some(state) = self.states.get(at) else {
            return;
        };
        view_of_keys(node, translation);
        let known = self.gives.get(at).and_then(Option::as_ref);
        let kept = self.kept_before(at);
        let own = state.output_key();
        // Of what may be anything, only that is asked which is known to be kept elsewhere.
        if known.is_none() && kept.is_empty() && own.is_none() {
            return;
        }
        let result = known
            .cloned()
            .unwrap_or_else(|| Type::object([], Others::Undeclared));
        let flowing = Type::object([("result".to_owned(), result)], Others::Maybe);
        let roots = Roots::from([(Cow::Borrowed(flow), Arc::new(flowing))]);
        let written = node.as_str().unwrap_or_default();
        for finding in read.infer(&roots).1 {
            let Mistake::NoMember { member, found, .. } = &finding.mistake else {
                continue;
            };
            // Whether it is there may be just what is asked.
            let asks = |quote: char| written.contains(&format!("{quote}{member}{quote} in"));
            if asks('\'') || asks('"') {
                continue;
            }
            let path = path_at(written, &finding.span).unwrap_or(member);
            let owner = path.rfind(['.', '[']).and_then(|end| path.get(..end));
            let other = kept.get(member.as_str()).copied();
            let is_own = own == Some(member.as_str());
            if let (None, Some(other)) = (owner, other.or_else(|| is_own.then_some(""))) {
                let message = if is_own {
                    format!(
                        "`{member}` is the key of all that `{}` gives; unless that has a `{member}` in it, {fails}",
                        state.id
                    )
                } else if known.is_some() {
                    format!(
                        "`{member}` is not among what `{}` gives, so {fails}",
                        state.id
                    )
                } else {
                    format!(
                        "`{member}` is what `{other}` gives; unless `{}` gives it as well, {fails}",
                        state.id
                    )
                };
                let help = format!(
                    "a condition reads the result of its own state alone: let `{}` give `{member}` as well",
                    state.id
                );
                let span = node.inner_span(translation.text, finding.span);
                let warning = Diagnostic::warning(codes::UNKNOWN_REFERENCE, message).help(help);
                translation.say(warning.at(node.pointer.clone(), span));
                continue;
            }
            if known.is_none() {
                continue;
            }
            let owner =
                owner.map_or_else(|| "it gives".to_owned(), |owner| format!("`{owner}` is"));
            let message = format!("state `{}` gives no `{path}`: {owner} {found}", state.id);
            let near = near(member, found.member_names());
            say(message, member, near, node, finding.span, translation);
        }
    }

    /// The keys under which states before one keep what they give, without its own, and those states.
    fn kept_before(&self, at: usize) -> BTreeMap<&'a str, &str> {
        let mut kept = BTreeMap::new();
        let mut seen = BTreeSet::from([at]);
        let mut open = self.sources_of(at).to_vec();
        while let Some(before) = open.pop() {
            if !seen.insert(before) {
                continue;
            }
            open.extend(self.sources_of(before));
            let state = self.states.get(before);
            let key = state.and_then(|state| Some((state.output_key()?, state.id.as_str())));
            kept.extend(key);
        }
        let own = self.states.get(at).and_then(State::output_key);
        kept.retain(|key, _| Some(*key) != own);
        kept
    }
}

/// Warns of items of `keys`, which is a view and has none.
fn view_of_keys(node: &Node, translation: &mut Translation<'_>) {
    let written = node.as_str().unwrap_or_default();
    let is_before = |before: char| before.is_alphanumeric() || "_.'\"".contains(before);
    for (start, found) in written.match_indices("keys[") {
        let before = written.get(..start).and_then(|text| text.chars().last());
        if before.is_some_and(is_before) {
            continue;
        }
        let span = node.inner_span(translation.text, start..start + found.len() - 1);
        let message = "`keys` is the view of the result's keys and has no items, so that the condition cannot be evaluated";
        let warning = Diagnostic::warning(codes::UNKNOWN_REFERENCE, message)
            .help("ask for a key with `'name' in keys`, and read its value by its name");
        translation.say(warning.at(node.pointer.clone(), span));
    }
}

/// The path that ends at a member, which may stand as a text in brackets.
fn path_at<'t>(written: &'t str, member: &Range<usize>) -> Option<&'t str> {
    let path = written.get(member.clone())?;
    if !path.starts_with(['\'', '"']) {
        return Some(path);
    }
    let is_of_path = |character: char| character.is_alphanumeric() || "_.[]'\"".contains(character);
    let start = written.get(..member.start)?.trim_end_matches(is_of_path);
    written.get(start.len()..=member.end)
}
