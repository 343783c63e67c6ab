//! The answers to Tasks that wait for a token.

use pawl_asl::limits::STATE_BYTES;
use pawl_interpreter::Failure;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::engine::{Engine, TokenOutcome};

use super::syntax;
use crate::refusal::Refusal;

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
    check(&request.task_token)?;
    let refuse = |reason: &str| {
        Err(Refusal::new(
            "InvalidOutput",
            format!("Invalid Output: '{reason}'"),
        ))
    };
    if request.output.len() > STATE_BYTES {
        return refuse("Output size is too large");
    }
    let output = match serde_json::from_str(&request.output) {
        Ok(output) => output,
        Err(error) => return refuse(&syntax::describe(&request.output, &error).message),
    };
    report(engine, &request.task_token, TokenOutcome::Succeeded(output))
}

/// The task has failed.
pub(super) fn fail(engine: &Engine, request: FailureRequest) -> Result<Value, Refusal> {
    check(&request.task_token)?;
    report(
        engine,
        &request.task_token,
        TokenOutcome::Failed(request.failure),
    )
}

/// Somebody still works on the task.
pub(super) fn heartbeat(engine: &Engine, request: &Heartbeat) -> Result<Value, Refusal> {
    check(&request.task_token)?;
    report(engine, &request.task_token, TokenOutcome::Heartbeat)
}

/// How many characters a token has.
const TOKEN: usize = 64;

/// Refuses what cannot be a token: ours are hashes.
fn check(token: &str) -> Result<(), Refusal> {
    let is_token = token.len() == TOKEN && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_token {
        return Ok(());
    }
    Err(Refusal::invalid_token())
}

fn report(engine: &Engine, token: &str, outcome: TokenOutcome) -> Result<Value, Refusal> {
    match engine.answer_token(token, outcome)? {
        Some(()) => Ok(json!({})),
        // It had an answer already, or the execution has gone on without.
        None => Err(Refusal::new(
            "TaskTimedOut",
            "Task Timed Out: 'Provided task does not exist anymore'",
        )),
    }
}
