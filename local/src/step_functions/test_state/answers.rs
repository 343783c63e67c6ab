//! What the calls of Tasks answer with: data from the services' own models, for the mocks that stand for them.
//!
//! ```text
//! "PutEvents": "PutEventsResponse"                               a call and the shape of its answer
//! "PutEventsResponse": {"structure": {"members": {...}}}         a shape
//! "PutEventsResultEntryList": {"list": "PutEventsResultEntry"}   one made of others; text, number, boolean are plain
//! ```

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::refusal::Refusal;
use crate::sdk::capitalised;

static SERVICES: LazyLock<BTreeMap<String, Service>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("answers.json")).expect("the models are as they were written")
});

/// How closely a mock is held against the answer that it stands for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Mode {
    /// All that the answer has to have is there, and what is there fits.
    #[default]
    Strict,
    /// What is there fits.
    Present,
    /// Anything will do.
    None,
}

/// The calls of a service and the shapes of their answers.
#[derive(Debug, Deserialize)]
struct Service {
    calls: BTreeMap<String, Option<String>>,
    shapes: BTreeMap<String, Shape>,
}

/// What a value has to be.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Shape {
    Structure {
        members: BTreeMap<String, String>,
        #[serde(default)]
        required: Vec<String>,
    },
    List(String),
    Map(String),
    Text(Text),
    Number(Number),
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    #[serde(default)]
    least: usize,
    most: Option<usize>,
    one_of: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
struct Number {
    least: Option<f64>,
    most: Option<f64>,
}

/// Holds a mocked result against the answer of a Task's call. Fields that the answer does not have are none of its
/// business, as on AWS, where they may come to be.
pub(super) fn check(resource: &str, result: &Value, mode: Mode) -> Result<(), Refusal> {
    let Some((_, call)) = resource.split_once(":states:::") else {
        return Ok(());
    };
    let call = call.strip_prefix("aws-sdk:").unwrap_or(call);
    let (call, suffix) = call.split_once('.').unwrap_or((call, ""));
    let (service, operation) = call.split_once(':').unwrap_or((call, ""));
    // Whoever has the token gives what he likes, and these two have no model.
    let is_free = suffix == "waitForTaskToken" || matches!(service, "http" | "apigateway");
    if mode == Mode::None || is_free {
        return Ok(());
    }
    let (service, operation) = match (service, operation, suffix) {
        // The result of a job is what is told of it when it has ended.
        ("states", "startExecution", "sync" | "sync:2") => ("stepfunctions", "describeExecution"),
        ("states" | "sfn", operation, "") => ("stepfunctions", operation),
        ("eventbridge", operation, "") => ("events", operation),
        (service, operation, "") => (service, operation),
        _ => return Err(unknown(resource)),
    };
    let service = SERVICES.get(service).ok_or_else(|| unknown(resource))?;
    let answer = service.calls.get(&capitalised(operation));
    match answer.ok_or_else(|| unknown(resource))? {
        Some(shape) => service.check("result", result, shape, mode),
        None => Ok(()),
    }
}

impl Service {
    fn check(&self, field: &str, value: &Value, shape: &str, mode: Mode) -> Result<(), Refusal> {
        let must_be = |holds: bool, expected: &str| {
            let wrong = || broken(&format!("Field '{field}' must be {expected}"));
            holds.then_some(()).ok_or_else(wrong)
        };
        match self.shapes.get(shape) {
            Some(Shape::Structure { members, required }) => {
                must_be(value.is_object(), "an object")?;
                let missing = required.iter().find(|name| value.get(name).is_none());
                if let (Some(name), Mode::Strict) = (missing, mode) {
                    return Err(broken(&format!("Required field '{name}' is missing")));
                }
                let fields = value.as_object().into_iter().flatten();
                for (name, value) in fields {
                    if let Some(shape) = members.get(name) {
                        self.check(name, value, shape, mode)?;
                    }
                }
            }
            Some(Shape::List(item)) => {
                must_be(value.is_array(), "an array")?;
                for value in value.as_array().into_iter().flatten() {
                    self.check(field, value, item, mode)?;
                }
            }
            Some(Shape::Map(item)) => {
                must_be(value.is_object(), "an object")?;
                for (_, value) in value.as_object().into_iter().flatten() {
                    self.check(field, value, item, mode)?;
                }
            }
            Some(Shape::Text(rule)) => {
                must_be(value.is_string(), "a string")?;
                rule.check(field, value.as_str().unwrap_or_default())?;
            }
            Some(Shape::Number(rule)) => {
                must_be(value.is_number(), "a number")?;
                rule.check(field, value.as_f64().unwrap_or_default())?;
            }
            None => match shape {
                "number" => must_be(value.is_number(), "a number")?,
                "boolean" => must_be(value.is_boolean(), "a boolean")?,
                _ => must_be(value.is_string(), "a string")?,
            },
        }
        Ok(())
    }
}

impl Text {
    fn check(&self, field: &str, text: &str) -> Result<(), Refusal> {
        let length = text.chars().count();
        let wrong = match &self.one_of {
            Some(allowed) if !allowed.iter().any(|allowed| allowed == text) => {
                "is not an expected value"
            }
            _ if length < self.least => "is smaller than the minimum length",
            _ if self.most.is_some_and(|most| length > most) => "exceeds the maximum length",
            _ => return Ok(()),
        };
        Err(broken(&format!("Field '{field}' {wrong}")))
    }
}

impl Number {
    fn check(&self, field: &str, number: f64) -> Result<(), Refusal> {
        let wrong = if self.least.is_some_and(|least| number < least) {
            "is less than the minimum value"
        } else if self.most.is_some_and(|most| number > most) {
            "exceeds the maximum value"
        } else {
            return Ok(());
        };
        Err(broken(&format!("Field '{field}' {wrong}")))
    }
}

fn broken(reason: &str) -> Refusal {
    Refusal::invalid(format!("Mock result schema validation error: {reason}"))
}

fn unknown(resource: &str) -> Refusal {
    Refusal::invalid(format!(
        "The answer of '{resource}' has no model here that a mock could be held against; \
         with the fieldValidationMode NONE it is not."
    ))
}
