//! The shortcut for plain paths such as `$states.input.values.seconds`, which most expressions are.
//!
//! It gives what the engine gives, without copying the rest of the state's data into the engine. Where a list or a
//! missing member makes the engine's rules matter, it leaves the expression to the engine.

use serde_json::Value;

use super::{Answer, convert};
use crate::query::Scope;

/// The value at a plain path; `None` where the expression is anything else.
pub(super) fn follow(source: &str, scope: &Scope) -> Option<Answer> {
    let mut names = source.strip_prefix('$')?.split('.');
    let root = names.next().filter(|name| is_name(name))?;
    let names: Vec<&str> = names
        .map(|name| is_name(name).then_some(name))
        .collect::<Option<_>>()?;
    if root != "states" {
        return at(scope.variable(root)?, &names);
    }
    let (member, names) = names.split_first()?;
    match *member {
        "input" => at(scope.input, names),
        "result" => at(scope.result?, names),
        "errorOutput" => at(scope.error_output?, names),
        "context" => at(&scope.context.value(), names),
        _ => None,
    }
}

fn at(value: &Value, names: &[&str]) -> Option<Answer> {
    let found = names
        .iter()
        .try_fold(value, |value, name| value.as_object()?.get(*name))?;
    Some(Answer::Value(convert::rounded(found)))
}

/// Whether a part of a path is a name and no operator, keyword or number.
fn is_name(part: &str) -> bool {
    !matches!(
        part,
        "and" | "or" | "in" | "true" | "false" | "null" | "function"
    ) && part.starts_with(|character: char| character.is_ascii_alphabetic() || character == '_')
        && part
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '_')
}
