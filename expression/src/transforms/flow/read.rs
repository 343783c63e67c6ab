//! What prompts, arguments and loops read of a flow.

use serde_json::{Map, Value};

use super::super::{Applied, Call};
use super::{list, listed, printed};
use crate::evaluate::{Data, made};
use crate::path::Path;

/// What stands for `{{path}}` in a text: what the context has there, or the braces themselves.
pub(super) fn flow_text<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let flow = call.evaluator.whole(value, &call.node.span)?;
    let path = call.text_argument(0)?.unwrap_or_default();
    let text = found(&flow, path).as_ref().map(printed);
    let text = text.unwrap_or_else(|| verbatim(path));
    call.evaluator.meter.make(text.len(), &call.node.span)?;
    Ok(made(text))
}

/// The same for a text that is nothing else: the value keeps its kind. Something else may stand in for what is not there.
pub(super) fn flow_value<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let flow = call.evaluator.whole(value, &call.node.span)?;
    let path = call.text_argument(0)?.unwrap_or_default();
    let other = || {
        let given = call.arguments.get(1);
        given.map_or_else(|| verbatim(path).into(), |value| (**value).clone())
    };
    Ok(made(found(&flow, path).unwrap_or_else(other)))
}

fn verbatim(path: &str) -> String {
    format!("{{{{{path}}}}}")
}

fn found(flow: &Value, path: &str) -> Option<Value> {
    let path = path.trim();
    let context = flow.get("context")?;
    // Braces around nothing name nothing.
    let parsed = Path::parse(path).ok().filter(|path| !path.is_empty())?;
    if let Some(found) = parsed.find(context) {
        return Some(found.into_owned());
    }
    (path == "task")
        .then(|| flow.get("task").cloned())
        .flatten()
}

/// What a state goes through: the last result (`.`), a key of it or of the context, or a place in it (`/a/b`). Beside it stand the
/// state, and how long the list may be.
pub(super) fn flow_items<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let flow = call.evaluator.whole(value, &call.node.span)?;
    let key = call.text_argument(0)?.unwrap_or_default();
    let state = call.text_argument(1)?.unwrap_or_default();
    let result = flow.get("result").unwrap_or(&Value::Null);
    let context = flow.get("context").unwrap_or(&Value::Null);
    // A list that a state gave is what it goes through, whatever it calls that.
    let found = if key == "." || (result.is_array() && !key.starts_with('/')) {
        Some(result)
    } else if key.starts_with('/') {
        result.pointer(key).or_else(|| context.pointer(key))
    } else {
        result.get(key).or_else(|| context.get(key))
    };
    let Some(found) = found else {
        let message = format!(
            "state `{state}` has nothing to go through: neither what it gave nor the context has `{key}`, its `iter_key`"
        );
        return Err(call.fail(message));
    };
    let items = listed(found.clone());
    let most = call.argument(2).and_then(Value::as_u64);
    if let Some(most) = most.filter(|most| items.len() as u64 > *most) {
        let message = format!(
            "`{key}` of state `{state}` has {} items, and `max_iteration_key_output_limit` allows {most}",
            items.len()
        );
        return Err(call.fail(message));
    }
    Ok(made(items))
}

/// The messages so far, a paragraph for each.
pub(super) fn flow_history<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let flow = call.evaluator.whole(value, &call.node.span)?;
    let paragraph = |message: &Value| {
        let part = |name: &str| {
            message
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        format!("{}: {}", part("from"), part("text"))
    };
    let paragraphs: Vec<String> = list(&flow, "messages").iter().map(paragraph).collect();
    let gap = call.text_argument(0)?.filter(|_| !paragraphs.is_empty());
    Ok(made(
        gap.unwrap_or_default().to_owned() + &paragraphs.join("\n\n"),
    ))
}

/// Names for an expression: a value under a name, its own members, and more.
pub(super) fn flow_names<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    let name = call.text_argument(0)?.unwrap_or_default();
    let mut names = Map::new();
    names.insert(name.to_owned(), (*value).clone());
    names.extend(value.as_object().cloned().into_iter().flatten());
    if let Some(more) = call.argument(1) {
        names.extend(more.as_object().cloned().into_iter().flatten());
    }
    Ok(made(names))
}
