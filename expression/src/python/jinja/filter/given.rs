//! The arguments of filters, by their names.

use std::ops::Range;

use serde_json::Value;

use super::Read;
use crate::error::SyntaxError;
use crate::python::syntax::{Kind, Tree};

/// The arguments of a filter by their names.
pub(super) struct Given {
    span: Range<usize>,
    values: Vec<(&'static str, Tree)>,
}

impl Given {
    pub(super) fn take(&mut self, name: &str) -> Option<Tree> {
        let at = self.values.iter().position(|(known, _)| *known == name)?;
        Some(self.values.remove(at).1)
    }

    /// An argument, or what stands for it where it is left out.
    pub(super) fn or(&mut self, name: &str, usual: impl Into<Value>) -> Read {
        match self.take(name) {
            Some(tree) => Ok(tree),
            None => Tree::new(Kind::Literal(usual.into()), self.span.clone()),
        }
    }

    /// A flag, which is written out.
    pub(super) fn flag(&mut self, name: &str) -> Result<bool, SyntaxError> {
        let Some(tree) = self.take(name) else {
            return Ok(false);
        };
        match tree.kind {
            Kind::Literal(Value::Bool(flag)) => Ok(flag),
            _ => Err(SyntaxError::new(
                format!("`{name}` is `true` or `false` here"),
                tree.span,
            )),
        }
    }

    /// A text, which is written out.
    pub(super) fn word(&mut self, name: &str) -> Result<Option<String>, SyntaxError> {
        let Some(tree) = self.take(name) else {
            return Ok(None);
        };
        match tree.kind {
            Kind::Literal(Value::String(word)) => Ok(Some(word)),
            _ => Err(SyntaxError::new(
                format!("`{name}` is a text that is written out here"),
                tree.span,
            )),
        }
    }
}

/// Gives arguments the names that a filter knows them by.
pub(super) fn given(
    name: &str,
    known: &'static [&'static str],
    arguments: Vec<Tree>,
    named: Vec<(String, Tree)>,
    span: &Range<usize>,
) -> Result<Given, SyntaxError> {
    if arguments.len() > known.len() {
        return Err(wrong(name, known, span));
    }
    let mut values: Vec<(&'static str, Tree)> = known.iter().copied().zip(arguments).collect();
    for (argument, value) in named {
        let Some(field) = known.iter().find(|field| **field == argument) else {
            return Err(wrong(name, known, &value.span));
        };
        if values.iter().any(|(given, _)| given == field) {
            let message = format!("the filter `{name}` is given `{argument}` twice");
            return Err(SyntaxError::new(message, value.span));
        }
        values.push((field, value));
    }
    Ok(Given {
        span: span.clone(),
        values,
    })
}

pub(super) fn needed(given: &mut Given, filter: &str, name: &str) -> Read {
    let span = given.span.clone();
    given.take(name).ok_or_else(|| missing(filter, name, &span))
}

pub(super) fn missing(filter: &str, name: &str, span: &Range<usize>) -> SyntaxError {
    SyntaxError::new(
        format!("the filter `{filter}` needs its argument `{name}`"),
        span.clone(),
    )
}

fn wrong(name: &str, names: &[&str], span: &Range<usize>) -> SyntaxError {
    let help = if names.is_empty() {
        "it has none here".to_owned()
    } else {
        format!("here it has {}", names.join(", "))
    };
    let message = format!("the filter `{name}` has no such argument");
    SyntaxError::new(message, span.clone()).help(help)
}
