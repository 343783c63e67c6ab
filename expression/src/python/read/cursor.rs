//! The next token, and what is said where it is not the one that must come.

use std::ops::Range;

use serde_json::Value;

use super::super::lexer::{Token, TokenKind};
use super::{Read, Reader};
use crate::error::SyntaxError;

impl Reader {
    pub(super) fn peek(&self) -> Token {
        self.tokens.get(self.at).cloned().unwrap_or(Token {
            kind: TokenKind::End,
            span: 0..0,
        })
    }

    pub(super) fn start(&self) -> usize {
        self.peek().span.start
    }

    pub(super) fn span(&self, start: usize) -> Range<usize> {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        start..before.map_or(start, |token| token.span.end).max(start)
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.tokens.get(self.at).map(|token| &token.kind), Some(TokenKind::Symbol(found)) if *found == symbol)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.tokens.get(self.at).map(|token| &token.kind), Some(TokenKind::Name(found)) if found == word)
    }

    pub(super) fn ends(&self) -> bool {
        self.peek().kind == TokenKind::End
    }

    pub(super) fn eat(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, symbol: &str, opener: &str) -> Read<()> {
        if self.eat(symbol) {
            return Ok(());
        }
        Err(self.expected(&format!("`{symbol}` to go with {opener}")))
    }

    pub(super) fn expect_word(&mut self, word: &str, opener: &str) -> Read<()> {
        if self.eat_word(word) {
            return Ok(());
        }
        Err(self.expected(&format!("`{word}` to go with {opener}")))
    }

    pub(super) fn expected(&self, what: &str) -> SyntaxError {
        let token = self.peek();
        let message = match shown(&token.kind) {
            None => format!("expected {what}, but the text ends"),
            Some(found) => format!("expected {what}, found {found}"),
        };
        SyntaxError::new(message, token.span)
    }

    pub(super) fn unexpected(&self) -> SyntaxError {
        self.expected("an operator")
    }

    /// What Python has and this subset has not.
    pub(super) fn refuse(&self, what: &str) -> SyntaxError {
        SyntaxError::new(
            format!("{what} is not part of the Python that is read here"),
            self.peek().span,
        )
    }
}

fn shown(kind: &TokenKind) -> Option<String> {
    match kind {
        TokenKind::Name(name) => Some(format!("`{name}`")),
        TokenKind::Number(number) => Some(format!("`{number}`")),
        TokenKind::Text(text) => Some(format!("`{}`", Value::from(text.as_str()))),
        TokenKind::Format(..) => Some("an f-string".to_owned()),
        TokenKind::Symbol(symbol) => Some(format!("`{symbol}`")),
        TokenKind::End => None,
    }
}
