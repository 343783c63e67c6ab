//! Why Step Functions did not do what it was asked to, in AWS's words.

use std::convert::Infallible;

use http::StatusCode;
use serde_json::{Map, Value};

use crate::Error;
use crate::answer::{Answer, json_answer};
use crate::engine::Unable;
use crate::journal::Broken;

/// A name of AWS's for what went wrong, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// What some errors say beside their message.
    details: Vec<(&'static str, String)>,
}

impl Refusal {
    /// The client asked for something that is not possible.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        let status = match code {
            "ConflictException" => StatusCode::CONFLICT,
            "ServiceQuotaExceededException" => StatusCode::PAYMENT_REQUIRED,
            _ => StatusCode::BAD_REQUEST,
        };
        Self {
            status,
            code,
            message: message.into(),
            details: Vec::new(),
        }
    }

    /// It failed by no fault of the client.
    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Self::new("InternalFailure", message)
        }
    }

    /// The request breaks a rule that has a name.
    pub(super) fn invalid(reason: &'static str, message: impl Into<String>) -> Self {
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

    /// The refusal with one more detail.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// The refusal as an answer of the JSON protocol.
    pub(super) fn answer(&self) -> Answer {
        let mut body = Map::new();
        body.insert("__type".to_owned(), self.code.into());
        body.insert("message".to_owned(), self.message.as_str().into());
        for (name, value) in &self.details {
            body.insert((*name).to_owned(), value.as_str().into());
        }
        json_answer(self.status, Value::Object(body).to_string())
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

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        Self::internal(broken.to_string())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::internal(error.to_string())
    }
}
