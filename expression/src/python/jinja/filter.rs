//! Filters: what stands behind `|`, as functions and methods of Python.

mod given;
mod lists;
mod texts;

use std::ops::Range;

use given::given;

use crate::error::SyntaxError;
use crate::python::read::read_at;
use crate::python::syntax::{Kind, Tree};

/// What comes of a filter.
type Read = Result<Tree, SyntaxError>;

/// Every filter with its arguments, in their order.
const FILTERS: [(&str, &[&str]); 38] = [
    ("abs", &[]),
    ("capitalize", &[]),
    ("count", &[]),
    ("d", &["default_value", "boolean"]),
    ("default", &["default_value", "boolean"]),
    ("dictsort", &[]),
    ("e", &[]),
    ("escape", &[]),
    ("first", &[]),
    ("float", &[]),
    ("indent", &["width", "first"]),
    ("int", &[]),
    ("items", &[]),
    ("join", &["d", "attribute"]),
    ("last", &[]),
    ("length", &[]),
    ("list", &[]),
    ("lower", &[]),
    ("map", &["attribute"]),
    ("max", &["attribute"]),
    ("min", &["attribute"]),
    ("reject", &["test", "value"]),
    ("rejectattr", &["attribute", "test", "value"]),
    ("replace", &["old", "new", "count"]),
    ("reverse", &[]),
    ("round", &["precision"]),
    ("safe", &[]),
    ("select", &["test", "value"]),
    ("selectattr", &["attribute", "test", "value"]),
    ("sort", &["reverse", "case_sensitive", "attribute"]),
    ("string", &[]),
    ("sum", &["attribute", "start"]),
    ("title", &[]),
    ("tojson", &[]),
    ("trim", &["chars"]),
    ("truncate", &["length", "killwords", "end", "leeway"]),
    ("unique", &["case_sensitive", "attribute"]),
    ("upper", &[]),
];

/// Filters that people look for, and what to write instead.
const INSTEAD: [(&str, &str); 8] = [
    (
        "batch",
        "go through places: `{% for row in rows %}{% if loop.index0 % 3 == 0 %}…{% endif %}{% endfor %}`",
    ),
    ("slice", "take a part of the list: `rows[0:3]`"),
    (
        "groupby",
        "group by a step before: a mapping of type `script`",
    ),
    ("format", "write an f-string: `{{ f'{price:.2f}' }}`"),
    ("xmlattr", "write the attributes out"),
    ("urlize", "write the link out"),
    (
        "random",
        "a template gives the same for the same: choose in a state before",
    ),
    (
        "striptags",
        "take what is needed out of the page in a state before",
    ),
];

/// A value behind a filter.
pub(in crate::python) fn filtered(
    value: Tree,
    name: &str,
    arguments: Vec<Tree>,
    named: Vec<(String, Tree)>,
    span: &Range<usize>,
) -> Read {
    if name == "map" && !arguments.is_empty() {
        return lists::mapped(value, arguments, span);
    }
    let row = FILTERS.iter().find(|(known, _)| *known == name);
    let Some((_, known)) = row else {
        return Err(unknown(name, span));
    };
    let mut given = given(name, known, arguments, named, span)?;
    let expand =
        |value: Tree, more: &[(&str, Tree)], python: &str| bound(value, more, python, span);
    match name {
        "length" | "count" => called("len", value, span),
        "string" => called("str", value, span),
        "int" | "float" | "abs" | "list" => called(name, value, span),
        "items" => expand(value, &[], "value.items()"),
        "reverse" => expand(value, &[], "value[::-1]"),
        "dictsort" => expand(
            value,
            &[],
            &format!(
                "sorted(value.items(), key=lambda pair: {})",
                folded("pair[0]")
            ),
        ),
        "round" => {
            let precision = given.or("precision", 0)?;
            expand(
                value,
                &[("precision", precision)],
                "round(value, precision)",
            )
        }
        "safe" | "e" | "escape" => Ok(value),
        "first" | "last" => {
            let index = if name == "first" { 0 } else { -1 };
            let index = Tree::new(Kind::Literal(index.into()), span.clone())?;
            Tree::new(Kind::Item(Box::new(value), Box::new(index)), span.clone())
        }
        "default" | "d" => {
            let default = given.or("default_value", "")?;
            if given.flag("boolean")? {
                return Tree::new(Kind::Or(vec![value, default]), span.clone());
            }
            let defined = Tree::new(Kind::Defined(Box::new(value.clone())), span.clone())?;
            Tree::new(
                Kind::Choice(Box::new(defined), Box::new(value), Box::new(default)),
                span.clone(),
            )
        }
        "tojson" => Tree::new(Kind::Json(Box::new(value)), span.clone()),
        "capitalize" | "indent" | "lower" | "replace" | "title" | "trim" | "truncate" | "upper" => {
            texts::filtered(value, name, given, span)
        }
        _ => lists::filtered(value, name, given, span),
    }
}

/// A text without regard to its capitals, anything else as it is.
pub(super) fn folded(value: &str) -> String {
    format!("{value}.lower() if isinstance({value}, str) else {value}")
}

/// A call of a function with a value.
pub(super) fn called(name: &str, value: Tree, span: &Range<usize>) -> Read {
    let function = Tree::new(Kind::Name(name.to_owned()), span.clone())?;
    Tree::new(
        Kind::Call(Box::new(function), vec![value], Vec::new()),
        span.clone(),
    )
}

/// A text of Python in which `value` and other names stand for trees.
pub(super) fn bound(value: Tree, more: &[(&str, Tree)], python: &str, span: &Range<usize>) -> Read {
    let mut tree = read_at(python, 0)?;
    tree.span = span.clone();
    let names = more.iter().rev().map(|(name, tree)| (*name, tree.clone()));
    // What is bound here must not hide a name that an argument means, so that all of them are bound at once.
    let (names, values): (Vec<String>, Vec<Tree>) = names
        .chain([("value", value)])
        .map(|(name, tree)| (name.to_owned(), tree))
        .unzip();
    Tree::new(Kind::Let(names, values, Box::new(tree)), span.clone())
}

fn unknown(name: &str, span: &Range<usize>) -> SyntaxError {
    let message = format!("the filter `{name}` is not part of the Jinja that is read here");
    let instead = INSTEAD.iter().find(|(known, _)| *known == name);
    let all = || {
        let all: Vec<&str> = FILTERS.iter().map(|(known, _)| *known).collect();
        format!("there are {}", all.join(", "))
    };
    let help = instead.map_or_else(all, |(_, help)| (*help).to_owned());
    SyntaxError::new(message, span.clone()).help(help)
}
