//! Names, bounds and expressions: what a single value may be.

use serde_json::Value;

use super::{Problems, pointer};
use crate::limits::NAME_CHARACTERS;
use crate::{Dynamic, expression};

/// Checks the name of a state.
pub(super) fn name(name: &str, place: &str, problems: &mut Problems) {
    let characters = name.chars().count();
    if characters == 0 || characters > NAME_CHARACTERS {
        problems.add(
            place,
            format!("the name has {characters} characters; it needs 1 to {NAME_CHARACTERS}"),
        );
    } else if name.chars().any(char::is_control) {
        problems.add(place, "the name holds a control character");
    }
}

/// Checks a number that stands in the machine, or that an expression gives.
pub(super) fn number(
    value: Option<&Dynamic<u64>>,
    bounds: std::ops::RangeInclusive<u64>,
    place: &str,
    problems: &mut Problems,
) {
    match value {
        Some(Dynamic::Fixed(number)) if !bounds.contains(number) => {
            problems.add(
                place,
                format!(
                    "{number} is not from {} to {}",
                    bounds.start(),
                    bounds.end()
                ),
            );
        }
        Some(Dynamic::Expression(text)) => only_expression(text, place, problems),
        Some(Dynamic::Fixed(_)) | None => {}
    }
}

/// Checks a text where nothing but an expression is allowed.
pub(super) fn only_expression(text: &str, place: &str, problems: &mut Problems) {
    if expression(text).is_none() {
        problems.add(
            place,
            format!("`{text}` is neither a value for this field nor an expression in {{% %}}"),
        );
    }
}

/// Checks every text inside a template: what begins as an expression has to end as one.
pub(super) fn template(value: &Value, place: &str, problems: &mut Problems) {
    match value {
        Value::String(text) => {
            if expression(text).is_none() && (text.starts_with("{%") || text.ends_with("%}")) {
                problems.add(
                    place,
                    format!("`{text}` is only half an expression: it needs both {{% and %}}"),
                );
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                template(item, &format!("{place}/{index}"), problems);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                template(member, &pointer(place, name), problems);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
