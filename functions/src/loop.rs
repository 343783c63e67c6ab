//! Goes through a list, one item after the other.
//!
//! ```json
//! { "items": "{{steps.find_customers.output.page}}", "itemVariable": "customer", "maxIterations": 500 }
//! ```
//! goes to `next` with each item, and to `done` after the last one. The list is evaluated once, when the loop starts.

use pawl_contract::{LoopMode, Node, code};
use pawl_store::Cursor;
use pawl_store::key::ROOT;
use serde_json::{Value, json};

use crate::pure::{Effect, Evaluated, Place};
use crate::scope::{Scope, state};
use crate::{Error, template};

pub(crate) async fn evaluate(
    node: &Node,
    scope: &Scope,
    place: Place<'_>,
) -> Result<Evaluated, Error> {
    match node.mode.unwrap_or(LoopMode::Start) {
        LoopMode::Start => start(node, scope, place).await,
        LoopMode::Advance => advance(node, scope, place).await,
    }
}

/// A literal list is left out: it can be long, and the items stand in the records.
pub(crate) fn input(node: &Node) -> Value {
    let mut input = node.config.clone();
    if let Some(config) = input.as_object_mut()
        && config.get("items").is_some_and(Value::is_array)
    {
        config.remove("items");
    }
    input
}

/// Evaluates the list and takes its first item.
async fn start(node: &Node, scope: &Scope, place: Place<'_>) -> Result<Evaluated, Error> {
    let items = template::render(
        node.config.get("items").unwrap_or(&Value::Null),
        &scope.at(node),
    )?;
    let Value::Array(items) = items else {
        let message = format!("`items` is {}, not a list", describe(&items));
        return Err(Error::step(code::VALIDATION_ERROR, message));
    };
    let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
    if let Some(most) = node
        .config
        .get("maxIterations")
        .and_then(Value::as_u64)
        .filter(|most| count > *most)
    {
        let message = format!("the list has {count} items, and `maxIterations` allows {most}");
        return Err(Error::step(code::VALIDATION_ERROR, message));
    }
    let list = place.store.keep_list(place.org, &items).await?;
    let mut evaluated = at(0, count, items.first().cloned(), place);
    evaluated.effects.push(Effect::List(items, list));
    Ok(evaluated)
}

/// Takes the next item.
async fn advance(node: &Node, scope: &Scope, place: Place<'_>) -> Result<Evaluated, Error> {
    let (Some(cursor), Some(list)) = (
        scope.cursor(&node.step),
        place.items.list(ROOT, &node.step)?,
    ) else {
        return Err(Error::step(
            code::VALIDATION_ERROR,
            "the loop goes on before it has started",
        ));
    };
    let index = cursor.index + 1;
    let item = if index < cursor.count {
        place.store.nth(&list, index).await?
    } else {
        None
    };
    Ok(at(index, cursor.count, item, place))
}

/// The loop with its cursor at an item, or done where there is none.
fn at(index: u64, count: u64, item: Option<Value>, place: Place<'_>) -> Evaluated {
    let done = item.is_none();
    let index = if done { count } else { index };
    let cursor = Cursor {
        at: place.at.clone(),
        index,
        count,
        item: item.unwrap_or_default(),
        done,
    };
    let output = json!({ "state": state(&cursor), "item": cursor.item });
    let port = if done { "done" } else { "next" };
    Evaluated {
        port,
        output,
        effects: vec![Effect::Cursor(cursor)],
    }
}

/// What a value is, for a person.
fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
