//! Why a service did not do what it was asked to.

use http::StatusCode;
use serde::de::DeserializeOwned;

use crate::answer::{Answer, refuse};
use crate::journal::Broken;
use crate::network::Service;

/// A name of AWS's, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    /// A refusal with status 400, as most are.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self::with_status(StatusCode::BAD_REQUEST, code, message)
    }

    /// A refusal with a status.
    pub(crate) fn with_status(
        status: StatusCode,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// A request that is not what it should be.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// The answer that says so.
    pub(crate) fn answer(&self, service: Service) -> Answer {
        refuse(service, self.status, self.code, &self.message)
    }
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        // The services have different names for this; SDK clients go by the status.
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::with_status(status, "InternalFailure", broken.to_string())
    }
}

/// Reads a request.
pub(crate) fn read<Request: DeserializeOwned>(body: &[u8]) -> Result<Request, Refusal> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))
}
