//! Steps whose ids expressions cannot read as names, such as `fetch-orders` or `1`.

use std::borrow::Cow;

use pawl_expression::{Expression, Reference, Segment};

use super::path::is_word;
use super::{ALL_STEPS, INPUTS, Names, Texts};
use crate::formats::elevaite::steps::Step;
use crate::formats::literal::in_quotes;

/// The ids of steps that no expression can read as a name, the longest first.
pub(super) fn odd<'a>(steps: &'a [Step<'a>]) -> Vec<&'a str> {
    let ids = steps.iter().map(|step| step.id.as_str());
    let mut odd: Vec<&str> = ids.filter(|id| !is_word(id) && !id.is_empty()).collect();
    odd.sort_by_key(|id| std::cmp::Reverse(id.len()));
    odd
}

impl Texts<'_> {
    /// A text in which paths into such steps stand as an expression can read them: `fetch-a.x + 1` is
    /// `steps['fetch-a'].x + 1`.
    pub(in crate::formats::elevaite) fn readable<'t>(
        &self,
        text: &'t str,
        names: &Names,
    ) -> Cow<'t, str> {
        let mut found = Vec::new();
        let (mut quote, mut before) = (None, ' ');
        let mut characters = text.char_indices();
        while let Some((at, character)) = characters.next() {
            let begins = !before.is_alphanumeric() && !"_$.-".contains(before);
            before = character;
            match quote {
                Some(_) if character == '\\' => {
                    characters.next();
                }
                Some(open) if character == open => quote = None,
                None if "'\"".contains(character) => quote = Some(character),
                None if begins => {
                    let rest = text.get(at..).unwrap_or_default();
                    let id = self.odd.iter().find(|id| is_read(rest, id));
                    found.extend(id.filter(|id| !names.has(id)).map(|id| (at, *id)));
                }
                Some(_) | None => {}
            }
        }
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut readable = text.to_owned();
        for (at, id) in found.into_iter().rev() {
            let path = format!("steps[{}]", in_quotes(id));
            readable.replace_range(at..at + id.len(), &path);
        }
        Cow::Owned(readable)
    }

    /// Whether a text without braces is an expression over what steps gave or a run was given, such as
    /// `prices.output.net * 2`, or over nothing but names that are known here.
    pub(super) fn is_expression(&self, text: &str, names: &Names) -> bool {
        let references = Expression::parse(text).map(|expression| expression.references());
        let is_name = |reference: &Reference| match reference.path.first() {
            Some(Segment::Name(name)) => self.is_known(name, names),
            Some(Segment::Index(_) | Segment::Dynamic) | None => false,
        };
        references.is_ok_and(|references| {
            let are_names = !references.is_empty() && references.iter().all(is_name);
            are_names
                || references.iter().any(|reference| {
                    let is_step = |name: &String| self.steps.contains_key(name.as_str());
                    match reference.path.as_slice() {
                        [Segment::Name(all), Segment::Name(name), ..]
                            if ALL_STEPS.contains(&all.as_str()) && is_step(name) =>
                        {
                            true
                        }
                        [Segment::Name(root), _, ..] => {
                            is_step(root) || INPUTS.contains(&root.as_str())
                        }
                        _ => false,
                    }
                })
        })
    }
}

/// Whether a text begins with a path into a step.
fn is_read(text: &str, id: &str) -> bool {
    let Some(behind) = text.strip_prefix(id) else {
        return false;
    };
    let begins_name = |first: char| first.is_alphabetic() || first == '_';
    behind.starts_with("['")
        || behind.starts_with("[\"")
        || behind
            .strip_prefix('.')
            .is_some_and(|member| member.starts_with(begins_name))
}
