//! Chooses one of two ways by an expression.
//!
//! ```json
//! { "expression": "{{steps.get_customer.output.totalSpent}} > 1000", "description": "Is it a VIP?" }
//! ```
//! gives `{ "passed": true, "expression": "...", "description": "..." }` and goes to `true` or `false`.

use pawl_contract::{Node, code};
use serde_json::{Value, json};

use crate::pure::Evaluated;
use crate::scope::Scope;
use crate::{Error, template};

pub(crate) fn evaluate(node: &Node, scope: &Scope) -> Result<Evaluated, Error> {
    let passed = match node.config.get("expression") {
        Some(Value::String(expression)) => template::is_true(expression, &scope.at(node))?,
        Some(Value::Bool(passed)) => *passed,
        _ => {
            return Err(Error::step(
                code::VALIDATION_ERROR,
                "a condition needs an `expression`",
            ));
        }
    };
    let mut output = json!({ "passed": passed, "expression": node.config.get("expression") });
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
