//! Chooses one of two ways by an expression.
//!
//! ```json
//! { "expression": "{{steps.get_customer.output.totalSpent}} > 1000", "description": "Is it a VIP?" }
//! ```
//! gives `{ "passed": true, "expression": "...", "description": "...", "message": "..." }` and goes to `true` or `false`.
//! `variables` are names for the expression alone. With `"onError": "false"`, an expression that cannot be evaluated
//! does not hold, and the output's `error` says why.

use pawl_contract::{Node, StepError, code};
use pawl_store::{Latest, RecordStatus};
use serde_json::{Value, json};

use crate::pure::{Effect, Evaluated, Place};
use crate::scope::{Scope, View};
use crate::{Error, template};

pub(crate) fn evaluate(node: &Node, scope: &Scope, place: Place<'_>) -> Result<Evaluated, Error> {
    let forgives = node.config.get("onError").and_then(Value::as_str) == Some("false");
    let (passed, error) = match passes(node, scope) {
        Ok(passed) => (passed, None),
        Err(Error::Step(error)) if forgives => (false, Some(error)),
        Err(error) => return Err(error),
    };
    let text = |field: &str| node.config.get(field).and_then(Value::as_str);
    let claim = text("description").or_else(|| text("expression"));
    let mut output = json!({
        "passed": passed,
        "expression": node.config.get("expression"),
        "message": format!("{}: {passed}", claim.unwrap_or("condition")),
    });
    if let Some(output) = output.as_object_mut() {
        if let Some(description) = node.config.get("description") {
            output.insert("description".to_owned(), description.clone());
        }
        if let Some(StepError { code, message }) = error {
            output.insert(
                "error".to_owned(),
                json!({ "code": code, "message": message }),
            );
        }
    }
    // A step whose `runIf` this is has no visit then; what others read of it is null.
    let skips = node.config.get("skips").and_then(Value::as_str);
    let effects = match skips.filter(|_| !passed) {
        Some(slug) => vec![Effect::Skip(slug.to_owned(), skipped(slug, scope, place))],
        None => Vec::new(),
    };
    Ok(Evaluated {
        port: if passed { "true" } else { "false" },
        output,
        effects,
    })
}

/// The last value of a step that is skipped.
fn skipped(slug: &str, scope: &Scope, place: Place<'_>) -> Latest {
    Latest {
        at: place.at.clone(),
        visits: scope.visits(slug),
        name: None,
        kind: None,
        status: RecordStatus::Skipped,
        output: Value::Null,
        meta: None,
        error: None,
    }
}

fn passes(node: &Node, scope: &Scope) -> Result<bool, Error> {
    let mut view = scope.at(node);
    bind(node, &mut view)?;
    holds(node.config.get("expression"), &view)?
        .ok_or_else(|| Error::step(code::VALIDATION_ERROR, "a condition needs an `expression`"))
}

/// Gives names to values for the expressions of a step alone; each value may use the names before it.
pub(crate) fn bind(node: &Node, view: &mut View<'_>) -> Result<(), Error> {
    let names = node.config.get("variables").and_then(Value::as_object);
    for (name, value) in names.into_iter().flatten() {
        let value = template::render(value, view)?;
        view.bind(name, value);
    }
    Ok(())
}

/// Whether what an author wrote holds; `None` where it is no expression.
pub(crate) fn holds(written: Option<&Value>, view: &View<'_>) -> Result<Option<bool>, Error> {
    match written {
        Some(Value::String(expression)) => Ok(Some(template::is_true(expression, view)?)),
        Some(Value::Bool(passed)) => Ok(Some(*passed)),
        _ => Ok(None),
    }
}
