//! Reads an expression into its tree, by recursive descent.

use std::ops::Range;

use serde_json::Value;

use crate::error::SyntaxError;
use crate::lexer::{Lexer, parse_number};
use crate::limits::{HEIGHT, NESTING};
use crate::transforms;
use crate::tree::{Access, Base, Form, LOOSEST, Node, Operator};

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

    /// `a ? b : c`, `a ?: b`, or anything that binds tighter.
    pub(crate) fn expression(&mut self) -> Parsed {
        self.nested(|parser| {
            let start = parser.start();
            let condition = parser.binary(LOOSEST)?;
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

    fn refuse_triple_equals(&self, operator: Operator) -> Result<(), SyntaxError> {
        let symbol = operator.symbol();
        let is_triple = matches!(operator, Operator::Equal | Operator::NotEqual)
            && self
                .lexer
                .rest()
                .strip_prefix(symbol)
                .is_some_and(|rest| rest.starts_with('='));
        if is_triple {
            let span = self.lexer.position..self.lexer.position + symbol.len() + 1;
            return Err(
                SyntaxError::new(format!("`{symbol}=` is not an operator"), span)
                    .help(format!("write `{symbol}`")),
            );
        }
        Ok(())
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
            .is_some_and(|rest| !begins_number(rest));
        if is_minus {
            self.lexer.eat("-");
            let node = self.nested(Self::unary)?;
            return self.node(Form::Negate(Box::new(node)), start);
        }
        self.postfix()
    }

    /// A value followed by members, elements, filters and transforms.
    fn postfix(&mut self) -> Parsed {
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
    fn access(&self, node: Node, access: Access) -> Parsed {
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

    /// A transform after its `|`.
    fn transform(&mut self, subject: Node, start: usize) -> Parsed {
        self.lexer.peek();
        let at = self.lexer.position;
        let Some(name) = self.lexer.name() else {
            return Err(self.expected("the name of a transform after `|`"));
        };
        let span = self.span(at);
        let transform = transforms::find(name).ok_or_else(|| {
            let error = SyntaxError::new(format!("there is no transform `{name}`"), span.clone());
            match transforms::nearest(name) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error,
            }
        })?;
        let arguments = if self.lexer.eat("(") {
            self.list(")")?
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

    /// A value that begins a path.
    fn primary(&mut self) -> Parsed {
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
            Some(quote @ ('\'' | '"')) => {
                let string = self.string(quote)?;
                self.node(Form::Literal(Value::String(string)), start)
            }
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
    fn brace(&mut self) -> Parsed {
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

    /// The members of an object after its `{`.
    fn members(&mut self) -> Result<Vec<(String, Node)>, SyntaxError> {
        let mut members = Vec::new();
        if self.lexer.eat("}") {
            return Ok(members);
        }
        loop {
            let key = self.key()?;
            self.expect(":", "a key")?;
            members.push((key, self.expression()?));
            if !self.lexer.eat(",") {
                break;
            }
        }
        self.expect("}", "`{`")?;
        Ok(members)
    }

    /// The key of a member: a name, a text or a number.
    fn key(&mut self) -> Result<String, SyntaxError> {
        match self.lexer.peek() {
            Some(quote @ ('\'' | '"')) => self.string(quote),
            Some('0'..='9') => Ok(self.lexer.number()?.to_string()),
            _ => self
                .lexer
                .name()
                .map(str::to_owned)
                .ok_or_else(|| self.expected("a key")),
        }
    }

    /// Expressions between commas, up to the closing symbol.
    fn list(&mut self, close: &str) -> Result<Vec<Node>, SyntaxError> {
        let mut nodes = Vec::new();
        if self.lexer.eat(close) {
            return Ok(nodes);
        }
        loop {
            nodes.push(self.expression()?);
            if !self.lexer.eat(",") {
                break;
            }
        }
        self.expect(close, "the list")?;
        Ok(nodes)
    }

    fn string(&mut self, quote: char) -> Result<String, SyntaxError> {
        let start = self.lexer.position;
        let string = self.lexer.string(quote)?;
        if string.contains("{{") {
            // Older engines put the text in here before they read the expression; ours would compare the braces.
            let help = "leave out the quotes: `{{a}} == 'x'` compares the value of `a`";
            return Err(
                SyntaxError::new("`{{` inside quotes is not a template", self.span(start))
                    .help(help),
            );
        }
        Ok(string)
    }

    fn expect(&mut self, symbol: &str, opener: &str) -> Result<(), SyntaxError> {
        if self.lexer.eat(symbol) {
            return Ok(());
        }
        Err(self.expected(&format!("`{symbol}` to go with {opener}")))
    }

    fn expected(&mut self, what: &str) -> SyntaxError {
        let span = self.lexer.next_span();
        match self.lexer.slice(span.clone()) {
            "" => SyntaxError::new(format!("expected {what}, but the text ends"), span),
            found => SyntaxError::new(format!("expected {what}, found `{found}`"), span),
        }
    }

    /// What to say about something after a complete expression.
    pub(crate) fn unexpected(&mut self) -> SyntaxError {
        const WORDS: [(&str, &str); 6] = [
            ("and", "write `&&`"),
            ("or", "write `||`"),
            ("&", "write `&&`"),
            ("=", "write `==` to compare"),
            ("is", "write `==`"),
            ("not", "write `!(a in b)`"),
        ];
        let span = self.lexer.next_span();
        let found = self.lexer.slice(span.clone());
        let error = SyntaxError::new(format!("expected an operator, found `{found}`"), span);
        match WORDS.iter().find(|(word, _)| *word == found) {
            Some((_, help)) => error.help(*help),
            None => error,
        }
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

/// Whether digits come next, perhaps after a decimal point.
fn begins_number(text: &str) -> bool {
    text.strip_prefix('.')
        .unwrap_or(text)
        .starts_with(|next: char| next.is_ascii_digit())
}
