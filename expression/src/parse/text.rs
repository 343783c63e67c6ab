//! Texts in quotes, and the templates in them.
//!
//! Older engines put what a template prints into an expression before they read it, so authors wrote quotes around it:
//! `'{{a}} user' == 'new user'`. Here that is `((a ?? '')|string) + ' user'`, so no value can end the quotes.

use serde_json::Value;

use super::{Parsed, Parser};
use crate::error::SyntaxError;
use crate::transforms;
use crate::tree::{Form, Node, Operator};

impl Parser<'_> {
    /// A text, in which `{{a}}` stands for what `a` prints: nothing where it is missing or null.
    pub(super) fn text(&mut self, quote: char) -> Parsed {
        let start = self.lexer.position;
        self.lexer.position += quote.len_utf8();
        let mut whole: Option<Node> = None;
        loop {
            let at = self.lexer.position;
            let part = self.lexer.quoted(quote)?;
            let is_end = self.lexer.rest().starts_with(quote);
            if !part.is_empty() || (is_end && whole.is_none()) {
                let part = self.node(Form::Literal(Value::String(part)), at)?;
                whole = Some(self.joined(whole, part, start)?);
            }
            if is_end {
                break;
            }
            let printed = self.printed()?;
            whole = Some(self.joined(whole, printed, start)?);
        }
        self.lexer.position += quote.len_utf8();
        let form = whole.map_or(Form::Literal(Value::Null), |whole| whole.form);
        self.node(form, start)
    }

    /// The text of a key, which has no templates in it.
    pub(super) fn quoted_key(&mut self, quote: char) -> Result<String, SyntaxError> {
        let start = self.lexer.position;
        self.lexer.position += quote.len_utf8();
        let key = self.lexer.quoted(quote)?;
        if !self.lexer.rest().starts_with(quote) {
            let help = "build the object in a transform, where keys are templates";
            return Err(SyntaxError::new("a key cannot hold `{{`", self.span(start)).help(help));
        }
        self.lexer.position += quote.len_utf8();
        Ok(key)
    }

    /// `{{a}}` as the text that it prints.
    fn printed(&mut self) -> Parsed {
        let start = self.lexer.position;
        let value = self.brace()?;
        let nothing = self.node(Form::Literal(Value::from("")), start)?;
        let value = self.node(Form::Default(Box::new(value), Box::new(nothing)), start)?;
        let transform = transforms::find("string").expect("the transform is in the table");
        let form = Form::Transform(Box::new(value), transform, Vec::new());
        self.node(form, start)
    }

    /// A text with another one behind it.
    fn joined(&self, before: Option<Node>, part: Node, start: usize) -> Parsed {
        match before {
            None => Ok(part),
            Some(before) => {
                let form = Form::Binary(Operator::Add, Box::new(before), Box::new(part));
                self.node(form, start)
            }
        }
    }
}
