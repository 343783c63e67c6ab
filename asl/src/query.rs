//! Values that may be computed: `{% ... %}` holds a JSONata expression.

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Fields by name, in the author's order.
pub type Fields = IndexMap<String, Value>;

/// The language in which a state reads and shapes its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueryLanguage {
    /// `{% ... %}` in any string.
    #[serde(rename = "JSONata")]
    Jsonata,
    /// `$.path` in fields whose name ends in `Path` or `.$`.
    #[serde(rename = "JSONPath")]
    JsonPath,
}

/// A value that stands in the machine, or is computed when the state runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Dynamic<T> {
    /// The value itself.
    Fixed(T),
    /// A JSONata expression with its delimiters, such as `{% $states.input.seconds %}`.
    Expression(String),
}

impl<T> From<T> for Dynamic<T> {
    fn from(value: T) -> Self {
        Self::Fixed(value)
    }
}

/// The expression between `{%` and `%}`, or `None` where the text stands for itself.
///
/// ```
/// assert_eq!(pawl_asl::expression("{% $states.input %}"), Some(" $states.input "));
/// assert_eq!(pawl_asl::expression("hello"), None);
/// ```
pub fn expression(text: &str) -> Option<&str> {
    text.strip_prefix("{%")?.strip_suffix("%}")
}

/// Reads a field that may hold `null`, which is a value and not an absence.
pub(crate) fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Whether a flag can be left out.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes the field by reference"
)]
pub(crate) fn is_false(value: &bool) -> bool {
    !*value
}
