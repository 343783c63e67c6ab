//! Goes through a list, one item after the other.
//!
//! ```json
//! { "items": "{{steps.find_customers.output.page}}", "itemVariable": "customer", "maxIterations": 500 }
//! ```
//! goes to `next` with each item, and to `done` after the last one. The list is evaluated once, when the loop starts.

use pawl_contract::{LoopMode, Node, code};
use pawl_store::{Cursor, Given, List};
use serde_json::{Value, json};

use crate::pure::{Effect, Evaluated, Place};
use crate::scope::{Scope, previous, state};
use crate::{Error, template};

pub(crate) async fn evaluate(
    node: &Node,
    scope: &Scope,
    place: Place<'_>,
) -> Result<Evaluated, Error> {
    match node.mode.unwrap_or(LoopMode::Start) {
        LoopMode::Start => start(node, scope, place).await,
        LoopMode::Advance => advance(node, scope, place).await,
        LoopMode::Collect => collect(node, scope, place).await,
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
    if is_map(node) {
        return side_by_side(items, list, count, place);
    }
    let mut evaluated = at(0, count, items.first().cloned(), place);
    evaluated.effects.push(Effect::List(items, list));
    Ok(evaluated)
}

/// The most items whose iterations a machine can begin at once: their indexes are in one payload.
const MOST_AT_ONCE: u64 = 10_000;

/// Whether the iterations run each for itself.
fn is_map(node: &Node) -> bool {
    let asked = node.config.get("concurrency");
    asked.is_some_and(Value::is_u64)
}

/// Lets the machine begin every iteration; each takes its own item from the list.
fn side_by_side(
    items: Vec<Value>,
    list: List,
    count: u64,
    place: Place<'_>,
) -> Result<Evaluated, Error> {
    if count > MOST_AT_ONCE {
        let message = format!(
            "the list has {count} items, and at most {MOST_AT_ONCE} can be gone through side by side; without `concurrency` there is no limit"
        );
        return Err(Error::step(code::VALIDATION_ERROR, message));
    }
    let cursor = Cursor {
        at: place.at.clone(),
        index: 0,
        count,
        item: Value::Null,
        done: false,
    };
    Ok(Evaluated {
        port: "next",
        output: json!({ "state": state(&cursor) }),
        effects: vec![
            Effect::List(items, list),
            Effect::Cursor(cursor),
            Effect::Number(count.into()),
        ],
    })
}

/// Gathers what the iterations gave, in the order of the items.
async fn collect(node: &Node, scope: &Scope, place: Place<'_>) -> Result<Evaluated, Error> {
    let (Some(cursor), Some(map)) = (scope.cursor(&node.step), previous(place.at)) else {
        return Err(Error::step(
            code::VALIDATION_ERROR,
            "the loop ends before it has started",
        ));
    };
    let cursor = Cursor {
        at: place.at.clone(),
        index: cursor.count,
        count: cursor.count,
        item: Value::Null,
        done: true,
    };
    let count = usize::try_from(cursor.count).unwrap_or(usize::MAX);
    let mut results = vec![Value::Null; count];
    let mut errors = Vec::new();
    for (index, given) in place.store.given(place.org, place.run, &map).await? {
        match given {
            Given::Output(output) => {
                let result = usize::try_from(index).ok();
                if let Some(result) = result.and_then(|index| results.get_mut(index)) {
                    *result = output;
                }
            }
            Given::Error(mut error) => {
                if let Some(error) = error.as_object_mut() {
                    error.insert("index".to_owned(), index.into());
                }
                errors.push(error);
            }
        }
    }
    Ok(Evaluated {
        port: "done",
        output: json!({ "state": state(&cursor), "results": results, "errors": errors }),
        effects: vec![Effect::Cursor(cursor)],
    })
}

/// Takes the next item.
async fn advance(node: &Node, scope: &Scope, place: Place<'_>) -> Result<Evaluated, Error> {
    let (Some(cursor), Some(list)) = (
        scope.cursor(&node.step),
        place.items.list(place.scopes.own(), &node.step)?,
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
