//! Starting, stopping and looking at executions.

use pawl_asl::limits::STATE_BYTES;
use pawl_interpreter::{Start, Status};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::engine::{About, Engine, Snapshot, status_name};

use super::machines::Machines;
use super::names::{MachineArn, execution_arn, is_name, machine_arn, version_arn};
use super::{Paging, Refusal, seconds};

/// `StartExecution`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartRequest {
    state_machine_arn: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    input: Option<String>,
}

/// `DescribeExecution`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Describe {
    execution_arn: String,
}

/// `ListExecutions`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    #[serde(default)]
    state_machine_arn: Option<String>,
    #[serde(default)]
    status_filter: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

/// `StopExecution`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stop {
    execution_arn: String,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    cause: Option<String>,
}

/// `GetExecutionHistory`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct History {
    execution_arn: String,
    #[serde(default)]
    reverse_order: bool,
    #[serde(default = "yes")]
    include_execution_data: bool,
    #[serde(flatten)]
    paging: Paging,
}

fn yes() -> bool {
    true
}

/// Starts an execution. Started again just the same while it runs, it is the one that runs.
pub(super) fn start(
    machines: &Machines,
    engine: &Engine,
    request: StartRequest,
) -> Result<Value, Refusal> {
    let runnable = machines.runnable(&MachineArn::parse(&request.state_machine_arn)?)?;
    let name = request.name.unwrap_or_else(|| engine.random_name());
    if !is_name(&name) {
        return Err(Refusal::new(
            "InvalidName",
            format!("Invalid Name: '{name}'"),
        ));
    }
    let text = request.input.unwrap_or_else(|| "{}".to_owned());
    if text.len() > STATE_BYTES {
        let message = format!("the input must have at most {STATE_BYTES} bytes");
        return Err(Refusal::new("ValidationException", message));
    }
    let input: Value = serde_json::from_str(&text).map_err(|error| {
        Refusal::new(
            "InvalidExecutionInput",
            format!("Invalid State Machine Execution Input: '{error}'"),
        )
    })?;
    let arn = execution_arn(&runnable.name, &name);
    let start = Start {
        execution_arn: arn.clone(),
        execution_name: name.clone(),
        machine_arn: request.state_machine_arn.clone(),
        machine_name: runnable.name.clone(),
        role_arn: runnable.role_arn,
        input: input.clone(),
        block: Vec::new(),
    };
    let version_arn = runnable
        .version
        .map(|version| version_arn(&runnable.name, version));
    let machine_arn = machine_arn(&runnable.name);
    let exists = |existing: &Snapshot| {
        let same =
            serde_json::from_str::<Value>(&existing.about.input).is_ok_and(|known| known == input);
        if existing.status == Status::Running && same {
            return Ok(existing.about.clone());
        }
        Err(Refusal::new(
            "ExecutionAlreadyExists",
            format!("Execution Already Exists: '{arn}'"),
        ))
    };
    let about = |started| About {
        arn: arn.clone(),
        name,
        machine_arn,
        version_arn,
        input: text,
        started,
    };
    let about = engine.start(runnable.machine, start, about, exists)?;
    Ok(json!({ "executionArn": about.arn, "startDate": seconds(about.started) }))
}

/// Describes an execution.
pub(super) fn describe(engine: &Engine, request: &Describe) -> Result<Value, Refusal> {
    let snapshot = engine
        .snapshot(&request.execution_arn)
        .ok_or_else(|| missing(&request.execution_arn))?;
    let mut answer = summary(&snapshot);
    let mut add = |name: &str, value: Value| {
        if !value.is_null() {
            answer.insert(name.to_owned(), value);
        }
    };
    let included = json!({ "included": true });
    add("input", json!(snapshot.about.input));
    add("inputDetails", included.clone());
    add("redriveStatus", json!("NOT_REDRIVABLE"));
    add(
        "redriveStatusReason",
        json!("executions cannot be redriven here"),
    );
    match &snapshot.status {
        Status::Running => {}
        Status::Succeeded { output } => {
            add("output", json!(output.to_string()));
            add("outputDetails", included);
        }
        Status::Failed { error, cause }
        | Status::TimedOut { error, cause }
        | Status::Aborted { error, cause } => {
            add("error", json!(error));
            add("cause", json!(cause));
        }
    }
    Ok(Value::Object(answer))
}

/// Lists executions, the latest first.
pub(super) fn list(machines: &Machines, engine: &Engine, request: &List) -> Result<Value, Refusal> {
    let Some(arn) = &request.state_machine_arn else {
        return Err(Refusal::new(
            "ValidationException",
            "stateMachineArn is required here",
        ));
    };
    machines.has(&MachineArn::parse(arn)?)?;
    let mut snapshots = engine.snapshots();
    snapshots.retain(|snapshot| {
        let about = &snapshot.about;
        (about.machine_arn == *arn || about.version_arn.as_ref() == Some(arn))
            && request
                .status_filter
                .as_ref()
                .is_none_or(|filter| status_name(&snapshot.status) == filter)
    });
    request.paging.answer("executions", &snapshots, |snapshot| {
        Value::Object(summary(snapshot))
    })
}

/// Stops an execution. One that has ended stays as it is.
pub(super) fn stop(engine: &Engine, request: Stop) -> Result<Value, Refusal> {
    let stopped = engine.stop(&request.execution_arn, request.error, request.cause);
    let stopped = stopped.ok_or_else(|| missing(&request.execution_arn))?;
    Ok(json!({ "stopDate": stopped.stopped.map(seconds) }))
}

/// The events of an execution.
pub(super) fn history(engine: &Engine, request: &History) -> Result<Value, Refusal> {
    let mut events = engine
        .history(&request.execution_arn)
        .ok_or_else(|| missing(&request.execution_arn))?;
    if request.reverse_order {
        events.reverse();
    }
    request.paging.answer("events", &events, |event| {
        let mut event = json!(event);
        if !request.include_execution_data {
            without_data(&mut event);
        }
        event
    })
}

/// Takes the data out of an event's details.
fn without_data(event: &mut Value) {
    for details in event
        .as_object_mut()
        .into_iter()
        .flatten()
        .filter_map(|(_, value)| value.as_object_mut())
    {
        details.retain(|name, _| !matches!(name.as_str(), "input" | "output" | "parameters"));
    }
}

/// What a list says of an execution.
fn summary(snapshot: &Snapshot) -> Map<String, Value> {
    let about = &snapshot.about;
    let mut summary = Map::new();
    summary.insert("executionArn".to_owned(), json!(about.arn));
    summary.insert("stateMachineArn".to_owned(), json!(about.machine_arn));
    summary.insert("name".to_owned(), json!(about.name));
    summary.insert("status".to_owned(), json!(status_name(&snapshot.status)));
    summary.insert("startDate".to_owned(), seconds(about.started));
    if let Some(stopped) = snapshot.stopped {
        summary.insert("stopDate".to_owned(), seconds(stopped));
    }
    if let Some(version_arn) = &about.version_arn {
        summary.insert("stateMachineVersionArn".to_owned(), json!(version_arn));
    }
    summary.insert("redriveCount".to_owned(), json!(0));
    summary
}

/// There is no such execution, or it was one of a process that has ended.
fn missing(arn: &str) -> Refusal {
    Refusal::new(
        "ExecutionDoesNotExist",
        format!("Execution Does Not Exist: '{arn}'"),
    )
}
