//! Mocks: results that are recorded for a work step instead of acting.
//!
//! ```json
//! {
//!   "generate_reply": "Hello!",
//!   "send_email": { "error": { "code": "TOOL_ERROR" } },
//!   "assess": [{ "status": "active" }, { "status": "churned" }],
//!   "flaky": { "attempts": [{ "error": { "code": "RATE_LIMIT" } }, { "output": { "sent": true } }] }
//! }
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{StepError, code};

/// The mock of one step, as it is written: one result, or a list with one entry per visit, the last repeating.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mock(pub Value);

/// What a mocked attempt does.
#[derive(Debug, Clone, PartialEq)]
pub enum Mocked {
    /// It completes with this output.
    Output(Value),
    /// It fails.
    Error(StepError),
}

impl Mock {
    /// What is wrong with the way the mock is written.
    pub fn problem(&self) -> Option<String> {
        match &self.0 {
            Value::Array(entries) if entries.is_empty() => {
                Some("a list of results has at least one".to_owned())
            }
            Value::Array(entries) => entries.iter().find_map(problem),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => problem(&self.0),
        }
    }

    /// The result of an attempt: `visit` counts from 0, `attempt` from 1.
    ///
    /// An object whose only key is `output`, `error` or `attempts` means that; anything else is the output.
    pub fn result(&self, visit: usize, attempt: usize) -> Mocked {
        let entry = if let Value::Array(entries) = &self.0 {
            entries
                .get(visit)
                .or(entries.last())
                .unwrap_or(&Value::Null)
        } else {
            &self.0
        };
        if let Some(Value::Array(attempts)) = only(entry, "attempts") {
            let nth = attempt.saturating_sub(1);
            outcome(
                attempts
                    .get(nth)
                    .or(attempts.last())
                    .unwrap_or(&Value::Null),
            )
        } else {
            outcome(entry)
        }
    }

    /// Every output that it gives.
    pub fn outputs(&self) -> impl Iterator<Item = Value> {
        let visits = self
            .0
            .as_array()
            .map_or(std::slice::from_ref(&self.0), Vec::as_slice);
        let attempts = visits
            .iter()
            .flat_map(|visit| match only(visit, "attempts") {
                Some(Value::Array(attempts)) => attempts.as_slice(),
                _ => std::slice::from_ref(visit),
            });
        attempts.filter_map(|attempt| match outcome(attempt) {
            Mocked::Output(output) => Some(output),
            Mocked::Error(_) => None,
        })
    }
}

/// The port by which a mocked approval is left: as `decision` or `approved` says, and else as if somebody had approved.
///
/// None where it says something that is no decision.
pub fn decision(output: &Value) -> Option<&'static str> {
    let said = output.get("decision").unwrap_or(output);
    let approved = output.get("approved").unwrap_or(output).as_bool();
    match (said.as_str(), approved) {
        (Some("approved"), _) | (None, Some(true) | None) => Some("approved"),
        (Some("rejected" | "denied"), _) | (None, Some(false)) => Some("rejected"),
        (Some("timeout"), _) => Some("timeout"),
        (Some(_), _) => None,
    }
}

/// What is wrong with one entry of a mock.
fn problem(entry: &Value) -> Option<String> {
    if let Some(attempts) = only(entry, "attempts") {
        return match attempts.as_array() {
            Some(attempts) if !attempts.is_empty() => attempts.iter().find_map(problem),
            _ => Some("`attempts` is a list with at least one result".to_owned()),
        };
    }
    let error = only(entry, "error")?;
    let code = error
        .get("code")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let message = error.get("message").is_none_or(Value::is_string);
    if code.is_empty() || !message {
        return Some(
            "`error` is `{ \"code\": ..., \"message\": ... }`, where `message` may be left out"
                .to_owned(),
        );
    }
    // These lead the machine, so a mock that raised one would say nothing of the step.
    [code::STOP, code::CONTINUE, code::ASK]
        .contains(&code)
        .then(|| format!("a step cannot fail with `{code}`"))
}

/// What one entry means once the visit and the attempt are chosen.
fn outcome(entry: &Value) -> Mocked {
    if let Some(output) = only(entry, "output") {
        return Mocked::Output(output.clone());
    }
    match only(entry, "error").and_then(|error| serde_json::from_value(error.clone()).ok()) {
        Some(error) => Mocked::Error(error),
        None => Mocked::Output(entry.clone()),
    }
}

/// The value under `key` if it is the object's only key.
fn only<'value>(value: &'value Value, key: &str) -> Option<&'value Value> {
    value
        .as_object()
        .filter(|object| object.len() == 1)?
        .get(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_mock_that_means_nothing_is_told() {
        let rows = [
            (json!({ "error": { "code": "TOOL_ERROR" } }), true),
            (json!({ "error": "boom" }), false),
            (json!({ "error": { "message": "boom" } }), false),
            (json!({ "error": { "code": "STOP" } }), false),
            (json!({ "attempts": {} }), false),
            (json!([]), false),
            (json!([1, { "attempts": [] }]), false),
            (json!({ "error": "boom", "output": 1 }), true),
        ];
        for (mock, is_fine) in rows {
            assert_eq!(Mock(mock.clone()).problem().is_none(), is_fine, "{mock}");
        }
    }

    #[test]
    fn a_mock_answers_by_visit_and_attempt() {
        let error = |code: &str| {
            Mocked::Error(StepError {
                code: code.to_owned(),
                message: String::new(),
            })
        };
        let flaky =
            json!({ "attempts": [{ "error": { "code": "RATE_LIMIT" } }, { "sent": true }] });
        let rows = [
            (json!("text"), 3, 1, Mocked::Output(json!("text"))),
            (json!([1, 2]), 0, 1, Mocked::Output(json!(1))),
            (json!([1, 2]), 7, 1, Mocked::Output(json!(2))),
            (
                json!({ "output": [1, 2] }),
                1,
                1,
                Mocked::Output(json!([1, 2])),
            ),
            (
                json!({ "output": 1, "more": 2 }),
                0,
                1,
                Mocked::Output(json!({ "output": 1, "more": 2 })),
            ),
            (flaky.clone(), 0, 1, error("RATE_LIMIT")),
            (flaky, 0, 2, Mocked::Output(json!({ "sent": true }))),
        ];
        for (mock, visit, attempt, expected) in rows {
            assert_eq!(
                Mock(mock.clone()).result(visit, attempt),
                expected,
                "{mock}"
            );
        }
    }
}
