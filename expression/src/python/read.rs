//! Reads a Python expression into its tree, by recursive descent; what is not in the subset is refused by its name.

use super::lexer::{Token, TokenKind, tokens};
use super::syntax::{Clause, Kind, Shape, Tree};
use crate::error::SyntaxError;
use crate::limits::NESTING;

mod atom;
mod behind;
mod cursor;
mod format;
mod operator;

type Read<T = Tree> = Result<T, SyntaxError>;

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
}
