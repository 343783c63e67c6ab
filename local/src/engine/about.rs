//! What is known of an execution: what never changes, and where it stands.

use std::sync::Arc;

use jiff::Timestamp;
use pawl_asl::Machine;
use pawl_interpreter::{Hop, MapRun, Start, Status, TaskId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Error;
use crate::journal::{Found, deep};

/// What is known of an execution from its start on. It is kept as it stands here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// The machine, without version or alias.
    pub(crate) machine_arn: String,
    pub(crate) machine_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version_arn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alias_arn: Option<String>,
    /// The Map Run whose child it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) map_run_arn: Option<String>,
    /// The ARN that the machine was started by, which is what the context object shows.
    pub(crate) started_as: String,
    pub(crate) role_arn: String,
    /// The hash of the definition.
    pub(crate) definition: String,
    /// Where in the definition it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) block: Vec<Hop>,
    #[serde(default)]
    pub(crate) is_express: bool,
    /// The input, as its author wrote it.
    pub(crate) input: String,
    pub(crate) started: Timestamp,
    /// What its chance begins with.
    pub(crate) seed: u64,
    /// The task that waits for its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<Parent>,
    /// The task that has started it, whether it waits or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) started_by: Option<Parent>,
    /// Whether that task is given the output as JSON and not as text.
    #[serde(default)]
    pub(crate) gives_json: bool,
    /// Whether that task is given the answer of a call, which is about any end.
    #[serde(default)]
    pub(crate) answers_call: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trace_header: Option<String>,
}

/// A task that waits for the end of another execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Parent {
    pub(crate) execution: u64,
    pub(crate) task: TaskId,
}

/// The collection of the Map Runs of all executions.
pub(crate) const MAP_RUNS: &str = "map_runs";

/// A Map Run as it is kept, by its ARN.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptMapRun {
    pub(crate) execution_arn: String,
    pub(crate) map_run: MapRun,
}

/// A definition that executions run.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    pub(crate) hash: Arc<str>,
    pub(crate) text: Arc<str>,
    pub(crate) machine: Arc<Machine>,
}

/// How an execution ended; empty while it has not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stopped: Option<Timestamp>,
    /// Its output, as JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) output: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<String>,
}

/// Where an execution stands, for whoever asks.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) number: u64,
    pub(crate) about: About,
    /// As AWS names it.
    pub(crate) status: String,
    pub(crate) outcome: Outcome,
    pub(crate) events: u64,
    pub(crate) redrives: u32,
}

impl About {
    /// What the interpreter starts with.
    pub(super) fn start(&self) -> Start {
        Start {
            execution_arn: self.arn.clone(),
            execution_name: self.name.clone(),
            machine_arn: self.started_as.clone(),
            machine_name: self.machine_name.clone(),
            role_arn: self.role_arn.clone(),
            input: deep(&self.input).expect("the input was read when it was given"),
            input_text: Some(self.input.as_str().into()),
            block: self.block.clone(),
            map_run_arn: self.map_run_arn.clone(),
            is_express: self.is_express,
        }
    }
}

impl Outcome {
    /// What a status says about the end, at a moment.
    pub(super) fn of(status: &Status, stopped: Timestamp) -> Self {
        let ended = Self {
            stopped: Some(stopped),
            ..Self::default()
        };
        match status {
            Status::Running => Self::default(),
            Status::Succeeded { output } => Self {
                output: Some(output.to_string()),
                ..ended
            },
            Status::Failed { error, cause }
            | Status::TimedOut { error, cause }
            | Status::Aborted { error, cause } => Self {
                error: error.clone(),
                cause: cause.clone(),
                ..ended
            },
        }
    }

    /// The status whose outcome this is; `name` is AWS's name for it.
    pub(super) fn status(self, name: &str) -> Status {
        let output = self.value();
        let Self { error, cause, .. } = self;
        match name {
            "SUCCEEDED" => Status::Succeeded { output },
            "TIMED_OUT" => Status::TimedOut { error, cause },
            "ABORTED" => Status::Aborted { error, cause },
            "RUNNING" => Status::Running,
            _ => Status::Failed { error, cause },
        }
    }

    /// The output as a value.
    fn value(&self) -> Value {
        self.output
            .as_deref()
            .and_then(|output| deep(output).ok())
            .unwrap_or_default()
    }
}

impl Snapshot {
    /// Reads what was kept.
    pub(super) fn read(found: Found) -> Result<Self, Error> {
        let unreadable = |error: serde_json::Error| Error::Unreadable {
            path: format!("execution {}", found.number).into(),
            reason: error.to_string(),
        };
        Ok(Self {
            number: found.number,
            about: serde_json::from_str(&found.about).map_err(unreadable)?,
            outcome: serde_json::from_str(&found.outcome).map_err(unreadable)?,
            status: found.status,
            events: found.events,
            redrives: found.redrives,
        })
    }

    pub(crate) fn is_running(&self) -> bool {
        self.status == "RUNNING"
    }
}

/// A status, as AWS names it.
pub(crate) fn status_name(status: &Status) -> &'static str {
    match status {
        Status::Running => "RUNNING",
        Status::Succeeded { .. } => "SUCCEEDED",
        Status::Failed { .. } => "FAILED",
        Status::TimedOut { .. } => "TIMED_OUT",
        Status::Aborted { .. } => "ABORTED",
    }
}
