//! The context object that stands for the one that a state would find.

use serde_json::{Map, Value};

use super::definition::Tested;
use crate::refusal::Refusal;

/// What a member of the context object has to be.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Any,
}

/// The members of the context object. A Map adds the item by itself.
const MEMBERS: [(&str, &[(&str, Kind)]); 4] = [
    (
        "Execution",
        &[
            ("Id", Kind::Text),
            ("Input", Kind::Any),
            ("Name", Kind::Text),
            ("RedriveCount", Kind::Number),
            ("RedriveTime", Kind::Text),
            ("RoleArn", Kind::Text),
            ("StartTime", Kind::Text),
        ],
    ),
    (
        "State",
        &[
            ("EnteredTime", Kind::Text),
            ("Name", Kind::Text),
            ("RetryCount", Kind::Number),
        ],
    ),
    ("StateMachine", &[("Id", Kind::Text), ("Name", Kind::Text)]),
    ("Task", &[("Token", Kind::Text)]),
];

/// Reads a context object; it stands for the whole of what the state would find.
pub(super) fn read(text: &str, tested: &Tested) -> Result<Value, Refusal> {
    let found: Value =
        serde_json::from_str(text).map_err(|_| invalid("Context object must be valid JSON"))?;
    let Value::Object(context) = &found else {
        return Err(invalid("Context object must be a JSON object"));
    };
    let resource = tested.resource();
    let waits = resource.contains(".sync") || resource.ends_with(".waitForTaskToken");
    if context.contains_key("Task") && !waits {
        let message = "Context object contains 'Task' when state is not a Task state with a '.sync' \
                       or '.waitForTaskToken' service integration pattern";
        return Err(invalid(message));
    }
    for (name, value) in context {
        if name == "Map" {
            let message = "'Map' field is not supported when mocking a Context object";
            return Err(invalid(message));
        }
        let known = MEMBERS.iter().find(|(known, _)| known == name);
        let (_, members) = known.ok_or_else(|| not_allowed(name))?;
        let fields = value.as_object();
        let fields = fields.ok_or_else(|| invalid(&format!("{name} must be an object")))?;
        check(name, fields, members)?;
    }
    Ok(found)
}

fn check(
    place: &str,
    fields: &Map<String, Value>,
    members: &[(&str, Kind)],
) -> Result<(), Refusal> {
    for (name, value) in fields {
        let known = members.iter().find(|(known, _)| known == name);
        let (_, kind) = known.ok_or_else(|| not_allowed(name))?;
        let (holds, expected) = match kind {
            Kind::Text => (value.is_string(), "a string"),
            Kind::Number => (value.is_u64(), "a number"),
            Kind::Any => (true, ""),
        };
        if !holds {
            return Err(invalid(&format!("{place}.{name} must be {expected}")));
        }
    }
    Ok(())
}

fn not_allowed(name: &str) -> Refusal {
    invalid(&format!("Field '{name}' is not allowed"))
}

fn invalid(reason: &str) -> Refusal {
    Refusal::invalid(format!("Invalid Context object provided: {reason}"))
}
