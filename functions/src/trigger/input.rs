//! Whether a run's input is what its trigger asks for.

use pawl_contract::{StepError, code};
use serde_json::{Map, Value, json};

/// The input with defaults for what is not given, if it is what a trigger's `inputs` and `inputSchema` ask for.
pub(super) fn accept(config: &Value, mut input: Value) -> Result<Value, StepError> {
    for schema in [form(config), config.get("inputSchema").cloned()] {
        let Some(schema) = schema.filter(Value::is_object) else {
            continue;
        };
        // A run without any input is one whose fields are all absent.
        if input.is_null() {
            input = json!({});
        }
        let mut path = Vec::new();
        check(&schema, &mut input, &mut path)?;
    }
    Ok(input)
}

/// A value with defaults for what is not given, if it is what a schema asks for.
pub(crate) fn accept_by_schema(schema: &Value, mut value: Value) -> Result<Value, StepError> {
    let has_members = schema.get("properties").or_else(|| schema.get("required"));
    if value.is_null() && has_members.is_some() {
        value = json!({});
    }
    check(schema, &mut value, &mut Vec::new())?;
    Ok(value)
}

/// The schema that a list of `inputs` amounts to.
fn form(config: &Value) -> Option<Value> {
    let inputs = config.get("inputs")?.as_array()?;
    let properties = inputs.iter().filter_map(|field| {
        let name = field.get("name")?.as_str()?.to_owned();
        let mut schema = field.as_object()?.clone();
        // In a form, the offered options are the values.
        if let Some(options) = field.get("options").and_then(Value::as_array) {
            let value = |option: &Value| option.get("value").unwrap_or(option).clone();
            schema.insert("enum".to_owned(), options.iter().map(value).collect());
        }
        Some((name, Value::Object(schema)))
    });
    Some(json!({ "type": "object", "properties": properties.collect::<Map<_, _>>() }))
}

/// Checks a value against a schema, and gives absent properties their default.
fn check(schema: &Value, value: &mut Value, path: &mut Vec<String>) -> Result<(), StepError> {
    let kinds = kinds(schema.get("type"));
    if !kinds.is_empty() && !kinds.iter().any(|kind| is(value, kind)) {
        let wanted: Vec<&str> = kinds.iter().map(|kind| noun(kind)).collect();
        return Err(refuse(path, &format!("must be {}", wanted.join(" or "))));
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array)
        && !values.contains(value)
    {
        let values: Vec<String> = values.iter().map(Value::to_string).collect();
        return Err(refuse(
            path,
            &format!("must be one of {}", values.join(", ")),
        ));
    }
    match value {
        Value::Object(members) => {
            let is_asked_for = schema.get("properties").or_else(|| schema.get("required"));
            if is_asked_for.is_some() {
                check_members(schema, members, path)?;
            }
        }
        Value::Array(elements) => {
            if let Some(items) = schema.get("items") {
                for (index, element) in elements.iter_mut().enumerate() {
                    path.push(index.to_string());
                    check(items, element, path)?;
                    path.pop();
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let asks = schema.get("properties").or_else(|| schema.get("required"));
            if path.is_empty() && asks.is_some() {
                return Err(refuse(path, "must be an object"));
            }
        }
    }
    Ok(())
}

fn check_members(
    schema: &Value,
    members: &mut Map<String, Value>,
    path: &mut Vec<String>,
) -> Result<(), StepError> {
    let required: Vec<&str> = match schema.get("required") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is_absent =
        |members: &Map<String, Value>, name: &str| members.get(name).is_none_or(Value::is_null);
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        path.push(name.clone());
        if let Some(default) = property.get("default")
            && is_absent(members, name)
        {
            members.insert(name.clone(), default.clone());
        }
        let is_required =
            required.contains(&name.as_str()) || property.get("required") == Some(&json!(true));
        match members.get_mut(name) {
            Some(value) if !value.is_null() => check(property, value, path)?,
            given if is_required && !allows_null(property, given.is_some()) => {
                return Err(refuse(path, "is needed"));
            }
            _ => {}
        }
        path.pop();
    }
    let is_declared = |name: &str| properties.is_some_and(|known| known.contains_key(name));
    for name in required.into_iter().filter(|name| !is_declared(name)) {
        if is_absent(members, name) {
            path.push(name.to_owned());
            return Err(refuse(path, "is needed"));
        }
    }
    Ok(())
}

/// Whether null is given, and fine.
fn allows_null(schema: &Value, is_given: bool) -> bool {
    is_given && kinds(schema.get("type")).iter().any(|kind| kind == "null")
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

/// Whether a value is of a type. A type that nobody here knows fits everything.
fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "text" | "string" => value.is_string(),
        "select" => value.is_string() || value.is_number(),
        "email" => value.as_str().is_some_and(|text| {
            text.split_once('@')
                .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
                && !text.contains(char::is_whitespace)
        }),
        "date" => value.as_str().is_some_and(|text| {
            let date = text.get(..10).unwrap_or(text);
            date.parse::<jiff::civil::Date>().is_ok()
        }),
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

fn noun(kind: &str) -> &str {
    match kind {
        "text" | "string" | "select" => "text",
        "email" => "an e-mail address",
        "date" => "a date such as 2026-01-31",
        "number" => "a number",
        "integer" => "a whole number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "an object",
        kind => kind,
    }
}

fn refuse(path: &[String], why: &str) -> StepError {
    let place = if path.is_empty() {
        "the input".to_owned()
    } else {
        format!("the input's `{}`", path.join("."))
    };
    StepError::new(code::VALIDATION_ERROR, format!("{place} {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            (json!(null), false, false),
        ];
        for (input, by_inputs, by_schema) in rows {
            let is_accepted = |config: &Value| accept(config, input.clone()).is_ok();
            assert_eq!(is_accepted(&inputs), by_inputs, "{input}");
            assert_eq!(is_accepted(&schema), by_schema, "{input}");
        }
        assert!(accept(&json!({}), json!("anything")).is_ok());
    }

    #[test]
    fn a_message_says_where_and_a_default_stands_in() {
        let schema = json!({ "inputSchema": { "type": "object", "properties": {
            "order": { "type": "object", "properties": {
                "lines": { "type": "array", "items": { "type": "object", "properties": {
                    "sku": { "type": "string", "required": true },
                    "amount": { "type": "integer", "default": 1 },
                } } },
                "status": { "enum": ["open", "closed"], "default": "open" },
            } },
            "since": { "type": "date" },
            "reply": { "type": "email" },
        } } });
        let rows = [
            (
                json!({ "order": { "lines": [{ "sku": "a" }, {}] } }),
                "the input's `order.lines.1.sku` is needed",
            ),
            (
                json!({ "order": { "status": "lost" } }),
                "the input's `order.status` must be one of \"open\", \"closed\"",
            ),
            (
                json!({ "since": "yesterday" }),
                "the input's `since` must be a date such as 2026-01-31",
            ),
            (
                json!({ "reply": "nobody" }),
                "the input's `reply` must be an e-mail address",
            ),
        ];
        for (input, message) in rows {
            assert_eq!(accept(&schema, input).expect_err(message).message, message);
        }
        let given = json!({ "order": { "lines": [{ "sku": "a" }] } });
        let accepted =
            json!({ "order": { "lines": [{ "sku": "a", "amount": 1 }], "status": "open" } });
        assert_eq!(accept(&schema, given).expect("it fits"), accepted);
    }
}
