//! A value together with its JSON text: what passes between states.

use std::sync::Arc;

use pawl_asl::limits::STATE_BYTES;
use serde_json::Value;

use crate::fault::{Fault, name};

/// The deepest data that passes between states: whoever reads it goes down as deep.
const DEPTH: usize = 500;

/// A value and its text. The text is needed for history and for the size limit, so it is written once; both are
/// shared, so that data that passes through states unchanged is never copied.
#[derive(Debug, Clone)]
pub(crate) struct Data {
    /// The value.
    pub(crate) value: Arc<Value>,
    /// Its JSON text.
    pub(crate) text: Arc<str>,
}

impl Data {
    /// Writes the text of a value.
    pub(crate) fn new(value: impl Into<Arc<Value>>) -> Self {
        let value = value.into();
        let text = text(&value);
        Self { value, text }
    }

    /// Writes the text of a value that a state or task gives, and refuses one that is too large.
    pub(crate) fn limited(value: impl Into<Arc<Value>>, source: &str) -> Result<Self, Fault> {
        let value = value.into();
        if nests_deeper(&value, DEPTH) {
            let cause = format!("The data of '{source}' nests deeper than {DEPTH} levels.");
            return Err(Fault::state(name::RUNTIME, cause));
        }
        let data = Self::new(value);
        if data.text.len() > STATE_BYTES {
            return Err(Fault::data_limit(source));
        }
        Ok(data)
    }
}

/// Whether a value nests deeper than so many levels.
fn nests_deeper(value: &Value, levels: usize) -> bool {
    let Some(inner) = levels.checked_sub(1) else {
        return true;
    };
    match value {
        Value::Array(items) => items.iter().any(|item| nests_deeper(item, inner)),
        Value::Object(members) => members.values().any(|member| nests_deeper(member, inner)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The JSON text of a value.
pub(crate) fn text(value: &Value) -> Arc<str> {
    serde_json::to_string(value)
        .expect("a JSON value has only text keys")
        .into()
}
