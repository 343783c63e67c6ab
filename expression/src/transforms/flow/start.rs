//! Where a flow begins: with a run, and with an iteration.

use serde_json::{Map, Value, json};

use super::super::{Applied, Call};
use super::after::put;
use super::read::given;
use super::{USER, list, names_of, object, parsed, printed};
use crate::evaluate::{Data, made};

/// The fields in which a run's input has what its user wrote.
const WRITTEN: [&str; 3] = ["user_input", "prompt", "task"];

/// The flow of a run, of its input: JSON gives the first names of the context, and a text is the first message.
pub(super) fn flow_start<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let input = call.evaluator.whole(value, &call.node.span)?;
    let written = WRITTEN.iter().find_map(|field| input.get(field));
    let said = written.unwrap_or(&input);
    let result = parsed(said);
    let mut context = names_of(&result);
    if written.is_some() {
        // What stands beside it, such as the names of files, can be read as well.
        let beside = input.as_object().into_iter().flatten();
        for (name, value) in beside.filter(|(name, _)| !WRITTEN.contains(&name.as_str())) {
            context.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    let is_nothing = said.is_null() || said.as_object().is_some_and(Map::is_empty);
    let task = if is_nothing {
        String::new()
    } else {
        printed(said)
    };
    let messages = if is_nothing {
        json!([])
    } else {
        json!([{ "from": USER, "text": task }])
    };
    Ok(made(json!({
        "context": context, "messages": messages, "task": task, "override": false, "result": result, "outputs": {},
    })))
}

/// The flow of a branch, which remembers where it began.
pub(super) fn flow_branch<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let flow = call.evaluator.whole(value, &call.node.span)?;
    let began = began(&flow, &object(&flow, "context"));
    let mut flow = flow.into_owned();
    put(call, &mut flow, "began", began)?;
    put(call, &mut flow, "outputs", json!({}))?;
    put(call, &mut flow, "appended", json!([]))?;
    put(call, &mut flow, "written", json!([]))?;
    Ok(made(flow))
}

/// The flow of an iteration: a dict's names come into its context, and the item is its task, as it is.
pub(super) fn flow_each<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let flow = call.evaluator.whole(value, &call.node.span)?;
    let item = call.arguments.first().cloned().unwrap_or_default();
    let result = parsed(&item);
    let mut context = object(&flow, "context").into_owned();
    if let Some(Value::Array(kept)) = call.argument(1) {
        context.retain(|name, _| kept.iter().any(|kept| kept == name || kept == "*"));
    }
    context.extend(result.as_object().cloned().into_iter().flatten());
    Ok(made(json!({
        "context": context, "messages": list(&flow, "messages"), "task": item, "override": false, "result": result,
        "outputs": {}, "began": began(&flow, &context),
    })))
}

/// What there was where a branch or an iteration begins.
fn began(flow: &Value, context: &Map<String, Value>) -> Value {
    let mut began = json!({ "context": context, "messages": list(flow, "messages").len() });
    let outputs = given(flow);
    if let (false, Value::Object(began)) = (outputs.is_empty(), &mut began) {
        began.insert("outputs".to_owned(), outputs.into());
    }
    began
}
