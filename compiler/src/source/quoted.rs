//! Places inside of double quotes: the escapes of JSON and YAML, and YAML's folded lines.

use std::ops::Range;

/// Where in a raw literal, its quotes included, a part of its value is written.
///
/// `None` where the literal does not say what the value says, so that no place in it can be trusted.
pub(super) fn span(raw: &str, value: &str, inner: &Range<usize>) -> Option<Range<usize>> {
    let (mut offset, mut decoded) = (1, 0);
    let mut start = None;
    loop {
        let rest = raw.get(offset..)?;
        let piece = piece(rest);
        // What stands for nothing, such as an escaped end of a line, belongs to no part.
        let is_empty = piece.as_ref().is_some_and(|piece| piece.value.is_empty());
        if !is_empty {
            if start.is_none() && decoded >= inner.start {
                start = Some(offset);
            }
            if decoded >= inner.end {
                return Some(start?..offset);
            }
        }
        let piece = piece?;
        if !value.get(decoded..)?.starts_with(&piece.value) {
            return None;
        }
        let end = decoded + piece.value.len();
        if !is_empty && end >= inner.end && start.is_some() {
            return Some(start?..offset + piece.length);
        }
        offset += piece.length;
        decoded = end;
    }
}

/// Where in a raw literal each byte of its value is written, and where the value ends.
pub(super) fn offsets(raw: &str, value: &str) -> Option<Vec<usize>> {
    let mut offsets = Vec::with_capacity(value.len() + 1);
    let mut offset = 1;
    while let Some(piece) = piece(raw.get(offset..)?) {
        if !value.get(offsets.len()..)?.starts_with(&piece.value) {
            return None;
        }
        let bytes = 0..piece.value.len();
        offsets.extend(bytes.map(|at| offset + at.min(piece.length - 1)));
        offset += piece.length;
    }
    offsets.push(offset);
    (offsets.len() == value.len() + 1).then_some(offsets)
}

/// Some raw bytes that stand for something.
struct Piece {
    length: usize,
    value: String,
}

/// What comes next; `None` at the closing quote, and where an escape is none.
fn piece(rest: &str) -> Option<Piece> {
    match rest.chars().next()? {
        '"' => None,
        '\\' => escape(rest),
        ' ' | '\t' | '\r' | '\n' => Some(blank(rest)),
        other => Some(Piece {
            length: other.len_utf8(),
            value: other.to_string(),
        }),
    }
}

/// A blank, or the end of a line with all blanks around it: one becomes a space, more become one less.
fn blank(rest: &str) -> Piece {
    let blanks = blanks(rest);
    match ends(blanks) {
        0 => Piece {
            length: 1,
            value: rest.chars().take(1).collect(),
        },
        1 => Piece {
            length: blanks.len(),
            value: " ".to_owned(),
        },
        more => Piece {
            length: blanks.len(),
            value: "\n".repeat(more - 1),
        },
    }
}

fn escape(rest: &str) -> Option<Piece> {
    let escaped = rest.chars().nth(1)?;
    let value = match escaped {
        '\r' | '\n' => {
            // The line goes on after its end, and only empty lines between count.
            let blanks = blanks(rest.get(1..)?);
            return Some(Piece {
                length: 1 + blanks.len(),
                value: "\n".repeat(ends(blanks) - 1),
            });
        }
        'x' => return code(rest, 2),
        'u' => return code(rest, 4),
        'U' => return code(rest, 8),
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        ' ' | '"' | '/' | '\\' => escaped,
        _ => return None,
    };
    Some(Piece {
        length: 1 + escaped.len_utf8(),
        value: value.to_string(),
    })
}

/// A character by its number in hexadecimal; JSON writes those above `\uFFFF` as two.
fn code(rest: &str, digits: usize) -> Option<Piece> {
    let number = |from: usize| u32::from_str_radix(rest.get(from..from + digits)?, 16).ok();
    let first = number(2)?;
    if let Some(character) = char::from_u32(first) {
        return Some(Piece {
            length: 2 + digits,
            value: character.to_string(),
        });
    }
    let second = number(8).filter(|_| rest.get(6..8) == Some("\\u"))?;
    let pair = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
    Some(Piece {
        length: 12,
        value: String::from_utf16(&pair).ok()?,
    })
}

/// The blanks and ends of lines at the beginning.
fn blanks(rest: &str) -> &str {
    let after = rest.trim_start_matches([' ', '\t', '\r', '\n']);
    rest.strip_suffix(after).unwrap_or(rest)
}

/// How many lines end in a text; `\r\n` is one end.
fn ends(blanks: &str) -> usize {
    let alone = blanks.replace("\r\n", "\n");
    alone.matches(['\r', '\n']).count()
}

#[cfg(test)]
mod tests {
    use crate::source::{Notation, read};

    /// The text at which `{{x}}` in the value under `a` is found.
    fn found(text: &str, notation: Notation) -> Option<String> {
        let tree = read(text, notation).expect(text);
        let node = tree.get("a").expect(text);
        let value = node.as_str().expect(text);
        let start = value.find("{{x}}").expect(text);
        let span = node.written_span(text, &(start..start + 5))?;
        // The only template of the text is the right one.
        assert_eq!(Some(span.start), text.find("{{x}}"), "{text}");
        text.get(span).map(str::to_owned)
    }

    #[test]
    fn a_place_is_found_behind_every_escape() {
        let both = r#"\" \\ \/ \b \f \n \r \t \u00e9 \u2028"#;
        let yaml = r"\0 \a \e \v \N \_ \L \P \x41 \U0001F600 \	 \ ";
        let rows = [
            (Notation::Json, both),
            (Notation::Yaml, both),
            (Notation::Json, r"\ud83d\ude00"),
            (Notation::Yaml, yaml),
        ];
        for (notation, escapes) in rows {
            let each = escapes.split(' ').filter(|escape| !escape.is_empty());
            for escape in each.chain([escapes]) {
                let escape = if escape == "\\" { "\\ " } else { escape };
                let text = format!("{{\"a\": \"é{escape}{{{{x}}}}{escape}\"}}");
                let found = found(&text, notation);
                assert_eq!(found.as_deref(), Some("{{x}}"), "{text}");
            }
        }
    }

    #[test]
    fn a_place_is_found_on_every_line() {
        let rows = [
            "a: \"one\n   two {{x}}\"\n",
            "a: \"one  \t\n  \t {{x}} two\"\n",
            "a: \"one\n\n\n  {{x}}\n  \"\n",
            "a: \"one \\\n  {{x}}\"\n",
            "a: \"one\\\n\n\n  \\  {{x}}\"\n",
            "a: \"\n  {{x}}\"\n",
            "a: \"one\\t \n  {{x}}\"\n",
            "a: \"\\\n  {{x}}\\\n  \"\n",
        ];
        for text in rows {
            for text in [text.to_owned(), text.replace('\n', "\r\n")] {
                let found = found(&text, Notation::Yaml);
                assert_eq!(found.as_deref(), Some("{{x}}"), "{text:?}");
            }
        }
    }

    #[test]
    fn what_is_written_otherwise_has_no_place_to_write_at() {
        let rows = [
            "a: \"{{x}\\u007d\"\n",
            "a: \"\\x7b{x}}\"\n",
            "a: \"{{x\\\n  }}\"\n",
        ];
        for text in rows {
            let tree = read(text, Notation::Yaml).expect(text);
            let node = tree.get("a").expect(text);
            assert_eq!(node.as_str(), Some("{{x}}"), "{text}");
            assert_eq!(node.written_span(text, &(0..5)), None, "{text}");
            let shown = text.get(node.inner_span(text, 0..5)).expect(text);
            assert!(shown.contains('x') && !shown.contains('"'), "{text}");
        }
    }
}
