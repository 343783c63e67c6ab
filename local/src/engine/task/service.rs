//! A Task that calls a service of this AWS: the Task's arguments are the request, and the answer is its result.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use pawl_interpreter::{Failure, TaskRequest};
use serde_json::{Map, Value, json};

use crate::engine::Shared;
use crate::network::Service;
use crate::route::Target;

use super::Outcome;

/// A call of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    service: Service,
    /// The operation, as the service names it.
    operation: String,
    /// What errors of the service begin with.
    prefix: &'static str,
    /// Whether the answer comes with the metadata of its transport, as those of older integrations do.
    has_metadata: bool,
    waits_for_token: bool,
}

/// The services that a Task can call by `aws-sdk`, and what their errors begin with.
const BY_SDK: [(&str, Service, &str); 5] = [
    ("dynamodb", Service::DynamoDb, "DynamoDb"),
    ("eventbridge", Service::EventBridge, "EventBridge"),
    ("s3", Service::S3, "S3"),
    ("sfn", Service::StepFunctions, "Sfn"),
    ("sqs", Service::Sqs, "Sqs"),
];

/// The calls that have a resource of their own.
const OPTIMISED: [(&str, Service, &str); 4] = [
    ("dynamodb", Service::DynamoDb, "DynamoDB"),
    ("events", Service::EventBridge, "EventBridge"),
    ("s3", Service::S3, "S3"),
    ("sqs", Service::Sqs, "SQS"),
];

impl Call {
    /// The call that a resource names.
    pub(super) fn of(resource: &str) -> Option<Self> {
        let (_, named) = resource.split_once(":states:::")?;
        let (named, waits_for_token) = match named.strip_suffix(".waitForTaskToken") {
            Some(named) => (named, true),
            None => (named, false),
        };
        let by_sdk = named.strip_prefix("aws-sdk:");
        let known: &[(&str, Service, &'static str)] = if by_sdk.is_some() {
            &BY_SDK
        } else {
            &OPTIMISED
        };
        let (name, action) = by_sdk.unwrap_or(named).split_once(':')?;
        let (_, service, prefix) = known.iter().find(|(known, ..)| *known == name)?;
        Some(Self {
            service: *service,
            operation: capitalised(action),
            prefix,
            has_metadata: by_sdk.is_none(),
            waits_for_token,
        })
    }

    pub(super) async fn perform(&self, shared: &Arc<Shared>, request: &TaskRequest) -> Outcome {
        let Some(aws) = shared.services() else {
            return Outcome::Failed(Failure::new("States.Runtime", "This AWS is closing."));
        };
        let answered = if self.service == Service::S3 {
            let (operation, arguments) = (self.operation.clone(), request.arguments.clone());
            let called = tokio::task::spawn_blocking(move || {
                aws.s3.call(&operation, &arguments, aws.clock.now())
            });
            called
                .await
                .unwrap_or_else(|panic| Err(("InternalError".to_owned(), panic.to_string())))
        } else {
            let mut body = renamed(&request.arguments, self.service, lowered);
            write_out(&mut body, self.service);
            let target = Target {
                service: self.service,
                operation: self.operation.clone(),
            };
            let request = Request::new(Bytes::from(body.to_string()));
            let answer = aws.answer(target, request, None).await;
            let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
            let failed = body.get("FailedEntryCount").and_then(Value::as_u64);
            if answer.status().is_success() && failed.is_some_and(|failed| failed > 0) {
                Err(("FailedEntry".to_owned(), body.to_string()))
            } else if answer.status().is_success() {
                Ok(renamed(&body, self.service, capitalised))
            } else {
                let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
                let code = text("__type").rsplit('#').next().unwrap_or_default();
                Err((
                    code.to_owned(),
                    text("message").to_owned() + text("Message"),
                ))
            }
        };
        match answered {
            Ok(result) if self.waits_for_token => Outcome::Submitted(result),
            Ok(result) => Outcome::Succeeded(self.with_metadata(result)),
            Err((code, message)) => {
                let is_whole = ["Exception", "Error", "FailedEntry"];
                let error = if is_whole.iter().any(|end| code.ends_with(end)) {
                    format!("{}.{code}", self.prefix)
                } else {
                    format!("{}.{code}Exception", self.prefix)
                };
                Outcome::Failed(Failure::new(
                    error,
                    format!(
                        "{message} (Service: {}, Status Code: 400, Request ID: local)",
                        self.prefix
                    ),
                ))
            }
        }
    }

    fn with_metadata(&self, mut result: Value) -> Value {
        if let Some(fields) = result.as_object_mut().filter(|_| self.has_metadata) {
            fields.insert(
                "SdkHttpMetadata".to_owned(),
                json!({ "HttpStatusCode": 200 }),
            );
            fields.insert(
                "SdkResponseMetadata".to_owned(),
                json!({ "RequestId": "local" }),
            );
        }
        result
    }
}

/// A request or an answer with the names that the other side expects: a Task capitalises them all, and Step Functions'
/// own protocol none.
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

/// A Task may give as JSON what the service wants as text: the body of a message, the detail of an event.
fn write_out(body: &mut Value, service: Service) {
    let write = |value: Option<&mut Value>| {
        if let Some(value) = value.filter(|value| !value.is_string()) {
            *value = Value::from(value.to_string());
        }
    };
    match service {
        Service::Sqs => write(body.get_mut("MessageBody")),
        Service::EventBridge => {
            let entries = body.get_mut("Entries").and_then(Value::as_array_mut);
            for entry in entries.into_iter().flatten() {
                write(entry.get_mut("Detail"));
            }
        }
        Service::DynamoDb
        | Service::S3
        | Service::StepFunctions
        | Service::Lambda
        | Service::Scheduler
        | Service::Sts => {}
    }
}

fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

fn lowered(name: &str) -> String {
    let mut characters = name.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_names_a_call() {
        let rows = [
            (
                "arn:aws:states:::aws-sdk:dynamodb:getItem",
                Some((Service::DynamoDb, "GetItem", "DynamoDb", false)),
            ),
            (
                "arn:aws:states:::dynamodb:putItem",
                Some((Service::DynamoDb, "PutItem", "DynamoDB", false)),
            ),
            (
                "arn:aws:states:::aws-sdk:sfn:startExecution.waitForTaskToken",
                Some((Service::StepFunctions, "StartExecution", "Sfn", true)),
            ),
            ("arn:aws:states:::aws-sdk:quantum:leap", None),
            ("arn:aws:states:::lambda:invoke", None),
        ];
        for (resource, expected) in rows {
            let call = Call::of(resource);
            let found = call.as_ref().map(|call| {
                (
                    call.service,
                    call.operation.as_str(),
                    call.prefix,
                    call.waits_for_token,
                )
            });
            assert_eq!(found, expected, "{resource}");
        }
    }
}
