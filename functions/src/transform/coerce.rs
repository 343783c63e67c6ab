//! Makes values what a schema says they are, where they plainly stand for that: `"5"` is an integer, and 5 a text.

use serde_json::Value;

/// Makes what it can of a value fit a schema; what cannot be made to fit stays as it is.
pub(super) fn to_fit(schema: &Value, value: &mut Value) {
    if let Some(made) = schema
        .get("type")
        .and_then(Value::as_str)
        .and_then(|kind| made(kind, value))
    {
        *value = made;
    }
    match value {
        Value::Object(members) => {
            let known = schema.get("properties").and_then(Value::as_object);
            for (name, schema) in known.into_iter().flatten() {
                if let Some(member) = members.get_mut(name) {
                    to_fit(schema, member);
                }
            }
        }
        Value::Array(elements) => {
            if let Some(schema) = schema.get("items") {
                for element in elements {
                    to_fit(schema, element);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A value as one of another kind; none where it is of that kind, or stands for nothing of it.
fn made(kind: &str, value: &Value) -> Option<Value> {
    match (kind, value) {
        ("integer" | "number", Value::String(written)) => {
            let number = serde_json::from_str(written.trim()).ok();
            number.filter(Value::is_number)
        }
        ("boolean", Value::String(written)) => match written.trim().to_lowercase().as_str() {
            "true" => Some(true.into()),
            "false" => Some(false.into()),
            _ => None,
        },
        ("string", Value::Number(number)) => Some(number.to_string().into()),
        ("string", Value::Bool(truth)) => Some(truth.to_string().into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_plainly_stands_for_something_becomes_that() {
        let rows = [
            (json!({ "type": "integer" }), json!("5"), json!(5)),
            (json!({ "type": "integer" }), json!("five"), json!("five")),
            (json!({ "type": "integer" }), json!("1.5"), json!(1.5)),
            (json!({ "type": "number" }), json!(" 1.5 "), json!(1.5)),
            (json!({ "type": "number" }), json!("true"), json!("true")),
            (json!({ "type": "string" }), json!(5), json!("5")),
            (json!({ "type": "string" }), json!(true), json!("true")),
            (json!({ "type": "string" }), json!(null), json!(null)),
            (json!({ "type": "boolean" }), json!("True"), json!(true)),
            (json!({ "type": "boolean" }), json!("yes"), json!("yes")),
            (
                json!({ "type": "object", "properties": { "n": { "type": "array", "items": { "type": "number" } } } }),
                json!({ "n": ["1", 2], "m": "3" }),
                json!({ "n": [1, 2], "m": "3" }),
            ),
        ];
        for (schema, given, expected) in rows {
            let mut found = given.clone();
            to_fit(&schema, &mut found);
            assert_eq!(found, expected, "{given} by {schema}");
        }
    }
}
