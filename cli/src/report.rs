//! A run as scripts read it: its end, every visit, and what the machine cost.

mod follow_ups;
mod models;
mod text;

use pawl_contract::{At, Kind, StepError};
use pawl_interpreter::{EventDetails, HistoryEvent, TaskPhase};
use pawl_store::{Record, RecordStatus, Run, RunError, RunStatus};
use serde::Serialize;
use serde_json::Value;

pub use follow_ups::Following;
pub use models::Models;
pub use text::text;
pub(crate) use text::{mark, shorten, sign};

/// A run and what it left.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The run's id.
    pub run: String,
    /// The workflow's name.
    pub workflow: String,
    /// How the run ended.
    pub status: RunStatus,
    /// What it gave; null unless it completed.
    pub output: Value,
    /// Why it failed.
    pub error: Option<RunError>,
    /// Every visit, in order.
    pub steps: Vec<Visit>,
    /// What its language models took; absent where none was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<Models>,
    /// What followed it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub follow_ups: Vec<Following>,
    /// What the machine cost.
    pub machine: Figures,
}

/// One visit of a step.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Visit {
    /// The step's slug.
    pub step: String,
    /// The step's kind.
    pub kind: Option<Kind>,
    /// Where in the run.
    pub at: At,
    /// The indexes of the enclosing loops, outermost first.
    pub iteration: Vec<u64>,
    /// How the visit ended.
    pub status: RecordStatus,
    /// How many attempts it took.
    pub attempts: u64,
    /// The port by which the step was left.
    pub port: Option<String>,
    /// Whether a mock stood in for the step.
    pub mocked: bool,
    /// What the step was given.
    pub input: Value,
    /// What it gave.
    pub output: Value,
    /// Why it failed.
    pub error: Option<StepError>,
    /// When it began.
    pub started_at: String,
    /// When it ended.
    pub completed_at: Option<String>,
}

/// What the machine cost, over all executions of the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// States that the machine has.
    pub states: usize,
    /// Transitions, as AWS bills them: states entered, and retries.
    pub transitions: usize,
    /// History events.
    pub events: usize,
}

impl Figures {
    /// Counts an event of the run's history.
    pub fn count(&mut self, event: &HistoryEvent) {
        self.events += 1;
        if let EventDetails::StateEntered { kind, .. } = &event.details {
            // A Task counts with each of its attempts, below.
            self.transitions += usize::from(*kind != "Task");
        } else if let EventDetails::Task(task) = &event.details {
            self.transitions += usize::from(matches!(task.phase, TaskPhase::Scheduled { .. }));
        }
    }
}

impl Report {
    /// Puts together what the store and the history know of a run.
    pub fn new(
        run: Run,
        output: Value,
        records: Vec<Record>,
        follow_ups: Vec<Following>,
        machine: Figures,
    ) -> Self {
        Self {
            status: status(&run, &records),
            run: run.run,
            workflow: run.name,
            output,
            error: run.error,
            models: Models::of(&records),
            steps: records.into_iter().map(Visit::from).collect(),
            follow_ups,
            machine,
        }
    }
}

/// How a run stands: its own item is not touched when a step begins to wait.
pub fn status(run: &Run, records: &[Record]) -> RunStatus {
    let waits = |record: &Record| record.status == RecordStatus::Waiting;
    if run.status.is_open() && records.iter().any(waits) {
        RunStatus::Waiting
    } else {
        run.status
    }
}

impl From<Record> for Visit {
    fn from(record: Record) -> Self {
        Self {
            step: record.step,
            kind: record.kind,
            at: record.at,
            iteration: record.iteration,
            status: record.status,
            attempts: record.attempts,
            port: record.port,
            mocked: record.mocked,
            input: record.input,
            output: record.output,
            error: record.error,
            started_at: record.started_at,
            completed_at: record.completed_at,
        }
    }
}
