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

use crate::StepError;

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
