//! The answers to Tasks that wait for a token.

use pawl_interpreter::Failure;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::{Engine, TokenOutcome};

use super::Refusal;

/// `SendTaskSuccess`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Success {
    task_token: String,
    output: String,
}

/// `SendTaskFailure`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FailureRequest {
    task_token: String,
    #[serde(flatten)]
    failure: Failure,
}

/// `SendTaskHeartbeat`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Heartbeat {
    task_token: String,
}

/// The task is done.
pub(super) fn succeed(engine: &Engine, request: &Success) -> Result<Value, Refusal> {
    let output = serde_json::from_str(&request.output)
        .map_err(|error| Refusal::new("InvalidOutput", format!("Invalid Output: '{error}'")))?;
    report(engine, &request.task_token, TokenOutcome::Succeeded(output))
}

/// The task has failed.
pub(super) fn fail(engine: &Engine, request: FailureRequest) -> Result<Value, Refusal> {
    report(
        engine,
        &request.task_token,
        TokenOutcome::Failed(request.failure),
    )
}

/// Somebody still works on the task.
pub(super) fn heartbeat(engine: &Engine, request: &Heartbeat) -> Result<Value, Refusal> {
    report(engine, &request.task_token, TokenOutcome::Heartbeat)
}

fn report(engine: &Engine, token: &str, outcome: TokenOutcome) -> Result<Value, Refusal> {
    match engine.answer_token(token, outcome)? {
        Some(()) => Ok(json!({})),
        None => Err(Refusal::new(
            "TaskTimedOut",
            "Task Timed Out: 'Provided task does not exist anymore'",
        )),
    }
}
