//! What states of a CodeMie workflow hand on: a context of names, the messages so far, the task and the last result.
//!
//! `flow|flowAfter(output, 'summarize')` is the flow behind a state that gave an output; the others begin, part and join
//! it, and read it. Like Python's operators, they stand in no list: authors of native workflows have variables.

mod after;
mod join;
mod limit;
mod read;
mod shape;
mod start;

use serde_json::{Map, Value};

use super::Transform;
use super::python::higher;
pub(crate) use limit::limit;

pub(super) static TRANSFORMS: [Transform; 18] = [
    Transform::unlisted("flowStart", 0..=0, start::flow_start),
    Transform::unlisted("flowEach", 1..=2, start::flow_each),
    Transform::unlisted("flowBranch", 0..=0, start::flow_branch),
    Transform::unlisted("flowAfter", 2..=3, after::flow_after),
    Transform::unlisted("flowEdited", 1..=1, after::flow_edited),
    Transform::unlisted("flowEnd", 0..=0, after::flow_end),
    Transform::unlisted("flowJoin", 1..=1, join::flow_join),
    Transform::unlisted("flowText", 1..=1, read::flow_text),
    Transform::unlisted("flowValue", 1..=2, read::flow_value),
    Transform::unlisted("flowItems", 1..=3, read::flow_items),
    Transform::unlisted("flowHistory", 0..=1, read::flow_history),
    Transform::unlisted("flowMessages", 0..=0, read::flow_messages),
    Transform::unlisted("flowGave", 0..=1, read::flow_gave),
    Transform::unlisted("flowNames", 1..=2, read::flow_names),
    Transform::unlisted("flowInput", 1..=1, shape::flow_input),
    Transform::unlisted("flowAt", 1..=1, shape::flow_at),
    higher("flowPick", 2..=3, shape::flow_pick),
    higher("flowHolds", 1..=1, shape::flow_holds),
];

/// Whose messages are the user's.
const USER: &str = "user";

/// The name under which what every state gave is kept, which no state has.
const EVERY: &str = "";

/// A member that is an object; an empty one where it is none.
fn object<'v>(flow: &'v Value, name: &str) -> std::borrow::Cow<'v, Map<String, Value>> {
    match flow.get(name).and_then(Value::as_object) {
        Some(members) => std::borrow::Cow::Borrowed(members),
        None => std::borrow::Cow::Owned(Map::new()),
    }
}

/// A member that is a list; an empty one where it is none.
fn list<'v>(flow: &'v Value, name: &str) -> &'v [Value] {
    flow.get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// What a model's or a tool's output stands for: JSON, a Python literal, JSON in a fence, or the text itself.
fn parsed(output: &Value) -> Value {
    let Some(text) = output.as_str() else {
        return output.clone();
    };
    let trimmed = text.trim();
    json(trimmed)
        .or_else(|| crate::python::literal(trimmed))
        .or_else(|| json(fenced(trimmed)?.trim()))
        .unwrap_or_else(|| Value::from(text))
}

/// What a text is as JSON, if it is that. A whole number that no number here can hold stays the text that it is.
fn json(text: &str) -> Option<Value> {
    let mut exact = String::new();
    let (mut is_quoted, mut is_escaped) = (false, false);
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let of_number = |character: char| character.is_ascii_digit() || "+-.eE".contains(character);
        let end = if is_quoted || !(character == '-' || character.is_ascii_digit()) {
            character.len_utf8()
        } else {
            rest.find(|character| !of_number(character))
                .unwrap_or(rest.len())
        };
        let (token, after) = rest.split_at(end);
        let is_whole = token.len() > 1 && !token.contains(['.', 'e', 'E']);
        if is_whole && token.parse::<i64>().is_err() && token.parse::<u64>().is_err() {
            exact.extend(["\"", token, "\""]);
        } else {
            exact.push_str(token);
        }
        is_quoted ^= character == '"' && !is_escaped;
        is_escaped = is_quoted && character == '\\' && !is_escaped;
        rest = after;
    }
    serde_json::from_str(&exact).ok()
}

/// What stands in the first fence of a text.
fn fenced(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("```")?;
    let (inside, _) = after.split_once("```")?;
    let begins = inside.find(['{', '['])?;
    inside.get(begins..)
}

/// The names that a value brings into a context: those of a dict, or of every dict of a list, where the last wins.
fn names_of(value: &Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members.clone(),
        Value::Array(elements) if elements.iter().all(Value::is_object) => {
            let members = elements.iter().filter_map(Value::as_object);
            members.flat_map(Clone::clone).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

/// A value as it stands in a text.
fn printed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// The elements of a list; anything else is the only one.
fn listed(value: Value) -> Vec<Value> {
    match value {
        Value::Array(elements) => elements,
        single @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Object(_)) => vec![single],
    }
}
