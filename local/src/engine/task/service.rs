//! A Task that calls a service of this AWS: the Task's arguments are the request, and the answer is its result.

use std::sync::Arc;

use jiff::Timestamp;
use pawl_interpreter::{Failure, TaskRequest};
use serde_json::{Map, Value, json};

use crate::engine::Shared;
use crate::engine::about::Parent;
use crate::network::Service;
use crate::sdk::{self, Refused, is_modelled};

use super::Outcome;
use super::metadata::{Transport, request_id};

/// A call of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    named: sdk::Call,
    style: Style,
    waits_for_token: bool,
}

/// Which of its clients Step Functions calls the service with; they name errors in different ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// By `aws-sdk`.
    Sdk,
    /// By a resource of its own, which is the older client.
    Optimised,
}

/// The calls that have a resource of their own, by the names that the SDK gives their services.
const OPTIMISED: [(&str, &str); 4] = [
    ("dynamodb", "dynamodb"),
    ("events", "eventbridge"),
    ("s3", "s3"),
    ("sqs", "sqs"),
];

impl Call {
    /// The call that a resource names.
    pub(super) fn of(resource: &str) -> Option<Self> {
        let (_, named) = resource.split_once(":states:::")?;
        let (named, waits_for_token) = match named.strip_suffix(".waitForTaskToken") {
            Some(named) => (named, true),
            None => (named, false),
        };
        let (style, named) = match named.strip_prefix("aws-sdk:") {
            Some(named) => (Style::Sdk, named),
            None => (Style::Optimised, named),
        };
        let (service, action) = named.split_once(':')?;
        let service = match style {
            Style::Sdk => service,
            Style::Optimised => OPTIMISED.iter().find(|(name, _)| *name == service)?.1,
        };
        Some(Self {
            named: sdk::Call::named(service, action)?,
            style,
            waits_for_token,
        })
    }

    pub(super) async fn perform(
        &self,
        shared: &Arc<Shared>,
        task: Parent,
        request: &TaskRequest,
    ) -> Outcome {
        let Some(aws) = shared.services() else {
            return Outcome::Failed(Failure::new("States.Runtime", "This AWS is closing."));
        };
        let mut arguments = request.arguments.clone();
        let puts_events = self.named.service == Service::EventBridge
            && self.named.operation == "PutEvents"
            && self.style == Style::Optimised;
        if puts_events && let Some(about) = shared.about(task.execution) {
            sign(&mut arguments, &[&about.machine_arn, &about.arn]);
        }
        let result = match self.named.perform(&aws, &arguments).await {
            Ok(result) => result,
            Err(refused) => return Outcome::Failed(self.failure(task, &refused)),
        };
        let failed = result.get("FailedEntryCount").and_then(Value::as_u64);
        if failed.is_some_and(|failed| failed > 0) && self.style == Style::Optimised {
            return Outcome::Failed(Failure::new("EventBridge.FailedEntry", result.to_string()));
        }
        let result = self.shown(result, task, shared.clock.now());
        if self.waits_for_token {
            Outcome::Submitted(result)
        } else {
            Outcome::Succeeded(result)
        }
    }

    /// The result as Step Functions gives it to a state.
    fn shown(&self, mut result: Value, task: Parent, now: Timestamp) -> Value {
        match (self.style, self.named.service) {
            (Style::Sdk, service) => {
                sdk_names(&mut result, service);
                result
            }
            // A distributed Map reads from S3 by this style, and takes what S3 says.
            (Style::Optimised, Service::EventBridge | Service::S3) => result,
            (Style::Optimised, _) => {
                let content_type = "application/x-amz-json-1.0";
                let bytes = result.to_string().len();
                Transport::new(task, 200, content_type, bytes, now).describe(result)
            }
        }
    }

    /// What errors of the service begin with.
    fn prefix(&self) -> &'static str {
        match (self.named.service, self.style) {
            (Service::DynamoDb, Style::Sdk) => "DynamoDb",
            (Service::DynamoDb, Style::Optimised) => "DynamoDB",
            (Service::EventBridge, _) => "EventBridge",
            (Service::Lambda, _) => "Lambda",
            (Service::S3, _) => "S3",
            (Service::Scheduler, _) => "Scheduler",
            (Service::StepFunctions, _) => "Sfn",
            (Service::Sqs, Style::Sdk) => "Sqs",
            (Service::Sqs, Style::Optimised) => "SQS",
            (Service::Sts, _) => "Sts",
        }
    }

    /// What the older client calls the service.
    fn service_name(&self) -> &'static str {
        match self.named.service {
            Service::DynamoDb => "AmazonDynamoDBv2",
            Service::EventBridge => "AmazonEventBridge",
            Service::Lambda => "AWSLambda",
            Service::S3 => "Amazon S3",
            Service::Scheduler => "AmazonScheduler",
            Service::StepFunctions => "AWSStepFunctions",
            Service::Sqs => "AmazonSQS",
            Service::Sts => "AWSSecurityTokenService",
        }
    }

    /// The failure that a refusal is for a Task: its clients have an exception for every error that the service
    /// declares, and one of the service's name for all others.
    pub(super) fn failure(&self, task: Parent, refused: &Refused) -> Failure {
        let Refused {
            status,
            code,
            message,
        } = refused;
        let (prefix, request) = (self.prefix(), request_id(task));
        let error = match self.style {
            _ if is_modelled(self.named.service, code) => {
                let code = code.strip_suffix("Exception").unwrap_or(code);
                format!("{prefix}.{code}Exception")
            }
            Style::Sdk => format!("{prefix}.{prefix}Exception"),
            Style::Optimised => {
                let service = self.service_name().trim_end_matches("v2").replace(' ', "");
                format!("{prefix}.{service}Exception")
            }
        };
        let status = status.as_u16();
        let is_s3 = self.named.service == Service::S3;
        let said = match self.style {
            Style::Sdk if is_s3 => format!(
                "Service: {prefix}, Status Code: {status}, Request ID: {request}, Extended Request ID: {request}"
            ),
            Style::Sdk => {
                format!("Service: {prefix}, Status Code: {status}, Request ID: {request}")
            }
            Style::Optimised => format!(
                "Service: {}; Status Code: {status}; Error Code: {code}; Request ID: {request}; Proxy: null",
                self.service_name()
            ),
        };
        Failure::new(error, format!("{message} ({said})"))
    }
}

/// Says in events which machine and which execution they come from.
fn sign(arguments: &mut Value, arns: &[&str]) {
    let entries = arguments.get_mut("Entries").and_then(Value::as_array_mut);
    for entry in entries
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        let resources = entry.entry("Resources").or_insert_with(|| json!([]));
        if let Some(resources) = resources.as_array_mut() {
            resources.extend(arns.iter().map(|arn| json!(arn)));
        }
    }
}

/// Gives an SDK's result the form that it has in a machine: moments are text, and names are those of the Java SDK.
pub(super) fn sdk_names(value: &mut Value, service: Service) {
    match value {
        Value::Array(items) => {
            for item in items {
                sdk_names(item, service);
            }
        }
        Value::Object(fields) => {
            let renamed = std::mem::take(fields).into_iter().map(|(name, mut value)| {
                match moment(&name, &value) {
                    Some(moment) => value = moment.into(),
                    None => sdk_names(&mut value, service),
                }
                let is_checksum = service == Service::Sqs && name.starts_with("MD5");
                let name = if is_checksum {
                    name.replacen("MD5", "Md5", 1)
                } else {
                    name
                };
                (name, value)
            });
            *fields = renamed.collect::<Map<_, _>>();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The moment that a member holds, if by its name it holds one, as ISO 8601 writes it.
fn moment(name: &str, value: &Value) -> Option<String> {
    let ends = ["Date", "Time", "Timestamp", "LastModified"];
    if !value.is_number() || !ends.iter().any(|end| name.ends_with(end)) {
        return None;
    }
    let moment = crate::delivery::moment(value)?;
    Some(if moment.subsec_millisecond() == 0 {
        format!("{moment:.0}")
    } else {
        format!("{moment:.3}")
    })
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use pawl_interpreter::TaskId;

    use super::*;

    const TASK: Parent = Parent {
        execution: 1,
        task: TaskId(2),
    };

    #[test]
    fn a_resource_names_a_call() {
        let sdk = Style::Sdk;
        let rows = [
            (
                "aws-sdk:dynamodb:getItem",
                Some((Service::DynamoDb, "GetItem", sdk, false)),
            ),
            (
                "dynamodb:putItem",
                Some((Service::DynamoDb, "PutItem", Style::Optimised, false)),
            ),
            (
                "aws-sdk:sfn:startExecution.waitForTaskToken",
                Some((Service::StepFunctions, "StartExecution", sdk, true)),
            ),
            (
                "aws-sdk:scheduler:createSchedule",
                Some((Service::Scheduler, "CreateSchedule", sdk, false)),
            ),
            ("aws-sdk:quantum:leap", None),
            ("lambda:invoke", None),
        ];
        for (resource, expected) in rows {
            let call = Call::of(&format!("arn:aws:states:::{resource}"));
            let found = call.as_ref().map(|call| {
                let sdk::Call { service, operation } = &call.named;
                (
                    *service,
                    operation.as_str(),
                    call.style,
                    call.waits_for_token,
                )
            });
            assert_eq!(found, expected, "{resource}");
        }
    }

    #[test]
    fn a_refusal_fails_a_task_under_the_name_of_an_exception() {
        let request = request_id(TASK);
        let newer = format!("Status Code: 400, Request ID: {request})");
        let older = format!("Request ID: {request}; Proxy: null)");
        let rows = [
            (
                "aws-sdk:dynamodb:putItem",
                "ConditionalCheckFailedException",
                "DynamoDb.ConditionalCheckFailedException",
                format!("No. (Service: DynamoDb, {newer}"),
            ),
            (
                "aws-sdk:dynamodb:putItem",
                "ValidationException",
                "DynamoDb.DynamoDbException",
                format!("No. (Service: DynamoDb, {newer}"),
            ),
            (
                "dynamodb:putItem",
                "ValidationException",
                "DynamoDB.AmazonDynamoDBException",
                format!(
                    "No. (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException; {older}"
                ),
            ),
            (
                "sqs:sendMessage",
                "QueueDoesNotExist",
                "SQS.QueueDoesNotExistException",
                format!(
                    "No. (Service: AmazonSQS; Status Code: 400; Error Code: QueueDoesNotExist; {older}"
                ),
            ),
            (
                "aws-sdk:sfn:startExecution",
                "StateMachineDoesNotExist",
                "Sfn.StateMachineDoesNotExistException",
                format!("No. (Service: Sfn, {newer}"),
            ),
            (
                "aws-sdk:s3:getObject",
                "NoSuchKey",
                "S3.NoSuchKeyException",
                format!(
                    "No. (Service: S3, Status Code: 400, Request ID: {request}, Extended Request ID: {request})"
                ),
            ),
        ];
        for (resource, code, error, cause) in rows {
            let call = Call::of(&format!("arn:aws:states:::{resource}")).expect(resource);
            let refused = Refused {
                status: StatusCode::BAD_REQUEST,
                code: code.to_owned(),
                message: "No.".to_owned(),
            };
            let expected = Failure::new(error, cause);
            assert_eq!(call.failure(TASK, &refused), expected, "{resource}");
        }
    }

    #[test]
    fn results_have_the_form_that_they_have_in_a_machine() {
        let mut answer = json!({
            "MD5OfMessageBody": "00",
            "Executions": [{ "Name": "a", "StartDate": 1_767_225_600.5, "Size": 3 }],
            "Item": { "Date": { "N": "1" } },
        });
        sdk_names(&mut answer, Service::Sqs);
        let expected = json!({
            "Md5OfMessageBody": "00",
            "Executions": [{ "Name": "a", "StartDate": "2026-01-01T00:00:00.500Z", "Size": 3 }],
            "Item": { "Date": { "N": "1" } },
        });
        assert_eq!(answer, expected);
    }
}
