//! What prompts, arguments and loops read of a flow.

use serde_json::{Map, Value, json};

use super::super::{Applied, Call};
use super::{EVERY, USER, list, listed, object, printed};
use crate::evaluate::{Data, made};
use crate::limits::size;
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

/// What a tool answered, in whose texts `{{path}}` is what the context has there.
pub(super) fn resolved(flow: &Value, answer: &Value) -> Value {
    match answer {
        Value::String(text) => replaced(flow, text).into(),
        Value::Array(elements) => elements.iter().map(|one| resolved(flow, one)).collect(),
        Value::Object(members) => {
            let one = |(name, one): (&String, &Value)| (name.clone(), resolved(flow, one));
            Value::Object(members.iter().map(one).collect())
        }
        same @ (Value::Null | Value::Bool(_) | Value::Number(_)) => same.clone(),
    }
}

fn replaced(flow: &Value, text: &str) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        whole.push_str(before);
        let inside = after.split_once("}}");
        if let Some((path, after)) = inside.filter(|(path, _)| !path.contains("{{")) {
            let value = found(flow, path).as_ref().map(printed);
            whole.push_str(&value.unwrap_or_else(|| verbatim(path)));
            rest = after;
        } else {
            whole.push_str("{{");
            rest = after;
        }
    }
    whole + rest
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

/// The messages so far as transforms read them: by the names that other systems have for their parts, too.
pub(super) fn flow_messages<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let flow = call.evaluator.whole(value, &call.node.span)?;
    let messages = list(&flow, "messages");
    let bytes = messages.iter().map(|message| 2 * size(message)).sum();
    call.evaluator.meter.make(bytes, &call.node.span)?;
    let named = |message: &Value| {
        let mut named = message.as_object().cloned().unwrap_or_default();
        let is_users = named.get("from") == Some(&USER.into());
        let (role, kind) = if is_users {
            ("user", "human")
        } else {
            ("assistant", "ai")
        };
        let content = named.get("text").cloned().unwrap_or_default();
        named.extend([
            ("content".to_owned(), content),
            ("role".to_owned(), role.into()),
            ("type".to_owned(), kind.into()),
        ]);
        Value::Object(named)
    };
    Ok(made(messages.iter().map(named).collect::<Vec<_>>()))
}

/// All that a state gave so far, or that every state gave, in the order in which it did; inside of a branch or an
/// iteration, what was given before that began is the first of it.
pub(super) fn flow_gave<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let flow = call.evaluator.whole(value, &call.node.span)?;
    let state = call.text_argument(0)?.unwrap_or(EVERY);
    let began = flow.get("began").unwrap_or(&Value::Null);
    let mut all = Vec::new();
    for outputs in [object(began, "outputs"), object(&flow, "outputs")] {
        let given = outputs.get(state).and_then(Value::as_array);
        all.extend(given.into_iter().flatten().cloned());
    }
    let bytes = all.iter().map(size).sum();
    call.evaluator.meter.make(bytes, &call.node.span)?;
    Ok(made(all))
}

/// What has been given so far, of which what a branch or an iteration gives is kept apart.
pub(super) fn given(flow: &Value) -> Map<String, Value> {
    let began = flow.get("began").unwrap_or(&Value::Null);
    let mut all = object(began, "outputs").into_owned();
    for (state, given) in object(flow, "outputs").iter() {
        let before = all.entry(state).or_insert_with(|| json!([]));
        if let Value::Array(before) = before {
            before.extend(given.as_array().into_iter().flatten().cloned());
        }
    }
    all
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
