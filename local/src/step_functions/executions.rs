//! Starting, stopping and looking at executions.

use pawl_asl::limits::STATE_BYTES;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::engine::{About, Engine, Parent, Snapshot};
use crate::journal::Filter;

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
    #[serde(default)]
    trace_header: Option<String>,
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

/// Whether a task waits for the end of an execution that it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nesting {
    /// It does not.
    None,
    /// It does, and is given the output as JSON or as text.
    Waits { parent: Parent, is_json: bool },
}

/// Starts an execution. Started again just the same while it runs, it is the one that runs.
pub(super) fn start(
    machines: &Machines,
    engine: &Engine,
    request: StartRequest,
) -> Result<Value, Refusal> {
    let name = request.name.clone().unwrap_or_else(|| engine.random_name());
    let about = begin(machines, engine, request, name, Nesting::None)?;
    Ok(json!({ "executionArn": about.arn, "startDate": seconds(about.started) }))
}

/// Starts an execution for a Task.
pub(super) fn start_nested(
    machines: &Machines,
    engine: &Engine,
    arguments: &Value,
    name: &str,
    nesting: Nesting,
) -> Result<About, Refusal> {
    let text = |field: &str| match arguments.get(field) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    };
    let request = StartRequest {
        state_machine_arn: text("StateMachineArn").unwrap_or_default(),
        name: text("Name"),
        // A Task gives the input as JSON, and a text is an input like any other.
        input: arguments.get("Input").map(Value::to_string),
        trace_header: text("TraceHeader"),
    };
    let name = request.name.clone().unwrap_or_else(|| name.to_owned());
    begin(machines, engine, request, name, nesting)
}

fn begin(
    machines: &Machines,
    engine: &Engine,
    request: StartRequest,
    name: String,
    nesting: Nesting,
) -> Result<About, Refusal> {
    let runnable = machines.runnable(&MachineArn::parse(&request.state_machine_arn)?)?;
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
    let (parent, gives_json) = match nesting {
        Nesting::None => (None, false),
        Nesting::Waits { parent, is_json } => (Some(parent), is_json),
    };
    let exists = |existing: &Snapshot| {
        let same =
            serde_json::from_str::<Value>(&existing.about.input).is_ok_and(|known| known == input);
        let is_own = parent.is_some() && existing.about.parent == parent;
        if (existing.is_running() && same) || is_own {
            return Ok(existing.about.clone());
        }
        Err(Refusal::new(
            "ExecutionAlreadyExists",
            format!("Execution Already Exists: '{arn}'"),
        ))
    };
    let about = About {
        arn: arn.clone(),
        name,
        machine_arn: machine_arn(&runnable.name),
        version_arn: runnable
            .version
            .map(|version| version_arn(&runnable.name, version)),
        alias_arn: None,
        map_run_arn: None,
        started_as: request.state_machine_arn,
        machine_name: runnable.name,
        role_arn: runnable.role_arn,
        definition: runnable.definition.hash.to_string(),
        block: Vec::new(),
        is_express: false,
        input: text,
        started: engine.now(),
        seed: engine.seed(),
        parent,
        gives_json,
        trace_header: request.trace_header,
    };
    Ok(engine.start(&runnable.definition, about, exists)?)
}

/// Describes an execution.
pub(super) fn describe(engine: &Engine, request: &Describe) -> Result<Value, Refusal> {
    let snapshot = engine
        .snapshot(&request.execution_arn)?
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
    let outcome = &snapshot.outcome;
    add("output", json!(outcome.output));
    if outcome.output.is_some() {
        add("outputDetails", included);
    }
    add("error", json!(outcome.error));
    add("cause", json!(outcome.cause));
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
    let machine = MachineArn::parse(arn)?;
    machines.has(&machine)?;
    let mut filter = Filter {
        status: request.status_filter.clone(),
        before: request.paging.number()?,
        ..Filter::default()
    };
    if machine.version.is_some() {
        filter.version = Some(arn.clone());
    } else {
        filter.machine = Some(arn.clone());
    }
    let length = request.paging.length();
    let mut snapshots = engine.snapshots(&filter, length + 1)?;
    let has_more = snapshots.len() > length;
    snapshots.truncate(length);
    let list: Vec<Value> = snapshots
        .iter()
        .map(|snapshot| Value::Object(summary(snapshot)))
        .collect();
    let mut answer = json!({ "executions": list });
    if let (Some(answer), Some(last), true) = (answer.as_object_mut(), snapshots.last(), has_more) {
        answer.insert("nextToken".to_owned(), last.number.to_string().into());
    }
    Ok(answer)
}

/// Stops an execution. One that has ended stays as it is.
pub(super) fn stop(engine: &Engine, request: Stop) -> Result<Value, Refusal> {
    let stopped = engine.stop(&request.execution_arn, request.error, request.cause)?;
    let stopped = stopped.ok_or_else(|| missing(&request.execution_arn))?;
    Ok(json!({ "stopDate": stopped.outcome.stopped.map(seconds) }))
}

/// The events of an execution.
pub(super) fn history(engine: &Engine, request: &History) -> Result<Value, Refusal> {
    let snapshot = engine
        .snapshot(&request.execution_arn)?
        .ok_or_else(|| missing(&request.execution_arn))?;
    // A token is the number of the event with which a page begins.
    let length = u64::try_from(request.paging.length()).unwrap_or(u64::MAX);
    let next = request.paging.number()?;
    let (first, last) = if request.reverse_order {
        let last = next.unwrap_or(snapshot.events);
        (last.saturating_sub(length - 1).max(1), last)
    } else {
        let first = next.unwrap_or(1);
        (first, first.saturating_add(length - 1).min(snapshot.events))
    };
    let mut events = engine.history(&snapshot, first, last)?;
    let rest = if request.reverse_order {
        events.reverse();
        (first > 1).then(|| first - 1)
    } else {
        (last < snapshot.events).then(|| last + 1)
    };
    if !request.include_execution_data {
        events.iter_mut().for_each(without_data);
    }
    let mut answer = json!({ "events": events });
    if let (Some(answer), Some(rest)) = (answer.as_object_mut(), rest) {
        answer.insert("nextToken".to_owned(), rest.to_string().into());
    }
    Ok(answer)
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
    summary.insert("status".to_owned(), json!(snapshot.status));
    summary.insert("startDate".to_owned(), seconds(about.started));
    if let Some(stopped) = snapshot.outcome.stopped {
        summary.insert("stopDate".to_owned(), seconds(stopped));
    }
    if let Some(version_arn) = &about.version_arn {
        summary.insert("stateMachineVersionArn".to_owned(), json!(version_arn));
    }
    summary.insert("redriveCount".to_owned(), json!(0));
    summary
}

/// There is no such execution.
fn missing(arn: &str) -> Refusal {
    Refusal::new(
        "ExecutionDoesNotExist",
        format!("Execution Does Not Exist: '{arn}'"),
    )
}
