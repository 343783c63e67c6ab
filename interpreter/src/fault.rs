//! An error on its way out of a state: to a retrier, a catcher, the enclosing state or the end of the execution.

use crate::Failure;

/// The names of errors that the language itself raises.
pub(crate) mod name {
    pub(crate) const ALL: &str = "States.ALL";
    pub(crate) const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";
    pub(crate) const EXCEED_TOLERATED_FAILURE_THRESHOLD: &str =
        "States.ExceedToleratedFailureThreshold";
    pub(crate) const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
    pub(crate) const ITEM_READER_FAILED: &str = "States.ItemReaderFailed";
    pub(crate) const QUERY_EVALUATION_ERROR: &str = "States.QueryEvaluationError";
    pub(crate) const RESULT_WRITER_FAILED: &str = "States.ResultWriterFailed";
    pub(crate) const RUNTIME: &str = "States.Runtime";
    pub(crate) const TASK_FAILED: &str = "States.TaskFailed";
    pub(crate) const TIMEOUT: &str = "States.Timeout";
}

/// An error and where it came from.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    /// The error's name and cause.
    pub(crate) failure: Failure,
    /// What raised it.
    pub(crate) origin: Origin,
}

/// What raised an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A task, a Fail state or a branch; the cause is theirs and stays as it is.
    Outcome,
    /// A task that was silent for too long. It is a timeout under two names.
    Heartbeat,
    /// The interpreter itself, in a state; the cause is prefixed with the state's name.
    State,
    /// An expression, in the named field of a state.
    Expression(String),
    /// One of the last two, once its cause is complete and the history knows of it.
    Recorded,
}

impl Fault {
    /// An error that a task reported, or a Fail state.
    pub(crate) fn outcome(failure: Failure) -> Self {
        Self {
            failure,
            origin: Origin::Outcome,
        }
    }

    /// An error that the interpreter raises.
    pub(crate) fn state(error: &str, cause: impl Into<String>) -> Self {
        Self {
            failure: Failure::new(error, cause),
            origin: Origin::State,
        }
    }

    /// An expression that failed, or gave something else than its field needs.
    pub(crate) fn expression(field: &str, cause: impl Into<String>) -> Self {
        Self {
            failure: Failure::new(name::QUERY_EVALUATION_ERROR, cause),
            origin: Origin::Expression(field.to_owned()),
        }
    }

    /// A task that took too long. AWS gives no cause.
    pub(crate) fn timeout(origin: Origin) -> Self {
        Self {
            failure: Failure {
                error: Some(name::TIMEOUT.to_owned()),
                cause: None,
            },
            origin,
        }
    }

    /// A result that is too large. `source` is the state's name, or what AWS calls the task.
    pub(crate) fn data_limit(source: &str) -> Self {
        let cause = format!(
            "The state/task '{source}' returned a result with a size exceeding the maximum number of bytes service limit."
        );
        Self {
            failure: Failure::new(name::DATA_LIMIT_EXCEEDED, cause),
            origin: Origin::State,
        }
    }

    /// Whether the execution itself is broken, so that nothing in it can help.
    pub(crate) fn is_fatal(&self) -> bool {
        self.failure.error.as_deref() == Some(name::RUNTIME)
    }

    /// Whether one of a retrier's or catcher's names is for this error.
    pub(crate) fn matches(&self, names: &[String]) -> bool {
        let error = self.failure.error.as_deref().unwrap_or_default();
        if self.is_fatal() {
            return false;
        }
        // A task's result that is too large is caught by `States.ALL`, as recorded on AWS, and by `States.TaskFailed`,
        // as measured there; a state's own data is not.
        let is_open = error != name::DATA_LIMIT_EXCEEDED || self.origin == Origin::Outcome;
        names.iter().any(|wanted| match wanted.as_str() {
            name::ALL => is_open,
            // The guide says all but a timeout. Measured, it is not for an expression that fails, either.
            name::TASK_FAILED => {
                is_open && error != name::TIMEOUT && error != name::QUERY_EVALUATION_ERROR
            }
            name::HEARTBEAT_TIMEOUT if self.origin == Origin::Heartbeat => true,
            wanted => wanted == error,
        })
    }
}
