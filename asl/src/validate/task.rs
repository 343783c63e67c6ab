//! A Task: what does the work, and what it has to be given.

use serde_json::Value;

use super::block::StateAt;
use super::diagnostic::Findings;
use super::object;
use super::place::Place;
use crate::{MachineType, QueryLanguage, arguments};

/// Services whose integrations never run a job to its end.
const WITHOUT_SYNC: [&str; 7] = [
    "lambda",
    "sns",
    "sqs",
    "dynamodb",
    "events",
    "apigateway",
    "aws-sdk",
];

/// Services whose integrations never wait for a token.
const WITHOUT_TOKEN: [&str; 11] = [
    "athena",
    "batch",
    "codebuild",
    "elasticmapreduce",
    "emr-containers",
    "emr-serverless",
    "glue",
    "databrew",
    "mediaconvert",
    "sagemaker",
    "dynamodb",
];

/// Checks a Task.
pub(super) fn check(
    state: &StateAt,
    language: QueryLanguage,
    machine_type: MachineType,
    findings: &mut Findings,
) {
    let StateAt { fields, place, .. } = state;
    object::required(fields, &["Resource"], place, findings);
    for [fixed, path] in [
        ["TimeoutSeconds", "TimeoutSecondsPath"],
        ["HeartbeatSeconds", "HeartbeatSecondsPath"],
    ] {
        object::not_both(fields, [fixed, path], place, findings);
    }
    let seconds = |name: &str| fields.get(name).and_then(Value::as_u64);
    if let (Some(timeout), Some(heartbeat)) =
        (seconds("TimeoutSeconds"), seconds("HeartbeatSeconds"))
        && heartbeat >= timeout
    {
        let message = "Value must be less than the value of 'TimeoutSeconds'";
        findings.schema(&place.field("HeartbeatSeconds"), message);
    }
    let Some(resource) = fields.get("Resource").and_then(Value::as_str) else {
        return;
    };
    let resource_place = place.field("Resource");
    if !resource.starts_with("arn:") {
        findings.schema(&resource_place, "Value is not a valid resource ARN");
        return;
    }
    credentials(state, resource, findings);
    if machine_type == MachineType::Express {
        express(resource, &resource_place, findings);
    }
    if let Some(call) = Call::parse(resource) {
        call.check(state, language, resource, &resource_place, findings);
    }
}

fn credentials(state: &StateAt, resource: &str, findings: &mut Findings) {
    let Some(credentials) = state.fields.get("Credentials") else {
        return;
    };
    let place = state.place.field("Credentials");
    if is_activity(resource) {
        let message = "The field 'Credentials' is not supported for activities";
        findings.schema(&place, message);
    } else if let Some(credentials) = credentials.as_object()
        && !credentials.contains_key("RoleArn")
        && !credentials.contains_key("RoleArn.$")
    {
        let message = "The field 'RoleArn' is required but was missing";
        findings.schema(&place, message);
    }
}

fn is_activity(resource: &str) -> bool {
    let mut parts = resource.split(':').skip(2);
    parts.next() == Some("states") && parts.nth(2) == Some("activity")
}

/// An execution of at most five minutes waits for nothing that lasts longer.
fn express(resource: &str, place: &Place, findings: &mut Findings) {
    if is_activity(resource) {
        let message = "Express state machine does not support Activity ARN";
        findings.schema(place, message);
        return;
    }
    let pattern = Call::parse(resource).and_then(|call| call.pattern);
    if pattern == Some("waitForTaskToken") {
        // The space at the end is AWS's.
        let message =
            "Express state machine does not support '.waitForTaskToken' service integration ";
        findings.schema(place, message);
    } else if matches!(pattern, Some("sync" | "sync:2")) {
        let message = "Express state machine does not support '.sync' service integration";
        findings.schema(place, message);
    }
}

/// A call to a service: `arn:aws:states:::sqs:sendMessage.waitForTaskToken`.
struct Call<'r> {
    service: &'r str,
    action: &'r str,
    pattern: Option<&'r str>,
}

impl<'r> Call<'r> {
    fn parse(resource: &'r str) -> Option<Self> {
        let (_, rest) = resource.split_once(":states:::")?;
        let (service, action) = rest.split_once(':')?;
        let (action, pattern) = match action.split_once('.') {
            Some((action, pattern)) => (action, Some(pattern)),
            None => (action, None),
        };
        Some(Self {
            service,
            action,
            pattern,
        })
    }

    /// Whether the action of an SDK's call begins as they all do: `aws-sdk:s3:getObject`.
    fn is_spelled(&self) -> bool {
        let Some((_, action)) = self
            .action
            .split_once(':')
            .filter(|_| self.service == "aws-sdk")
        else {
            return true;
        };
        action.starts_with(|first: char| first.is_ascii_lowercase())
    }

    fn check(
        &self,
        state: &StateAt,
        language: QueryLanguage,
        resource: &str,
        resource_place: &Place,
        findings: &mut Findings,
    ) {
        if !self.has_pattern() || !self.is_spelled() {
            let message = format!(
                "The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region."
            );
            findings.schema(resource_place, message);
            return;
        }
        let field = match language {
            QueryLanguage::Jsonata => "Arguments",
            QueryLanguage::JsonPath => "Parameters",
        };
        let Some(arguments) = state.fields.get(field) else {
            let message = format!("{field} field is required for resource ARN: {resource}");
            findings.schema(resource_place, message);
            return;
        };
        let Some(arguments) = arguments.as_object() else {
            return;
        };
        let place = state.place.field(field);
        for message in arguments::problems(resource, arguments) {
            findings.schema(&place, message);
        }
        // Measured on AWS: a function can be given these by an expression only.
        let payload = arguments
            .get("Payload")
            .filter(|_| self.service == "lambda");
        if matches!(payload, Some(Value::Number(_) | Value::Bool(_))) {
            let message = "Expected value of type [STRING, OBJECT, ARRAY, NULL]";
            findings.schema(&place.field("Payload"), message);
        }
    }

    /// Whether the service can be waited for in this way.
    fn has_pattern(&self) -> bool {
        match self.pattern {
            None => true,
            Some("sync") => !WITHOUT_SYNC.contains(&self.service),
            Some("sync:2") => self.service == "states",
            Some("waitForTaskToken") => !WITHOUT_TOKEN.contains(&self.service),
            Some(_) => false,
        }
    }
}
