//! What operations answer with.

use serde_json::{Value, json};

use super::parameter::{Parameter, shaped, text};
use crate::Shape;
use crate::schema;

/// What an operation answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// What the row does not say.
    Anything,
    /// A record with these fields, and those that every record has.
    Record(&'static [Parameter]),
    /// A page of such records, under `page` and under this name.
    Page(&'static str, &'static [Parameter]),
    /// An object of these fields.
    Fields(&'static [Parameter]),
    /// Such an answer, or null.
    OrNull(&'static Output),
}

/// What every record has.
const EVERY_RECORD: &[Parameter] = &[
    text("_id", "The record's id.").required(),
    shaped(
        "_creationTime",
        Shape::Whole,
        "When it was made, in milliseconds since 1970.",
    ),
    text("organizationId", "The organisation that it belongs to."),
    shaped(
        "updatedAt",
        Shape::Whole,
        "When it was last written, in milliseconds since 1970.",
    ),
];

impl Output {
    /// Every field of a record whose row names these.
    pub fn record(fields: &'static [Parameter]) -> impl Iterator<Item = &'static Parameter> {
        EVERY_RECORD.iter().chain(fields)
    }

    /// The JSON Schema of the answer.
    pub fn schema(&self) -> Value {
        match self {
            Self::Anything => json!({}),
            Self::Record(fields) => {
                let mut schema = schema::object(Self::record(fields));
                // A record may have fields of its own.
                if let Some(schema) = schema.as_object_mut() {
                    schema.insert("additionalProperties".to_owned(), true.into());
                }
                schema
            }
            Self::Page(plural, fields) => {
                let record = Self::Record(fields).schema();
                let records = json!({ "type": "array", "items": record });
                json!({
                    "type": "object",
                    "properties": {
                        "page": records,
                        *plural: { "type": "array", "description": "The same as `page`." },
                        "count": { "type": "integer", "minimum": 0, "description": "How many are in the page." },
                        "isDone": { "type": "boolean", "description": "Whether there is no further page." },
                        "continueCursor": {
                            "type": ["string", "null"],
                            "description": "The `cursor` of the next page.",
                        },
                    },
                    "required": ["page", plural, "count", "isDone", "continueCursor"],
                })
            }
            Self::Fields(fields) => schema::object(fields.iter()),
            Self::OrNull(output) => json!({ "anyOf": [output.schema(), { "type": "null" }] }),
        }
    }
}
