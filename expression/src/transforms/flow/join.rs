//! Where branches and iterations come together.

use serde_json::{Map, Value};

use super::super::{Applied, Call};
use super::after::put;
use super::{list, object};
use crate::evaluate::{Data, made};
use crate::limits::size;

/// The flow behind branches or iterations: each brings what it changed, in their order.
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
    for part in &parts {
        let (began, seen) = match part.get("began") {
            Some(began) => (
                object(began, "context"),
                began.get("messages").and_then(Value::as_u64).unwrap_or(0),
            ),
            None => (
                object(&before, "context"),
                list(&before, "messages").len() as u64,
            ),
        };
        bring(&mut context, &began, &object(part, "context"));
        let seen = usize::try_from(seen).unwrap_or(usize::MAX);
        messages.extend(list(part, "messages").iter().skip(seen).cloned());
        for (state, given) in object(part, "outputs").iter() {
            let known = before.get("outputs").and_then(|outputs| outputs.get(state));
            let skipped = match (part.get("began"), known) {
                (None, Some(known)) => known.as_array().map_or(0, Vec::len),
                _ => 0,
            };
            let all = outputs
                .entry(state)
                .or_insert_with(|| Value::Array(Vec::new()));
            if let (Value::Array(all), Value::Array(given)) = (all, given) {
                all.extend(given.iter().skip(skipped).cloned());
            }
        }
    }
    let results = parts
        .iter()
        .map(|part| part.get("result").cloned().unwrap_or_default());
    put(call, &mut after, "result", results.collect())?;
    put(call, &mut after, "context", context.into())?;
    put(call, &mut after, "messages", messages.into())?;
    put(call, &mut after, "outputs", outputs.into())?;
    Ok(made(after))
}

/// Brings what a part changed into a context: what it set, what it took out, and what it put at the end of a list.
fn bring(context: &mut Map<String, Value>, began: &Map<String, Value>, ended: &Map<String, Value>) {
    for name in began.keys().filter(|name| !ended.contains_key(*name)) {
        context.shift_remove(name);
    }
    for (name, value) in ended {
        let before = began.get(name);
        if before == Some(value) {
            continue;
        }
        let before = before
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        let grown = value.as_array().filter(|value| value.starts_with(before));
        match (context.get_mut(name), grown) {
            (Some(Value::Array(all)), Some(value)) => {
                all.extend(value.iter().skip(before.len()).cloned());
            }
            _ => {
                context.insert(name.clone(), value.clone());
            }
        }
    }
}
