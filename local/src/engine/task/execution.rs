//! A Task that starts an execution, and a child of a distributed Map: the task ends when the execution does.

use std::sync::Arc;

use pawl_interpreter::Failure;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::engine::Shared;
use crate::engine::about::{About, Parent, Snapshot};
use crate::network::Service;
use crate::sdk::Refused;
use crate::step_functions::{Nesting, moment, synchronous};

use super::Outcome;
use super::metadata::{Transport, request_id};
use super::service::{Call, sdk_names};

/// The resource that starts an execution of an Express machine and waits for its end.
const SYNCHRONOUS: &str = "arn:aws:states:::aws-sdk:sfn:startSyncExecution";

/// How long a Task waits for the execution that it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nested {
    /// Until it has begun.
    Start,
    /// Until it has ended; its output is given as text.
    Text,
    /// Until it has ended; its output is given as JSON.
    Json,
    /// Until somebody answers for the task's token.
    Token,
    /// Until it has ended: the call itself waits.
    Call,
}

impl Nested {
    pub(super) fn of(resource: &str) -> Option<Self> {
        if resource == SYNCHRONOUS {
            return Some(Self::Call);
        }
        match resource.split_once(":states:::states:startExecution")?.1 {
            "" => Some(Self::Start),
            ".sync" => Some(Self::Text),
            ".sync:2" => Some(Self::Json),
            ".waitForTaskToken" => Some(Self::Token),
            _ => None,
        }
    }

    /// Starts the execution, and reports what came of it. One that this very task started in an earlier process is
    /// found again, and may have ended meanwhile.
    pub(super) fn start(self, shared: &Arc<Shared>, parent: Parent, arguments: &Value) {
        let Parent { execution, task } = parent;
        let about = match self.begin(shared, parent, arguments) {
            Ok(about) => about,
            Err(failure) => return shared.report(execution, task, Outcome::Failed(failure)),
        };
        let answer = begun(&about);
        match self {
            Self::Start => shared.report(execution, task, Outcome::Succeeded(answer)),
            Self::Token => shared.report(execution, task, Outcome::Submitted(answer)),
            Self::Text | Self::Json | Self::Call => {
                if self != Self::Call {
                    shared.report(execution, task, Outcome::Submitted(answer));
                }
                let child = shared.journal.execution(&about.arn);
                if let Ok(Some(child)) = child
                    && child.status != "RUNNING"
                {
                    shared.child_ended(parent, child.number);
                }
            }
        }
    }

    /// Starts the execution, and waits for nothing.
    pub(super) fn try_out(shared: &Arc<Shared>, task: Parent, arguments: &Value) -> Outcome {
        let kept = |about: About| {
            let kept = shared.journal.write_and_wait(Vec::new());
            let kept = kept.map_err(|broken| Failure::new("States.Runtime", broken.to_string()));
            kept.map(|()| about)
        };
        match Self::Start.begin(shared, task, arguments).and_then(kept) {
            Ok(about) => Outcome::Succeeded(begun(&about)),
            Err(failure) => Outcome::Failed(failure),
        }
    }

    fn begin(
        self,
        shared: &Arc<Shared>,
        parent: Parent,
        arguments: &Value,
    ) -> Result<About, Failure> {
        let nesting = match self {
            Self::Start | Self::Token => Nesting::Starts { by: parent },
            Self::Text | Self::Json => Nesting::Waits {
                parent,
                is_json: self == Self::Json,
            },
            Self::Call => Nesting::Calls { parent },
        };
        let closing = || Failure::new("States.Runtime", "This AWS is closing.");
        let aws = shared.services().ok_or_else(closing)?;
        let names = [name(parent, ""), name(parent, "/id")];
        let started = aws.step_functions.start_nested(arguments, names, nesting);
        started.map_err(|refusal| {
            if let Some(call) = (self == Self::Call).then(|| Call::of(SYNCHRONOUS)).flatten() {
                return call.failure(
                    parent,
                    &Refused {
                        status: refusal.status,
                        code: refusal.code.to_owned(),
                        message: refusal.message,
                    },
                );
            }
            let (code, message) = (refusal.code, refusal.message);
            let name = code.trim_end_matches("Exception");
            Failure::new(
                format!("StepFunctions.{name}Exception"),
                format!(
                    "{message} (Service: AWSStepFunctions; Status Code: 400; Error Code: {code}; Request ID: {}; Proxy: null)",
                    request_id(parent)
                ),
            )
        })
    }
}

/// A name for an execution that a task starts, or a part of its ARN: the same however often the task is begun.
fn name(parent: Parent, part: &str) -> String {
    let hash = Sha256::digest(format!("{}/{}{part}", parent.execution, parent.task.0));
    let number = hash.first_chunk().copied().map_or(0, u128::from_be_bytes);
    let hex = format!("{number:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}

/// What a Task is told once its execution has begun.
pub(in crate::engine) fn begun(about: &About) -> Value {
    let result = json!({ "ExecutionArn": about.arn, "StartDate": moment(about.started) });
    let Some(task) = about.started_by.or(about.parent) else {
        return result;
    };
    let content_type = "application/x-amz-json-1.0";
    let bytes = json!({ "executionArn": about.arn, "startDate": about.started.as_second() });
    let bytes = bytes.to_string().len();
    Transport::new(task, 200, content_type, bytes, about.started).describe(result)
}

/// What the end of an execution means for the task that waits for it.
pub(in crate::engine) fn ended(snapshot: &Snapshot) -> Outcome {
    let description = describe(snapshot);
    if snapshot.status == "SUCCEEDED" {
        Outcome::Succeeded(description)
    } else {
        Outcome::Failed(Failure::new("States.TaskFailed", description.to_string()))
    }
}

/// The answer of the call that has started an execution and waited for its end.
pub(in crate::engine) fn answered(snapshot: &Snapshot) -> Outcome {
    let mut answer = capitalised(synchronous(snapshot));
    sdk_names(&mut answer, Service::StepFunctions);
    Outcome::Succeeded(answer)
}

/// A Task's result has all names capitalised.
fn capitalised(value: Value) -> Value {
    let Value::Object(fields) = value else {
        return value;
    };
    let fields = fields.into_iter();
    fields
        .map(|(name, value)| (crate::sdk::capitalised(&name), capitalised(value)))
        .collect::<Map<_, _>>()
        .into()
}

/// The description of an execution as a Task's result: the fields of DescribeExecution, capitalised.
fn describe(snapshot: &Snapshot) -> Value {
    let Snapshot {
        about,
        outcome,
        status,
        ..
    } = snapshot;
    let data = |text: &str| {
        if about.gives_json {
            serde_json::from_str(text).unwrap_or_default()
        } else {
            Value::from(text)
        }
    };
    let included = json!({ "Included": true });
    let mut fields = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    };
    add("Cause", outcome.cause.clone().map(Value::from));
    add("Error", outcome.error.clone().map(Value::from));
    add("ExecutionArn", Some(about.arn.clone().into()));
    add("Input", Some(data(&about.input)));
    add("InputDetails", Some(included.clone()));
    add("Name", Some(about.name.clone().into()));
    add("Output", outcome.output.as_deref().map(data));
    add("OutputDetails", outcome.output.as_ref().map(|_| included));
    add("RedriveCount", Some(snapshot.redrives.into()));
    add(
        "RedriveStatus",
        Some(
            if status == "SUCCEEDED" {
                "NOT_REDRIVABLE"
            } else {
                "REDRIVABLE"
            }
            .into(),
        ),
    );
    add(
        "RedriveStatusReason",
        (status == "SUCCEEDED").then(|| "Execution is SUCCEEDED and cannot be redriven".into()),
    );
    add("StartDate", Some(moment(about.started)));
    add("StateMachineArn", Some(about.machine_arn.clone().into()));
    add(
        "StateMachineAliasArn",
        about.alias_arn.clone().map(Value::from),
    );
    add(
        "StateMachineVersionArn",
        about.version_arn.clone().map(Value::from),
    );
    add("Status", Some(status.clone().into()));
    add("StopDate", outcome.stopped.map(moment));
    Value::Object(fields)
}
