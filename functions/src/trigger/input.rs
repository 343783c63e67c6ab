//! Whether a run's input is what its trigger asks for.

use pawl_contract::{StepError, code};
use serde_json::Value;

/// Checks the fields that a trigger's `inputs` or `inputSchema` require, and the types of those that are given.
pub(super) fn check(config: &Value, input: &Value) -> Result<(), StepError> {
    for field in fields(config) {
        match input.get(&field.name).filter(|value| !value.is_null()) {
            None if field.is_required => {
                return Err(invalid(format!("the input needs `{}`", field.name)));
            }
            Some(value) if !fits(value, &field.kinds) => {
                return Err(invalid(format!(
                    "the input's `{}` must be {}",
                    field.name,
                    field.kinds.join(" or ")
                )));
            }
            None | Some(_) => {}
        }
    }
    Ok(())
}

/// A field that a trigger declares.
struct Field {
    name: String,
    /// The types it may have; none means any.
    kinds: Vec<String>,
    is_required: bool,
}

fn fields(config: &Value) -> Vec<Field> {
    let listed = config
        .get("inputs")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let listed = listed.filter_map(|field| {
        Some(Field {
            name: field.get("name")?.as_str()?.to_owned(),
            kinds: kinds(field.get("type")),
            is_required: field
                .get("required")
                .and_then(Value::as_bool)
                .unwrap_or(false),
        })
    });
    let schema = config.get("inputSchema");
    let required: Vec<&str> = schema
        .and_then(|schema| schema.get("required")?.as_array())
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema
        .and_then(|schema| schema.get("properties")?.as_object())
        .into_iter()
        .flatten();
    let declared = properties.map(|(name, property)| Field {
        name: name.clone(),
        kinds: kinds(property.get("type")),
        is_required: required.contains(&name.as_str())
            || property
                .get("required")
                .and_then(Value::as_bool)
                .unwrap_or(false),
    });
    let undeclared = required
        .iter()
        .filter(|name| {
            schema
                .and_then(|schema| schema.get("properties")?.get(**name))
                .is_none()
        })
        .map(|name| Field {
            name: (*name).to_owned(),
            kinds: Vec::new(),
            is_required: true,
        });
    listed.chain(declared).chain(undeclared).collect()
}

/// The types that a declaration names: one word, or a list of them.
fn kinds(declared: Option<&Value>) -> Vec<String> {
    match declared {
        Some(Value::String(kind)) => vec![kind.clone()],
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

fn fits(value: &Value, kinds: &[String]) -> bool {
    kinds.is_empty() || kinds.iter().any(|kind| is(value, kind))
}

/// Whether a value is of a type. A type that nobody here knows fits everything.
fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "text" | "string" | "email" | "date" | "select" => value.is_string(),
        "number" => value.is_number(),
        "integer" => {
            value.is_i64()
                || value.is_u64()
                || value.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}

fn invalid(message: String) -> StepError {
    StepError::new(code::VALIDATION_ERROR, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn inputs_are_checked_by_either_declaration() {
        let inputs = json!({ "inputs": [
            { "name": "customerId", "type": "text", "required": true },
            { "name": "limit", "type": "number" },
        ] });
        let schema = json!({ "inputSchema": {
            "properties": { "limit": { "type": ["integer", "null"] } }, "required": ["customerId"],
        } });
        let rows = [
            (json!({ "customerId": "cust_1" }), true, true),
            (
                json!({ "customerId": "cust_1", "limit": 5, "more": [] }),
                true,
                true,
            ),
            (json!({ "customerId": "cust_1", "limit": 2.5 }), true, false),
            (
                json!({ "customerId": "cust_1", "limit": "5" }),
                false,
                false,
            ),
            (json!({ "customerId": null }), false, false),
            (json!({ "customerId": 7 }), false, true),
            (json!("text"), false, false),
        ];
        for (input, by_inputs, by_schema) in rows {
            assert_eq!(check(&inputs, &input).is_ok(), by_inputs, "{input}");
            assert_eq!(check(&schema, &input).is_ok(), by_schema, "{input}");
        }
        assert!(check(&json!({}), &json!("anything")).is_ok());
    }
}
