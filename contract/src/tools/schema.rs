//! What a tool takes, as JSON Schema: for the model, and to check what it gives.

use serde_json::{Map, Value, json};

use crate::catalogue::{Operation, Parameter};

/// What one operation takes.
pub fn schema_of(operation: &Operation) -> Value {
    let required: Vec<&str> = operation.required().map(|one| one.name).collect();
    json!({
        "type": "object",
        "properties": properties(operation.parameters),
        "required": required,
        "additionalProperties": operation.is_open(),
    })
}

/// What a tool of several operations takes: which one, and the parameters of any of them.
pub fn schema_of_all(operations: &[&Operation]) -> Value {
    let names: Vec<&str> = operations.iter().map(|row| row.operation).collect();
    let about: Vec<String> = operations
        .iter()
        .map(|row| format!("`{}`: {}", row.operation, row.about))
        .collect();
    let mut all = Map::new();
    all.insert(
        "operation".to_owned(),
        json!({ "type": "string", "enum": names, "description": about.join(" ") }),
    );
    for row in operations {
        for (name, schema) in properties(row.parameters) {
            all.entry(name).or_insert(schema);
        }
    }
    json!({ "type": "object", "properties": all, "required": ["operation"], "additionalProperties": true })
}

fn properties(parameters: &[Parameter]) -> Map<String, Value> {
    let schema = crate::schema::object(parameters.iter());
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tools::operations;

    #[test]
    fn a_tool_says_what_it_takes() {
        let schema = |tool: &str| operations(tool).first().map(|row| schema_of(row));
        let get = schema("customer_get").expect("a tool");
        assert_eq!(get.pointer("/required"), Some(&json!(["customerId"])));
        assert_eq!(
            get.pointer("/properties/customerId/type"),
            Some(&json!("string"))
        );
        assert_eq!(get.pointer("/additionalProperties"), Some(&json!(false)));
        let search = schema("product_search").expect("a tool");
        assert_eq!(search.pointer("/properties/limit/minimum"), Some(&json!(1)));
        assert_eq!(search.pointer("/additionalProperties"), Some(&json!(true)));
    }

    #[test]
    fn a_tool_of_several_operations_lets_the_model_choose() {
        let schema = schema_of_all(&operations("customer_read"));
        let choices = schema
            .pointer("/properties/operation/enum")
            .and_then(Value::as_array)
            .expect("choices");
        for operation in ["get_by_id", "query", "filter"] {
            assert!(choices.contains(&json!(operation)), "{operation}");
        }
        assert!(!choices.contains(&json!("update")));
        assert!(schema.pointer("/properties/customerId").is_some());
    }
}
