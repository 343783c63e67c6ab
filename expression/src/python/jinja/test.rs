//! Tests: what stands behind `is`, and in `select` and `reject`.

use std::ops::Range;

use serde_json::Value;

use super::super::syntax::{Kind, Tree};
use super::filter::{bound, called};
use crate::error::SyntaxError;

/// Every test, and how many arguments it has.
const TESTS: [(&str, usize); 29] = [
    ("defined", 0),
    ("undefined", 0),
    ("none", 0),
    ("true", 0),
    ("false", 0),
    ("boolean", 0),
    ("integer", 0),
    ("float", 0),
    ("number", 0),
    ("string", 0),
    ("mapping", 0),
    ("sequence", 0),
    ("iterable", 0),
    ("even", 0),
    ("odd", 0),
    ("divisibleby", 1),
    ("eq", 1),
    ("equalto", 1),
    ("sameas", 1),
    ("ne", 1),
    ("gt", 1),
    ("greaterthan", 1),
    ("ge", 1),
    ("lt", 1),
    ("lessthan", 1),
    ("le", 1),
    ("in", 1),
    ("lower", 0),
    ("upper", 0),
];

/// Tests that `select` may name by a symbol.
const SYMBOLS: [(&str, &str); 6] = [
    ("==", "eq"),
    ("!=", "ne"),
    (">", "gt"),
    (">=", "ge"),
    ("<", "lt"),
    ("<=", "le"),
];

/// Whether a value passes a test.
pub(in crate::python) fn tested(
    value: Tree,
    name: &str,
    arguments: Vec<Tree>,
    span: &Range<usize>,
) -> Result<Tree, SyntaxError> {
    let symbols = SYMBOLS.iter().find(|(symbol, _)| *symbol == name);
    let name = symbols.map_or(name, |(_, word)| *word);
    let Some((_, count)) = TESTS.iter().find(|(known, _)| *known == name) else {
        let message = format!("the test `{name}` is not part of the Jinja that is read here");
        let all: Vec<&str> = TESTS.iter().map(|(known, _)| *known).collect();
        return Err(
            SyntaxError::new(message, span.clone()).help(format!("there are {}", all.join(", ")))
        );
    };
    if arguments.len() != *count {
        let message = format!(
            "the test `{name}` takes {count} argument{}, not {}",
            if *count == 1 { "" } else { "s" },
            arguments.len()
        );
        return Err(SyntaxError::new(message, span.clone()));
    }
    let tree = |kind| Tree::new(kind, span.clone());
    let defined = |value| tree(Kind::Defined(Box::new(value)));
    let isinstance =
        |value, types: &str| bound(value, &[], &format!("isinstance(value, {types})"), span);
    let compared =
        |value, operator, other| tree(Kind::Compare(Box::new(value), vec![(operator, other)]));
    let constant = |value: Value| tree(Kind::Literal(value));
    let mut arguments = arguments.into_iter();
    match (name, arguments.next()) {
        ("defined", _) => defined(value),
        ("undefined", _) => tree(Kind::Not(Box::new(defined(value)?))),
        // What is not there is not None.
        ("none", _) => {
            let is_none = compared(value.clone(), "is", constant(Value::Null)?)?;
            tree(Kind::And(vec![defined(value)?, is_none]))
        }
        ("true" | "false", _) => {
            let wanted = constant(Value::Bool(name == "true"))?;
            compared(value, "is", wanted)
        }
        ("boolean", _) => isinstance(value, "bool"),
        ("integer", _) => bound(
            value,
            &[],
            "isinstance(value, int) and not isinstance(value, bool)",
            span,
        ),
        ("float", _) => isinstance(value, "float"),
        ("number", _) => isinstance(value, "(int, float)"),
        ("string", _) => {
            let is_text = isinstance(value.clone(), "str")?;
            tree(Kind::And(vec![defined(value)?, is_text]))
        }
        ("mapping", _) => isinstance(value, "dict"),
        ("sequence" | "iterable", _) => isinstance(value, "(list, tuple, str, dict)"),
        ("even", _) => bound(value, &[], "value % 2 == 0", span),
        ("odd", _) => bound(value, &[], "value % 2 == 1", span),
        ("lower" | "upper", _) => {
            let text = called("str", value, span)?;
            bound(text, &[], &format!("value == value.{name}()"), span)
        }
        ("divisibleby", Some(other)) => {
            bound(value, &[("other", other)], "value % other == 0", span)
        }
        (_, Some(other)) => {
            let operator = match name {
                "ne" => "!=",
                "gt" | "greaterthan" => ">",
                "ge" => ">=",
                "lt" | "lessthan" => "<",
                "le" => "<=",
                "in" => "in",
                _ => "==",
            };
            compared(value, operator, other)
        }
        (_, None) => defined(value),
    }
}
