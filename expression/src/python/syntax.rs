//! The tree of a Python expression, as it stands in the text.

use std::ops::Range;

use serde_json::Value;

use crate::error::SyntaxError;
use crate::limits::HEIGHT;

/// A part of an expression.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) kind: Kind,
    /// Where it stands, in bytes of the text.
    pub(super) span: Range<usize>,
    /// One more than its highest child.
    height: usize,
}

/// What a part is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Literal(Value),
    /// `f'{a}b'`
    Joined(Vec<Tree>),
    /// `{a!r:>10}` of an f-string.
    Formatted(Box<Tree>, Option<char>, String),
    Name(String),
    /// Whether there is such a name, member or item, which only templates ask.
    Defined(Box<Tree>),
    /// Names for values, all at once, in what stands behind them.
    Let(Vec<String>, Vec<Tree>, Box<Tree>),
    /// A value as JSON, which only templates ask for.
    Json(Box<Tree>),
    List(Vec<Tree>),
    Tuple(Vec<Tree>),
    Set(Vec<Tree>),
    Dict(Vec<(Tree, Tree)>),
    /// `a.b`
    Member(Box<Tree>, String),
    /// `a[b]`
    Item(Box<Tree>, Box<Tree>),
    /// `a[b:c:d]`
    Slice(Box<Tree>, Vec<Option<Tree>>),
    Call(Box<Tree>, Vec<Tree>, Vec<(String, Tree)>),
    Lambda(Vec<String>, Box<Tree>),
    Comprehension(Shape, Vec<Tree>, Vec<Clause>),
    Not(Box<Tree>),
    /// `-a`, `+a`
    Sign(char, Box<Tree>),
    Calculate(&'static str, Box<Tree>, Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
    /// `a < b <= c`
    Compare(Box<Tree>, Vec<(&'static str, Tree)>),
    /// `then if condition else otherwise`: condition, then, otherwise.
    Choice(Box<Tree>, Box<Tree>, Box<Tree>),
}

/// What a comprehension makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    List,
    Set,
    /// The body is a key and a value.
    Dict,
    Generator,
}

/// `for a, b in c if d if e`
#[derive(Debug, Clone)]
pub(super) struct Clause {
    pub(super) names: Vec<String>,
    pub(super) list: Tree,
    pub(super) conditions: Vec<Tree>,
}

impl Tree {
    /// A part, unless too much builds on each other in it.
    pub(super) fn new(kind: Kind, span: Range<usize>) -> Result<Self, SyntaxError> {
        let height = 1 + children(&kind)
            .into_iter()
            .map(|tree| tree.height)
            .max()
            .unwrap_or(0);
        if height > HEIGHT {
            let message = format!("more than {HEIGHT} operators build on each other here");
            return Err(
                SyntaxError::new(message, span).help("split the expression over several states")
            );
        }
        Ok(Self { kind, span, height })
    }
}

fn children(kind: &Kind) -> Vec<&Tree> {
    match kind {
        Kind::Literal(_) | Kind::Name(_) => Vec::new(),
        Kind::Joined(trees)
        | Kind::List(trees)
        | Kind::Tuple(trees)
        | Kind::Set(trees)
        | Kind::And(trees)
        | Kind::Or(trees) => trees.iter().collect(),
        Kind::Dict(members) => members
            .iter()
            .flat_map(|(key, value)| [key, value])
            .collect(),
        Kind::Formatted(tree, ..)
        | Kind::Member(tree, _)
        | Kind::Lambda(_, tree)
        | Kind::Not(tree)
        | Kind::Json(tree)
        | Kind::Defined(tree)
        | Kind::Sign(_, tree) => vec![tree],
        Kind::Item(left, right) | Kind::Calculate(_, left, right) => vec![left, right],
        Kind::Let(_, values, body) => values.iter().chain([&**body]).collect(),
        Kind::Slice(tree, bounds) => std::iter::once(&**tree)
            .chain(bounds.iter().flatten())
            .collect(),
        Kind::Call(tree, arguments, named) => std::iter::once(&**tree)
            .chain(arguments)
            .chain(named.iter().map(|(_, tree)| tree))
            .collect(),
        Kind::Comprehension(_, body, clauses) => body
            .iter()
            .chain(
                clauses
                    .iter()
                    .flat_map(|clause| std::iter::once(&clause.list).chain(&clause.conditions)),
            )
            .collect(),
        Kind::Compare(first, rest) => std::iter::once(&**first)
            .chain(rest.iter().map(|(_, tree)| tree))
            .collect(),
        Kind::Choice(condition, then, otherwise) => vec![condition, then, otherwise],
    }
}
