//! Reads what stands in an f-string.

use super::{Read, Reader};
use crate::error::SyntaxError;
use crate::python::lexer::unescape;
use crate::python::syntax::{Kind, Tree};

impl Reader {
    /// The texts and values of an f-string whose content begins at `start`.
    pub(super) fn format(&self, content: &str, start: usize, parts: &mut Vec<Tree>) -> Read<()> {
        let mut text = String::new();
        let mut at = 0;
        while let Some(character) = content.get(at..).and_then(|rest| rest.chars().next()) {
            let rest = content.get(at..).unwrap_or_default();
            if rest.starts_with("{{") || rest.starts_with("}}") {
                text.push(character);
                at += 2;
            } else if character == '}' {
                let span = start + at..start + at + 1;
                return Err(SyntaxError::new("this `}` stands alone", span).help("write `}}`"));
            } else if character == '{' {
                push_text(&mut text, start, parts)?;
                at += self.replacement(rest, start + at, parts)?;
            } else {
                text.push(character);
                at += character.len_utf8();
            }
        }
        push_text(&mut text, start, parts)
    }

    /// `{a!r:>10}`; how long it is.
    fn replacement(&self, rest: &str, start: usize, parts: &mut Vec<Tree>) -> Read<usize> {
        let span = |length: usize| start..start + length;
        let Some(end) = ends_at(rest) else {
            return Err(SyntaxError::new("this `{` has no end", span(1)).help("end it with `}`"));
        };
        let inside = rest.get(1..end).unwrap_or_default();
        let (value, specification) = split(inside, ':');
        let (value, conversion) = split(value, '!');
        let specification = specification.unwrap_or_default();
        if specification.contains('{') {
            return Err(SyntaxError::new(
                "a value in a format is not part of the Python that is read here",
                span(end + 1),
            ));
        }
        if value.trim_end().ends_with('=') {
            return Err(SyntaxError::new(
                "`=` at the end of a value is not part of the Python that is read here",
                span(end + 1),
            ));
        }
        let conversion = match conversion {
            None => None,
            Some("r") => Some('r'),
            Some("s") => Some('s'),
            Some(other) => {
                let message = format!("`!{other}` is not part of the Python that is read here");
                return Err(SyntaxError::new(message, span(end + 1)));
            }
        };
        let mut reader = Self::inside(value, start + 1, self.nesting + 1)?;
        let tree = reader.nested(Self::whole)?;
        reader.is_over()?;
        parts.push(Tree::new(
            Kind::Formatted(Box::new(tree), conversion, specification.to_owned()),
            span(end + 1),
        )?);
        Ok(end + 1)
    }
}

fn push_text(text: &mut String, start: usize, parts: &mut Vec<Tree>) -> Read<()> {
    if !text.is_empty() {
        let literal = unescape(&std::mem::take(text), start)?;
        parts.push(Tree::new(Kind::Literal(literal.into()), start..start)?);
    }
    Ok(())
}

/// Where the brace ends that a text begins with.
fn ends_at(text: &str) -> Option<usize> {
    walk(text, |depth, character| depth == 0 && character == '}')
}

/// Splits at the first of a character that stands in no brackets and no quotes; `!=` is no conversion.
fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    let wrapped = format!("{{{text}");
    let found = walk(&wrapped, |depth, character| {
        depth == 1 && character == separator
    })
    .filter(|at| separator != '!' || wrapped.get(at + 1..at + 2) != Some("="));
    match found.and_then(|at| Some((text.get(..at - 1)?, text.get(at..)?))) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// The first character outside of quotes that fits, by the depth behind it.
fn walk(text: &str, fits: impl Fn(i32, char) -> bool) -> Option<usize> {
    let mut depth = 0;
    let mut quote = None;
    for (at, character) in text.char_indices() {
        if quote.is_some() {
            if quote == Some(character) {
                quote = None;
            }
            continue;
        }
        match character {
            '\'' | '"' => quote = Some(character),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if fits(depth, character) {
            return Some(at);
        }
    }
    None
}
