//! Why Step Functions did not do what it was asked to, in AWS's words.

use std::convert::Infallible;

use crate::engine::Unable;
use crate::refusal::Refusal;

impl Refusal {
    /// The request breaks a rule that has a name.
    pub(super) fn breaks(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new("ValidationException", message).with("reason", reason)
    }

    /// A machine, a version or an alias is not there.
    pub(super) fn no_machine(arn: &str) -> Self {
        Self::new(
            "StateMachineDoesNotExist",
            format!("State Machine Does Not Exist: '{arn}'"),
        )
    }

    /// A machine goes as soon as its last execution has ended.
    pub(super) fn deleting(arn: &str) -> Self {
        Self::new(
            "StateMachineDeleting",
            format!("State Machine Deleting: '{arn}'"),
        )
    }

    /// Something that a request names is not there.
    pub(super) fn no_resource(arn: &str) -> Self {
        Self::new(
            "ResourceNotFound",
            "Request references a resource that does not exist.",
        )
        .with("resourceName", arn)
    }

    /// There is no such execution.
    pub(super) fn no_execution(arn: &str) -> Self {
        Self::new(
            "ExecutionDoesNotExist",
            format!("Execution Does Not Exist: '{arn}'"),
        )
    }

    /// A token that was made up, or that is of another list.
    pub(super) fn invalid_token() -> Self {
        Self::new("InvalidToken", "Invalid Token: 'Invalid token'")
    }

    /// Machines of the other type only.
    pub(super) fn machine_type() -> Self {
        Self::new(
            "StateMachineTypeNotSupported",
            "This operation is not supported by this type of state machine",
        )
    }
}

impl From<Unable<Refusal>> for Refusal {
    fn from(unable: Unable<Refusal>) -> Self {
        match unable {
            Unable::Refused(refusal) => refusal,
            Unable::Broken(broken) => broken.into(),
            Unable::Unreadable(error) => error.into(),
        }
    }
}

impl From<Unable<Infallible>> for Refusal {
    fn from(unable: Unable<Infallible>) -> Self {
        match unable {
            Unable::Refused(never) => match never {},
            Unable::Broken(broken) => broken.into(),
            Unable::Unreadable(error) => error.into(),
        }
    }
}
