//! Where branches and iterations come together.

use serde_json::{Map, Value};

use super::super::{Applied, Call};
use super::after::{before_appended, put, wrote};
use super::{list, object};
use crate::evaluate::{Data, made};
use crate::limits::size;

/// The flow behind branches or iterations: each brings what it wrote, in their order. Where none of them has come to
/// where they meet, this one has ended as well.
pub(super) fn flow_join<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let before = call.evaluator.whole(value, &call.node.span)?;
    let parts = call.argument(0).cloned().unwrap_or_default();
    let parts: Vec<&Value> = parts
        .as_array()
        .into_iter()
        .flatten()
        .filter(|part| part.is_object())
        .collect();
    let bytes = parts.iter().map(|part| size(part)).sum::<usize>();
    call.evaluator
        .meter
        .make(bytes + size(&before), &call.node.span)?;
    let mut after = before.clone().into_owned();
    let mut context = object(&before, "context").into_owned();
    let mut messages = list(&before, "messages").to_vec();
    let mut outputs = object(&before, "outputs").into_owned();
    let mut grown = list(&before, "appended").to_vec();
    for part in &parts {
        let began = part.get("began").unwrap_or(&Value::Null);
        let seen = began.get("messages").and_then(Value::as_u64).unwrap_or(0);
        let seen = usize::try_from(seen).unwrap_or(usize::MAX);
        bring(&mut context, part, &object(began, "context"));
        messages.extend(list(part, "messages").iter().skip(seen).cloned());
        grown.extend(list(part, "appended").iter().cloned());
        for (state, given) in object(part, "outputs").iter() {
            let all = outputs
                .entry(state)
                .or_insert_with(|| Value::Array(Vec::new()));
            if let (Value::Array(all), Value::Array(given)) = (all, given) {
                all.extend(given.iter().cloned());
            }
        }
    }
    let has_ended = |part: &&Value| part.get("ended") == Some(&Value::Bool(true));
    let is_over = !parts.is_empty() && parts.iter().all(has_ended);
    if is_over {
        put(call, &mut after, "ended", true.into())?;
    }
    let written = parts.iter().flat_map(|part| names_written(part));
    wrote(call, &mut after, written.collect::<Vec<_>>().into_iter())?;
    let results = parts
        .iter()
        .map(|part| part.get("result").cloned().unwrap_or_default());
    put(call, &mut after, "result", results.collect())?;
    // What is the task of whoever follows is what a last state said; what began the parts said it for those.
    let overrides = |part: &&&Value| part.get("override") == Some(&Value::Bool(true));
    let last = parts.iter().rev().find(overrides);
    put(call, &mut after, "override", last.is_some().into())?;
    if let Some(task) = last.and_then(|part| part.get("task")) {
        put(call, &mut after, "task", task.clone())?;
    }
    if !grown.is_empty() {
        put(call, &mut after, "appended", grown.into())?;
    }
    put(call, &mut after, "context", context.into())?;
    put(call, &mut after, "messages", messages.into())?;
    put(call, &mut after, "outputs", outputs.into())?;
    Ok(made(after))
}

/// The names that a part has written.
fn names_written(part: &Value) -> impl Iterator<Item = &String> {
    list(part, "written").iter().filter_map(|name| match name {
        Value::String(name) => Some(name),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    })
}

/// Brings what a part wrote into a context: what it set, what it took out, and what it put at the end of a list.
fn bring(context: &mut Map<String, Value>, part: &Value, began: &Map<String, Value>) {
    let ended = object(part, "context");
    let known = began.keys().chain(names_written(part));
    for name in known.filter(|name| !ended.contains_key(*name)) {
        context.shift_remove(name);
    }
    let written = names_written(part).filter_map(|name| Some((name, ended.get(name)?)));
    for (name, value) in written {
        let before = before_appended(began.get(name));
        let is_grown = list(part, "appended").iter().any(|grown| grown == name);
        let added = value
            .as_array()
            .and_then(|value| value.strip_prefix(&*before));
        match (context.get_mut(name), added) {
            (Some(Value::Array(all)), Some(added)) if is_grown => {
                all.extend(added.iter().cloned());
            }
            _ => {
                context.insert(name.clone(), value.clone());
            }
        }
    }
}
