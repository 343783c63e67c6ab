//! Filters of lists.

use std::ops::Range;

use serde_json::Value;

use super::given::{Given, missing};
use super::{Read, bound, called, filtered as behind, folded};
use crate::error::SyntaxError;
use crate::python::jinja::tested;
use crate::python::syntax::{Clause, Kind, Shape, Tree};

/// A list behind a filter.
pub(super) fn filtered(value: Tree, name: &str, mut given: Given, span: &Range<usize>) -> Read {
    let expand =
        |value: Tree, more: &[(&str, Tree)], python: &str| bound(value, more, python, span);
    match name {
        "sum" => {
            let start = given.or("start", 0)?;
            let value = attributes(value, given.word("attribute")?, span)?;
            expand(value, &[("start", start)], "sum(value, start)")
        }
        "min" | "max" => match given.word("attribute")? {
            None => called(name, value, span),
            Some(path) => expand(
                value,
                &[],
                &format!("{name}(value, key=lambda one: {})", member("one", &path)),
            ),
        },
        "sort" => {
            let reverse = given.flag("reverse")?;
            let exact = given.flag("case_sensitive")?;
            let path = given.word("attribute")?;
            let key = path.map_or_else(|| "one".to_owned(), |path| member("one", &path));
            let key = if exact { key } else { folded(&key) };
            let reverse = if reverse { ", reverse=True" } else { "" };
            expand(
                value,
                &[],
                &format!("sorted(value, key=lambda one: {key}{reverse})"),
            )
        }
        "unique" => {
            let exact = given.flag("case_sensitive")?;
            let path = given.word("attribute")?;
            let key = |name: &str| {
                let key = path
                    .as_ref()
                    .map_or_else(|| name.to_owned(), |path| member(name, path));
                if exact { key } else { folded(&key) }
            };
            let python = format!(
                "[one for at, one in enumerate(value) if ({}) not in [{} for other in value[:at]]]",
                key("one"),
                key("other")
            );
            expand(value, &[], &python)
        }
        "join" => {
            let separator = given.or("d", "")?;
            let value = attributes(value, given.word("attribute")?, span)?;
            expand(
                value,
                &[("separator", separator)],
                "separator.join(map(str, value))",
            )
        }
        "map" => {
            let path = given.word("attribute")?;
            attributes(value, path, span)
        }
        "select" | "reject" => {
            let test = given.word("test")?;
            chosen(
                value,
                name == "select",
                None,
                test,
                given.take("value"),
                span,
            )
        }
        _ => {
            let path = given.word("attribute")?;
            let Some(path) = path else {
                return Err(missing(name, "attribute", span));
            };
            let test = given.word("test")?;
            chosen(
                value,
                name == "selectattr",
                Some(&path),
                test,
                given.take("value"),
                span,
            )
        }
    }
}

/// `map('upper')`: each element behind a filter.
pub(super) fn mapped(value: Tree, arguments: Vec<Tree>, span: &Range<usize>) -> Read {
    let mut arguments = arguments.into_iter();
    let first = arguments.next().map(|tree| tree.kind);
    let Some(Kind::Literal(Value::String(name))) = first else {
        let message = "`map` names a filter by a text that is written out, or an `attribute`";
        return Err(SyntaxError::new(message, span.clone()));
    };
    let one = Tree::new(Kind::Name(ELEMENT.to_owned()), span.clone())?;
    let body = behind(one, &name, arguments.collect(), Vec::new(), span)?;
    each(value, body, Vec::new(), span)
}

/// The elements that pass a test, or that do not.
fn chosen(
    value: Tree,
    keeps: bool,
    path: Option<&str>,
    test: Option<String>,
    argument: Option<Tree>,
    span: &Range<usize>,
) -> Read {
    let one = Tree::new(Kind::Name(ELEMENT.to_owned()), span.clone())?;
    let asked = match path {
        Some(path) => along(one.clone(), path, span)?,
        None => one.clone(),
    };
    let passes = match test {
        Some(test) => tested(asked, &test, argument.into_iter().collect(), span)?,
        None => asked,
    };
    let condition = if keeps {
        passes
    } else {
        Tree::new(Kind::Not(Box::new(passes)), span.clone())?
    };
    each(value, one, vec![condition], span)
}

/// What an element is called where a filter goes through a list; nobody can write it.
const ELEMENT: &str = "<element>";

fn each(list: Tree, body: Tree, conditions: Vec<Tree>, span: &Range<usize>) -> Read {
    let clause = Clause {
        names: vec![ELEMENT.to_owned()],
        list,
        conditions,
    };
    Tree::new(
        Kind::Comprehension(Shape::List, vec![body], vec![clause]),
        span.clone(),
    )
}

/// A member of each element, where one is asked for.
fn attributes(value: Tree, path: Option<String>, span: &Range<usize>) -> Read {
    let Some(path) = path else { return Ok(value) };
    let one = Tree::new(Kind::Name(ELEMENT.to_owned()), span.clone())?;
    each(value, along(one, &path, span)?, Vec::new(), span)
}

/// A value's member at a path of names with points between them.
fn along(value: Tree, path: &str, span: &Range<usize>) -> Read {
    path.split('.').try_fold(value, |value, name| {
        let kind = match name.parse::<u64>() {
            Ok(index) => {
                let index = Tree::new(Kind::Literal(index.into()), span.clone())?;
                Kind::Item(Box::new(value), Box::new(index))
            }
            Err(_) => Kind::Member(Box::new(value), name.to_owned()),
        };
        Tree::new(kind, span.clone())
    })
}

/// The same as a text of Python.
fn member(name: &str, path: &str) -> String {
    let parts = path.split('.').map(|part| match part.parse::<u64>() {
        Ok(index) => format!("[{index}]"),
        Err(_) => format!(".{part}"),
    });
    parts.fold(name.to_owned(), |all, part| all + &part)
}
