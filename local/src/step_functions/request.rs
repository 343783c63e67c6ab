//! Holds a request against the shapes of its operation, as AWS does before it looks at anything else.

mod operations;
mod shapes;

use pawl_asl::limits::STATE_BYTES;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::syntax;
use crate::refusal::Refusal;
use operations::OPERATIONS;
use shapes::{Member, Shape};

/// Reads a request of an operation; the refusal is AWS's for the first kind of rule that it breaks.
pub(super) fn read<Request: DeserializeOwned>(
    operation: &str,
    body: &[u8],
) -> Result<Request, Refusal> {
    let unreadable = |message: String| Refusal::new("SerializationException", message);
    // An empty body is an empty request.
    let text = str::from_utf8(body).map_err(|error| unreadable(error.to_string()))?;
    let text = if text.trim().is_empty() { "{}" } else { text };
    let request: Value = serde_json::from_str(text)
        .map_err(|error| unreadable(syntax::describe(text, &error).message))?;
    held(operation, request)
}

/// The same for a request that is read already.
pub(super) fn held<Request: DeserializeOwned>(
    operation: &str,
    mut request: Value,
) -> Result<Request, Refusal> {
    let unreadable = |message: String| Refusal::new("SerializationException", message);
    let Some(fields) = request.as_object_mut() else {
        return Err(unreadable(
            "Start of structure or map found where not expected.".to_owned(),
        ));
    };
    // A `null` is as good as nothing.
    fields.retain(|_, value| !value.is_null());
    let members = OPERATIONS
        .iter()
        .find(|(name, _)| *name == operation)
        .map_or(&[][..], |(_, members)| members);
    let mut broken = Vec::new();
    object(fields, members, "", &mut broken)?;
    if !broken.is_empty() {
        let errors = if broken.len() == 1 { "error" } else { "errors" };
        let message = format!(
            "{} validation {errors} detected: {}",
            broken.len(),
            broken.join("; ")
        );
        return Err(Refusal::new("ValidationException", message));
    }
    serde_json::from_value(request).map_err(|error| unreadable(error.to_string()))
}

fn object(
    fields: &Map<String, Value>,
    members: &[Member],
    path: &str,
    broken: &mut Vec<String>,
) -> Result<(), Refusal> {
    for member in members {
        let path = if path.is_empty() {
            member.name.to_owned()
        } else {
            format!("{path}.{}", member.name)
        };
        match fields.get(member.name).filter(|value| !value.is_null()) {
            Some(value) => check(value, member.shape, &path, broken)?,
            None if member.required => {
                broken.push(failed(None, &path, "Member must not be null"));
            }
            None => {}
        }
    }
    Ok(())
}

fn check(
    value: &Value,
    shape: &Shape,
    path: &str,
    broken: &mut Vec<String>,
) -> Result<(), Refusal> {
    let mut breaks = |rule: Option<String>| {
        broken.extend(rule.map(|rule| failed(Some((value, shape)), path, &rule)));
    };
    match shape {
        Shape::Text {
            bounds, pattern, ..
        } => {
            let text = text(value)?;
            breaks(length(text.encode_utf16().count(), *bounds));
            let mismatch = pattern
                .as_ref()
                .filter(|pattern| !text.is_empty() && !(pattern.holds)(text));
            breaks(mismatch.map(|pattern| {
                format!(
                    "Member must satisfy regular expression pattern: {}",
                    pattern.text
                )
            }));
        }
        Shape::Data => breaks(length(text(value)?.len(), [0, STATE_BYTES])),
        Shape::OneOf(allowed) => {
            let is_allowed = allowed.contains(&text(value)?);
            breaks((!is_allowed).then(|| {
                let allowed = allowed.join(", ");
                format!("Member must satisfy enum value set: [{allowed}]")
            }));
        }
        Shape::Whole([least, most]) => {
            let number = value.as_i64();
            let number = number.ok_or_else(|| wrong_kind(value, "an Integer"))?;
            breaks((number < *least).then(|| at_least(*least)));
            breaks((number > *most).then(|| at_most(*most)));
        }
        Shape::Percentage => {
            let number = value.as_f64();
            let number = number.ok_or_else(|| wrong_kind(value, "a Float"))?;
            breaks((number < 0.0).then(|| at_least(0)));
            breaks((number > 100.0).then(|| at_most(100)));
        }
        Shape::Flag => {
            if !value.is_boolean() {
                return Err(wrong_kind(value, "a Boolean"));
            }
        }
        Shape::List { bounds, item } => {
            let items = value.as_array();
            let items = items.ok_or_else(|| wrong_kind(value, "a List"))?;
            breaks(length(items.len(), *bounds));
            for (index, value) in items.iter().enumerate() {
                let path = format!("{path}.{}.member", index + 1);
                check(value, item, &path, broken)?;
            }
        }
        Shape::Object { members, .. } => {
            let fields = value.as_object();
            let fields = fields.ok_or_else(|| wrong_kind(value, "a Structure"))?;
            object(fields, members, path, broken)?;
        }
    }
    Ok(())
}

fn text(value: &Value) -> Result<&str, Refusal> {
    value.as_str().ok_or_else(|| wrong_kind(value, "a String"))
}

fn length(length: usize, [least, most]: [usize; 2]) -> Option<String> {
    if length < least {
        let rule = format!("Member must have length greater than or equal to {least}");
        return Some(rule);
    }
    (length > most).then(|| format!("Member must have length less than or equal to {most}"))
}

fn at_least(least: i64) -> String {
    format!("Member must have value greater than or equal to {least}")
}

fn at_most(most: i64) -> String {
    format!("Member must have value less than or equal to {most}")
}

/// One broken rule. What may be secret is not repeated.
fn failed(value: Option<(&Value, &Shape)>, path: &str, rule: &str) -> String {
    let shown = match value {
        None => "Value null".to_owned(),
        Some((_, Shape::Data | Shape::Text { secret: true, .. })) => "Value".to_owned(),
        Some((value, shape)) => format!("Value '{}'", shown(value, shape)),
    };
    format!("{shown} at '{path}' failed to satisfy constraint: {rule}")
}

/// A value as AWS shows it: structures by their type and fields.
fn shown(value: &Value, shape: &Shape) -> String {
    match (value, shape) {
        (Value::String(text), _) => text.clone(),
        (Value::Array(items), Shape::List { item, .. }) => {
            let items: Vec<String> = items.iter().map(|value| shown(value, item)).collect();
            format!("[{}]", items.join(", "))
        }
        (Value::Object(fields), Shape::Object { name, members }) => {
            let members: Vec<String> = members
                .iter()
                .filter_map(|member| {
                    let value = shown(fields.get(member.name)?, member.shape);
                    Some(format!("{}={value}", member.name))
                })
                .collect();
            format!("{name}({})", members.join(", "))
        }
        (value, _) => value.to_string(),
    }
}

fn wrong_kind(value: &Value, expected: &str) -> Refusal {
    let found = match value {
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(number) if number.is_f64() => "DECIMAL_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    };
    Refusal::new(
        "SerializationException",
        format!("{found} can not be converted to {expected}"),
    )
}
