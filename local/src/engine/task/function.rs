//! A Task that invokes a function, and the function's answer as the Task's result.

use bytes::Bytes;
use pawl_interpreter::{Failure, TaskRequest};
use serde_json::{Value, json};

use crate::FunctionError;
use crate::lambda::{Invoked, Named};

use super::Outcome;

/// Which function a Task invokes, and how its answer is given back.
#[derive(Debug, Clone)]
pub(super) struct Invocation {
    pub(super) named: Named,
    pub(super) payload: Bytes,
    style: Style,
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
    pub(super) fn read(request: &TaskRequest) -> Result<Self, Failure> {
        let Some(style) = style(&request.resource) else {
            let cause = format!("The resource {} is not available here", request.resource);
            return Err(Failure::new("States.Runtime", cause));
        };
        if style == Style::Arn {
            let payload = request.arguments.to_string().into();
            return Ok(Self {
                named: Named::read(&request.resource, None),
                payload,
                style,
            });
        }
        let argument = |name: &str| request.arguments.get(name);
        let Some(named) = argument("FunctionName").and_then(Value::as_str) else {
            let cause = "The field \"FunctionName\" is required and must be a string";
            return Err(Failure::new("States.Runtime", cause));
        };
        if let Some(invocation_type) =
            argument("InvocationType").filter(|kind| *kind != "RequestResponse")
        {
            let cause = format!("The InvocationType {invocation_type} is not available here");
            return Err(Failure::new("States.Runtime", cause));
        }
        let named = Named::read(named, argument("Qualifier").and_then(Value::as_str));
        let payload = argument("Payload")
            .map_or_else(|| "{}".to_owned(), Value::to_string)
            .into();
        Ok(Self {
            named,
            payload,
            style,
        })
    }

    /// What the function's answer means.
    pub(super) fn outcome(&self, invoked: Result<Invoked, FunctionError>) -> Outcome {
        let answered = invoked.and_then(|invoked| Ok((invoked.version, invoked.ending.result()?)));
        let answered = answered.and_then(|(version, bytes)| {
            let payload = serde_json::from_slice::<Value>(&bytes);
            let payload = payload.map_err(|error| FunctionError::Raised {
                error_type: "Runtime.MarshalError".to_owned(),
                message: format!("the function's answer is not JSON: {error}"),
            });
            Ok((version, payload?))
        });
        match answered {
            Ok((version, payload)) => {
                let invoked = |payload: Value| json!({ "ExecutedVersion": version, "Payload": payload, "StatusCode": 200 });
                match self.style {
                    Style::Invoke => Outcome::Succeeded(invoked(payload)),
                    Style::Token => Outcome::Submitted(invoked(payload)),
                    Style::Arn => Outcome::Succeeded(payload),
                }
            }
            Err(FunctionError::Missing) => Outcome::Failed(Failure::new(
                "Lambda.ResourceNotFoundException",
                format!(
                    "Function not found: {} (Service: Lambda, Status Code: 404)",
                    self.named.name
                ),
            )),
            Err(FunctionError::Raised {
                error_type,
                message,
            }) => {
                let cause = json!({ "errorMessage": message, "errorType": error_type });
                Outcome::Failed(Failure::new(error_type, cause.to_string()))
            }
        }
    }
}
