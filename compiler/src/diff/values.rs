//! Where two values differ.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

/// A place where two values differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Which field, from the outermost to the innermost: `config.parameters.to`.
    pub field: String,
    /// Before; none where there was nothing.
    pub from: Option<Value>,
    /// Now; none where there is nothing.
    pub to: Option<Value>,
}

/// Every innermost place where two values differ. Lists of the same length are compared place by place, others as they are.
pub(super) fn between(from: &Value, to: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare("", Some(from), Some(to), &mut changes);
    changes
}

fn compare(field: &str, from: Option<&Value>, to: Option<&Value>, changes: &mut Vec<Change>) {
    let inner = |name: &str| match field {
        "" => name.to_owned(),
        field => format!("{field}.{name}"),
    };
    // What is null says nothing, as if it were not there.
    let (from, to) = (
        from.filter(|value| !value.is_null()),
        to.filter(|value| !value.is_null()),
    );
    match (from, to) {
        (Some(Value::Object(from)), Some(Value::Object(to))) => {
            let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
            for name in names {
                compare(&inner(name), from.get(name), to.get(name), changes);
            }
        }
        (Some(Value::Array(from)), Some(Value::Array(to))) if from.len() == to.len() => {
            for (place, (from, to)) in from.iter().zip(to).enumerate() {
                compare(&inner(&place.to_string()), Some(from), Some(to), changes);
            }
        }
        (from, to) if from == to => {}
        (from, to) => changes.push(Change {
            field: field.to_owned(),
            from: from.cloned(),
            to: to.cloned(),
        }),
    }
}
