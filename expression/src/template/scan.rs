//! Reads a template into a flat list of texts and tags, and refuses tags that do not belong together.

use crate::error::SyntaxError;
use crate::limits::NESTING;
use crate::parse::Parser;
use crate::template::Mode;
use crate::tree::Node;

/// A text or a tag.
#[derive(Debug)]
pub(super) enum Token<'t> {
    Text(&'t str),
    /// `{{a}}`
    Value(Node),
    /// `{{#a}}`, `{{^a}}`
    Open(Mode, Node),
    /// `{{/a}}`
    Close,
    /// `{{! text}}`
    Comment,
}

/// Reads every token; sections are closed in the order in which they were opened.
pub(super) fn scan(text: &str) -> Result<Vec<Token<'_>>, SyntaxError> {
    let mut scanner = Scanner {
        text,
        position: 0,
        open: Vec::new(),
    };
    scanner.tokens()
}

/// A section that is open.
struct Open<'t> {
    mode: Mode,
    /// Where its tag stands.
    start: usize,
    /// Its expression, as written.
    name: &'t str,
}

struct Scanner<'t> {
    text: &'t str,
    position: usize,
    open: Vec<Open<'t>>,
}

impl<'t> Scanner<'t> {
    fn tokens(&mut self) -> Result<Vec<Token<'t>>, SyntaxError> {
        let mut tokens = Vec::new();
        while let Some((text, _)) = self.rest().split_once("{{") {
            push_text(&mut tokens, text);
            let start = self.position + text.len();
            self.position = start + 2;
            tokens.push(self.tag(start)?);
        }
        push_text(&mut tokens, self.rest());
        match self.open.pop() {
            None => Ok(tokens),
            Some(open) => Err(SyntaxError::new(
                "this section has no end",
                open.start..open.start + 2,
            )
            .help(format!("end it with `{{{{/{}}}}}`", open.name))),
        }
    }

    /// A tag after its `{{`.
    fn tag(&mut self, start: usize) -> Result<Token<'t>, SyntaxError> {
        match self.sigil() {
            '/' => self.close(start),
            '#' => self.open(start, Mode::Each),
            '^' => self.open(start, Mode::Otherwise),
            '!' => self.inside(start).map(|_| Token::Comment),
            '>' => {
                let help = "write the text here, or keep it in a variable: `{{greeting}}`";
                Err(self.refuse(start, "partials are not supported").help(help))
            }
            '=' => {
                let help = "leave out this tag; expressions stand between `{{` and `}}`";
                Err(self
                    .refuse(start, "other delimiters are not supported")
                    .help(help))
            }
            _ => self.value(start).map(Token::Value),
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// The first character of a tag.
    fn sigil(&self) -> char {
        self.rest().trim_start().chars().next().unwrap_or('}')
    }

    /// Steps over the first character of a tag.
    fn skip_sigil(&mut self) {
        self.position = self.text.len() - self.rest().trim_start().len() + 1;
    }

    /// `{{a}}`, `{{{a}}}`, `{{&a}}`
    fn value(&mut self, start: usize) -> Result<Node, SyntaxError> {
        let is_triple = self.rest().starts_with('{')
            && !Parser::new(self.text, self.position, 0).begins_object();
        if is_triple {
            self.position += 1;
        } else if self.sigil() == '&' {
            self.skip_sigil();
        }
        self.expression(start, if is_triple { "}}}" } else { "}}" })
    }

    /// An expression and the end of its tag.
    fn expression(&mut self, start: usize, close: &str) -> Result<Node, SyntaxError> {
        // Only a section that repeats has an item that `.name` can be relative to.
        let repeating = self.open.iter().filter(|open| open.mode == Mode::Each);
        let mut parser = Parser::new(self.text, self.position, repeating.count());
        let node = parser.expression()?;
        if !parser.lexer.eat(close) {
            if self
                .text
                .get(parser.lexer.position..)
                .is_some_and(|rest| rest.contains(close))
            {
                return Err(parser.unexpected());
            }
            let span = start..start + close.len();
            return Err(SyntaxError::new(
                format!("this has no end: `{close}` is missing"),
                span,
            ));
        }
        self.position = parser.lexer.position;
        Ok(node)
    }

    /// The first tag of a section.
    fn open(&mut self, start: usize, mode: Mode) -> Result<Token<'t>, SyntaxError> {
        if self.open.len() == NESTING {
            let message = format!("sections cannot be nested more than {NESTING} deep");
            return Err(self.refuse(start, &message));
        }
        self.skip_sigil();
        let from = self.position;
        let node = self.expression(start, "}}")?;
        let name = self
            .text
            .get(from..self.position - 2)
            .unwrap_or_default()
            .trim();
        self.open.push(Open { mode, start, name });
        Ok(Token::Open(mode, node))
    }

    /// The last tag of a section.
    fn close(&mut self, start: usize) -> Result<Token<'t>, SyntaxError> {
        let name = self.inside(start)?;
        let error =
            |scanner: &Self| scanner.refuse(start, &format!("no section `{name}` is open here"));
        match self.open.pop() {
            None => Err(error(self)),
            Some(open) if open.name != name => {
                let help = format!("the open section ends with `{{{{/{}}}}}`", open.name);
                Err(error(self).help(help))
            }
            Some(_) => Ok(Token::Close),
        }
    }

    /// What a tag that holds no expression holds after its first character.
    fn inside(&mut self, start: usize) -> Result<&'t str, SyntaxError> {
        self.skip_sigil();
        let (inside, _) = self
            .rest()
            .split_once("}}")
            .ok_or_else(|| self.refuse(start, "this has no end: `}}` is missing"))?;
        self.position += inside.len() + 2;
        Ok(inside.trim())
    }

    fn refuse(&self, start: usize, message: &str) -> SyntaxError {
        let end = self
            .text
            .get(start..)
            .and_then(|tag| tag.find("}}"))
            .map_or(self.text.len(), |at| start + at + 2);
        SyntaxError::new(message, start..end)
    }
}

fn push_text<'t>(tokens: &mut Vec<Token<'t>>, text: &'t str) {
    if !text.is_empty() {
        tokens.push(Token::Text(text));
    }
}
