//! What an execution asks of its surroundings.

use std::time::Duration;

use jiff::Timestamp;
use pawl_asl::limits::{CAUSE_CHARACTERS, ERROR_CHARACTERS};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{HistoryEvent, Start};

/// The surroundings of an execution: time, chance, tasks, timers and the log.
///
/// None of these calls may call back into the execution; outcomes are reported after the call that led to them.
pub trait World {
    /// The time. It never goes backwards between two calls of an execution.
    fn now(&self) -> Timestamp;

    /// A number from 0 up to, but not including, 1.
    fn random(&mut self) -> f64;

    /// How long the next expression may take. A world that tells an execution again what it was told says what became of
    /// the expression then: how long something takes is not the same twice.
    fn patience(&mut self) -> Patience {
        Patience::Seconds
    }

    /// How long a processor has worked for this thread, where that is known. An expression has its time by that: on a
    /// machine with much to do, it is no fault of the expression that time passes.
    fn processor_time(&self) -> Option<Duration> {
        None
    }

    /// Takes note that the expression asked about last has taken too long.
    fn took_too_long(&mut self) {}

    /// Whether a task cannot even be handed over, asked before it is started. A world that starts everything says no.
    fn refuses(&self, request: &TaskRequest) -> Option<Refusal> {
        let _ = request;
        None
    }

    /// Starts a task. Its outcome is reported by [`Execution::task_succeeded`](crate::Execution::task_succeeded) or
    /// [`Execution::task_failed`](crate::Execution::task_failed).
    ///
    /// A distributed Map reads and writes by tasks, too. To `arn:aws:states:::s3:getObject` the answer is an object
    /// whose `Body` is the text, uncompressed; to `s3:listObjectsV2` what the API gives; `s3:putObject` has the text to
    /// write in `Body`.
    fn start_task(&mut self, task: TaskId, request: TaskRequest);

    /// Starts a child execution, for items of a distributed Map. Its end is reported like a task's, or by
    /// [`Execution::child_ended`](crate::Execution::child_ended).
    ///
    /// Whoever works on the child starts an [`Execution`](crate::Execution) of the same machine with the request's
    /// [`Start`], and gives the parent its output or its error.
    fn start_child(&mut self, task: TaskId, child: Start);

    /// Redrives a child execution that has not ended well: the one with the same ARN, which goes on where it was.
    ///
    /// A world that keeps no executions starts it anew.
    fn redrive_child(&mut self, task: TaskId, child: Start) {
        self.start_child(task, child);
    }

    /// Gives a task or a child up: it timed out, was stopped, or a sibling branch failed. Reporting its outcome has no
    /// effect. A child has to be stopped.
    fn cancel_task(&mut self, task: TaskId);

    /// Asks for [`Execution::timer_fired`](crate::Execution::timer_fired) at a moment, or soon after.
    fn set_timer(&mut self, timer: TimerId, due: Timestamp);

    /// Gives a timer up. Reporting it has no effect.
    fn cancel_timer(&mut self, timer: TimerId);

    /// Takes note of an event, in order, before anything that follows from it happens. Nobody else keeps it.
    fn append(&mut self, event: HistoryEvent);
}

/// Names one attempt of a Task within its execution; counted, so the same in every repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId(pub u64);

/// Names a timer within its execution; counted, so the same in every repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimerId(pub u64);

/// What is to be done for one attempt of a Task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRequest {
    /// The Task's name.
    pub state: String,
    /// The ARN in the Task's `Resource`.
    pub resource: String,
    /// What the Task's `Arguments` came to.
    pub arguments: Value,
    /// What the Task's `Credentials` came to.
    pub credentials: Option<Value>,
    /// How often this visit of the state was tried before.
    pub retry_count: u64,
    /// The token that completes the task, where the resource ends in `.waitForTaskToken` or is an activity.
    pub token: Option<String>,
}

/// How long an expression may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// A moment: it is evaluated again, with more time, if it takes longer.
    Moment,
    /// A few seconds.
    Seconds,
    /// As long as it needs: it came to its end when it was evaluated first.
    Again,
    /// No time at all: it took too long when it was evaluated first.
    None,
}

/// Why a task cannot be handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// What should do it does not exist, such as an activity: the execution fails, with this cause.
    Missing(String),
    /// It cannot be scheduled.
    NotScheduled(Failure),
    /// It is scheduled and cannot begin.
    NotStarted(Failure),
}

/// How a task failed. Either part may be missing, as in `SendTaskFailure`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The name on which Retry and Catch match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What went wrong; for a Lambda function the JSON text of its error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl Failure {
    /// A failure with both parts.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self {
            error: Some(error.into()),
            cause: Some(cause.into()),
        }
    }

    /// The failure with as much of both parts as AWS keeps.
    pub(crate) fn limited(mut self) -> Self {
        for (text, most) in [
            (&mut self.error, ERROR_CHARACTERS),
            (&mut self.cause, CAUSE_CHARACTERS),
        ] {
            if let Some(text) = text
                && let Some((end, _)) = text.char_indices().nth(most)
            {
                text.truncate(end);
            }
        }
        self
    }
}
