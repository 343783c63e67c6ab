//! Reads a Python expression into its tree, by recursive descent; what is not in the subset is refused by its name.

use std::ops::Range;

use serde_json::Value;

use super::jinja::{LOOP, filtered, tested};
use super::lexer::{Token, TokenKind, tokens};
use super::syntax::{Clause, Kind, Shape, Tree};
use crate::error::SyntaxError;
use crate::limits::NESTING;

mod atom;
mod format;

type Read<T = Tree> = Result<T, SyntaxError>;

/// The arguments of a call, and those with names.
type Arguments = (Vec<Tree>, Vec<(String, Tree)>);

/// Reads a text that is one expression.
pub(super) fn read(text: &str) -> Read {
    let mut reader = Reader::new(tokens(text)?, 0);
    let tree = reader.whole()?;
    match &reader.peek().kind {
        TokenKind::End => Ok(tree),
        _ => Err(reader.unexpected()),
    }
}

/// Reads an expression of a template, in which it stands at `at`.
pub(super) fn read_at(text: &str, at: usize) -> Read {
    let mut reader = Reader::inside(text, at, 0)?;
    reader.words = &TEMPLATE_WORDS;
    reader.is_template = true;
    let tree = reader.whole()?;
    reader.is_over().map(|()| tree)
}

/// Reads `a, b in list if condition`.
pub(super) fn for_at(text: &str, at: usize) -> Read<(Vec<String>, Tree, Option<Tree>)> {
    let mut reader = Reader::inside(text, at, 0)?;
    reader.words = &TEMPLATE_WORDS;
    reader.is_template = true;
    let names = reader.targets()?;
    reader.expect_word("in", "`for`")?;
    let list = reader.disjunction()?;
    let condition = if reader.eat_word("if") {
        Some(reader.expression()?)
    } else {
        None
    };
    reader.is_over().map(|()| (names, list, condition))
}

/// Reads tokens one after the other.
struct Reader {
    tokens: Vec<Token>,
    at: usize,
    nesting: usize,
    /// The words that are no names.
    words: &'static [&'static str],
    /// Whether filters and tests may stand behind a value, as in a template.
    is_template: bool,
}

/// Words that can neither be names nor begin a value.
const WORDS: [&str; 32] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// The same in a template, where other words of Python are names.
const TEMPLATE_WORDS: [&str; 8] = ["and", "or", "not", "in", "is", "if", "else", "for"];

const COMPARISONS: [&str; 6] = ["==", "!=", "<=", "<", ">=", ">"];

impl Reader {
    fn new(tokens: Vec<Token>, nesting: usize) -> Self {
        Self {
            tokens,
            at: 0,
            nesting,
            words: &WORDS,
            is_template: false,
        }
    }

    /// A reader of a part of a longer text.
    fn inside(text: &str, at: usize, nesting: usize) -> Read<Self> {
        let mut tokens = tokens(text).map_err(|error| SyntaxError {
            span: error.span.start + at..error.span.end + at,
            ..error
        })?;
        for token in &mut tokens {
            token.span = token.span.start + at..token.span.end + at;
            if let TokenKind::Format(_, inner) = &mut token.kind {
                *inner = inner.start + at..inner.end + at;
            }
        }
        Ok(Self::new(tokens, nesting))
    }

    fn is_over(&self) -> Read<()> {
        if self.ends() {
            return Ok(());
        }
        Err(self.unexpected())
    }

    /// An expression, or several with commas between them, which are a tuple.
    fn whole(&mut self) -> Read {
        let start = self.start();
        let first = self.expression()?;
        if !self.is_symbol(",") {
            return Ok(first);
        }
        let mut elements = vec![first];
        while self.eat(",") {
            if self.ends() {
                break;
            }
            elements.push(self.expression()?);
        }
        self.tree(Kind::Tuple(elements), start)
    }

    /// A lambda, a choice, or anything that binds tighter.
    fn expression(&mut self) -> Read {
        self.nested(|reader| {
            let start = reader.start();
            if reader.eat_word("lambda") {
                return reader.lambda(start);
            }
            let value = reader.disjunction()?;
            if reader.is_symbol(":=") {
                return Err(reader.refuse("an assignment with `:=`"));
            }
            if !reader.eat_word("if") {
                return Ok(value);
            }
            let condition = reader.disjunction()?;
            let otherwise = if reader.is_template && !reader.is_word("else") {
                reader.tree(Kind::Literal("".into()), start)?
            } else {
                reader.expect_word("else", "`… if …`")?;
                reader.expression()?
            };
            reader.tree(
                Kind::Choice(Box::new(condition), Box::new(value), Box::new(otherwise)),
                start,
            )
        })
    }

    fn lambda(&mut self, start: usize) -> Read {
        let mut names = Vec::new();
        while !self.is_symbol(":") {
            names.push(self.bound_name()?);
            if self.is_symbol("=") {
                return Err(self.refuse("a default of a lambda's argument"));
            }
            if !self.eat(",") {
                break;
            }
        }
        self.expect(":", "`lambda`")?;
        let body = self.expression()?;
        self.tree(Kind::Lambda(names, Box::new(body)), start)
    }

    fn disjunction(&mut self) -> Read {
        self.chain("or", Self::conjunction, Kind::Or)
    }

    fn conjunction(&mut self) -> Read {
        self.chain("and", Self::negation, Kind::And)
    }

    fn chain(
        &mut self,
        word: &str,
        operand: fn(&mut Self) -> Read,
        kind: fn(Vec<Tree>) -> Kind,
    ) -> Read {
        let start = self.start();
        let first = operand(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut operands = vec![first];
        while self.eat_word(word) {
            operands.push(operand(self)?);
        }
        self.tree(kind(operands), start)
    }

    fn negation(&mut self) -> Read {
        let start = self.start();
        if !self.eat_word("not") {
            return self.comparison();
        }
        let operand = self.nested(Self::negation)?;
        self.tree(Kind::Not(Box::new(operand)), start)
    }

    fn comparison(&mut self) -> Read {
        let start = self.start();
        let first = self.arithmetic(0)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.comparison_operator()? {
            rest.push((operator, self.arithmetic(0)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        self.tree(Kind::Compare(Box::new(first), rest), start)
    }

    fn comparison_operator(&mut self) -> Read<Option<&'static str>> {
        if let Some(operator) = COMPARISONS.into_iter().find(|symbol| self.eat(symbol)) {
            return Ok(Some(operator));
        }
        if self.eat_word("in") {
            return Ok(Some("in"));
        }
        if self.eat_word("is") {
            let is_not = self.eat_word("not");
            return Ok(Some(if is_not { "is not" } else { "is" }));
        }
        if self.is_word("not") {
            self.at += 1;
            self.expect_word("in", "`not`")?;
            return Ok(Some("not in"));
        }
        for (symbol, help) in [("=", "write `==` to compare"), ("<>", "write `!=`")] {
            if self.is_symbol(symbol) {
                return Err(self.unexpected().help(help));
            }
        }
        Ok(None)
    }

    /// Operators of this level and tighter ones, grouped from the left.
    fn arithmetic(&mut self, level: usize) -> Read {
        let start = self.start();
        let mut left = self.signed()?;
        while let Some((symbol, found)) = self.operator().filter(|(_, found)| *found >= level) {
            if matches!(symbol, "<<" | ">>" | "@") {
                return Err(self.refuse(&format!("the operator `{symbol}`")));
            }
            self.at += 1;
            let right = self.arithmetic(found + 1)?;
            if symbol == "~" {
                left = self.joined(vec![left, right], start)?;
                continue;
            }
            left = self.tree(
                Kind::Calculate(symbol, Box::new(left), Box::new(right)),
                start,
            )?;
        }
        Ok(left)
    }

    /// The operator that comes next, and its level: tighter ones are of a higher one.
    fn operator(&self) -> Option<(&'static str, usize)> {
        const LEVELS: [&[&str]; 6] = [
            &["|"],
            &["^"],
            &["&"],
            &["<<", ">>"],
            &["+", "-"],
            &["*", "//", "/", "%", "@"],
        ];
        const TEMPLATE_LEVELS: [&[&str]; 3] = [&["+", "-"], &["~"], &["*", "//", "/", "%"]];
        let levels: &[&[&str]] = if self.is_template {
            &TEMPLATE_LEVELS
        } else {
            &LEVELS
        };
        levels.iter().enumerate().find_map(|(level, symbols)| {
            let symbol = symbols.iter().find(|symbol| self.is_symbol(symbol))?;
            Some((*symbol, level))
        })
    }

    fn signed(&mut self) -> Read {
        let start = self.start();
        for sign in ["-", "+", "~"] {
            if !self.is_symbol(sign) {
                continue;
            }
            if sign == "~" {
                return Err(self.refuse("the operator `~`"));
            }
            if self.is_template {
                break;
            }
            self.at += 1;
            let operand = self.nested(Self::signed)?;
            let sign = if sign == "-" { '-' } else { '+' };
            return self.tree(Kind::Sign(sign, Box::new(operand)), start);
        }
        let base = self.unary()?;
        let base = self.behind(base, start)?;
        if !self.eat("**") {
            return Ok(base);
        }
        let exponent = self.nested(Self::signed)?;
        self.tree(
            Kind::Calculate("**", Box::new(base), Box::new(exponent)),
            start,
        )
    }

    /// A value followed by members, items and calls.
    fn postfix(&mut self) -> Read {
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
    fn unary(&mut self) -> Read {
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
    fn behind(&mut self, value: Tree, start: usize) -> Read {
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
    fn joined(&self, values: Vec<Tree>, start: usize) -> Read {
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

    fn arguments(&mut self) -> Read<Arguments> {
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

    /// The clauses of a comprehension after its body.
    fn comprehension(&mut self, shape: Shape, body: Vec<Tree>, start: usize) -> Read {
        let mut clauses = Vec::new();
        while self.eat_word("for") {
            let names = self.targets()?;
            self.expect_word("in", "`for`")?;
            let list = self.disjunction()?;
            let mut conditions = Vec::new();
            while self.eat_word("if") {
                conditions.push(self.disjunction()?);
            }
            clauses.push(Clause {
                names,
                list,
                conditions,
            });
        }
        self.tree(Kind::Comprehension(shape, body, clauses), start)
    }

    /// `a`, `a, b` or `(a, b)` after `for`.
    fn targets(&mut self) -> Read<Vec<String>> {
        let has_bracket = self.eat("(");
        let mut names = vec![self.bound_name()?];
        let mut is_one = true;
        while self.eat(",") {
            is_one = false;
            if self.is_word("in") || self.is_symbol(")") {
                break;
            }
            names.push(self.bound_name()?);
        }
        if has_bracket {
            self.expect(")", "`(`")?;
        }
        if names.len() == 1 && !is_one {
            return Err(self.refuse("a name with a comma behind it after `for`"));
        }
        Ok(names)
    }

    fn bound_name(&mut self) -> Read<String> {
        if self.is_symbol("(") {
            return Err(self.refuse("taking apart what is in what is taken apart"));
        }
        if self.is_symbol("*") || self.is_symbol("**") {
            return Err(self.refuse("an argument with `*`"));
        }
        self.name_after("this")
    }

    fn name_after(&mut self, what: &str) -> Read<String> {
        match &self.peek().kind {
            TokenKind::Name(name) if !self.words.contains(&name.as_str()) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.expected(&format!("a name after {what}"))),
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Read) -> Read {
        if self.nesting == NESTING {
            let message = format!("expressions cannot be nested more than {NESTING} deep");
            return Err(SyntaxError::new(message, self.peek().span));
        }
        self.nesting += 1;
        let tree = read(self);
        self.nesting -= 1;
        tree
    }

    fn tree(&self, kind: Kind, start: usize) -> Read {
        Tree::new(kind, self.span(start))
    }

    fn peek(&self) -> Token {
        self.tokens.get(self.at).cloned().unwrap_or(Token {
            kind: TokenKind::End,
            span: 0..0,
        })
    }

    fn start(&self) -> usize {
        self.peek().span.start
    }

    fn span(&self, start: usize) -> Range<usize> {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        start..before.map_or(start, |token| token.span.end).max(start)
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.tokens.get(self.at).map(|token| &token.kind), Some(TokenKind::Symbol(found)) if *found == symbol)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.tokens.get(self.at).map(|token| &token.kind), Some(TokenKind::Name(found)) if found == word)
    }

    fn ends(&self) -> bool {
        self.peek().kind == TokenKind::End
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str, opener: &str) -> Read<()> {
        if self.eat(symbol) {
            return Ok(());
        }
        Err(self.expected(&format!("`{symbol}` to go with {opener}")))
    }

    fn expect_word(&mut self, word: &str, opener: &str) -> Read<()> {
        if self.eat_word(word) {
            return Ok(());
        }
        Err(self.expected(&format!("`{word}` to go with {opener}")))
    }

    fn expected(&self, what: &str) -> SyntaxError {
        let token = self.peek();
        let message = match shown(&token.kind) {
            None => format!("expected {what}, but the text ends"),
            Some(found) => format!("expected {what}, found {found}"),
        };
        SyntaxError::new(message, token.span)
    }

    fn unexpected(&self) -> SyntaxError {
        /// The symbol, and what to write instead.
        const SYMBOLS: [(&str, &str); 2] = [("&&", "write `and`"), ("||", "write `or`")];
        let error = self.expected("an operator");
        let two = (self.is_symbol("&") || self.is_symbol("|")).then_some(());
        match SYMBOLS.iter().find(|_| two.is_some()) {
            Some((_, help)) => error.help(*help),
            None => error,
        }
    }

    /// What Python has and this subset has not.
    fn refuse(&self, what: &str) -> SyntaxError {
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
