//! Turns the tree of a Python expression into one that means the same.

mod binding;
mod compare;
mod node;
mod truth;

use std::cell::RefCell;
use std::ops::Range;

use node::root;
pub(super) use node::{apply, literal, negative, node, text_literal};
use serde_json::Value;
use truth::is_boolean;

use super::syntax::{Kind, Tree};
use crate::error::SyntaxError;
use crate::tree::{Form, Node, Operator};

pub(super) type Translated = Result<Node, SyntaxError>;

/// What stands for what is not there where a template asks whether it is; no text of people is that.
const ABSENT: &str = "\u{e000}absent";

/// What stands for a name that is bound further on.
const UNBOUND: &str = "";

/// Knows what names stand for.
pub(super) struct Translator<'n> {
    /// What has the names that nothing in the expression binds.
    names: &'n Node,
    /// What lambdas and comprehensions around bind: the name, and what it is called in the tree.
    bound: RefCell<Vec<(String, String)>>,
    /// Whether what is not there is the empty text, as in a template.
    is_lenient: bool,
    /// Whether a name stands for the literal that its text can be read as.
    reads_literals: bool,
}

impl<'n> Translator<'n> {
    pub(super) fn new(names: &'n Node) -> Self {
        Self {
            names,
            bound: RefCell::new(Vec::new()),
            is_lenient: false,
            reads_literals: false,
        }
    }

    /// One to which a text is the literal that it can be read as.
    pub(super) fn reading(names: &'n Node) -> Self {
        Self {
            reads_literals: true,
            ..Self::new(names)
        }
    }

    /// One to which what is not there is the empty text.
    pub(super) fn lenient(names: &'n Node) -> Self {
        Self {
            is_lenient: true,
            ..Self::new(names)
        }
    }

    /// The name of a member or of a root, and what stands in where it is not there.
    fn looked_up(&self, name: &str, span: &Range<usize>) -> Vec<Node> {
        let default = self.is_lenient.then(|| literal("", span));
        std::iter::once(literal(name, span))
            .chain(default)
            .collect()
    }

    /// A node whose value is the expression's.
    pub(super) fn value(&self, tree: &Tree) -> Translated {
        let span = &tree.span;
        match &tree.kind {
            Kind::Literal(Value::String(text)) => Ok(text_literal(text, span)),
            Kind::Literal(value) => Ok(literal(value.clone(), span)),
            Kind::Joined(parts) => self.joined(parts, span),
            Kind::Formatted(value, conversion, specification) => {
                self.formatted(value, *conversion, specification, span)
            }
            Kind::Name(name) => self.name(name, span),
            Kind::List(elements) => self.list(elements, span),
            Kind::Tuple(elements) => Ok(apply(
                "pyTuple",
                self.list(elements, span)?,
                Vec::new(),
                span,
            )),
            Kind::Set(elements) => Ok(apply("pySet", self.list(elements, span)?, Vec::new(), span)),
            Kind::Dict(members) => self.dict(members, span),
            Kind::Member(object, name) => self.member(object, name, span),
            Kind::Item(object, index) => self.item(object, index, None, span),
            Kind::Defined(tree) => self.defined(tree, span),
            Kind::Let(names, values, body) => self.let_be(names, values, body, span),
            Kind::Slice(object, bounds) => {
                let bound = |bound: &Option<Tree>| match bound {
                    Some(tree) => self.value(tree),
                    None => Ok(literal(Value::Null, span)),
                };
                let mut arguments = bounds.iter().map(bound).collect::<Result<Vec<_>, _>>()?;
                arguments.resize_with(3, || literal(Value::Null, span));
                Ok(apply("pySlice", self.value(object)?, arguments, span))
            }
            Kind::Call(function, arguments, named) => self.call(function, arguments, named, span),
            Kind::Lambda(..) => Err(SyntaxError::new(
                "a lambda stands only as an argument of `map`, `filter`, or as `key` of `sorted`, `min` and `max`",
                span.clone(),
            )),
            Kind::Comprehension(shape, body, clauses) => {
                self.comprehension(*shape, body, clauses, span)
            }
            Kind::Not(_) => self.truth(tree),
            Kind::Json(value) => {
                let value = Self::json(self.value(value)?);
                Ok(apply("pyDumps", value, Vec::new(), span))
            }
            Kind::Sign(sign, operand) => self.signed(*sign, operand, span),
            Kind::Calculate(operator, left, right) => {
                if *operator == "%"
                    && matches!(left.kind, Kind::Literal(Value::String(_)) | Kind::Joined(_))
                {
                    return Err(SyntaxError::new(
                        "formatting a text with `%` is not part of the Python that is read here",
                        span.clone(),
                    )
                    .help("write an f-string, such as `f'{a}'`"));
                }
                let arguments = vec![literal(*operator, span), self.value(right)?];
                Ok(apply("pyCalculate", self.value(left)?, arguments, span))
            }
            Kind::And(operands) => self.decided("pyAnd", operands, span),
            Kind::Or(operands) => self.decided("pyOr", operands, span),
            Kind::Compare(first, rest) => self.comparison(first, rest, span),
            Kind::Choice(condition, then, otherwise) => Ok(node(
                Form::Ternary(
                    Box::new(self.truth(condition)?),
                    Box::new(self.value(then)?),
                    Box::new(self.value(otherwise)?),
                ),
                span,
            )),
        }
    }

    /// What JSON can hold of a value, where it may be something that JSON has not.
    pub(super) fn json(value: Node) -> Node {
        let span = value.span.clone();
        if is_boolean(&value) || matches!(value.form, Form::Literal(_)) {
            return value;
        }
        apply("pyJson", value, Vec::new(), &span)
    }

    fn name(&self, name: &str, span: &Range<usize>) -> Translated {
        let bound = self.bound.borrow();
        match bound.iter().rev().find(|(known, _)| known == name) {
            Some((_, native)) if native == UNBOUND => Err(SyntaxError::new(
                format!("`{name}` has no value yet: a `for` behind this binds it"),
                span.clone(),
            )),
            Some((_, native)) => Ok(root(native, span)),
            None if self.reads_literals && name == "keys" => {
                let method = vec![literal(name, span)];
                Ok(apply("pyMethod", self.root(span), method, span))
            }
            None => {
                let found = apply("pyName", self.root(span), self.looked_up(name, span), span);
                Ok(if self.reads_literals {
                    apply("pyLiteral", found, Vec::new(), span)
                } else {
                    found
                })
            }
        }
    }

    fn root(&self, span: &Range<usize>) -> Node {
        Node {
            span: span.clone(),
            ..self.names.clone()
        }
    }

    pub(super) fn list(&self, elements: &[Tree], span: &Range<usize>) -> Translated {
        let nodes = elements.iter().map(|element| self.value(element));
        Ok(node(Form::Array(nodes.collect::<Result<_, _>>()?), span))
    }

    fn dict(&self, members: &[(Tree, Tree)], span: &Range<usize>) -> Translated {
        let mut named = Vec::new();
        for (key, value) in members {
            if let Kind::Literal(Value::String(key)) = &key.kind
                && !key.contains("{{")
            {
                named.push((key.clone(), self.value(value)?));
            }
        }
        let has_twice = named
            .iter()
            .enumerate()
            .any(|(at, (key, _))| named.iter().skip(at + 1).any(|(other, _)| other == key));
        if named.len() == members.len() && !has_twice {
            return Ok(node(Form::Object(named), span));
        }
        let pairs = members.iter().map(|(key, value)| {
            if let Kind::Literal(constant) = &key.kind
                && !constant.is_string()
            {
                return Err(SyntaxError::new(
                    "a key of a dict is a text here",
                    key.span.clone(),
                ));
            }
            let pair = vec![self.value(key)?, self.value(value)?];
            Ok(node(Form::Array(pair), span))
        });
        let pairs = node(Form::Array(pairs.collect::<Result<_, _>>()?), span);
        Ok(apply("pyCall", pairs, vec![literal("dict", span)], span))
    }

    fn member(&self, object: &Tree, name: &str, span: &Range<usize>) -> Translated {
        if name.starts_with('_') {
            return Err(SyntaxError::new(
                format!("`.{name}` is not part of the Python that is read here"),
                span.clone(),
            )
            .help(format!("write `['{name}']` for a member of that name")));
        }
        let arguments = self.looked_up(name, span);
        Ok(apply("pyMember", self.value(object)?, arguments, span))
    }

    /// An item; in a template, what is not there is the empty text.
    fn item(
        &self,
        object: &Tree,
        index: &Tree,
        default: Option<Node>,
        span: &Range<usize>,
    ) -> Translated {
        let default = default.or_else(|| self.is_lenient.then(|| literal("", span)));
        let arguments = std::iter::once(self.value(index)?).chain(default);
        let arguments = arguments.collect();
        Ok(apply("pyItem", self.value(object)?, arguments, span))
    }

    /// Whether something is there: a mark stands in where it is not.
    fn defined(&self, tree: &Tree, span: &Range<usize>) -> Translated {
        let mark = || literal(ABSENT, span);
        let found = match &tree.kind {
            Kind::Name(name) if !self.is_bound(name) => {
                let arguments = vec![literal(name.as_str(), span), mark()];
                apply("pyName", self.root(span), arguments, span)
            }
            Kind::Member(object, name) => {
                let arguments = vec![literal(name.as_str(), span), mark()];
                apply("pyMember", self.value(object)?, arguments, span)
            }
            Kind::Item(object, index) => self.item(object, index, Some(mark()), span)?,
            _ => return Ok(literal(true, span)),
        };
        Ok(node(
            Form::Binary(Operator::NotEqual, Box::new(found), Box::new(mark())),
            span,
        ))
    }

    fn let_be(
        &self,
        names: &[String],
        values: &[Tree],
        body: &Tree,
        span: &Range<usize>,
    ) -> Translated {
        let values: Vec<Node> = values
            .iter()
            .map(|value| self.value(value))
            .collect::<Result<_, _>>()?;
        let bound = self.bind(names);
        let natives: Vec<String> = bound.iter().map(|(_, native)| native.clone()).collect();
        let body = self.binding(bound, || self.value(body))?;
        let lets = natives.into_iter().zip(values).rev();
        Ok(lets.fold(body, |body, (native, value)| {
            let function = node(Form::Function(vec![native], Box::new(body)), span);
            apply("pyLet", value, vec![function], span)
        }))
    }

    fn signed(&self, sign: char, operand: &Tree, span: &Range<usize>) -> Translated {
        let value = self.value(operand)?;
        if let (Form::Literal(Value::Number(number)), '-') = (&value.form, sign)
            && let Some(negative) = negative(number)
        {
            return Ok(literal(negative, span));
        }
        let sign = literal(sign.to_string(), span);
        Ok(apply("pySign", value, vec![sign], span))
    }

    /// `and` and `or`, whose value is that of the operand that decides.
    fn decided(&self, name: &str, operands: &[Tree], span: &Range<usize>) -> Translated {
        let mut nodes = operands.iter().map(|operand| self.value(operand));
        let first = nodes.next().unwrap_or_else(|| Ok(literal(true, span)))?;
        nodes.try_fold(first, |left, right| {
            let later = node(Form::Function(Vec::new(), Box::new(right?)), span);
            Ok(apply(name, left, vec![later], span))
        })
    }

    fn joined(&self, parts: &[Tree], span: &Range<usize>) -> Translated {
        let list = self.list(parts, span)?;
        Ok(apply(
            "pyMethod",
            literal("", span),
            vec![literal("join", span), list],
            span,
        ))
    }

    pub(super) fn formatted(
        &self,
        value: &Tree,
        conversion: Option<char>,
        specification: &str,
        span: &Range<usize>,
    ) -> Translated {
        let value = self.value(value)?;
        let call = |value, name: &str| apply("pyCall", value, vec![literal(name, span)], span);
        let value = match conversion {
            Some('r') => call(value, "repr"),
            Some(_) => call(value, "str"),
            None if specification.is_empty() => return Ok(call(value, "str")),
            None => value,
        };
        if specification.is_empty() {
            return Ok(value);
        }
        if !crate::transforms::is_python_format(specification) {
            return Err(SyntaxError::new(
                format!("the format `{specification}` is not part of the Python that is read here"),
                span.clone(),
            )
            .help("write one such as `.2f`, `,`, `>10` or `05d`"));
        }
        Ok(apply(
            "pyFormat",
            value,
            vec![text_literal(specification, span)],
            span,
        ))
    }
}
