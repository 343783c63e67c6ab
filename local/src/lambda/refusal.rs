//! Why Lambda did not do what it was asked to, in Lambda's words.

use http::StatusCode;

use crate::journal::Broken;
use crate::step_functions::{ACCOUNT, REGION};

/// Why Lambda did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// A parameter has a value that Lambda does not take.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        let code = "InvalidParameterValueException";
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// A value breaks the rule of its shape.
    pub(super) fn constraint(value: &str, name: &str, rule: &str) -> Self {
        let message = format!(
            "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {rule}"
        );
        Self::broken(message)
    }

    /// The body is not what it should be.
    pub(super) fn content(message: impl Into<String>) -> Self {
        let code = "InvalidRequestContentException";
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Something breaks a rule that the message names.
    pub(super) fn broken(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ValidationException", message)
    }

    /// There is no such function, version or alias.
    pub(super) fn missing(named: &str) -> Self {
        Self::not_found(format!("Function not found: {}", function_arn(named)))
    }

    /// There is no such thing.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        let code = "ResourceNotFoundException";
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// It is there already, or something else needs it.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "ResourceConflictException", message)
    }

    /// Somebody else has changed it.
    pub(super) fn precondition() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
        )
    }

    /// The payload is too large for an invocation.
    pub(super) fn too_large(most: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestTooLargeException",
            format!("Request must be smaller than {most} bytes for the InvokeFunction operation"),
        )
    }

    /// There is no such operation.
    pub(super) fn unknown(operation: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "UnknownOperationException",
            format!("the local Lambda has no operation `{operation}`"),
        )
    }

    /// We have failed.
    pub(super) fn internal(message: impl Into<String>) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "ServiceException", message)
    }
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        Self::internal(broken.to_string())
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::internal(format!("the state folder failed: {error}"))
    }
}

/// The ARN of a function, with a qualifier behind its name or without one.
pub(crate) fn function_arn(named: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{named}")
}
