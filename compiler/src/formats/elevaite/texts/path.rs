//! Paths and literals, as they are written.

use crate::formats::literal::in_quotes;

/// Whether a text is a path: names with points between them, and places or names in brackets.
pub(in crate::formats::elevaite) fn is_path(text: &str) -> bool {
    let begins = |first: char| first.is_alphabetic() || first == '_';
    text.starts_with(begins) && length(text) == text.len() && !text.ends_with('-')
}

/// How much of a text is a path; what is in brackets and has to be evaluated is none.
pub(super) fn length(text: &str) -> usize {
    let fits = |character: char| character.is_alphanumeric() || "_-".contains(character);
    let name = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        at + rest.find(|next| !fits(next)).unwrap_or(rest.len())
    };
    let mut end = name(0);
    loop {
        let rest = text.get(end..).unwrap_or_default();
        let next = if rest.starts_with('.') {
            name(end + 1)
        } else {
            end + bracket(rest).map_or(0, |(_, behind)| rest.len() - behind.len())
        };
        // A point alone belongs to what stands behind.
        if next == end || (rest.starts_with('.') && next == end + 1) {
            return end;
        }
        end = next;
    }
}

/// What stands in the bracket at the beginning of a text, a place or a name in quotes, and what stands behind it.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('[')?;
    let Some(quote) = inner.chars().next().filter(|first| "'\"".contains(*first)) else {
        let (place, behind) = inner.split_once(']')?;
        return place.parse::<i64>().is_ok().then_some((place, behind));
    };
    let name = inner.get(1..)?;
    let mut characters = name.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == quote {
            let behind = name.get(at + 1..)?.strip_prefix(']')?;
            return Some((name.get(..at)?, behind));
        }
    }
    None
}

/// A path as expressions read it: its numbers and the names that are no words stand in brackets, so `rows.0.order-id`
/// is `rows[0]['order-id']`, and its other names behind points.
pub(super) fn normal(path: &str) -> String {
    let (root, mut rest) = divide(path);
    let mut normal = root.to_owned();
    while !rest.is_empty() {
        let (name, behind) = divide(rest.strip_prefix('.').unwrap_or(rest));
        let written = rest.strip_suffix(behind).unwrap_or(rest);
        let is_place = !written.starts_with('[') && is_number(name);
        let is_odd = !is_place && !is_word(name);
        if is_place {
            normal = format!("{normal}[{name}]");
        } else if is_odd && !written.starts_with('[') {
            normal = format!("{normal}[{}]", in_quotes(name));
        } else if is_odd || written.is_empty() {
            normal.push_str(written);
        } else {
            normal = format!("{normal}.{name}");
        }
        if behind.len() == rest.len() {
            return normal + rest;
        }
        rest = behind;
    }
    normal
}

fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a name can stand behind a point.
pub(super) fn is_word(name: &str) -> bool {
    let fits = |character: char| character.is_alphanumeric() || character == '_';
    !name.starts_with(char::is_numeric) && name.chars().all(fits)
}

/// A path as the transform `at` reads it, which knows no quotes.
pub(super) fn place(path: &str) -> String {
    let brackets = [("['", "."), ("']", ""), ("[\"", "."), ("\"]", "")];
    let place = brackets
        .iter()
        .fold(path.to_owned(), |path, (bracket, point)| {
            path.replace(bracket, point)
        });
    place.trim_start_matches('.').to_owned()
}

/// The first name of a path, which may stand in brackets, and the rest with the point before it.
pub(super) fn divide(path: &str) -> (&str, &str) {
    bracket(path).unwrap_or_else(|| {
        let end = path.find(['.', '[']).unwrap_or(path.len());
        path.split_at(end)
    })
}

/// The rest of a path without a name at its beginning that adds nothing.
pub(super) fn skip<'p>(rest: &'p str, words: &[&str]) -> &'p str {
    let (word, after) = divide(rest.trim_start_matches('.'));
    if words.contains(&word) { after } else { rest }
}

/// A path below a root; a name that no path can be made of stands in brackets.
pub(super) fn member(root: &str, path: &str) -> String {
    let (name, rest) = divide(path);
    if is_word(name) {
        format!("{root}.{path}")
    } else {
        format!("{root}[{}]{rest}", in_quotes(name))
    }
}

/// An expression as a part of another; a path stands there as it is.
pub(in crate::formats::elevaite) fn as_part(expression: String) -> String {
    if expression.contains(['|', '?', ' ']) && !is_path(&expression) {
        format!("({expression})")
    } else {
        expression
    }
}

/// A path behind an expression.
pub(super) fn follow(expression: &str, rest: &str) -> String {
    if rest.is_empty() {
        return expression.to_owned();
    }
    let is_plain = is_path(expression);
    if is_plain {
        format!("{expression}{rest}")
    } else {
        format!("({expression}){rest}")
    }
}
