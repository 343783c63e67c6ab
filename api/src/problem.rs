//! Why a request was refused: a status, a code for programs, and words for people.

use std::any::Any;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use pawl_contract::{StepError, code};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What every answer that is no success holds.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Said {
    /// What is wrong, for programs: `NOT_FOUND`, `VALIDATION_ERROR` ...
    #[schema(example = "NOT_FOUND")]
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// Names the request in logs.
    pub request_id: String,
    /// What belongs to it: the diagnostics of a definition, for instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub details: Option<Value>,
}

/// Why a request was refused.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) details: Option<Box<Value>>,
    /// After how many seconds the same request may be answered.
    pub(crate) retry_after: Option<u64>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            details: None,
            retry_after: None,
        }
    }

    /// The request itself cannot be read.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    /// Nobody says who asks.
    pub(crate) fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
    }

    /// Whoever asks may not do that.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
    }

    /// There is no such thing, or it is somebody else's.
    pub(crate) fn missing(what: &str, id: &str) -> Self {
        let message = format!("there is no {what} `{id}`");
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    /// It does not fit what is there.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "CONFLICT", message)
    }

    /// Somebody else changed it meanwhile.
    pub(crate) fn stale(what: &str, id: &str) -> Self {
        Self::conflict(format!(
            "{what} `{id}` was changed meanwhile: read it again, and try again"
        ))
    }

    /// It was read and makes no sense.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            code::VALIDATION_ERROR,
            message,
        )
    }

    /// Something of ours does not answer.
    pub(crate) fn unavailable(what: &str, error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %chain(error), "{what}");
        let message = format!("{what}; try again, and look into the log if it stays so");
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message);
        problem.retry_after = Some(1);
        problem
    }

    pub(crate) fn with_details(mut self, details: Value) -> Self {
        self.details = Some(Box::new(details));
        self
    }
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl From<pawl_store::Error> for Problem {
    fn from(error: pawl_store::Error) -> Self {
        Self::unavailable("the store did not answer", &error)
    }
}

impl From<StepError> for Problem {
    fn from(error: StepError) -> Self {
        if error.code == code::VALIDATION_ERROR {
            return Self::invalid(error.message);
        }
        tracing::error!(error.code, error.message, "a request failed");
        Self::new(StatusCode::BAD_GATEWAY, &error.code, error.message)
    }
}

impl IntoResponse for Problem {
    /// The body comes later: only the outermost layer knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// No route leads where the request wants to go.
pub(crate) async fn no_route(uri: http::Uri) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        format!(
            "nothing answers at `{}`; openapi.json says what does",
            uri.path()
        ),
    )
}

/// The route has other methods.
pub(crate) async fn no_method(method: http::Method, uri: http::Uri) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        format!("`{}` does not answer to {method}", uri.path()),
    )
}

/// A handler panicked: nobody else notices.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> http::Response<Body> {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text, "a handler panicked");
    let message = "this is a fault of ours; the log has it under the request's id";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", message).into_response()
}
