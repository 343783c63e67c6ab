//! What stands behind a value: members, items, calls, and in a template filters and tests.

use super::super::jinja::{LOOP, filtered, tested};
use super::super::lexer::TokenKind;
use super::super::syntax::{Kind, Shape, Tree};
use super::{Read, Reader};

/// The arguments of a call, and those with names.
type Arguments = (Vec<Tree>, Vec<(String, Tree)>);

impl Reader {
    /// A value followed by members, items and calls.
    pub(super) fn postfix(&mut self) -> Read {
        let start = self.start();
        let mut tree = self.atom()?;
        loop {
            let kind = if self.eat(".") {
                let name = self.name_after("`.`")?;
                let is_loop = matches!(&tree.kind, Kind::Name(name) if name == "loop");
                if self.is_template && is_loop && LOOP.contains(&name.as_str()) {
                    // As a `for` binds it, it is the item of a dict.
                    let index = self.tree(Kind::Literal(name.into()), start)?;
                    Kind::Item(Box::new(tree), Box::new(index))
                } else {
                    Kind::Member(Box::new(tree), name)
                }
            } else if self.eat("[") {
                self.bracket(tree)?
            } else if self.eat("(") {
                let (arguments, named) = self.arguments()?;
                Kind::Call(Box::new(tree), arguments, named)
            } else {
                return Ok(tree);
            };
            tree = self.tree(kind, start)?;
        }
    }

    /// A value, with its signs in a template: there, what stands behind it is of both.
    pub(super) fn unary(&mut self) -> Read {
        let start = self.start();
        let sign = ['-', '+'].into_iter().find(|sign| {
            let symbol = if *sign == '-' { "-" } else { "+" };
            self.is_template && self.is_symbol(symbol)
        });
        let Some(sign) = sign else {
            return self.postfix();
        };
        self.at += 1;
        let operand = self.nested(Self::unary)?;
        self.tree(Kind::Sign(sign, Box::new(operand)), start)
    }

    /// Filters and tests behind a value of a template.
    pub(super) fn behind(&mut self, value: Tree, start: usize) -> Read {
        let mut tree = value;
        while self.is_template {
            if self.eat("|") {
                let name = self.name_after("`|`")?;
                let (arguments, named) = if self.eat("(") {
                    self.arguments()?
                } else {
                    Arguments::default()
                };
                let span = self.span(start);
                tree = filtered(tree, &name, arguments, named, &span)?;
            } else if self.eat_word("is") {
                let is_not = self.eat_word("not");
                tree = self.test(tree, start)?;
                if is_not {
                    tree = self.tree(Kind::Not(Box::new(tree)), start)?;
                }
            } else {
                break;
            }
        }
        Ok(tree)
    }

    /// A test, whose one argument may stand behind it without brackets.
    fn test(&mut self, value: Tree, start: usize) -> Read {
        let name = if self.eat_word("in") {
            "in".to_owned()
        } else {
            self.name_after("`is`")?
        };
        let takes_one = match &self.peek().kind {
            TokenKind::Name(word) => !self.words.contains(&word.as_str()),
            TokenKind::Number(_) | TokenKind::Text(_) | TokenKind::Symbol("[" | "{") => true,
            TokenKind::Format(..) | TokenKind::Symbol(_) | TokenKind::End => false,
        };
        let arguments = if self.eat("(") {
            self.arguments()?.0
        } else if takes_one {
            vec![self.postfix()?]
        } else {
            Vec::new()
        };
        tested(value, &name, arguments, &self.span(start))
    }

    /// Values as texts, one behind the other.
    pub(super) fn joined(&self, values: Vec<Tree>, start: usize) -> Read {
        let parts = values.into_iter().map(|value| {
            let span = value.span.clone();
            Tree::new(Kind::Formatted(Box::new(value), None, String::new()), span)
        });
        let parts = parts.collect::<Read<_>>()?;
        self.tree(Kind::Joined(parts), start)
    }

    fn bracket(&mut self, tree: Tree) -> Read<Kind> {
        let mut bounds = vec![self.bound()?];
        while bounds.len() < 3 && self.eat(":") {
            bounds.push(self.bound()?);
        }
        if self.is_symbol(",") {
            return Err(self.refuse("an index with a comma"));
        }
        self.expect("]", "`[`")?;
        let is_slice = bounds.len() > 1;
        match bounds.first_mut().and_then(Option::take) {
            first if is_slice => {
                if let Some(place) = bounds.first_mut() {
                    *place = first;
                }
                Ok(Kind::Slice(Box::new(tree), bounds))
            }
            Some(index) => Ok(Kind::Item(Box::new(tree), Box::new(index))),
            None => Err(self.expected("an index")),
        }
    }

    fn bound(&mut self) -> Read<Option<Tree>> {
        if self.is_symbol(":") || self.is_symbol("]") {
            return Ok(None);
        }
        self.expression().map(Some)
    }

    pub(super) fn arguments(&mut self) -> Read<Arguments> {
        let (mut arguments, mut named) = (Vec::new(), Vec::new());
        while !self.eat(")") {
            if self.is_symbol("*") || self.is_symbol("**") {
                return Err(self.refuse("an argument with `*`"));
            }
            let start = self.start();
            let name = match (&self.peek().kind, self.tokens.get(self.at + 1)) {
                (TokenKind::Name(name), Some(next)) if next.kind == TokenKind::Symbol("=") => {
                    Some(name.clone())
                }
                _ => None,
            };
            if let Some(name) = name {
                self.at += 2;
                named.push((name, self.expression()?));
            } else if !named.is_empty() {
                return Err(self.expected("an argument with a name"));
            } else {
                let argument = self.expression()?;
                let argument = if self.is_word("for") {
                    self.comprehension(Shape::Generator, vec![argument], start)?
                } else {
                    argument
                };
                arguments.push(argument);
            }
            if !self.eat(",") {
                self.expect(")", "`(`")?;
                break;
            }
        }
        Ok((arguments, named))
    }
}
