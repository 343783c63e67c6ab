//! Why a service did not do what it was asked to.

use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Error;
use crate::answer::{Answer, json_answer, refuse};
use crate::journal::Broken;
use crate::network::Service;

/// A name of AWS's, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// What some errors say beside their message.
    details: Vec<(&'static str, String)>,
}

impl Refusal {
    /// A refusal with the status of its code, which is 400 for most.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        let status = match code {
            "ConflictException" => StatusCode::CONFLICT,
            "ServiceQuotaExceededException" => StatusCode::PAYMENT_REQUIRED,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::with_status(status, code, message)
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
            details: Vec::new(),
        }
    }

    /// The refusal with one more detail.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// The service failed by no fault of the client.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        // The services have different names for this; SDK clients go by the status.
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::with_status(status, "InternalFailure", message)
    }

    /// A request that is not what it should be.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// The answer that says so.
    pub(crate) fn answer(&self, service: Service) -> Answer {
        if self.details.is_empty() {
            return refuse(service, self.status, self.code, &self.message);
        }
        let mut body = Map::new();
        body.insert("__type".to_owned(), self.code.into());
        body.insert("message".to_owned(), self.message.as_str().into());
        for (name, value) in &self.details {
            body.insert((*name).to_owned(), value.as_str().into());
        }
        json_answer(self.status, Value::Object(body).to_string())
    }
}

impl From<Broken> for Refusal {
    /// The disk may take what it is given a moment later, and clients try again.
    fn from(broken: Broken) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::with_status(status, "ServiceUnavailable", broken.to_string())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::internal(error.to_string())
    }
}

/// Reads a request.
pub(crate) fn read<Request: DeserializeOwned>(body: &[u8]) -> Result<Request, Refusal> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))
}
