//! Reads an expression into its tree, by recursive descent.
//!
//! This file holds the operators; `parse/path.rs` holds what follows a value, `parse/value.rs` the values themselves,
//! `parse/text.rs` texts in quotes, and `parse/refuse.rs` what is said about a text that is none of them.

mod path;
mod refuse;
mod text;
mod value;

use std::ops::Range;

use crate::error::SyntaxError;
use crate::lexer::Lexer;
use crate::limits::{HEIGHT, NESTING};
use crate::tree::{Form, LOOSEST, Node};

type Parsed = Result<Node, SyntaxError>;

/// Reads a text that is one expression.
pub(crate) fn parse(text: &str) -> Parsed {
    let mut parser = Parser::new(text, 0, 0);
    let node = parser.expression()?;
    match parser.lexer.peek() {
        None => Ok(node),
        Some(_) => Err(parser.unexpected()),
    }
}

/// Reads one expression of a longer text and stops where it cannot go on.
pub(crate) struct Parser<'t> {
    pub(crate) lexer: Lexer<'t>,
    /// How many expressions are being read around this one.
    nesting: usize,
    /// How many filters and sections stand around: what `.name` can be relative to.
    relatives: usize,
    /// Whether `.name` was met since the innermost `[`.
    met_relative: bool,
}

impl<'t> Parser<'t> {
    /// A parser that begins at `position`, inside `sections` sections.
    pub(crate) fn new(text: &'t str, position: usize, sections: usize) -> Self {
        let lexer = Lexer { text, position };
        Self {
            lexer,
            nesting: 0,
            relatives: sections,
            met_relative: false,
        }
    }

    /// `a ? b : c`, `a ?: b`, `a ?? b`, or anything that binds tighter.
    pub(crate) fn expression(&mut self) -> Parsed {
        self.nested(|parser| {
            let start = parser.start();
            let condition = parser.binary(LOOSEST)?;
            if parser.lexer.eat("??") {
                let otherwise = parser.expression()?;
                return parser.node(
                    Form::Default(Box::new(condition), Box::new(otherwise)),
                    start,
                );
            }
            if !parser.lexer.eat("?") {
                return Ok(condition);
            }
            let form = if parser.lexer.eat(":") {
                Form::Elvis(Box::new(condition), Box::new(parser.expression()?))
            } else {
                let then = parser.expression()?;
                parser.expect(":", "`? … :`")?;
                Form::Ternary(
                    Box::new(condition),
                    Box::new(then),
                    Box::new(parser.expression()?),
                )
            };
            parser.node(form, start)
        })
    }

    /// Operators of this level and tighter ones, grouped from the left.
    fn binary(&mut self, level: u8) -> Parsed {
        let start = self.start();
        let mut left = self.unary()?;
        while let Some((operator, length)) = self
            .lexer
            .operator()
            .filter(|(operator, _)| operator.level() >= level)
        {
            self.refuse_triple_equals(operator)?;
            self.lexer.position += length;
            let right = self.binary(operator.level() + 1)?;
            left = self.node(
                Form::Binary(operator, Box::new(left), Box::new(right)),
                start,
            )?;
        }
        Ok(left)
    }

    /// `!a`, `-a`, or anything that binds tighter.
    fn unary(&mut self) -> Parsed {
        let start = self.start();
        if self.lexer.eat("!") {
            let node = self.nested(Self::unary)?;
            return self.node(Form::Not(Box::new(node)), start);
        }
        let is_minus = self
            .lexer
            .rest()
            .strip_prefix('-')
            .is_some_and(|rest| !value::begins_number(rest));
        if is_minus {
            self.lexer.eat("-");
            let node = self.nested(Self::unary)?;
            return self.node(Form::Negate(Box::new(node)), start);
        }
        self.postfix()
    }

    /// Expressions between commas, up to the closing symbol. As in JEXL, a comma may stand after the last one.
    fn list(&mut self, close: &str) -> Result<Vec<Node>, SyntaxError> {
        let mut nodes = Vec::new();
        while !self.lexer.eat(close) {
            nodes.push(self.expression()?);
            if !self.lexer.eat(",") {
                self.expect(close, "the list")?;
                break;
            }
        }
        Ok(nodes)
    }

    fn expect(&mut self, symbol: &str, opener: &str) -> Result<(), SyntaxError> {
        if self.lexer.eat(symbol) {
            return Ok(());
        }
        let error = self.expected(&format!("`{symbol}` to go with {opener}"));
        Err(if opener == "`{{`" {
            error.help("close the template with `}}`")
        } else {
            error
        })
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.nesting == NESTING {
            let message = format!("expressions cannot be nested more than {NESTING} deep");
            return Err(SyntaxError::new(message, self.lexer.next_span()));
        }
        self.nesting += 1;
        let node = read(self);
        self.nesting -= 1;
        node
    }

    fn node(&self, form: Form, start: usize) -> Parsed {
        check_height(Node::new(form, self.span(start)))
    }

    /// The place of the next character that is not white space.
    fn start(&mut self) -> usize {
        self.lexer.peek();
        self.lexer.position
    }

    fn span(&self, start: usize) -> Range<usize> {
        start..self.lexer.position
    }
}

fn check_height(node: Node) -> Parsed {
    if node.height > HEIGHT {
        let message = format!("more than {HEIGHT} operators build on each other here");
        let help = "split the expression over several steps";
        return Err(SyntaxError::new(message, node.span).help(help));
    }
    Ok(node)
}
