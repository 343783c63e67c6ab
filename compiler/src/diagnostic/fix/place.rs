//! Fixes find the words that they replace, and those that could do harm are dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::{Edit, Fix, Rename};
use crate::diagnostic::Diagnostic;
use crate::source::{self, Data, Node, Notation};

/// Finds the words that are to be replaced.
///
/// There is no fix for a word that does not stand there once, as it is written, nor for a key that would stand twice.
pub(crate) fn place(text: &str, notation: Notation, diagnostics: &mut [Diagnostic]) {
    for diagnostic in &mut *diagnostics {
        for rename in std::mem::take(&mut diagnostic.renames) {
            if let Some(span) = word(text, diagnostic.span.clone(), &rename) {
                diagnostic.fixes.push(Fix {
                    is_safe: rename.is_safe,
                    ..Fix::replace(span, rename.to)
                });
            }
        }
        diagnostic.fixes.retain_mut(|fix| read_old(text, fix));
    }
    let has_fix = |diagnostic: &Diagnostic| !diagnostic.fixes.is_empty();
    if diagnostics.iter().any(has_fix)
        && let Ok(root) = source::read(text, notation)
    {
        Keys::of(&root).drop_doubles(diagnostics);
    }
}

/// Where the word of a rename stands, alone and once.
fn word(text: &str, span: Range<usize>, rename: &Rename) -> Option<Range<usize>> {
    let around = text.get(span.clone())?;
    let Rename { from, to, .. } = rename;
    // What means something to JSON or YAML cannot be written between quotes, or without them, as it is.
    let is_special = |character: char| "\"'\\{}[]#,".contains(character) || character.is_control();
    if from.is_empty() || to.contains(is_special) || to.contains(": ") {
        return None;
    }
    let mut found = around
        .match_indices(from.as_str())
        .filter(|(at, _)| is_alone(around, *at..at + from.len()));
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Some(span.start + at..span.start + at + from.len()),
        _ => None,
    }
}

/// Whether a word is no part of a longer word or of an escape.
fn is_alone(around: &str, word: Range<usize>) -> bool {
    let is_letter = |character: char| character.is_alphanumeric() || character == '_';
    let inside = around.get(word.clone()).unwrap_or_default();
    let before = around
        .get(..word.start)
        .and_then(|text| text.chars().last());
    let after = around.get(word.end..).and_then(|text| text.chars().next());
    let joins_before = inside.starts_with(is_letter) && before.is_some_and(is_letter);
    let joins_after = inside.ends_with(is_letter) && after.is_some_and(is_letter);
    before != Some('\\') && !joins_before && !joins_after
}

/// Notes what a fix replaces; `false` where that does not stand in one line.
fn read_old(text: &str, fix: &mut Fix) -> bool {
    fix.edits.iter_mut().all(|edit| {
        let old = text.get(edit.span.clone());
        let old = old.filter(|old| !old.contains(['\n', '\r']));
        old.is_some_and(|old| {
            old.clone_into(&mut edit.old);
            true
        })
    })
}

/// Every key of a definition by where it stands, and the keys of every object.
#[derive(Default)]
struct Keys<'node> {
    /// By the first byte: the last byte, the key and its object.
    by_start: BTreeMap<usize, (usize, &'node str, usize)>,
    objects: Vec<BTreeSet<&'node str>>,
}

impl<'node> Keys<'node> {
    fn of(root: &'node Node) -> Self {
        let mut keys = Self::default();
        keys.collect(root);
        keys
    }

    fn collect(&mut self, node: &'node Node) {
        let object = self.objects.len();
        if let Data::Object(entries) = &node.data {
            let names = entries.iter().map(|entry| entry.key.as_str());
            self.objects.push(names.collect());
            for entry in entries {
                let key = (entry.key_span.end, entry.key.as_str(), object);
                self.by_start.insert(entry.key_span.start, key);
                self.collect(&entry.node);
            }
        }
        for element in node.elements() {
            self.collect(element);
        }
    }

    /// The object whose key an edit replaces.
    fn object(&self, edit: &Edit) -> Option<usize> {
        let (_, (end, key, object)) = self.by_start.range(..=edit.span.start).next_back()?;
        (edit.span.end <= *end && edit.old == *key).then_some(*object)
    }

    /// Drops the fixes after which an object would have a key twice.
    fn drop_doubles(&self, diagnostics: &mut [Diagnostic]) {
        let mut wanted: BTreeMap<(usize, String), BTreeSet<usize>> = BTreeMap::new();
        let fixes = diagnostics.iter().flat_map(|found| &found.fixes);
        for edit in fixes.flat_map(|fix| &fix.edits) {
            if let Some(object) = self.object(edit) {
                let places = wanted.entry((object, edit.text.clone())).or_default();
                places.insert(edit.span.start);
            }
        }
        let is_single = |edit: &Edit| {
            self.object(edit).is_none_or(|object| {
                let is_there = self.objects.get(object);
                let is_there = is_there.is_some_and(|keys| keys.contains(edit.text.as_str()));
                let places = wanted.get(&(object, edit.text.clone()));
                !is_there && places.is_none_or(|places| places.len() == 1)
            })
        };
        for diagnostic in diagnostics {
            diagnostic
                .fixes
                .retain(|fix| fix.edits.iter().all(is_single));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::fix::{Which, apply};

    /// A place, the word in it, and what it becomes.
    type Words<'row> = (&'row str, &'row str, &'row str);

    /// A text, what is renamed in it, and the text afterwards.
    type Row<'row> = (&'row str, &'row [Words<'row>], Option<&'row str>);

    /// A text with renames of words at places applied.
    fn mended(text: &str, renames: &[Words<'_>]) -> Option<String> {
        let mut found: Vec<Diagnostic> = renames
            .iter()
            .map(|(around, from, to)| {
                let start = text.find(around).expect("the place");
                Diagnostic::error("test", "test")
                    .at(String::new(), start..start + around.len())
                    .meant(from, Some(to))
            })
            .collect();
        place(text, Notation::Yaml, &mut found);
        apply(text, &found, Which::Safe).map(|(text, _)| text)
    }

    #[test]
    fn a_word_is_replaced_where_it_stands_alone_and_once() {
        let rows = [
            (
                r#"a: "steps.step.x""#,
                "steps.step.x",
                "step",
                "stop",
                Some(r#"a: "steps.stop.x""#),
            ),
            (r#"a: "b b""#, r#""b b""#, "b", "c", None),
            // The word is part of an escape, or of another word.
            (r#"a: "\nb""#, r#""\nb""#, "nb", "c", None),
            (r#"a: "abc""#, r#""abc""#, "b", "c", None),
            // What replaces it could not be written like that.
            (r#"a: "b""#, r#""b""#, "b", r#"say "c""#, None),
            ("a: b", "b", "b", "c: d", None),
        ];
        for (text, around, from, to, expected) in rows {
            let found = mended(text, &[(around, from, to)]);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn no_key_stands_twice_afterwards() {
        let rows: [Row<'_>; 5] = [
            (
                "{bdy: 1, boddy: 2}",
                &[("bdy", "bdy", "body"), ("boddy", "boddy", "body")],
                None,
            ),
            ("{bdy: 1, body: 2}", &[("bdy", "bdy", "body")], None),
            (
                "{bdy: 1, a: {body: 2}}",
                &[("bdy", "bdy", "body")],
                Some("{body: 1, a: {body: 2}}"),
            ),
            // Two findings that want the same change are one change.
            (
                "{bdy: 1}",
                &[("bdy", "bdy", "body"), ("{bdy: 1}", "bdy", "body")],
                Some("{body: 1}"),
            ),
            // A value is no key.
            (
                "{a: bdy, body: 2}",
                &[("bdy", "bdy", "body")],
                Some("{a: body, body: 2}"),
            ),
        ];
        for (text, renames, expected) in rows {
            assert_eq!(mended(text, renames).as_deref(), expected, "{text}");
        }
    }
}
