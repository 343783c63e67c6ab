//! Paths and literals, as they are written.

use pawl_expression::{Expression, Segment};

/// Whether a text is a path: names with points between them, and places in brackets.
pub(in crate::formats::elevaite) fn is_path(text: &str) -> bool {
    let fits = |character: char| character.is_alphanumeric() || "_.-[]".contains(character);
    let begins = |first: char| first.is_alphabetic() || first == '_';
    text.starts_with(begins) && text.chars().all(fits) && !text.ends_with(['.', '-'])
}

/// A path as the format spells it, whose members may have stood in brackets: `verdict['score']` is `verdict.score`.
pub(super) fn spelled(path: &[Segment]) -> Option<String> {
    let mut spelled = String::new();
    for segment in path {
        match segment {
            Segment::Name(name) if spelled.is_empty() => spelled.clone_from(name),
            Segment::Name(name) if is_path(name) && !name.contains(['.', '[']) => {
                spelled = format!("{spelled}.{name}");
            }
            Segment::Index(at) => spelled = format!("{spelled}[{at}]"),
            Segment::Name(_) | Segment::Dynamic => return None,
        }
    }
    Some(spelled)
}

/// A path whose members in brackets are spelled with points, where they can be.
pub(in crate::formats::elevaite) fn without_quotes(path: &str) -> String {
    let is_quoted = path.contains(['\'', '"']);
    let read = is_quoted.then(|| Expression::parse(path).ok()).flatten();
    let references = read.map(|read| read.references()).unwrap_or_default();
    match references.as_slice() {
        [reference] => spelled(&reference.path).unwrap_or_else(|| path.to_owned()),
        _ => path.to_owned(),
    }
}

/// A path with its numbers in brackets: `rows.0.id` is `rows[0].id`.
pub(super) fn with_places(path: &str) -> String {
    let mut parts = path.split('.');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| {
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if is_number {
            format!("{path}[{part}]")
        } else {
            format!("{path}.{part}")
        }
    })
}

/// The first name of a path, and the rest with the point before it.
pub(super) fn divide(path: &str) -> (&str, &str) {
    let end = path.find(['.', '[']).unwrap_or(path.len());
    path.split_at(end)
}

/// The rest of a path without a name at its beginning that adds nothing.
pub(super) fn skip<'p>(rest: &'p str, words: &[&str]) -> &'p str {
    let (word, after) = divide(rest.trim_start_matches('.'));
    if words.contains(&word) { after } else { rest }
}

/// A path below a root; a name that no path can be made of stands in brackets.
pub(super) fn member(root: &str, path: &str) -> String {
    let (name, rest) = divide(path);
    if name
        .chars()
        .all(|character| character.is_alphanumeric() || character == '_')
    {
        format!("{root}.{path}")
    } else {
        format!("{root}['{name}']{rest}")
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
