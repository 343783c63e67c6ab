//! The tree of an expression. Every node knows its place in the text.

use std::ops::Range;

use serde_json::Value;

use crate::transforms::Transform;

/// A part of an expression. Two nodes are equal if they mean the same, wherever they stand.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) form: Form,
    /// Where it stands, in bytes of the text.
    pub(crate) span: Range<usize>,
    /// One more than its highest child, so that nothing that walks a tree runs out of stack.
    pub(crate) height: usize,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Form {
    Literal(Value),
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
    Path(Base, Vec<Access>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    /// `a ?: b`
    Elvis(Box<Node>, Box<Node>),
    /// `a ?? b`
    Default(Box<Node>, Box<Node>),
    /// `a ? b : c`
    Ternary(Box<Node>, Box<Node>, Box<Node>),
    /// `subject|transform(arguments)`
    Transform(Box<Node>, &'static Transform, Vec<Node>),
    /// `name => body`, which stands only as an argument of a transform that takes one.
    Function(Vec<String>, Box<Node>),
}

/// What a path begins with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Base {
    /// A name.
    Root(String),
    /// The element that a filter looks at, or the item of a section.
    Relative,
    /// Any other value.
    Node(Box<Node>),
}

/// One part of a path after its base.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Access {
    /// `.name`, `['name']`
    Member(String),
    /// `[expression]`
    Index(Box<Node>),
    /// `[.expression]`
    Filter(Box<Node>),
}

impl Node {
    pub(crate) fn new(form: Form, span: Range<usize>) -> Self {
        let height = 1 + children(&form)
            .into_iter()
            .map(|node| node.height)
            .max()
            .unwrap_or(0);
        Self { form, span, height }
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.form == other.form
    }
}

/// The nodes right below, in the order of the text.
pub(crate) fn children(form: &Form) -> Vec<&Node> {
    match form {
        Form::Literal(_) => Vec::new(),
        Form::Array(elements) => elements.iter().collect(),
        Form::Object(members) => members.iter().map(|(_, member)| member).collect(),
        Form::Path(base, accesses) => {
            let base = match base {
                Base::Root(_) | Base::Relative => None,
                Base::Node(node) => Some(&**node),
            };
            base.into_iter()
                .chain(accesses.iter().filter_map(inner))
                .collect()
        }
        Form::Not(node) | Form::Negate(node) | Form::Function(_, node) => vec![node],
        Form::Binary(_, left, right) | Form::Elvis(left, right) | Form::Default(left, right) => {
            vec![left, right]
        }
        Form::Ternary(condition, then, otherwise) => vec![condition, then, otherwise],
        Form::Transform(subject, _, arguments) => {
            std::iter::once(&**subject).chain(arguments).collect()
        }
    }
}

fn inner(access: &Access) -> Option<&Node> {
    match access {
        Access::Member(_) => None,
        Access::Index(node) | Access::Filter(node) => Some(node),
    }
}

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Contains,
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
    Power,
}

/// Every spelling, longer ones before those that they begin with.
pub(crate) const OPERATORS: [(&str, Operator); 18] = [
    ("||", Operator::Or),
    ("&&", Operator::And),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    ("<", Operator::Less),
    (">=", Operator::GreaterOrEqual),
    (">", Operator::Greater),
    ("in", Operator::In),
    ("contains", Operator::Contains),
    ("includes", Operator::Contains),
    ("+", Operator::Add),
    ("-", Operator::Subtract),
    ("*", Operator::Multiply),
    ("//", Operator::FloorDivide),
    ("/", Operator::Divide),
    ("%", Operator::Remainder),
    ("^", Operator::Power),
];

/// The level of the operators that bind loosest.
pub(crate) const LOOSEST: u8 = 1;

impl Operator {
    /// The level: an operator takes its operands before those of a lower level do.
    pub(crate) fn level(self) -> u8 {
        match self {
            Self::Or | Self::And => LOOSEST,
            Self::Equal
            | Self::NotEqual
            | Self::Less
            | Self::LessOrEqual
            | Self::Greater
            | Self::GreaterOrEqual
            | Self::In
            | Self::Contains => 2,
            Self::Add | Self::Subtract => 3,
            Self::Multiply | Self::Divide | Self::FloorDivide => 4,
            Self::Remainder | Self::Power => 5,
        }
    }

    /// How it is written.
    pub(crate) fn symbol(self) -> &'static str {
        OPERATORS
            .iter()
            .find(|(_, operator)| *operator == self)
            .map_or("", |(symbol, _)| symbol)
    }
}
