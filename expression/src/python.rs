//! Reads expressions as Python writes them into the tree that every expression is.
//!
//! Only a subset of Python is read: names, literals, displays, operators, members and items, comprehensions, and calls
//! of the functions and methods that are listed in `python/call.rs`. What Python means by an operator differs from what
//! it means elsewhere, so most of them become transforms whose names begin with `py`:
//!
//! | Python | the tree |
//! |---|---|
//! | `total > 10` | `context\|pyName('total')\|pyCompare('>', 10)` |
//! | `status == 'open' and not done` | `context\|pyName('status') == 'open' && !(context\|pyName('done')\|pyTruth)` |
//! | `any(x > 1 for x in items)` | `context\|pyName('items')\|pyAny(x => x\|pyCompare('>', 1))` |
//!
//! `docs/decisions/differences-from-python.md` lists what differs from Python all the same, and `make reference`
//! compares random expressions with it.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a part of an expression is looked at for what it is one of, and a new one is like most"
)]

mod call;
mod jinja;
mod lexer;
mod method;
mod read;
mod syntax;
mod translate;

use std::ops::Range;

use crate::error::SyntaxError;
use crate::expression::Expression;
use crate::parse::parse;
use crate::tree::Node;

/// Reads a Python expression of which only the truth is of interest. Its names are the members of `names`.
///
/// ```
/// use pawl_expression::{Expression, python};
/// use serde_json::json;
///
/// let names = Expression::parse("context").unwrap();
/// let condition = python::condition("score > 0.5 and status in ('open', 'new')", &names).unwrap();
/// let scope = json!({ "context": { "score": 0.75, "status": "new" } });
/// assert_eq!(condition.evaluate(&scope).unwrap(), json!(true));
/// ```
pub fn condition(text: &str, names: &Expression) -> Result<Expression, SyntaxError> {
    let tree = read::read(text)?;
    finish(translate::Translator::new(&names.node).truth(&tree)?, text)
}

/// Reads a condition on what a state gave: a text there is the Python literal that it can be read as, and `keys` is the
/// view of all names, whatever is called so.
///
/// ```
/// use pawl_expression::{Expression, python};
/// use serde_json::json;
///
/// let result = Expression::parse("result").unwrap();
/// let condition = python::choice("score > 3 and 'score' in keys", &result).unwrap();
/// assert_eq!(condition.evaluate(&json!({ "result": { "score": "5", "keys": 1 } })).unwrap(), json!(true));
/// ```
pub fn choice(text: &str, names: &Expression) -> Result<Expression, SyntaxError> {
    let tree = read::read(text)?;
    finish(
        translate::Translator::reading(&names.node).truth(&tree)?,
        text,
    )
}

/// Reads a Python expression. Its names are the members of `names`, and its value is what JSON can hold of Python's.
///
/// ```
/// use pawl_expression::{Expression, python};
/// use serde_json::json;
///
/// let names = Expression::parse("context").unwrap();
/// let value = python::value("[name.upper() for name in names if name]", &names).unwrap();
/// assert_eq!(value.evaluate(&json!({ "context": { "names": ["a", "", "b"] } })).unwrap(), json!(["A", "B"]));
/// ```
pub fn value(text: &str, names: &Expression) -> Result<Expression, SyntaxError> {
    let tree = read::read(text)?;
    let translator = translate::Translator::new(&names.node);
    let node = translate::Translator::json(translator.value(&tree)?);
    finish(node, text)
}

/// Reads a Jinja template: texts with `{{ value }}`, `{% if %}` and `{% for %}`, whose expressions are Python's.
///
/// ```
/// use pawl_expression::{Expression, python};
/// use serde_json::json;
///
/// let names = Expression::parse("context").unwrap();
/// let text = python::template("{% for item in items %}{{ item.name|upper }} {% endfor %}", &names).unwrap();
/// assert_eq!(text.evaluate(&json!({ "context": { "items": [{ "name": "a" }, { "name": "b" }] } })).unwrap(), json!("A B "));
/// ```
pub fn template(text: &str, names: &Expression) -> Result<Expression, SyntaxError> {
    let tree = jinja::read(text)?;
    let translator = translate::Translator::lenient(&names.node);
    finish(translator.value(&tree)?, text)
}

/// The value that a text is as a Python literal, if it is one.
pub(crate) fn literal(text: &str) -> Option<serde_json::Value> {
    constant(&read::read(text).ok()?)
}

fn constant(tree: &syntax::Tree) -> Option<serde_json::Value> {
    use syntax::Kind;
    match &tree.kind {
        Kind::Literal(value) => Some(value.clone()),
        Kind::List(elements) | Kind::Tuple(elements) | Kind::Set(elements) => {
            elements.iter().map(constant).collect()
        }
        Kind::Dict(members) => {
            let members = members.iter().map(|(key, value)| {
                let key = constant(key)?;
                let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                Some((key, constant(value)?))
            });
            members
                .collect::<Option<serde_json::Map<_, _>>>()
                .map(serde_json::Value::Object)
        }
        Kind::Sign('-', operand) => match constant(operand)? {
            serde_json::Value::Number(number) => translate::negative(&number),
            _ => None,
        },
        _ => None,
    }
}

/// The expression, if it can be read back from how it is printed.
fn finish(node: Node, text: &str) -> Result<Expression, SyntaxError> {
    let whole: Range<usize> = 0..text.len();
    parse(&node.to_string()).map_err(|error| {
        SyntaxError::new(error.message, whole).help("split the expression over several states")
    })?;
    Ok(Expression { node })
}
