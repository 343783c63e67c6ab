//! A value together with its JSON text: what passes between states.

use std::sync::Arc;

use pawl_asl::limits::STATE_BYTES;
use serde_json::Value;

use crate::fault::Fault;

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
        let data = Self::new(value);
        if data.text.len() > STATE_BYTES {
            return Err(Fault::data_limit(source));
        }
        Ok(data)
    }
}

/// The JSON text of a value.
pub(crate) fn text(value: &Value) -> Arc<str> {
    serde_json::to_string(value)
        .expect("a JSON value has only text keys")
        .into()
}
