//! Turns the tree of a Python expression into one that means the same.

mod binding;

use std::cell::RefCell;
use std::ops::Range;

use serde_json::Value;

use super::syntax::{Kind, Tree};
use crate::coerce::{to_number, trim};
use crate::error::SyntaxError;
use crate::transforms::find;
use crate::tree::{Base, Form, Node, Operator};

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
}

impl<'n> Translator<'n> {
    pub(super) fn new(names: &'n Node) -> Self {
        Self {
            names,
            bound: RefCell::new(Vec::new()),
            is_lenient: false,
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

    /// A node that says whether a value is true to Python.
    pub(super) fn truth(&self, tree: &Tree) -> Translated {
        let span = &tree.span;
        match &tree.kind {
            Kind::Not(operand) => Ok(negated(self.truth(operand)?, span)),
            Kind::And(operands) => self.all(Operator::And, operands, span),
            Kind::Or(operands) => self.all(Operator::Or, operands, span),
            Kind::Choice(condition, then, otherwise) => Ok(node(
                Form::Ternary(
                    Box::new(self.truth(condition)?),
                    Box::new(self.truth(then)?),
                    Box::new(self.truth(otherwise)?),
                ),
                span,
            )),
            _ => {
                let value = self.value(tree)?;
                Ok(if is_boolean(&value) {
                    value
                } else {
                    apply("pyTruth", value, Vec::new(), span)
                })
            }
        }
    }

    fn all(&self, operator: Operator, operands: &[Tree], span: &Range<usize>) -> Translated {
        let mut nodes = operands.iter().map(|operand| self.truth(operand));
        let first = nodes.next().unwrap_or_else(|| Ok(literal(true, span)))?;
        nodes.try_fold(first, |left, right| {
            Ok(node(
                Form::Binary(operator, Box::new(left), Box::new(right?)),
                span,
            ))
        })
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
            None => Ok(apply(
                "pyName",
                self.root(span),
                self.looked_up(name, span),
                span,
            )),
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

    fn comparison(
        &self,
        first: &Tree,
        rest: &[(&'static str, Tree)],
        span: &Range<usize>,
    ) -> Translated {
        let Some(((operator, right), rest)) = rest.split_first() else {
            return self.value(first);
        };
        if rest.is_empty() {
            return Self::compare(
                operator,
                [first, right],
                [self.value(first)?, self.value(right)?],
                span,
            );
        }
        // What stands in the middle is evaluated once and compared twice.
        let middle = self.value(right)?;
        if matches!(middle.form, Form::Literal(_)) {
            let compared =
                Self::compare(operator, [first, right], [self.value(first)?, middle], span)?;
            let more = self.comparison(right, rest, span)?;
            return Ok(node(
                Form::Binary(Operator::And, Box::new(compared), Box::new(more)),
                span,
            ));
        }
        let left = self.value(first)?;
        let name = self.fresh("between");
        let again = Tree::new(Kind::Name(format!("<{name}>")), right.span.clone())?;
        let compared = Self::compare(operator, [first, &again], [left, root(&name, span)], span)?;
        let more = self.binding(vec![(format!("<{name}>"), name.clone())], || {
            self.comparison(&again, rest, span)
        })?;
        let both = node(
            Form::Binary(Operator::And, Box::new(compared), Box::new(more)),
            span,
        );
        let function = node(Form::Function(vec![name], Box::new(both)), span);
        Ok(apply("pyLet", middle, vec![function], span))
    }

    fn compare(
        operator: &'static str,
        trees: [&Tree; 2],
        [left, right]: [Node; 2],
        span: &Range<usize>,
    ) -> Translated {
        let is_plain = trees.iter().any(|tree| is_plain(&tree.kind));
        let symbol = match operator {
            "is" | "is not" => {
                let is_constant = |tree: &&&Tree| {
                    matches!(tree.kind, Kind::Literal(Value::Null | Value::Bool(_)))
                };
                if !trees.iter().any(|tree| is_constant(&tree)) {
                    return Err(SyntaxError::new(
                        format!("`{operator}` needs None, True or False on one side"),
                        span.clone(),
                    )
                    .help("write `==` or `!=` to compare values"));
                }
                let is_none = |tree: &&&Tree| matches!(tree.kind, Kind::Literal(Value::Null));
                trees
                    .iter()
                    .any(|tree| is_none(&tree))
                    .then_some(if operator == "is" {
                        Operator::Equal
                    } else {
                        Operator::NotEqual
                    })
            }
            "==" if is_plain => Some(Operator::Equal),
            "!=" if is_plain => Some(Operator::NotEqual),
            _ => None,
        };
        if let Some(symbol) = symbol {
            return Ok(node(
                Form::Binary(symbol, Box::new(left), Box::new(right)),
                span,
            ));
        }
        // To look something up, a list does as well as a tuple.
        let right = match (&trees, right.form) {
            ([_, tree], Form::Transform(list, transform, _))
                if matches!(tree.kind, Kind::Tuple(_))
                    && matches!(operator, "in" | "not in")
                    && transform.info.name == "pyTuple" =>
            {
                *list
            }
            (_, form) => Node { form, ..right },
        };
        let arguments = vec![literal(operator, span), right];
        Ok(apply("pyCompare", left, arguments, span))
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

/// Whether native equality with it is Python's: a text that no number and no boolean equals, or None.
fn is_plain(kind: &Kind) -> bool {
    match kind {
        Kind::Literal(Value::Null) => true,
        Kind::Literal(Value::String(text)) => {
            !trim(text).is_empty() && to_number(&Value::String(text.clone())).is_none()
        }
        _ => false,
    }
}

/// Whether a node is true or false whatever it is given.
fn is_boolean(node: &Node) -> bool {
    match &node.form {
        Form::Literal(value) => value.is_boolean(),
        Form::Not(_) => true,
        Form::Binary(operator, left, right) => match operator {
            Operator::And | Operator::Or => is_boolean(left) && is_boolean(right),
            Operator::Equal | Operator::NotEqual => true,
            _ => false,
        },
        Form::Ternary(_, then, otherwise) => is_boolean(then) && is_boolean(otherwise),
        Form::Transform(_, transform, arguments) => match transform.info.name {
            "pyTruth" | "pyCompare" | "pyAny" | "pyAll" => true,
            "pyLet" => arguments.first().is_some_and(
                |function| matches!(&function.form, Form::Function(_, body) if is_boolean(body)),
            ),
            "pyCall" => named(arguments, &["any", "all", "bool", "isinstance"]),
            "pyMethod" => named(arguments, &["startswith", "endswith", "isdigit", "isalpha"]),
            _ => false,
        },
        _ => false,
    }
}

fn named(arguments: &[Node], names: &[&str]) -> bool {
    matches!(arguments.first().map(|name| &name.form), Some(Form::Literal(Value::String(name))) if names.contains(&name.as_str()))
}

fn negated(truth: Node, span: &Range<usize>) -> Node {
    match truth.form {
        Form::Literal(Value::Bool(value)) => literal(!value, span),
        _ => node(Form::Not(Box::new(truth)), span),
    }
}

pub(super) fn negative(number: &serde_json::Number) -> Option<Value> {
    if number.is_f64() {
        return Some((-number.as_f64()?).into());
    }
    let negative = -number.as_i128()?;
    (negative != 0)
        .then(|| i64::try_from(negative).ok())
        .flatten()
        .map(Value::from)
}

/// A text; `{{` in it would be taken for a template where the expression is read again.
pub(super) fn text_literal(text: &str, span: &Range<usize>) -> Node {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (before, after) = rest.split_at(at + 1);
        parts.push(literal(before, span));
        rest = after;
    }
    if parts.is_empty() {
        return literal(text, span);
    }
    parts.push(literal(rest, span));
    apply(
        "join",
        node(Form::Array(parts), span),
        vec![literal("", span)],
        span,
    )
}

pub(super) fn node(form: Form, span: &Range<usize>) -> Node {
    Node::new(form, span.clone())
}

pub(super) fn literal(value: impl Into<Value>, span: &Range<usize>) -> Node {
    node(Form::Literal(value.into()), span)
}

fn root(name: &str, span: &Range<usize>) -> Node {
    node(Form::Path(Base::Root(name.to_owned()), Vec::new()), span)
}

pub(super) fn apply(name: &str, subject: Node, arguments: Vec<Node>, span: &Range<usize>) -> Node {
    let transform = find(name).expect("every name that is written here is in the table");
    node(
        Form::Transform(Box::new(subject), transform, arguments),
        span,
    )
}
