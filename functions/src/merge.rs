//! Puts together what several steps gave.
//!
//! ```json
//! { "steps": ["get_customer", "get_orders"], "combine": "object" }
//! ```
//! gives `{ "get_customer": ..., "get_orders": ... }`; `array` gives a list in the order of the steps, and `first` the
//! first of them that is not null. What did not run, or failed, is left out, and so is a rejection by one of the approvals
//! that `onlyApproved` names.

use pawl_contract::{At, Node};
use serde_json::{Map, Value};

use crate::pure::Evaluated;
use crate::scope::Scope;

pub(crate) fn evaluate(node: &Node, scope: &Scope) -> Evaluated {
    let steps = node.config.get("steps").and_then(Value::as_array);
    let slugs = steps.into_iter().flatten().filter_map(Value::as_str);
    let mut given: Vec<(&str, &At, &Value)> = slugs
        .filter_map(|slug| {
            let (at, output) = scope.given(slug)?;
            Some((slug, at, output))
        })
        .collect();
    let only_approved = node.config.get("onlyApproved").and_then(Value::as_array);
    given.retain(|(slug, _, output)| {
        let mut names = only_approved.into_iter().flatten();
        !names.any(|name| name.as_str() == Some(slug)) || output["approved"] == true
    });
    // So is what a step in the body of a loop gave for an item before.
    let of_iteration = node.config.get("ofIteration").and_then(Value::as_array);
    if let (Some(repeated), Some(began)) = (of_iteration, scope.began(node)) {
        let is_old = |slug: &str, at: &At| {
            at < began && repeated.iter().any(|name| name.as_str() == Some(slug))
        };
        given.retain(|(slug, at, _)| !is_old(slug, at));
    }
    // What a step gave before the run came here the last time is no part of what was given since, where something was.
    if let Some((last, _)) = scope.given(&node.step)
        && given.iter().any(|(_, at, _)| *at > last)
    {
        given.retain(|(_, at, _)| *at > last);
    }
    let mut values = given.into_iter().map(|(slug, _, output)| (slug, output));
    let output = match node.config.get("combine").and_then(Value::as_str) {
        Some("array") => values.map(|(_, output)| output.clone()).collect(),
        Some("first") => {
            let first = values.find(|(_, output)| !output.is_null());
            first.map(|(_, output)| output.clone()).unwrap_or_default()
        }
        _ => {
            let named = values.map(|(slug, output)| (slug.to_owned(), output.clone()));
            Value::Object(named.collect::<Map<_, _>>())
        }
    };
    Evaluated {
        port: "success",
        output,
        effects: Vec::new(),
    }
}
