//! What an execution is told, in a form that can be kept: the same reports in the same order lead to the same place.

use jiff::Timestamp;
use pawl_interpreter::{Execution, Failure, TaskId, TimerId, World};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A report and when it was made.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Dated {
    pub(super) at: Timestamp,
    pub(super) report: Report,
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
}

impl Report {
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
        }
    }
}
