//! Finds the service and the operation that a request is for.
//!
//! The signature names the service, though nobody checks it here; where there is none, a header or the path does.

mod address;
mod rest;
mod s3;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::json;

use crate::answer::{Answer, json_answer, refuse_query, refuse_rest};
use crate::network::Service;

pub(crate) use address::{decode, object_path, pairs, query};
pub(crate) use rest::rest_place;

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) service: Service,
    /// The operation, as AWS names it; where it names none, the method and the path.
    pub(crate) operation: String,
}

/// A service that is not here, by its name in signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownService(String);

/// Reads a request's target. A service that is not here refuses at once, in the protocol of the request.
pub(crate) fn route(request: &Request<Bytes>) -> Result<Target, UnknownService> {
    let service = match signed_for(request) {
        Some(name) => service_named(&name).ok_or(UnknownService(name))?,
        None => service_by_shape(request),
    };
    let operation = match service {
        Service::DynamoDb | Service::StepFunctions | Service::EventBridge => {
            header_operation(request)
        }
        // Older clients send SQS a form.
        Service::Sqs => header_operation(request).or_else(|| form_action(request)),
        Service::Sts => form_action(request),
        Service::S3 => Some(s3::operation(request)),
        Service::Lambda => rest::operation(rest::LAMBDA, request),
        Service::Scheduler => rest::operation(rest::SCHEDULER, request),
    };
    Ok(Target {
        service,
        operation: operation
            .unwrap_or_else(|| format!("{} {}", request.method(), request.uri().path())),
    })
}

/// The service in the scope of the signature, or of a presigned address: `KEY/20260101/us-east-1/states/aws4_request`.
fn signed_for(request: &Request<Bytes>) -> Option<String> {
    let header = request.headers().get(http::header::AUTHORIZATION);
    let scope = if let Some(header) = header.and_then(|header| header.to_str().ok()) {
        let (_, scope) = header.split_once("Credential=")?;
        scope.split([',', ' ']).next()?.to_owned()
    } else {
        let mut parameters = query(request).into_iter();
        parameters.find(|(name, _)| name == "X-Amz-Credential")?.1
    };
    // The key may hold slashes of its own, so that the parts count from the end.
    scope.rsplit('/').nth(1).map(str::to_owned)
}

/// The service of a name in signatures.
fn service_named(name: &str) -> Option<Service> {
    Some(match name {
        "dynamodb" => Service::DynamoDb,
        "s3" | "s3express" => Service::S3,
        "states" => Service::StepFunctions,
        "lambda" => Service::Lambda,
        "events" => Service::EventBridge,
        "scheduler" => Service::Scheduler,
        "sqs" => Service::Sqs,
        "sts" => Service::Sts,
        _ => return None,
    })
}

/// The service of a request without a signature.
fn service_by_shape(request: &Request<Bytes>) -> Service {
    let target = request.headers().get("x-amz-target");
    if let Some(target) = target.and_then(|target| target.to_str().ok()) {
        return match target.split('.').next().unwrap_or_default() {
            "AWSEvents" => Service::EventBridge,
            "AmazonSQS" => Service::Sqs,
            name if name.starts_with("DynamoDB") => Service::DynamoDb,
            _ => Service::StepFunctions,
        };
    }
    if rest::operation(rest::LAMBDA, request).is_some() {
        Service::Lambda
    } else if rest::operation(rest::SCHEDULER, request).is_some() {
        Service::Scheduler
    } else if form_action(request).is_some() {
        Service::Sts
    } else {
        Service::S3
    }
}

/// The operation in the header of the JSON protocols.
fn header_operation(request: &Request<Bytes>) -> Option<String> {
    let target = request.headers().get("x-amz-target")?.to_str().ok()?;
    let (_, operation) = target.rsplit_once('.')?;
    Some(operation.to_owned())
}

/// The operation in a form.
fn form_action(request: &Request<Bytes>) -> Option<String> {
    if request.method() != Method::POST || request.uri().path() != "/" {
        return None;
    }
    let form = pairs(str::from_utf8(request.body()).ok()?);
    let mut actions = form.into_iter();
    let (_, action) = actions.find(|(name, _)| name == "Action")?;
    Some(action)
}

impl UnknownService {
    /// The refusal, in the protocol of the request.
    pub(crate) fn refuse(&self, request: &Request<Bytes>) -> Answer {
        let message = format!("the service `{}` is not available here", self.0);
        let code = "UnknownOperationException";
        if request.headers().contains_key("x-amz-target") {
            let body = json!({ "__type": code, "message": message });
            json_answer(StatusCode::BAD_REQUEST, body.to_string())
        } else if form_action(request).is_some() {
            refuse_query(StatusCode::BAD_REQUEST, "InvalidAction", &message)
        } else {
            refuse_rest(StatusCode::NOT_FOUND, code, &message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Method, address, the service of the signature, the target in the header (`-` for none); service, operation.
    const REQUESTS: &str = "
        POST / states AWSStepFunctions.StartExecution | Step Functions | StartExecution
        POST / - AWSStepFunctions.StartExecution | Step Functions | StartExecution
        POST / dynamodb DynamoDB_20120810.GetItem | DynamoDB | GetItem
        POST / - DynamoDBStreams_20120810.GetRecords | DynamoDB | GetRecords
        POST / events AWSEvents.PutEvents | EventBridge | PutEvents
        POST / sqs AmazonSQS.SendMessage | SQS | SendMessage
        POST / sts - | STS | GetCallerIdentity
        POST / - - | STS | GetCallerIdentity
        GET /2015-03-31/functions lambda - | Lambda | ListFunctions
        GET /2015-03-31/functions/ - - | Lambda | ListFunctions
        POST /2015-03-31/functions/step/invocations - - | Lambda | Invoke
        GET /2015-03-31/nothing lambda - | Lambda | GET /2015-03-31/nothing
        POST /schedules/daily scheduler - | EventBridge Scheduler | CreateSchedule
        GET /schedules scheduler - | EventBridge Scheduler | ListSchedules
        GET /schedules s3 - | S3 | ListObjects
        GET / s3 - | S3 | ListBuckets
        GET /photos/a.png?X-Amz-Credential=k%2F20260101%2Fus-east-1%2Fs3%2Faws4_request - - | S3 | GetObject
        PUT /bucket/key - - | S3 | PutObject
        PUT /bucket/key?partNumber=1&uploadId=x s3 - | S3 | UploadPart
        POST /bucket?delete s3 - | S3 | DeleteObjects
        GET /bucket?location s3 - | S3 | GetBucketLocation
        GET /bucket?acl s3 - | S3 | GET acl
        POST / iam - | - | -
    ";

    #[test]
    fn every_request_finds_its_service_and_operation() {
        for row in REQUESTS
            .lines()
            .map(str::trim)
            .filter(|row| !row.is_empty())
        {
            let parts: Vec<&str> = row.split(" | ").collect();
            let [asked, service, operation] = parts[..] else {
                panic!("{row}");
            };
            let parts: Vec<&str> = asked.split(' ').collect();
            let [method, address, signed, target] = parts[..] else {
                panic!("{row}");
            };
            let mut request = Request::builder().method(method).uri(address);
            if signed != "-" {
                let scope = format!("Credential=local/20260101/us-east-1/{signed}/aws4_request");
                request = request.header(
                    "authorization",
                    format!("AWS4-HMAC-SHA256 {scope}, Signature=0"),
                );
            }
            if target != "-" {
                request = request.header("x-amz-target", target);
            }
            let form = Bytes::from_static(b"Action=GetCallerIdentity&Version=2011-06-15");
            match route(&request.body(form).expect("a request")) {
                Ok(found) => {
                    let found = (found.service.to_string(), found.operation);
                    assert_eq!(found, (service.to_owned(), operation.to_owned()), "{row}");
                }
                Err(unknown) => assert_eq!((service, unknown.0.as_str()), ("-", signed), "{row}"),
            }
        }
    }
}
