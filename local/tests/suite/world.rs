//! A local AWS with functions for every test, and the steps that tests share.

use std::sync::{Arc, Mutex};

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::ExecutionStatus;
use bytes::Bytes;
use jiff::Timestamp;
use pawl_local::{Clock, FunctionError, Functions, Local, Options};
use serde_json::{Value, json};

/// What the functions of a test were called with, in order.
pub(crate) type Seen = Arc<Mutex<Vec<(String, Value)>>>;

/// Functions for every test; the name says what each does.
pub(crate) fn functions(seen: &Seen) -> Functions {
    let seen = Arc::clone(seen);
    Arc::new(move |name, payload| {
        let name = name.to_owned();
        let seen = Arc::clone(&seen);
        Box::pin(async move {
            let payload: Value = serde_json::from_slice(&payload).expect("payloads are JSON");
            let calls = {
                let mut seen = seen.lock().expect("no test panics while it holds this");
                seen.push((name.clone(), payload.clone()));
                seen.iter().filter(|(other, _)| *other == name).count()
            };
            let raised = |error_type: &str| {
                Err(FunctionError::Raised {
                    error_type: error_type.to_owned(),
                    message: format!("call {calls}"),
                })
            };
            match name.as_str() {
                "echo" => Ok(Bytes::from(payload.to_string())),
                "flaky" if calls < 3 => raised("RATE_LIMIT"),
                "flaky" => Ok(Bytes::from(json!({ "calls": calls }).to_string())),
                "broken" => raised("TOOL_ERROR"),
                "panics" => panic!("on purpose"),
                "garbled" => Ok(Bytes::from_static(b"not json")),
                "recorder" => Ok(Bytes::from_static(b"null")),
                _ => Err(FunctionError::Missing),
            }
        })
    })
}

pub(crate) struct World {
    pub(crate) local: Local,
    pub(crate) client: Client,
    pub(crate) seen: Seen,
}

pub(crate) async fn open(options: Options) -> World {
    let local = Local::open(options).await.expect("it opens");
    let seen = Seen::default();
    local.install(functions(&seen));
    let client = Client::new(&local.sdk_config());
    World {
        local,
        client,
        seen,
    }
}

pub(crate) fn start_of_time() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().expect("a moment")
}

pub(crate) async fn simulated() -> World {
    let clock = Clock::simulated(start_of_time());
    open(Options {
        clock,
        ..Options::default()
    })
    .await
}

impl World {
    pub(crate) async fn create(&self, name: &str, definition: &Value) -> String {
        let request = self
            .client
            .create_state_machine()
            .name(name)
            .role_arn("arn:aws:iam::000000000000:role/x");
        let created = request
            .definition(definition.to_string())
            .publish(true)
            .send()
            .await;
        let created = created.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        created.state_machine_version_arn.expect("it was published")
    }

    pub(crate) async fn start(
        &self,
        machine: &str,
        name: &str,
        input: &Value,
    ) -> Result<String, Option<String>> {
        let request = self
            .client
            .start_execution()
            .state_machine_arn(machine)
            .name(name);
        let started = request.input(input.to_string()).send().await;
        match started {
            Ok(started) => Ok(started.execution_arn),
            Err(error) => Err(error.code().map(str::to_owned)),
        }
    }

    /// The status and the output or error of an execution.
    pub(crate) async fn outcome(&self, execution: &str) -> (ExecutionStatus, String) {
        let described = self
            .client
            .describe_execution()
            .execution_arn(execution)
            .send()
            .await;
        let described = described.expect("it exists");
        (
            described.status,
            described.output.or(described.error).unwrap_or_default(),
        )
    }

    pub(crate) async fn run(
        &self,
        machine: &str,
        name: &str,
        input: &Value,
    ) -> (ExecutionStatus, String) {
        let execution = self.start(machine, name, input).await.expect("it starts");
        self.local.settled().await;
        self.outcome(&execution).await
    }
}

pub(crate) fn task(function: &str, more: &Value) -> Value {
    let mut state = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": { "FunctionName": function, "Payload": "{% $states.input %}" },
        "Output": "{% $states.result.Payload %}",
    });
    let fields = state.as_object_mut().expect("it is an object");
    fields.extend(more.as_object().expect("fields").clone());
    state
}

pub(crate) fn machine(states: &Value) -> Value {
    json!({ "QueryLanguage": "JSONata", "StartAt": "first", "States": states })
}

/// A Choice, two Tasks, one retried and one whose failure is caught, and a Wait of a day.
pub(crate) fn whole() -> Value {
    machine(&json!({
        "first": {
            "Type": "Choice",
            "Choices": [{ "Condition": "{% $states.input.go = true %}", "Next": "retried" }],
            "Default": "refused",
        },
        "retried": task("flaky", &json!({
            "Retry": [{ "ErrorEquals": ["RATE_LIMIT"], "IntervalSeconds": 10, "BackoffRate": 2, "MaxAttempts": 3 }],
            "Next": "wait",
        })),
        "wait": { "Type": "Wait", "Seconds": 86_400, "Next": "caught" },
        "caught": task("broken", &json!({
            "Catch": [{
                "ErrorEquals": ["TOOL_ERROR"],
                "Output": "{% {'caught': $states.errorOutput.Error, 'calls': $states.input.calls} %}",
                "Next": "last",
            }],
            "Next": "refused",
        })),
        "last": task("arn:aws:lambda:us-east-1:000000000000:function:echo:7", &json!({
            "Output": "{% {'payload': $states.result.Payload, 'version': $states.result.ExecutedVersion} %}",
            "End": true,
        })),
        "refused": { "Type": "Fail", "Error": "REFUSED" },
    }))
}
