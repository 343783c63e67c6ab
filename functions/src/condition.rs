//! Chooses one of two ways by an expression.
//!
//! ```json
//! { "expression": "{{steps.get_customer.output.totalSpent}} > 1000", "description": "Is it a VIP?" }
//! ```
//! gives `{ "passed": true, "expression": "...", "description": "...", "message": "..." }` and goes to `true` or `false`.
//! `variables` are names for the expression alone.

use pawl_contract::{Node, code};
use serde_json::{Value, json};

use crate::pure::Evaluated;
use crate::scope::Scope;
use crate::{Error, template};

pub(crate) fn evaluate(node: &Node, scope: &Scope) -> Result<Evaluated, Error> {
    let mut view = scope.at(node);
    // Names for the expression alone, each of which may use those before it.
    let names = node.config.get("variables").and_then(Value::as_object);
    for (name, value) in names.into_iter().flatten() {
        let value = template::render(value, &view)?;
        view.bind(name, value);
    }
    let passed = match node.config.get("expression") {
        Some(Value::String(expression)) => template::is_true(expression, &view)?,
        Some(Value::Bool(passed)) => *passed,
        _ => {
            return Err(Error::step(
                code::VALIDATION_ERROR,
                "a condition needs an `expression`",
            ));
        }
    };
    let text = |field: &str| node.config.get(field).and_then(Value::as_str);
    let claim = text("description").or_else(|| text("expression"));
    let mut output = json!({
        "passed": passed,
        "expression": node.config.get("expression"),
        "message": format!("{}: {passed}", claim.unwrap_or("condition")),
    });
    if let (Some(description), Some(output)) =
        (node.config.get("description"), output.as_object_mut())
    {
        output.insert("description".to_owned(), description.clone());
    }
    Ok(Evaluated {
        port: if passed { "true" } else { "false" },
        output,
        effects: Vec::new(),
    })
}
