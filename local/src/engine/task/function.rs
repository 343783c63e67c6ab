//! A Task that invokes a function, and the function's answer as the Task's result.

use bytes::Bytes;
use pawl_interpreter::{Failure, TaskRequest};
use serde_json::{Value, json};

use crate::FunctionError;

use super::Outcome;

/// Which function a Task invokes, and how its answer is given back.
#[derive(Debug, Clone)]
pub(super) struct Invocation {
    pub(super) function: String,
    pub(super) payload: Bytes,
    version: String,
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
            let (function, version) = split_function(&request.resource);
            let payload = request.arguments.to_string().into();
            return Ok(Self {
                function,
                payload,
                version,
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
        let (function, version) = split_function(named);
        let version = argument("Qualifier")
            .and_then(Value::as_str)
            .map_or(version, str::to_owned);
        let payload = argument("Payload")
            .map_or_else(|| "{}".to_owned(), Value::to_string)
            .into();
        Ok(Self {
            function,
            payload,
            version,
            style,
        })
    }

    /// What the function's answer means.
    pub(super) fn outcome(&self, answer: Result<Bytes, FunctionError>) -> Outcome {
        let payload = match answer {
            Ok(bytes) => {
                serde_json::from_slice::<Value>(&bytes).map_err(|error| FunctionError::Raised {
                    error_type: "Runtime.MarshalError".to_owned(),
                    message: format!("the function's answer is not JSON: {error}"),
                })
            }
            Err(error) => Err(error),
        };
        match payload {
            Ok(payload) => {
                let invoked = |payload: Value| json!({ "ExecutedVersion": self.version, "Payload": payload, "StatusCode": 200 });
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
                    self.function
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

/// A function's name and version, out of a name or an ARN, with or without a version.
fn split_function(named: &str) -> (String, String) {
    let named = named
        .rsplit_once("function:")
        .map_or(named, |(_, named)| named);
    let (name, version) = named.split_once(':').unwrap_or((named, "$LATEST"));
    (name.to_owned(), version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_in_every_way_to_name_it() {
        let rows = [
            ("step", "step", "$LATEST"),
            ("step:7", "step", "7"),
            (
                "arn:aws:lambda:us-east-1:000000000000:function:step",
                "step",
                "$LATEST",
            ),
            (
                "arn:aws:lambda:us-east-1:000000000000:function:step:live",
                "step",
                "live",
            ),
            ("000000000000:function:step", "step", "$LATEST"),
        ];
        for (named, name, version) in rows {
            assert_eq!(
                split_function(named),
                (name.to_owned(), version.to_owned()),
                "{named}"
            );
        }
    }
}
