//! Splits a Python expression into names, numbers, texts and symbols.

use std::ops::Range;

use serde_json::{Number, Value};

use crate::error::SyntaxError;

/// A word of the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    Name(String),
    Number(Value),
    Text(String),
    /// What stands in an f-string, and where that begins.
    Format(String, Range<usize>),
    Symbol(&'static str),
    End,
}

/// Longer ones before those that they begin with.
const SYMBOLS: [&str; 47] = [
    "...", "**=", "//=", "<<=", ">>=", "**", "//", "<<", ">>", "<=", ">=", "==", "!=", "<>", "->",
    ":=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "+", "-", "*", "/", "%", "&", "|", "^",
    "~", "<", ">", "(", ")", "[", "]", "{", "}", ",", ":", ".", ";", "@", "=",
];

/// What JavaScript has, and what Python has instead; longer ones first.
const FOREIGN: [(&str, &str); 5] = [
    ("===", "=="),
    ("!==", "!="),
    ("&&", "and"),
    ("||", "or"),
    ("!", "not"),
];

/// Splits a text.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let Some(first) = rest.chars().next() else {
            tokens.push(Token {
                kind: TokenKind::End,
                span: at..at,
            });
            return Ok(tokens);
        };
        if first.is_whitespace() || rest.starts_with("\\\n") {
            at += first.len_utf8();
            continue;
        }
        if first == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let (kind, length) = token(rest, at)?;
        tokens.push(Token {
            kind,
            span: at..at + length,
        });
        at += length;
    }
}

fn token(rest: &str, at: usize) -> Result<(TokenKind, usize), SyntaxError> {
    if let Some(prefix) = text_prefix(rest) {
        return quoted(rest, prefix, at);
    }
    let name = rest
        .find(|character: char| !(character.is_alphanumeric() || character == '_'))
        .unwrap_or(rest.len());
    let begins_number = rest
        .strip_prefix('.')
        .unwrap_or(rest)
        .starts_with(|first: char| first.is_ascii_digit());
    if begins_number {
        return number(rest, at);
    }
    if name > 0 {
        let text = rest.get(..name).unwrap_or_default();
        return Ok((TokenKind::Name(text.to_owned()), name));
    }
    let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
    let is_longer = |other: &str| symbol.is_none_or(|symbol| symbol.len() < other.len());
    let mut foreign = FOREIGN.iter().filter(|(other, _)| rest.starts_with(other));
    if let Some((other, own)) = foreign.find(|(other, _)| is_longer(other)) {
        let message = format!("`{other}` is not part of a Python expression");
        let error = SyntaxError::new(message, at..at + other.len());
        return Err(error.help(format!("write `{own}`")));
    }
    if let Some(symbol) = symbol {
        return Ok((TokenKind::Symbol(symbol), symbol.len()));
    }
    let first = rest.chars().next().unwrap_or_default();
    let message = format!("`{first}` is not part of a Python expression");
    Err(SyntaxError::new(message, at..at + first.len_utf8()))
}

/// The letters before a quote, where a text begins.
fn text_prefix(rest: &str) -> Option<&str> {
    let length = rest
        .bytes()
        .take(3)
        .position(|byte| matches!(byte, b'\'' | b'"'))?;
    let prefix = rest.get(..length)?;
    let is_prefix = matches!(
        prefix.to_ascii_lowercase().as_str(),
        "" | "r" | "u" | "b" | "f" | "fr" | "rf" | "br" | "rb"
    );
    is_prefix.then_some(prefix)
}

fn quoted(rest: &str, prefix: &str, at: usize) -> Result<(TokenKind, usize), SyntaxError> {
    let has = |letter| prefix.to_ascii_lowercase().contains(letter);
    if has('b') {
        let message = "bytes are not supported here: write a text without the `b`";
        return Err(SyntaxError::new(message, at..at + prefix.len() + 1));
    }
    let body = rest.get(prefix.len()..).unwrap_or_default();
    let quote = ["'''", "\"\"\"", "'", "\""]
        .into_iter()
        .find(|quote| body.starts_with(quote))
        .unwrap_or("'");
    let inside = body.get(quote.len()..).unwrap_or_default();
    let mut escaped = false;
    let mut end = None;
    for (offset, character) in inside.char_indices() {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if inside
            .get(offset..)
            .is_some_and(|rest| rest.starts_with(quote))
        {
            end = Some(offset);
            break;
        } else if character == '\n' && quote.len() == 1 {
            break;
        }
    }
    let Some(end) = end else {
        return Err(
            SyntaxError::new("this text has no end", at..at + rest.len())
                .help(format!("end it with `{quote}`")),
        );
    };
    let content = inside.get(..end).unwrap_or_default();
    let length = prefix.len() + quote.len() * 2 + end;
    let start = at + prefix.len() + quote.len();
    if has('f') {
        if has('r') {
            let message = "a raw f-string is not supported here";
            return Err(SyntaxError::new(message, at..at + length));
        }
        return Ok((
            TokenKind::Format(content.to_owned(), start..start + end),
            length,
        ));
    }
    let text = if has('r') {
        content.to_owned()
    } else {
        unescape(content, start)?
    };
    Ok((TokenKind::Text(text), length))
}

/// A text with its escapes read.
pub(super) fn unescape(content: &str, start: usize) -> Result<String, SyntaxError> {
    let mut text = String::new();
    let mut characters = content.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        let Some((_, escape)) = characters.next() else {
            text.push('\\');
            break;
        };
        let simple = match escape {
            '\n' => continue,
            '\\' | '\'' | '"' => Some(escape),
            'a' => Some('\u{7}'),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\u{b}'),
            _ => None,
        };
        if let Some(simple) = simple {
            text.push(simple);
            continue;
        }
        let (radix, least, most) = match escape {
            'x' => (16, 2, 2),
            'u' => (16, 4, 4),
            'U' => (16, 8, 8),
            '0'..='7' => (8, 0, 2),
            _ => {
                // As in Python, an escape that is none stays as it is.
                text.push('\\');
                text.push(escape);
                continue;
            }
        };
        let mut digits = String::new();
        if radix == 8 {
            digits.push(escape);
        }
        for _ in 0..most {
            match characters.next_if(|(_, next)| next.is_digit(radix)) {
                Some((_, digit)) => digits.push(digit),
                None => break,
            }
        }
        let code = u32::from_str_radix(&digits, radix).ok();
        match code.and_then(char::from_u32) {
            Some(character) if digits.len() >= least => text.push(character),
            _ => {
                let span = start + at..start + at + 2 + digits.len();
                return Err(SyntaxError::new("this escape is not a character", span));
            }
        }
    }
    Ok(text)
}

fn number(rest: &str, at: usize) -> Result<(TokenKind, usize), SyntaxError> {
    let bytes = rest.as_bytes();
    let mut end = 0;
    while let Some(byte) = bytes.get(end) {
        let is_exponent_sign = matches!(byte, b'+' | b'-')
            && !rest.starts_with("0x")
            && !rest.starts_with("0X")
            && matches!(bytes.get(end.wrapping_sub(1)), Some(b'e' | b'E'));
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || is_exponent_sign {
            end += 1;
        } else {
            break;
        }
    }
    let text = rest.get(..end).unwrap_or_default();
    let refuse = |message: String| SyntaxError::new(message, at..at + end);
    let number = read_number(text).ok_or_else(|| {
        if text.ends_with(['j', 'J']) {
            refuse("complex numbers are not supported here".to_owned())
        } else {
            refuse(format!(
                "`{text}` is not a number, or one that does not fit 64 bits"
            ))
        }
    })?;
    Ok((TokenKind::Number(Value::Number(number)), end))
}

/// A number as Python writes it: `1_000`, `0xff`, `1.`, `.5`, `1e3`.
fn read_number(text: &str) -> Option<Number> {
    let is_grouped = !text.ends_with('_') && !text.contains("__") && !text.starts_with('_');
    let digits = text.replace('_', "");
    if !is_grouped {
        return None;
    }
    let lower = digits.to_ascii_lowercase();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = lower.strip_prefix(prefix) {
            return u64::from_str_radix(digits, radix).ok().map(Number::from);
        }
    }
    if lower.bytes().all(|byte| byte.is_ascii_digit()) {
        let has_zero = lower.starts_with('0') && lower.bytes().any(|byte| byte != b'0');
        return lower
            .parse::<u64>()
            .ok()
            .filter(|_| !has_zero)
            .map(Number::from);
    }
    let is_decimal = lower
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'+' | b'-'));
    Number::from_f64(lower.parse().ok().filter(|_| is_decimal)?)
}
