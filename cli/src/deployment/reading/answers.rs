//! The answers of the API as they come, and what the store would have said.

use std::collections::BTreeMap;

use pawl_contract::{At, FollowUps, Kind, Message, StepError};
use pawl_store::{
    Batch, Delegate, Record, RecordStatus, Run, RunError, RunStatus, Stretch, Thread, Told, Waiting,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::source::Spoken;

/// A page of a list.
#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next_cursor: Option<String>,
}

/// A workflow.
#[derive(Deserialize)]
pub(super) struct WorkflowAnswer {
    pub(super) id: String,
}

/// A run; in a list without what has a default here.
#[derive(Deserialize)]
pub(super) struct Execution {
    id: String,
    workflow_id: String,
    workflow_name: String,
    status: RunStatus,
    triggered_by: String,
    #[serde(default)]
    draft: bool,
    started_at: String,
    completed_at: Option<String>,
    error: Option<RunError>,
    #[serde(default)]
    machine: String,
    #[serde(default)]
    input: Value,
    thread_id: Option<String>,
    #[serde(default)]
    resumed: u64,
    #[serde(default)]
    versions: Vec<PartAnswer>,
    #[serde(default)]
    pub(super) result: Value,
}

/// The part of a run that one version did.
#[derive(Deserialize)]
struct PartAnswer {
    version: Option<u64>,
    machine: String,
    from: At,
    since: String,
}

/// A visit of a step.
#[derive(Deserialize)]
pub(super) struct StepAnswer {
    step_id: String,
    name: Option<String>,
    kind: Option<Kind>,
    at: At,
    visit: u64,
    iteration: Vec<u64>,
    status: String,
    attempts: u64,
    port: Option<String>,
    mocked: bool,
    started_at: String,
    completed_at: Option<String>,
    result: Value,
    error: Option<StepError>,
    input: Value,
    meta: Option<Value>,
}

/// What models said in a turn.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchAnswer {
    at: At,
    step: String,
    turn: u64,
    r#try: String,
    sequence: u64,
    written_at: String,
    events: Vec<Told>,
}

/// A thread in a list.
#[derive(Deserialize)]
pub(super) struct ThreadAnswer {
    id: String,
    updated_at: String,
    workflow_id: String,
    execution_id: String,
    step_id: String,
}

/// A message of a thread.
#[derive(Deserialize)]
pub(super) struct MessageAnswer {
    execution_id: String,
    step_id: String,
    at: At,
    said_at: String,
    said: Message,
}

/// What a run waits for.
#[derive(Deserialize)]
pub(super) struct WaitAnswer {
    execution_id: String,
    workflow_name: String,
    step_id: String,
    kind: Option<Kind>,
    at: At,
    visit: u64,
    iteration: Vec<u64>,
    question: Value,
    asked_at: String,
    expires_at: Option<String>,
    delegates: Vec<Delegate>,
}

impl From<Execution> for Run {
    fn from(answer: Execution) -> Self {
        Self {
            org: String::new(),
            run: answer.id,
            workflow: answer.workflow_id,
            name: answer.workflow_name,
            version: None,
            number: answer.versions.last().and_then(|last| last.version),
            machine: answer.machine,
            stretches: stretches(answer.versions),
            status: answer.status,
            input: answer.input,
            trigger: json!({ "type": answer.triggered_by }),
            mocks: BTreeMap::new(),
            thread_id: answer.thread_id,
            parent: None,
            draft: answer.draft,
            executing_since: None,
            follow_ups: FollowUps::default(),
            after: None,
            started_at: answer.started_at,
            timeout_ms: None,
            deadline: None,
            execution: String::new(),
            base: At::intake(),
            generation: answer.resumed,
            completed_at: answer.completed_at,
            error: answer.error,
            closed_by: None,
        }
    }
}

/// The parts of a run, where it has had more than one version.
fn stretches(parts: Vec<PartAnswer>) -> Vec<Stretch> {
    if parts.len() < 2 {
        return Vec::new();
    }
    let stretches = parts.into_iter().map(|part| Stretch {
        machine: part.machine,
        number: part.version,
        from: part.from,
        enter: None,
        since: part.since,
    });
    stretches.collect()
}

impl From<StepAnswer> for Record {
    fn from(answer: StepAnswer) -> Self {
        Self {
            at: answer.at,
            step: answer.step_id,
            name: answer.name,
            kind: answer.kind,
            status: match answer.status.as_str() {
                "running" => RecordStatus::Claimed,
                "waiting" => RecordStatus::Waiting,
                "failed" => RecordStatus::Failed,
                "skipped" => RecordStatus::Skipped,
                _ => RecordStatus::Completed,
            },
            attempts: answer.attempts,
            visit: answer.visit,
            scope: String::new(),
            input: answer.input,
            output: answer.result,
            meta: answer.meta,
            error: answer.error,
            port: answer.port,
            iteration: answer.iteration,
            mocked: answer.mocked,
            started_at: answer.started_at,
            completed_at: answer.completed_at,
            result: None,
            nonce: None,
            wait: None,
        }
    }
}

impl From<BatchAnswer> for Batch {
    fn from(answer: BatchAnswer) -> Self {
        Self {
            at: answer.at,
            step: answer.step,
            turn: answer.turn,
            attempt: answer.r#try,
            sequence: answer.sequence,
            written_at: answer.written_at,
            events: answer.events,
        }
    }
}

impl From<ThreadAnswer> for Thread {
    fn from(answer: ThreadAnswer) -> Self {
        Self {
            thread: answer.id,
            updated_at: answer.updated_at,
            workflow: answer.workflow_id,
            run: answer.execution_id,
            step: answer.step_id,
        }
    }
}

impl From<MessageAnswer> for Spoken {
    fn from(answer: MessageAnswer) -> Self {
        Self {
            run: answer.execution_id,
            at: answer.at,
            step: answer.step_id,
            said_at: answer.said_at,
            message: answer.said,
        }
    }
}

impl From<WaitAnswer> for Waiting {
    fn from(answer: WaitAnswer) -> Self {
        let record = StepAnswer {
            step_id: answer.step_id,
            name: None,
            kind: answer.kind,
            at: answer.at,
            visit: answer.visit,
            iteration: answer.iteration,
            status: "waiting".to_owned(),
            attempts: 1,
            port: None,
            mocked: false,
            started_at: answer.asked_at,
            completed_at: None,
            result: Value::Null,
            error: None,
            input: answer.question,
            meta: None,
        };
        Self {
            run: answer.execution_id,
            workflow: answer.workflow_name,
            expires_at: answer.expires_at,
            delegates: answer.delegates,
            record: record.into(),
        }
    }
}
