//! The values that begin a path: literals, names, brackets and what is relative to a filter or a section.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Parsed, Parser};
use crate::error::SyntaxError;
use crate::tree::{Access, Base, Form, Node};

impl Parser<'_> {
    /// A value that begins a path.
    pub(super) fn primary(&mut self) -> Parsed {
        let start = self.start();
        match self.lexer.peek() {
            Some('(') => {
                self.lexer.eat("(");
                let node = self.expression()?;
                self.expect(")", "`(`")?;
                Ok(node)
            }
            Some('[') => {
                self.lexer.eat("[");
                let elements = self.list("]")?;
                self.node(Form::Array(elements), start)
            }
            Some('{') => self.brace(),
            Some(quote @ ('\'' | '"')) => self.text(quote),
            Some('.') if !begins_number(self.lexer.rest()) => self.relative(),
            Some(_) if begins_number(self.lexer.rest().trim_start_matches('-')) => {
                let number = self.lexer.number()?;
                self.node(Form::Literal(number), start)
            }
            _ => self.root(),
        }
    }

    /// A name that begins a path, or a word that is a value.
    fn root(&mut self) -> Parsed {
        let start = self.start();
        let Some(name) = self.lexer.name() else {
            return Err(self.expected("a value"));
        };
        if name == "not" {
            self.refuse_not(start)?;
        }
        if self.lexer.rest().starts_with('(') {
            let help = "transforms are written after a value: `value|name(…)`";
            return Err(SyntaxError::new(
                format!("there is no function `{name}`"),
                self.span(start),
            )
            .help(help));
        }
        let form = match name {
            "true" => Form::Literal(Value::Bool(true)),
            "false" => Form::Literal(Value::Bool(false)),
            "null" | "undefined" => Form::Literal(Value::Null),
            name => Form::Path(Base::Root(name.to_owned()), Vec::new()),
        };
        self.node(form, start)
    }

    /// `.name` or `.`: what a filter or a section looks at. Outside of both, `.name` is `name`, as in JEXL.
    fn relative(&mut self) -> Parsed {
        let start = self.start();
        self.lexer.eat(".");
        if self.relatives == 0 {
            return self.root();
        }
        self.met_relative = true;
        let base = Node::new(Form::Path(Base::Relative, Vec::new()), start..start + 1);
        if self.lexer.name().is_none() {
            return Ok(base);
        }
        let name = self.lexer.slice(start + 1..self.lexer.position).to_owned();
        self.access(base, Access::Member(name))
    }

    /// `{a: 1}`, or `{{a}}` and `{{{a}}}`, which mean `(a)`.
    pub(super) fn brace(&mut self) -> Parsed {
        let start = self.start();
        self.lexer.eat("{");
        if !self.lexer.eat("{") {
            let members = self.members()?;
            return self.node(Form::Object(members), start);
        }
        let is_triple = self.lexer.rest().starts_with('{') && !self.begins_object();
        if is_triple {
            self.lexer.eat("{");
        }
        let node = self.expression()?;
        for _ in 0..if is_triple { 3 } else { 2 } {
            self.expect("}", "`{{`")?;
        }
        Ok(node)
    }

    /// Whether an object, and not a third brace, comes next.
    pub(crate) fn begins_object(&self) -> bool {
        let mut ahead = Parser::new(self.lexer.text, self.lexer.position, 0);
        ahead.lexer.eat("{")
            && (ahead.lexer.eat("}") || ahead.key().is_ok_and(|_| ahead.lexer.eat(":")))
    }

    /// The members of an object after its `{`. As in JEXL, a comma may stand after the last one, and of a key that
    /// stands twice only the last counts.
    fn members(&mut self) -> Result<Vec<(String, Node)>, SyntaxError> {
        let mut members = Vec::new();
        let mut places = BTreeMap::new();
        while !self.lexer.eat("}") {
            let key = self.key()?;
            self.expect(":", "a key")?;
            let member = (key.clone(), self.expression()?);
            let place = *places.entry(key).or_insert(members.len());
            match members.get_mut(place) {
                Some(earlier) => *earlier = member,
                None => members.push(member),
            }
            if !self.lexer.eat(",") {
                self.expect("}", "`{`")?;
                break;
            }
        }
        Ok(members)
    }

    /// The key of a member: a name, a text or a number.
    fn key(&mut self) -> Result<String, SyntaxError> {
        match self.lexer.peek() {
            Some(quote @ ('\'' | '"')) => self.quoted_key(quote),
            Some('0'..='9') => Ok(self.lexer.number()?.to_string()),
            _ => self
                .lexer
                .name()
                .map(str::to_owned)
                .ok_or_else(|| self.expected("a key")),
        }
    }
}

/// Whether digits come next, perhaps after a decimal point.
pub(super) fn begins_number(text: &str) -> bool {
    text.strip_prefix('.')
        .unwrap_or(text)
        .starts_with(|next: char| next.is_ascii_digit())
}
