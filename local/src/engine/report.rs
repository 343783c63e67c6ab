//! What an execution is told, in a form that can be kept: the same reports in the same order lead to the same place.

use jiff::Timestamp;
use pawl_interpreter::{Execution, Failure, TaskId, TimerId, UpdateMapRun, World};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::about::{Outcome, Parent};

/// A report and when it was made.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Dated {
    pub(super) at: Timestamp,
    pub(super) report: Report,
    /// Which of the expressions that were evaluated then took too long, by their places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) too_long: Vec<u32>,
}

/// What an execution is told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// It begins.
    Begin,
    /// It goes on after a pause.
    GoOn,
    Succeeded {
        task: TaskId,
        output: Value,
    },
    Failed {
        task: TaskId,
        failure: Failure,
    },
    Submitted {
        task: TaskId,
        output: Value,
    },
    Heartbeat {
        task: TaskId,
    },
    Timer {
        timer: TimerId,
    },
    Stop {
        error: Option<String>,
        cause: Option<String>,
    },
    /// A worker has asked for the work of an activity.
    Started {
        task: TaskId,
        worker: Option<String>,
    },
    /// A child of a distributed Map has ended.
    ChildEnded {
        task: TaskId,
        status: String,
        outcome: Outcome,
    },
    /// It ended badly, and goes on where that was.
    Redrive {
        /// The task that waits for its end now, where that is another than before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<Parent>,
        /// What the request was marked with, so that it can be repeated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_token: Option<String>,
    },
    UpdateMapRun {
        arn: String,
        update: UpdateMapRun,
    },
}

impl Report {
    /// The task that is over with this report.
    pub(super) fn ended_task(&self) -> Option<TaskId> {
        match self {
            Self::Succeeded { task, .. }
            | Self::Failed { task, .. }
            | Self::ChildEnded { task, .. } => Some(*task),
            Self::Begin
            | Self::GoOn
            | Self::Submitted { .. }
            | Self::Heartbeat { .. }
            | Self::Timer { .. }
            | Self::Stop { .. }
            | Self::Started { .. }
            | Self::Redrive { .. }
            | Self::UpdateMapRun { .. } => None,
        }
    }

    /// Tells an execution, which may have begun already.
    pub(super) fn tell(self, execution: &mut Execution, world: &mut dyn World) {
        match self {
            // Whoever begins an execution has made it.
            Self::Begin => {}
            Self::GoOn => execution.go_on(world),
            Self::Succeeded { task, output } => execution.task_succeeded(task, output, world),
            Self::Failed { task, failure } => execution.task_failed(task, failure, world),
            Self::Submitted { task, output } => execution.task_submitted(task, output, world),
            Self::Heartbeat { task } => execution.task_heartbeat(task, world),
            Self::Timer { timer } => execution.timer_fired(timer, world),
            Self::Stop { error, cause } => execution.stop(error, cause, world),
            Self::Started { task, worker } => execution.task_started(task, worker, world),
            Self::ChildEnded {
                task,
                status,
                outcome,
            } => execution.child_ended(task, outcome.status(&status), world),
            // Whoever tells has asked whether that can be.
            Self::Redrive { .. } => drop(execution.redrive(world)),
            Self::UpdateMapRun { arn, update } => {
                execution.update_map_run(&arn, update, world);
            }
        }
    }
}
