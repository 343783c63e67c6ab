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

/// The expression, if it can be read back from how it is printed.
fn finish(node: Node, text: &str) -> Result<Expression, SyntaxError> {
    let whole: Range<usize> = 0..text.len();
    parse(&node.to_string()).map_err(|error| {
        SyntaxError::new(error.message, whole).help("split the expression over several states")
    })?;
    Ok(Expression { node })
}
