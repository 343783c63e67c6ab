//! What a state makes of the flow.

use serde_json::{Map, Value, json};

use super::super::python::truth;
use super::super::{Applied, Call};
use super::read::resolved;
use super::{EVERY, USER, list, listed, names_of, object, parsed, printed};
use crate::error::EvaluationError;
use crate::evaluate::{Data, made};
use crate::limits::size;

/// The flow behind a state: its output, its name, and what its `next` says of the context and the messages.
pub(super) fn flow_after<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let flow = call.evaluator.whole(value, &call.node.span)?;
    let output = call.arguments.first().cloned().unwrap_or_default();
    let state = call.text_argument(1)?.unwrap_or_default();
    let rules = call.argument(2).cloned().unwrap_or_default();
    let is = |rule: &str| rules.get(rule) == Some(&Value::Bool(true));
    let is_not = |rule: &str| rules.get(rule) == Some(&Value::Bool(false));
    call.evaluator.meter.make(size(&flow), &call.node.span)?;
    let result = if is("resolve") {
        let output = resolved(&flow, &output);
        call.evaluator.meter.make(size(&output), &call.node.span)?;
        parsed(&output)
    } else {
        parsed(&output)
    };
    let pointer = rules.get("pointer").and_then(Value::as_str);
    let result = match pointer.and_then(|pointer| result.pointer(pointer)) {
        Some(part) => part.clone(),
        None => result,
    };
    let mut after = flow.into_owned();
    if let Some(limit) = rules.get("limit").and_then(Value::as_u64) {
        let passed = after.get("passed").and_then(Value::as_u64).unwrap_or(0) + 1;
        if passed > limit {
            let message = format!(
                "state `{state}` comes after {limit} others, and `recursion_limit` allows {limit}"
            );
            return Err(call.fail(message));
        }
        put(call, &mut after, "passed", passed.into())?;
    }
    let mut context = object(&after, "context").into_owned();
    if rules.get("clear") == Some(&"keep_current".into()) {
        context.clear();
    }
    for name in list(&rules, "reset") {
        context.shift_remove(name.as_str().unwrap_or_default());
    }
    let mut grown = list(&after, "appended").to_vec();
    let key = rules.get("key").and_then(Value::as_str);
    let stored = if is_not("store") {
        Map::new()
    } else {
        stored(&result, key)
    };
    wrote(call, &mut after, stored.keys())?;
    for (name, value) in stored {
        let is_kept_whole = key.is_none_or(|key| key == name);
        let value = if is("append") && is_kept_whole {
            grown.push(name.clone().into());
            appended(context.get(&name), value)
        } else {
            value
        };
        context.insert(name, value);
    }
    if is("clear") {
        context.clear();
    }
    let mut messages = list(&after, "messages").to_vec();
    if is("forget") {
        let all = messages.len();
        forget(&mut after, &mut messages, all);
    }
    if !is_not("history") {
        let from = if is("human") { USER } else { state };
        messages.push(json!({ "from": from, "text": printed(&result) }));
    }
    let most = rules.get("messages").and_then(Value::as_u64);
    let surplus = most
        .and_then(|most| messages.len().checked_sub(usize::try_from(most).ok()?))
        .unwrap_or(0);
    forget(&mut after, &mut messages, surplus);
    for (rule, under) in [("keep", state), ("keep_all", EVERY)] {
        if is(rule) {
            keep(&mut after, under, &result);
        }
    }
    if !object(&after, "outputs").is_empty() {
        put(call, &mut after, "last", state.into())?;
    }
    put(call, &mut after, "override", is("override").into())?;
    if is("override") {
        put(call, &mut after, "task", printed(&result).into())?;
    }
    if !grown.is_empty() {
        put(call, &mut after, "appended", grown.into())?;
    }
    put(call, &mut after, "context", context.into())?;
    put(call, &mut after, "messages", messages.into())?;
    put(call, &mut after, "result", result)?;
    Ok(made(after))
}

/// The flow after a person has seen it: what was edited takes the place of the last result.
pub(super) fn flow_edited<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let flow = call.evaluator.whole(value, &call.node.span)?;
    let answer = call.arguments.first().cloned().unwrap_or_default();
    if answer.get("edited") != Some(&Value::Bool(true)) {
        return Ok(Data::One(flow));
    }
    let result = answer.get("payload").map(parsed).unwrap_or_default();
    let before = flow.get("result").cloned().unwrap_or_default();
    let mut after = flow.into_owned();
    let mut context = object(&after, "context").into_owned();
    // Where it was stored under a key, and in what was said, it is replaced as well.
    let mut written = names_of(&result);
    for (name, _) in context.iter().filter(|(_, value)| **value == before) {
        written.insert(name.clone(), result.clone());
    }
    wrote(call, &mut after, written.keys())?;
    context.extend(written);
    let mut messages = list(&after, "messages").to_vec();
    if let Some(Value::Object(last)) = messages.last_mut() {
        last.insert("text".to_owned(), printed(&result).into());
    }
    put(call, &mut after, "messages", messages.into())?;
    put(call, &mut after, "context", context.into())?;
    edit_kept(&mut after, &before, &result);
    put(call, &mut after, "result", result)?;
    Ok(made(after))
}

/// What was edited takes the place of what was noted of the last state as well.
fn edit_kept(flow: &mut Value, before: &Value, result: &Value) {
    let last = flow.get("last").and_then(Value::as_str).map(str::to_owned);
    let Some(Value::Object(outputs)) = flow.get_mut("outputs") else {
        return;
    };
    for under in [last.as_deref(), Some(EVERY)].into_iter().flatten() {
        let given = outputs.get_mut(under).and_then(Value::as_array_mut);
        let kept = given.and_then(|given| given.last_mut());
        if let Some(kept) = kept.filter(|kept| **kept == *before) {
            *kept = result.clone();
        }
    }
}

/// The flow of a branch or an iteration that does not come to where the others meet.
pub(super) fn flow_end<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let mut flow = call.evaluator.whole(value, &call.node.span)?.into_owned();
    put(call, &mut flow, "ended", true.into())?;
    Ok(made(flow))
}

/// Notes which names a branch or an iteration has written, whatever they were before.
pub(super) fn wrote<'n>(
    call: &Call<'_>,
    flow: &mut Value,
    names: impl Iterator<Item = &'n String>,
) -> Result<(), EvaluationError> {
    if flow.get("began").is_none() {
        return Ok(());
    }
    let mut written = list(flow, "written").to_vec();
    for name in names {
        // The last to write comes last.
        written.retain(|known| known != name);
        written.push(name.clone().into());
    }
    put(call, flow, "written", written.into())
}

/// What a state brings into the context: the names of its output, and the whole of it under its key.
fn stored(result: &Value, key: Option<&str>) -> Map<String, Value> {
    // A list that has a key stands under it alone.
    let mut stored = if key.is_none() || result.is_object() {
        names_of(result)
    } else {
        Map::new()
    };
    stored.extend(key.map(|key| (key.to_owned(), result.clone())));
    stored
}

/// A list with what a state gave as its last element.
fn appended(before: Option<&Value>, value: Value) -> Value {
    let mut all = before_appended(before);
    all.push(value);
    all.into()
}

/// The list that elements are put at the end of: what was there before, where there was anything.
pub(super) fn before_appended(before: Option<&Value>) -> Vec<Value> {
    let before = before.filter(|before| truth(before));
    before.cloned().map(listed).unwrap_or_default()
}

/// Takes the first messages out. Where a branch or an iteration began moves with them, so that what it says itself
/// still comes into the flow behind it.
fn forget(flow: &mut Value, messages: &mut Vec<Value>, count: usize) {
    messages.drain(..count);
    if let Some(seen) = flow.pointer_mut("/began/messages") {
        *seen = seen
            .as_u64()
            .unwrap_or(0)
            .saturating_sub(count as u64)
            .into();
    }
}

/// Notes what a state gave, for a state that looks at all that it has given, or that all have.
fn keep(flow: &mut Value, under: &str, result: &Value) {
    let mut outputs = object(flow, "outputs").into_owned();
    let given = outputs.entry(under).or_insert_with(|| json!([]));
    if let Value::Array(given) = given {
        given.push(result.clone());
    }
    if let Value::Object(members) = flow {
        members.insert("outputs".to_owned(), outputs.into());
    }
}

pub(super) fn put(
    call: &Call<'_>,
    flow: &mut Value,
    name: &str,
    value: Value,
) -> Result<(), EvaluationError> {
    let Value::Object(members) = flow else {
        return Err(call.refuse("needs what `flowStart` made"));
    };
    members.insert(name.to_owned(), value);
    Ok(())
}
