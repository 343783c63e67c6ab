//! A Task that invokes a function, and the function's answer as the Task's result.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use pawl_interpreter::{Failure, TaskRequest};
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use tokio::task::spawn_blocking;

use crate::FunctionError;
use crate::engine::Shared;
use crate::engine::about::Parent;
use crate::lambda::{Ending, Invoked, Manner, Named, function_arn};

use super::Outcome;
use super::metadata::{Transport, request_id};

/// Which function a Task invokes, and how its answer is given back.
#[derive(Debug, Clone)]
pub(super) struct Invocation {
    task: Parent,
    named: Named,
    payload: Bytes,
    style: Style,
    wait: Wait,
    client_context: Option<String>,
    wants_log: bool,
}

/// How a Task names its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// By `lambda:invoke`: the answer stands in `Payload`.
    Invoke,
    /// By `lambda:invoke.waitForTaskToken`: the answer only says that somebody is at it.
    Token,
    /// By its ARN as the resource: the answer is the result.
    Arn,
}

/// What a Task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// The function's answer.
    RequestResponse,
    /// Until Lambda has taken the event.
    Event,
    /// Until Lambda has said that it would take it.
    DryRun,
}

/// Whether a Task's resource invokes a function.
pub(super) fn is_function(resource: &str) -> bool {
    style(resource).is_some()
}

fn style(resource: &str) -> Option<Style> {
    match resource {
        "arn:aws:states:::lambda:invoke" => Some(Style::Invoke),
        "arn:aws:states:::lambda:invoke.waitForTaskToken" => Some(Style::Token),
        arn if arn.starts_with("arn:aws:lambda:") => Some(Style::Arn),
        _ => None,
    }
}

impl Invocation {
    /// Reads a Task's arguments; a failure if they invoke nothing.
    pub(super) fn read(task: Parent, request: &TaskRequest) -> Result<Self, Failure> {
        let runtime = |cause: &str| Err(Failure::new("States.Runtime", cause));
        let Some(style) = style(&request.resource) else {
            let cause = format!("The resource {} is not available here", request.resource);
            return runtime(&cause);
        };
        if style == Style::Arn {
            return Ok(Self {
                task,
                named: Named::read(&request.resource, None),
                payload: request.arguments.to_string().into(),
                style,
                wait: Wait::RequestResponse,
                client_context: None,
                wants_log: false,
            });
        }
        let argument = |name: &str| {
            let value = request.arguments.get(name);
            value.filter(|value| !value.is_null())
        };
        let text = |name: &str| argument(name).and_then(Value::as_str);
        let Some(named) = text("FunctionName") else {
            return runtime("The value for the field 'FunctionName' must be a STRING");
        };
        let wait = match text("InvocationType") {
            None | Some("RequestResponse") => Wait::RequestResponse,
            Some("Event") => Wait::Event,
            Some("DryRun") => Wait::DryRun,
            Some(other) => return Err(unknown_type(task, other)),
        };
        Ok(Self {
            task,
            named: Named::read(named, text("Qualifier")),
            payload: payload(argument("Payload")).into(),
            style,
            wait,
            client_context: text("ClientContext").map(str::to_owned),
            wants_log: text("LogType") == Some("Tail"),
        })
    }

    /// Invokes the function, and waits for as much as the Task does.
    pub(super) async fn perform(self, shared: &Arc<Shared>) -> Outcome {
        if self.wait != Wait::RequestResponse {
            return self.hand_over(shared).await;
        }
        let manner = Manner {
            id: Some(request_id(self.task)),
            client_context: self.client_context.clone(),
            wants_log: self.wants_log,
        };
        let payload = self.payload.clone();
        let invoked = shared.lambda.invoke(&self.named, payload, manner).await;
        self.outcome(invoked, shared.clock.now())
    }

    /// Has the function invoked later, if it is there, or only asks whether it could be.
    async fn hand_over(self, shared: &Arc<Shared>) -> Outcome {
        if !shared.lambda.may_be_there(&self.named) {
            return self.missing();
        }
        let status = if self.wait == Wait::DryRun { 204 } else { 202 };
        if self.wait == Wait::Event {
            let named = self.named.qualified();
            let payload = serde_json::from_slice(&self.payload).unwrap_or_default();
            let engine = Arc::clone(shared);
            let taken = spawn_blocking(move || engine.invoke_later(named, payload)).await;
            if !matches!(taken, Ok(Ok(()))) {
                let cause = format!("The event could not be kept: {taken:?}");
                return Outcome::Failed(Failure::new("Lambda.ServiceException", cause));
            }
        }
        let transport = self.transport(status, 0, shared.clock.now());
        let result = Map::from_iter([
            ("Payload".to_owned(), Value::from("")),
            ("StatusCode".to_owned(), status.into()),
        ]);
        self.succeeded(transport.describe(Value::Object(result)))
    }

    fn transport(&self, status: u16, bytes: usize, now: Timestamp) -> Transport {
        let transport = Transport::new(self.task, status, "application/json", bytes, now);
        let digits = transport.request.replace('-', "");
        let trace = format!("Root=1-{:08x}-{digits:.24};Sampled=0", now.as_second());
        transport
            .with("x-amzn-Remapped-Content-Length", 0)
            .with("X-Amzn-Trace-Id", trace)
    }

    fn succeeded(&self, result: Value) -> Outcome {
        match self.style {
            Style::Token => Outcome::Submitted(result),
            Style::Invoke | Style::Arn => Outcome::Succeeded(result),
        }
    }

    /// What the function's answer means.
    fn outcome(&self, invoked: Result<Invoked, FunctionError>, now: Timestamp) -> Outcome {
        let invoked = match invoked {
            Ok(invoked) => invoked,
            Err(FunctionError::Missing) => return self.missing(),
            Err(FunctionError::Raised {
                error_type,
                message,
            }) => return Outcome::Failed(Failure::new(error_type, message)),
        };
        let bytes = match &invoked.ending {
            Ending::Answered(bytes) => bytes,
            Ending::Failed { payload, .. } => return Outcome::Failed(failure(payload)),
        };
        let payload = match serde_json::from_slice::<Value>(bytes) {
            Ok(payload) => payload,
            Err(error) => {
                let message = format!("the function's answer is not JSON: {error}");
                let error = "Runtime.MarshalError";
                let cause = json!({ "errorType": error, "errorMessage": message });
                return Outcome::Failed(Failure::new(error, cause.to_string()));
            }
        };
        if self.style == Style::Arn {
            return Outcome::Succeeded(payload);
        }
        let mut transport = self
            .transport(200, bytes.len(), now)
            .with("X-Amz-Executed-Version", &invoked.version);
        let mut result = Map::from_iter([
            ("ExecutedVersion".to_owned(), invoked.version.into()),
            ("Payload".to_owned(), payload),
            ("StatusCode".to_owned(), 200.into()),
        ]);
        if self.wants_log {
            let log = BASE64_STANDARD.encode(&invoked.log);
            transport = transport.with("X-Amz-Log-Result", &log);
            result.insert("LogResult".to_owned(), log.into());
        }
        self.succeeded(transport.describe(Value::Object(result)))
    }

    fn missing(&self) -> Outcome {
        let message = format!(
            "Function not found: {}",
            function_arn(&self.named.qualified())
        );
        Outcome::Failed(refused(
            self.task,
            404,
            "ResourceNotFoundException",
            &message,
        ))
    }
}

/// What a function is given: an empty object for nothing, and a text that is JSON as the JSON that it is.
fn payload(given: Option<&Value>) -> String {
    match given {
        None => "{}".to_owned(),
        Some(Value::String(text)) if serde_json::from_str::<IgnoredAny>(text).is_ok() => {
            text.clone()
        }
        Some(other) => other.to_string(),
    }
}

/// The failure of a function: what it has said of its error is the cause, word for word.
fn failure(payload: &Bytes) -> Failure {
    let text = String::from_utf8_lossy(payload).into_owned();
    let said: Value = serde_json::from_slice(payload).unwrap_or_default();
    match said.get("errorType").and_then(Value::as_str) {
        Some(error) if !error.is_empty() => Failure::new(error, text),
        _ => Failure::new(
            "Lambda.Unknown",
            format!(
                "The cause could not be determined because Lambda did not return an error type. Returned payload: {text}"
            ),
        ),
    }
}

fn unknown_type(task: Parent, given: &str) -> Failure {
    let message = format!(
        "1 validation error detected: Value '{given}' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]"
    );
    let failure = refused(task, 400, "ValidationException", &message);
    // The SDK has no exception for it but that for everything else.
    Failure {
        error: Some("Lambda.AWSLambdaException".to_owned()),
        ..failure
    }
}

/// A refusal of Lambda itself.
fn refused(task: Parent, status: u16, code: &str, message: &str) -> Failure {
    let cause = format!(
        "{message} (Service: AWSLambda; Status Code: {status}; Error Code: {code}; Request ID: {}; Proxy: null)",
        request_id(task)
    );
    Failure::new(format!("Lambda.{code}"), cause)
}
