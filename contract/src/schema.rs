//! Shapes as JSON Schema, for language models, editors and whoever reads the catalogue.

use serde_json::{Map, Value, json};

use crate::Shape;
use crate::catalogue::Parameter;

impl Shape {
    /// The JSON Schema of a value of this shape.
    ///
    /// ```
    /// use pawl_contract::Shape;
    /// use serde_json::json;
    ///
    /// assert_eq!(Shape::Count.schema(), json!({ "type": "integer", "minimum": 1 }));
    /// ```
    pub fn schema(&self) -> Value {
        match self {
            Self::Text => json!({ "type": "string" }),
            Self::Usually(words) => json!({ "type": "string", "examples": words }),
            Self::Expression => {
                json!({ "type": "string", "description": "An expression, without braces." })
            }
            Self::Number => json!({ "type": "number" }),
            Self::Integer => json!({ "type": "integer" }),
            Self::FromZero => json!({ "type": "number", "minimum": 0 }),
            Self::Within(least, most) => {
                json!({ "type": "number", "minimum": least, "maximum": most })
            }
            Self::Between(least, most) => {
                json!({ "type": "integer", "minimum": least, "maximum": most })
            }
            Self::Whole => json!({ "type": "integer", "minimum": 0 }),
            Self::Count => json!({ "type": "integer", "minimum": 1 }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::List => json!({ "type": "array" }),
            Self::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Self::Object => json!({ "type": "object" }),
            Self::Fields(fields) => object(fields.iter()),
            Self::Any => json!({}),
            Self::OneOf(words) => json!({ "type": "string", "enum": words }),
            Self::Either(shapes) => {
                let shapes: Vec<Value> = shapes.iter().map(Self::schema).collect();
                json!({ "anyOf": shapes })
            }
        }
    }
}

/// Lets a value be null as well, which means the same as leaving it out.
fn allow_null(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    if let Some(kind) = schema.get_mut("type") {
        *kind = json!([kind, "null"]);
    }
    for list in ["enum", "anyOf"] {
        let null = if list == "enum" {
            Value::Null
        } else {
            json!({ "type": "null" })
        };
        if let Some(choices) = schema.get_mut(list).and_then(Value::as_array_mut) {
            choices.push(null);
        }
    }
}

/// The schema of an object that has these fields, and may have more.
pub(crate) fn object<'field>(fields: impl Iterator<Item = &'field Parameter>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in fields {
        let mut schema = field.shape.schema();
        if !field.required {
            allow_null(&mut schema);
        }
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), field.about.into());
        }
        properties.insert(field.name.to_owned(), schema);
        if field.required {
            required.push(field.name);
        }
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    if let (Some(schema), false) = (schema.as_object_mut(), required.is_empty()) {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}
