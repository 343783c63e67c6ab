//! Runs and their steps as they are shown.

use pawl_store::{Record, RecordStatus, Run, RunError, Stretch};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Status;

/// A run that was started.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StartedExecution)]
pub(crate) struct Begun {
    /// The run's id.
    execution_id: String,
    /// The workflow that it is of.
    workflow_id: String,
    /// How it stands.
    status: Status,
    /// When it began.
    started_at: String,
    /// Whether an earlier request with the same key had started it.
    pub(crate) duplicate: bool,
}

/// A run in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ExecutionSummary)]
pub(crate) struct Summary {
    /// Its id.
    id: String,
    /// The workflow that it is of.
    workflow_id: String,
    /// The workflow's name.
    workflow_name: String,
    /// How it stands.
    status: Status,
    /// How it was asked for: `manual`, `api`, `chat`, `webhook`, `schedule`, `event` ...
    triggered_by: String,
    /// Whether it tries a draft.
    draft: bool,
    /// When it began.
    started_at: String,
    /// When it ended.
    completed_at: Option<String>,
    /// Why it failed: `{ step, code, message }`.
    #[schema(value_type = Option<Object>)]
    error: Option<RunError>,
}

/// A run.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Execution {
    #[serde(flatten)]
    summary: Summary,
    /// The number of the workflow's version that it runs on now.
    version: Option<u64>,
    /// The ARN of the machine version that it runs on now; only a resume with another `version` changes it.
    machine: String,
    /// The versions that it ran on, in order: one, unless it was resumed with another.
    versions: Vec<Part>,
    /// What it was started with.
    #[schema(value_type = Object)]
    input: Value,
    /// The thread that its language models share.
    thread_id: Option<String>,
    /// How often it was resumed.
    resumed: u64,
    /// Every visit of a step, in order.
    steps: Vec<StepVisit>,
    /// What the run gave; null unless it completed.
    #[schema(value_type = Object)]
    result: Value,
}

/// The part of a run that one version did.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ExecutionVersion)]
struct Part {
    /// The version's number.
    version: Option<u64>,
    /// The ARN of its machine.
    machine: String,
    /// The first visit that was its own.
    from: String,
    /// When that began.
    since: String,
}

/// A visit of a step.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Step)]
pub(crate) struct StepVisit {
    /// The step's slug.
    step_id: String,
    /// The step's name, where the author gave one.
    name: Option<String>,
    /// The step's kind.
    kind: Option<String>,
    /// Where in the run.
    at: String,
    /// Which visit of the step it is, from 1.
    visit: u64,
    /// The indexes of the enclosing loops, outermost first.
    iteration: Vec<u64>,
    /// `running`, `waiting`, `completed`, `failed` or `skipped`.
    status: String,
    /// How many attempts it took.
    attempts: u64,
    /// The port by which it was left.
    port: Option<String>,
    /// Whether a mock stood in for it.
    mocked: bool,
    /// When its last attempt began.
    started_at: String,
    /// When it ended.
    completed_at: Option<String>,
    /// What it gave.
    #[schema(value_type = Object)]
    result: Value,
    /// Why it failed: `{ code, message }`.
    #[schema(value_type = Option<Object>)]
    error: Option<Value>,
    /// What it was given; only where the steps are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    input: Option<Value>,
    /// Further facts, such as the model that answered; only where the steps are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    meta: Option<Value>,
}

impl Begun {
    pub(super) fn of(run: Run, duplicate: bool) -> Self {
        Self {
            execution_id: run.run,
            workflow_id: run.workflow,
            status: run.status.into(),
            started_at: run.started_at,
            duplicate,
        }
    }
}

impl Summary {
    pub(super) fn of(run: Run) -> Self {
        let kind = run.trigger.get("type").and_then(Value::as_str);
        Self {
            triggered_by: kind.unwrap_or("manual").to_owned(),
            id: run.run,
            workflow_id: run.workflow,
            workflow_name: run.name,
            status: run.status.into(),
            draft: run.draft,
            started_at: run.started_at,
            completed_at: run.completed_at,
            error: run.error,
        }
    }
}

impl Execution {
    pub(super) fn of(mut run: Run, records: Vec<Record>, result: Value) -> Self {
        let versions = run.all_stretches().into_iter().map(Part::of).collect();
        Self {
            version: run.number,
            versions,
            machine: std::mem::take(&mut run.machine),
            input: run.input.take(),
            thread_id: run.thread_id.take(),
            resumed: run.generation,
            steps: records.into_iter().map(StepVisit::of).collect(),
            summary: Summary::of(run),
            result,
        }
    }
}

impl Part {
    fn of(stretch: Stretch) -> Self {
        Self {
            version: stretch.number,
            machine: stretch.machine,
            from: stretch.from.to_string(),
            since: stretch.since,
        }
    }
}

impl StepVisit {
    /// A visit without what it was given.
    fn of(record: Record) -> Self {
        Self {
            input: None,
            meta: None,
            ..Self::whole(record)
        }
    }

    /// A visit.
    pub(super) fn whole(record: Record) -> Self {
        let status = match record.status {
            RecordStatus::Claimed => "running",
            RecordStatus::Waiting => "waiting",
            RecordStatus::Completed => "completed",
            RecordStatus::Failed => "failed",
            RecordStatus::Skipped => "skipped",
        };
        Self {
            step_id: record.step,
            name: record.name,
            kind: record.kind.map(|kind| kind.name().to_owned()),
            at: record.at.to_string(),
            visit: record.visit,
            iteration: record.iteration,
            status: status.to_owned(),
            attempts: record.attempts,
            port: record.port,
            mocked: record.mocked,
            started_at: record.started_at,
            completed_at: record.completed_at,
            result: record.output,
            error: record.error.map(|error| json!(error)),
            input: Some(record.input),
            meta: record.meta,
        }
    }
}
