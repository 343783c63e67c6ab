//! The services of this AWS by the names that the SDKs give them: a service, an operation, JSON in and JSON out.
//!
//! Tasks of machines call them like this, and the universal targets of Scheduler do.

mod exceptions;
mod rest;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::{Map, Value};

use crate::Aws;
use crate::answer::Answer;
use crate::network::Service;
use crate::route::Target;

pub(crate) use exceptions::is_modelled;

/// The services that can be called by name.
const SERVICES: [(&str, Service); 7] = [
    ("dynamodb", Service::DynamoDb),
    ("eventbridge", Service::EventBridge),
    ("lambda", Service::Lambda),
    ("s3", Service::S3),
    ("scheduler", Service::Scheduler),
    ("sfn", Service::StepFunctions),
    ("sqs", Service::Sqs),
];

/// An operation of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) service: Service,
    /// The operation, as the service names it.
    pub(crate) operation: String,
}

/// Why a service did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    /// The error, as the service names it.
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Call {
    /// The call of `putItem` of `dynamodb`, say.
    pub(crate) fn named(service: &str, operation: &str) -> Option<Self> {
        let (_, service) = SERVICES.iter().find(|(name, _)| *name == service)?;
        Some(Self {
            service: *service,
            operation: capitalised(operation),
        })
    }

    /// Calls the service. Names of members begin with a capital letter, whatever the service's own protocol does.
    pub(crate) async fn perform(
        &self,
        aws: &Arc<Aws>,
        arguments: &Value,
    ) -> Result<Value, Refused> {
        match self.service {
            Service::S3 => {
                let (aws, call) = (Arc::clone(aws), self.clone());
                let arguments = arguments.clone();
                let called = tokio::task::spawn_blocking(move || {
                    let now = aws.clock.now();
                    aws.s3.call(&call.operation, &arguments, now)
                });
                called
                    .await
                    .unwrap_or_else(|panic| Err(Refused::internal(panic.to_string())))
            }
            Service::Lambda | Service::Scheduler => {
                let mut arguments = arguments.clone();
                write_out(&mut arguments, self.service);
                let request = rest::request(self, &arguments)?;
                let answer = aws.answer(self.target(), request, None).await;
                rest::answered(self, &answer)
            }
            Service::DynamoDb
            | Service::StepFunctions
            | Service::EventBridge
            | Service::Sqs
            | Service::Sts => {
                let mut arguments = arguments.clone();
                if let Some(arguments) = arguments.as_object_mut() {
                    // A `null` is as good as nothing.
                    arguments.retain(|_, value| !value.is_null());
                }
                write_out(&mut arguments, self.service);
                let body = renamed(&arguments, self.service, lowered);
                let request = Request::new(Bytes::from(body.to_string()));
                self.answered(&aws.answer(self.target(), request, None).await)
            }
        }
    }

    fn target(&self) -> Target {
        Target {
            service: self.service,
            operation: self.operation.clone(),
        }
    }

    /// Reads an answer of the JSON protocols.
    fn answered(&self, answer: &Answer) -> Result<Value, Refused> {
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        if answer.status().is_success() {
            return Ok(renamed(&body, self.service, capitalised));
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let code = text("__type").unwrap_or("InternalFailure");
        Err(Refused {
            status: answer.status(),
            code: code.rsplit('#').next().unwrap_or(code).to_owned(),
            message: text("message")
                .or(text("Message"))
                .unwrap_or_default()
                .to_owned(),
        })
    }
}

impl Refused {
    /// The arguments are not what the operation takes.
    fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: "ValidationException".to_owned(),
            message: message.into(),
        }
    }

    fn internal(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "InternalFailure".to_owned(),
            message: message.into(),
        }
    }
}

/// A request or an answer with the names that the other side expects: whoever calls capitalises them all, and Step
/// Functions' own protocol none.
fn renamed(value: &Value, service: Service, rename: fn(&str) -> String) -> Value {
    if service != Service::StepFunctions {
        return value.clone();
    }
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (rename(name), renamed(value, service, rename)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items
            .iter()
            .map(|item| renamed(item, service, rename))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Whoever calls may give as JSON what the service wants as text: a message, the detail of an event, an input.
fn write_out(body: &mut Value, service: Service) {
    let write = |value: Option<&mut Value>| {
        if let Some(value) = value.filter(|value| !value.is_string()) {
            *value = Value::from(value.to_string());
        }
    };
    match service {
        Service::Sqs => write(body.get_mut("MessageBody")),
        Service::StepFunctions => {
            for name in ["Definition", "Input", "Output"] {
                write(body.get_mut(name));
            }
        }
        Service::EventBridge => {
            let entries = body.get_mut("Entries").and_then(Value::as_array_mut);
            for entry in entries.into_iter().flatten() {
                write(entry.get_mut("Detail"));
            }
        }
        Service::Scheduler => write(body.pointer_mut("/Target/Input")),
        Service::DynamoDb | Service::S3 | Service::Lambda | Service::Sts => {}
    }
}

/// A name that begins with a capital letter.
pub(crate) fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// A name that begins with a small letter.
fn lowered(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}
