//! Reads names, numbers, texts and symbols, as the parser asks for them.
//!
//! There is no list of tokens, because what a character means depends on what the parser expects: `contains` is a
//! name where a value stands and an operator after one, and `get-customer` is one name only after `steps.`.

use std::ops::Range;

use serde_json::{Number, Value};

use crate::error::SyntaxError;
use crate::tree::{OPERATORS, Operator};

/// A place in a text.
pub(crate) struct Lexer<'t> {
    pub(crate) text: &'t str,
    /// In bytes, always between two characters.
    pub(crate) position: usize,
}

impl<'t> Lexer<'t> {
    /// What has not been read.
    pub(crate) fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// What comes next after white space.
    pub(crate) fn peek(&mut self) -> Option<char> {
        self.position = self.text.len() - self.rest().trim_start().len();
        self.rest().chars().next()
    }

    /// Reads a symbol if it comes next.
    pub(crate) fn eat(&mut self, symbol: &str) -> bool {
        self.peek();
        let found = self.rest().starts_with(symbol);
        if found {
            self.position += symbol.len();
        }
        found
    }

    /// Reads the characters that fit.
    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest
            .find(|character| !fits(character))
            .unwrap_or(rest.len());
        self.position += end;
        rest.get(..end).unwrap_or_default()
    }

    /// Reads a name if one comes next, without skipping white space.
    pub(crate) fn name(&mut self) -> Option<&'t str> {
        self.rest()
            .starts_with(begins_name)
            .then(|| self.take_while(continues_name))
    }

    /// Reads the slug of a step if one comes next: a name that may hold dashes and begin with a digit.
    pub(crate) fn slug(&mut self) -> Option<&'t str> {
        self.rest()
            .starts_with(continues_name)
            .then(|| self.take_while(continues_slug))
    }

    /// Reads an unsigned whole number if one comes next.
    pub(crate) fn digits(&mut self) -> Option<&'t str> {
        Some(self.take_while(|character| character.is_ascii_digit()))
            .filter(|digits| !digits.is_empty())
    }

    /// Reads a number: `12`, `-1.5`, `.5`, `1e3`.
    pub(crate) fn number(&mut self) -> Result<Value, SyntaxError> {
        let start = self.position;
        self.eat("-");
        self.digits();
        if self
            .rest()
            .strip_prefix('.')
            .is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_digit()))
        {
            self.eat(".");
            self.digits();
        }
        let whole = self.position;
        if self.rest().starts_with(['e', 'E']) {
            self.position += 1;
            if self.rest().starts_with(['+', '-']) {
                self.position += 1;
            }
            if self.digits().is_none() {
                self.position = whole;
            }
        }
        let text = self.slice(start..self.position);
        if let Some(tail) = self.name() {
            let help = "a member whose name begins with a digit is written `['2nd']`";
            return Err(SyntaxError::new(
                format!("`{text}{tail}` is not a number"),
                start..self.position,
            )
            .help(help));
        }
        parse_number(text).map(Value::Number).ok_or_else(|| {
            SyntaxError::new(format!("`{text}` is not a number"), start..self.position)
        })
    }

    /// Reads a quoted text from behind its quote, up to its end or a `{{` in it; only the quote and `\` can be escaped.
    pub(crate) fn quoted(&mut self, quote: char) -> Result<String, SyntaxError> {
        let start = self.position;
        let mut string = String::new();
        let rest = self.rest();
        let mut characters = rest.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let is_tag = rest.get(at..).is_some_and(|rest| rest.starts_with("{{"));
            if character == quote || is_tag {
                self.position = start + at;
                return Ok(string);
            }
            let escaped = characters
                .next_if(|(_, next)| character == '\\' && (*next == quote || *next == '\\'));
            string.push(escaped.map_or(character, |(_, next)| next));
        }
        let help = format!("end it with `{quote}`");
        let span = start - quote.len_utf8()..self.text.len();
        Err(SyntaxError::new("this text has no end", span).help(help))
    }

    /// The operator that comes next, and its length.
    pub(crate) fn operator(&mut self) -> Option<(Operator, usize)> {
        self.peek();
        let rest = self.rest();
        OPERATORS
            .iter()
            .find(|(symbol, _)| {
                let is_word = symbol.starts_with(begins_name);
                rest.strip_prefix(symbol)
                    .is_some_and(|tail| !(is_word && tail.starts_with(continues_name)))
            })
            .map(|(symbol, operator)| (*operator, symbol.len()))
    }

    /// A part of the text.
    pub(crate) fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    /// The place of the next word or character, for a message.
    pub(crate) fn next_span(&mut self) -> Range<usize> {
        self.peek();
        let start = self.position;
        let word = self.take_while(continues_name).len();
        self.position = start;
        let character = self.rest().chars().next().map_or(0, char::len_utf8);
        start..start + word.max(character)
    }
}

/// Whether a text can be written as a name.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(begins_name) && text.chars().all(continues_name)
}

/// Whether a text can be written as a name after `steps.`.
pub(crate) fn is_slug(text: &str) -> bool {
    text.starts_with(continues_name) && text.chars().all(continues_slug)
}

fn begins_name(character: char) -> bool {
    character.is_alphabetic() || character == '_' || character == '$'
}

fn continues_name(character: char) -> bool {
    begins_name(character) || character.is_numeric()
}

fn continues_slug(character: char) -> bool {
    continues_name(character) || character == '-'
}

/// The number that a text writes, exact if it is whole and fits 64 bits.
pub(crate) fn parse_number(text: &str) -> Option<Number> {
    let is_decimal = text
        .chars()
        .all(|character| matches!(character, '0'..='9' | '.' | '-' | '+' | 'e' | 'E'));
    let whole = text
        .parse()
        .map(i64::into)
        .or_else(|_| text.parse().map(u64::into));
    // The check keeps out `inf` and `NaN`, which Rust would read.
    whole
        .ok()
        .or_else(|| Number::from_f64(text.parse().ok().filter(|_| is_decimal)?))
}
