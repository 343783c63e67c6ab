//! What follows a value: members, elements, filters and transforms.

use serde_json::Value;

use super::{Parsed, Parser, check_height};
use crate::error::SyntaxError;
use crate::lexer::parse_number;
use crate::transforms::{self, Transform};
use crate::tree::{Access, Base, Form, Node};

impl Parser<'_> {
    /// A value followed by members, elements, filters and transforms.
    pub(super) fn postfix(&mut self) -> Parsed {
        let start = self.start();
        let mut node = self.primary()?;
        loop {
            self.lexer.peek();
            if self.lexer.rest().starts_with("||") {
                return Ok(node);
            }
            if self.lexer.eat(".") {
                let access = self.member(&node)?;
                node = self.access(node, access)?;
            } else if self.lexer.eat("[") {
                let access = self.bracket()?;
                node = self.access(node, access)?;
            } else if self.lexer.eat("|") {
                node = self.transform(node, start)?;
            } else {
                return Ok(node);
            }
        }
    }

    /// A member after its dot.
    fn member(&mut self, object: &Node) -> Result<Access, SyntaxError> {
        let start = self.start();
        // Slugs may hold dashes and begin with a digit, and this is the only place where they stand without quotes.
        let is_step = object.form == Form::Path(Base::Root("steps".to_owned()), Vec::new());
        let name = if is_step {
            self.lexer.slug()
        } else {
            self.lexer.name()
        };
        if let Some(name) = name {
            return Ok(Access::Member(name.to_owned()));
        }
        if let Some(index) = self.lexer.digits().and_then(parse_number) {
            let index = self.node(Form::Literal(Value::Number(index)), start)?;
            return Ok(Access::Index(Box::new(index)));
        }
        Err(self.expected("a name after `.`"))
    }

    /// What stands between `[` and `]` after a value.
    fn bracket(&mut self) -> Result<Access, SyntaxError> {
        let outer = std::mem::replace(&mut self.met_relative, false);
        self.relatives += 1;
        let inner = self.expression()?;
        self.relatives -= 1;
        let is_filter = std::mem::replace(&mut self.met_relative, outer);
        self.expect("]", "`[`")?;
        if let Form::Literal(Value::String(name)) = inner.form {
            return Ok(Access::Member(name));
        }
        let access = if is_filter {
            Access::Filter
        } else {
            Access::Index
        };
        Ok(access(Box::new(inner)))
    }

    /// Appends to the path that a node is, or begins one.
    pub(super) fn access(&self, node: Node, access: Access) -> Parsed {
        let span = self.span(node.span.start);
        let inner = match &access {
            Access::Member(_) => 0,
            Access::Index(inner) | Access::Filter(inner) => inner.height,
        };
        // The height is kept up here, since looking at all accesses for each one would take long for a long path.
        let height = node.height.max(inner + 1);
        if let Form::Path(base, mut accesses) = node.form {
            accesses.push(access);
            return check_height(Node {
                form: Form::Path(base, accesses),
                span,
                height,
            });
        }
        check_height(Node::new(
            Form::Path(Base::Node(Box::new(node)), vec![access]),
            span,
        ))
    }

    /// The arguments of a transform after its `(`.
    fn arguments(&mut self, transform: &Transform) -> Result<Vec<Node>, SyntaxError> {
        let mut arguments = Vec::new();
        while !self.lexer.eat(")") {
            let argument = if transform.takes_functions {
                self.function()?
            } else {
                None
            };
            arguments.push(match argument {
                Some(function) => function,
                None => self.expression()?,
            });
            if !self.lexer.eat(",") {
                self.expect(")", "the list")?;
                break;
            }
        }
        Ok(arguments)
    }

    /// `name => body` or `(first, second) => body`, if that comes next.
    fn function(&mut self) -> Result<Option<Node>, SyntaxError> {
        let start = self.start();
        let Some(names) = self.parameters() else {
            self.lexer.position = start;
            return Ok(None);
        };
        let body = self.expression()?;
        self.node(Form::Function(names, Box::new(body)), start)
            .map(Some)
    }

    /// The names before `=>`, and the arrow.
    fn parameters(&mut self) -> Option<Vec<String>> {
        let mut names = Vec::new();
        if self.lexer.eat("(") {
            while !self.lexer.eat(")") {
                self.lexer.peek();
                names.push(self.lexer.name()?.to_owned());
                if !self.lexer.eat(",") {
                    self.lexer.eat(")").then_some(())?;
                    break;
                }
            }
        } else {
            names.push(self.lexer.name()?.to_owned());
        }
        self.lexer.eat("=>").then_some(names)
    }

    /// A transform after its `|`.
    fn transform(&mut self, subject: Node, start: usize) -> Parsed {
        let at = self.start();
        let Some(name) = self.lexer.name() else {
            return Err(self.expected("the name of a transform after `|`"));
        };
        let Some(transform) = transforms::find(name) else {
            return Err(self.unknown_transform(name, at));
        };
        let arguments = if self.lexer.eat("(") {
            self.arguments(transform)?
        } else {
            Vec::new()
        };
        if !transform.arguments.contains(&arguments.len()) {
            let message = format!(
                "`{name}` takes {}, not {}",
                transform.arity(),
                arguments.len()
            );
            return Err(SyntaxError::new(message, at..self.lexer.position));
        }
        self.node(
            Form::Transform(Box::new(subject), transform, arguments),
            start,
        )
    }
}
