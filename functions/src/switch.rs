//! Chooses the first of several cases that holds.
//!
//! ```json
//! { "cases": [{ "when": "{{input.total}} > 1000", "description": "Large" }, { "when": "{{input.total}} > 100" }] }
//! ```
//! gives `{ "case": 2, "expression": "...", "message": "..." }` and goes where that case leads; where none holds, `case`
//! is null, and `default` is the way. With `"onError": "next"`, a case that cannot be evaluated does not hold, and the
//! output's `errors` say why.

use pawl_contract::{CASES, Node, code};
use serde_json::{Map, Value, json};

use crate::Error;
use crate::condition::{bind, holds};
use crate::pure::Evaluated;
use crate::scope::{Scope, View};

pub(crate) fn evaluate(node: &Node, scope: &Scope) -> Result<Evaluated, Error> {
    let forgives = node.config.get("onError").and_then(Value::as_str) == Some("next");
    let cases = node.config.get("cases").and_then(Value::as_array);
    let mut errors = Vec::new();
    let mut forgive = |number: Option<usize>, error: Error| match error {
        Error::Step(error) if forgives => {
            errors.push(json!({ "case": number, "code": error.code, "message": error.message }));
            Ok(())
        }
        error @ (Error::Step(_) | Error::Store(_)) => Err(error),
    };
    let mut view = scope.at(node);
    let mut chosen = None;
    // Without the names that its cases are to read, none of them can be evaluated.
    match bind(node, &mut view) {
        Ok(()) => {
            for (number, case) in (1..).zip(cases.into_iter().flatten()) {
                match of_case(case, &view) {
                    Ok(false) => {}
                    Ok(true) => {
                        chosen = Some((number, case));
                        break;
                    }
                    Err(error) => forgive(Some(number), error)?,
                }
            }
        }
        Err(error) => forgive(None, error)?,
    }
    let mut output = Map::new();
    output.insert("case".to_owned(), json!(chosen.map(|(number, _)| number)));
    for (name, field) in [("expression", "when"), ("description", "description")] {
        if let Some(value) = chosen.and_then(|(_, case)| case.get(field)) {
            output.insert(name.to_owned(), value.clone());
        }
    }
    let told = chosen.map_or_else(
        || "no case holds".to_owned(),
        |(number, _)| format!("case {number} holds"),
    );
    let about = node.config.get("description").and_then(Value::as_str);
    let message = about.map_or_else(|| told.clone(), |about| format!("{about}: {told}"));
    output.insert("message".to_owned(), json!(message));
    if !errors.is_empty() {
        output.insert("errors".to_owned(), json!(errors));
    }
    let port = chosen.and_then(|(number, _)| CASES.get(number - 1));
    Ok(Evaluated {
        port: port.copied().unwrap_or("default"),
        output: output.into(),
        effects: Vec::new(),
    })
}

fn of_case(case: &Value, view: &View<'_>) -> Result<bool, Error> {
    holds(case.get("when"), view)?
        .ok_or_else(|| Error::step(code::VALIDATION_ERROR, "a case needs a `when`"))
}
