//! The values that begin something longer: names, literals, displays and comprehensions.

use serde_json::Value;

use super::{Read, Reader};
use crate::error::SyntaxError;
use crate::python::lexer::TokenKind;
use crate::python::syntax::{Kind, Shape, Tree};

impl Reader {
    pub(super) fn atom(&mut self) -> Read {
        let start = self.start();
        let token = self.peek();
        match token.kind {
            TokenKind::Number(number) => {
                self.at += 1;
                self.tree(Kind::Literal(number), start)
            }
            TokenKind::Text(_) | TokenKind::Format(..) => self.texts(),
            TokenKind::Name(name) => self.word(&name, start),
            TokenKind::Symbol("(") => self.round(start),
            TokenKind::Symbol("[") => self.square(start),
            TokenKind::Symbol("{") => self.curly(start),
            TokenKind::Symbol("...") => Err(self.refuse("`...`")),
            TokenKind::Symbol(_) | TokenKind::End => Err(self.expected("a value")),
        }
    }

    fn word(&mut self, name: &str, start: usize) -> Read {
        if matches!(name, "await" | "yield") && self.words.contains(&name) {
            return Err(self.refuse(&format!("`{name}`")));
        }
        if self.words.contains(&name) {
            return Err(self.expected("a value"));
        }
        self.at += 1;
        let literal = match name {
            "True" | "true" => Some(Value::Bool(true)),
            "False" | "false" => Some(Value::Bool(false)),
            "None" | "null" => Some(Value::Null),
            "none" if self.is_template => Some(Value::Null),
            _ => None,
        };
        let kind = literal.map_or_else(|| Kind::Name(name.to_owned()), Kind::Literal);
        self.tree(kind, start)
    }

    /// `(a)`, `()`, `(a, b)` or `(a for a in b)`
    fn round(&mut self, start: usize) -> Read {
        self.at += 1;
        if self.eat(")") {
            return self.tree(Kind::Tuple(Vec::new()), start);
        }
        let first = self.element()?;
        if self.is_word("for") {
            let tree = self.comprehension(Shape::Generator, vec![first], start)?;
            self.expect(")", "`(`")?;
            return Ok(tree);
        }
        if self.eat(")") {
            return Ok(first);
        }
        let elements = self.elements(first, ")")?;
        self.tree(Kind::Tuple(elements), start)
    }

    fn square(&mut self, start: usize) -> Read {
        self.at += 1;
        if self.eat("]") {
            return self.tree(Kind::List(Vec::new()), start);
        }
        let first = self.element()?;
        if self.is_word("for") {
            let tree = self.comprehension(Shape::List, vec![first], start)?;
            self.expect("]", "`[`")?;
            return Ok(tree);
        }
        let elements = self.elements(first, "]")?;
        self.tree(Kind::List(elements), start)
    }

    fn curly(&mut self, start: usize) -> Read {
        self.at += 1;
        if self.eat("}") {
            return self.tree(Kind::Dict(Vec::new()), start);
        }
        if self.is_symbol("**") {
            return Err(self.refuse("`**` in a dict"));
        }
        let first = self.element()?;
        if !self.eat(":") {
            if self.is_word("for") {
                let tree = self.comprehension(Shape::Set, vec![first], start)?;
                self.expect("}", "`{`")?;
                return Ok(tree);
            }
            let elements = self.elements(first, "}")?;
            if let [
                Tree {
                    kind: Kind::Set(_), ..
                },
            ] = elements.as_slice()
            {
                // To Python it would be a set in a set, which no set can hold.
                let message = "`{{` and `}}` are not part of Python";
                return Err(
                    SyntaxError::new(message, self.span(start)).help("write the name without them")
                );
            }
            return self.tree(Kind::Set(elements), start);
        }
        let value = self.expression()?;
        if self.is_word("for") {
            let tree = self.comprehension(Shape::Dict, vec![first, value], start)?;
            self.expect("}", "`{`")?;
            return Ok(tree);
        }
        let mut members = vec![(first, value)];
        while self.eat(",") && !self.is_symbol("}") {
            let key = self.element()?;
            self.expect(":", "a key")?;
            members.push((key, self.expression()?));
        }
        self.expect("}", "`{`")?;
        self.tree(Kind::Dict(members), start)
    }

    /// What is left of a list of expressions after its first, up to its end.
    fn elements(&mut self, first: Tree, close: &str) -> Read<Vec<Tree>> {
        let mut elements = vec![first];
        while self.eat(",") && !self.is_symbol(close) {
            elements.push(self.element()?);
        }
        self.expect(close, "what was opened")?;
        Ok(elements)
    }

    fn element(&mut self) -> Read {
        if self.is_symbol("*") || self.is_symbol("**") {
            return Err(self.refuse("an element with `*`"));
        }
        self.expression()
    }

    /// Texts, which are one where they stand side by side.
    fn texts(&mut self) -> Read {
        let start = self.start();
        let mut parts = Vec::new();
        let mut is_joined = false;
        loop {
            let token = self.peek();
            match token.kind {
                TokenKind::Text(text) => {
                    parts.push(Tree::new(Kind::Literal(text.into()), token.span)?);
                }
                TokenKind::Format(content, span) => {
                    is_joined = true;
                    self.format(&content, span.start, &mut parts)?;
                }
                TokenKind::Name(_)
                | TokenKind::Number(_)
                | TokenKind::Symbol(_)
                | TokenKind::End => break,
            }
            self.at += 1;
        }
        if is_joined {
            return self.tree(Kind::Joined(parts), start);
        }
        let text = parts
            .iter()
            .filter_map(|part| match &part.kind {
                Kind::Literal(value) => value.as_str(),
                _ => None,
            })
            .collect::<String>();
        self.tree(Kind::Literal(text.into()), start)
    }
}
