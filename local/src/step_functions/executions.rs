//! Looking at executions, and stopping them.

use jiff::Timestamp;
use pawl_asl::MachineType;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::engine::{About, Engine, Snapshot};
use crate::journal::Filter;

use super::machines::{IncludedData, Machines, add};
use super::map_runs::find_run;
use super::names::{MachineArn, Part, check_execution_arn};
use super::paging::{Order, Paging, Position};
use super::redrive;
use super::seconds;
use crate::refusal::Refusal;

/// `DescribeExecution` and `DescribeStateMachineForExecution`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Describe {
    execution_arn: String,
    #[serde(default)]
    included_data: IncludedData,
}

/// `ListExecutions`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    #[serde(default)]
    state_machine_arn: Option<String>,
    #[serde(default)]
    map_run_arn: Option<String>,
    #[serde(default)]
    status_filter: Option<String>,
    #[serde(default)]
    redrive_filter: Option<RedriveFilter>,
    #[serde(flatten)]
    paging: Paging,
}

/// Which executions are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum RedriveFilter {
    /// Those that were redriven.
    Redriven,
    /// The others.
    NotRedriven,
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

/// Describes an execution.
pub(super) fn describe(
    machines: &Machines,
    engine: &Engine,
    request: &Describe,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let snapshot = find(engine, &request.execution_arn)?;
    let mut answer = summary(&snapshot);
    show_outcome(&snapshot, request.included_data, &mut answer);
    let trace = snapshot.about.trace_header.as_deref().map(Value::from);
    add(&mut answer, "traceHeader", trace);
    let is_deleting = machines.is_deleting(&snapshot.about.machine_arn);
    redrive::show(engine, &snapshot, is_deleting, now, &mut answer)?;
    Ok(Value::Object(answer))
}

/// Describes the machine that an execution runs.
pub(super) fn describe_machine(
    machines: &Machines,
    engine: &Engine,
    request: &Describe,
) -> Result<Value, Refusal> {
    let snapshot = find(engine, &request.execution_arn)?;
    machines.describe_of(&snapshot.about, request.included_data)
}

/// Lists the executions of a machine, a version, an alias or a Map Run, the latest first.
pub(super) fn list(
    machines: &Machines,
    engine: &Engine,
    request: &List,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let mut filter = Filter {
        status: request.status_filter.clone(),
        is_redriven: request
            .redrive_filter
            .map(|filter| filter == RedriveFilter::Redriven),
        ..Filter::default()
    };
    match (&request.state_machine_arn, &request.map_run_arn) {
        (Some(arn), None) => {
            let arn = MachineArn::parse(arn)?;
            if machines.type_of(&arn)? == MachineType::Express {
                return Err(Refusal::machine_type());
            }
            match &arn.part {
                Part::Whole => filter.machine = Some(arn.text),
                Part::Version(_) => filter.version = Some(arn.text),
                Part::Alias(_) => filter.alias = Some(arn.text),
                Part::Label(_) => return Err(MachineArn::labelled(&arn.text)),
            }
        }
        (None, Some(arn)) => {
            let run = find_run(engine, arn)?;
            filter.map_run = Some(run.map_run.map_run_arn);
        }
        (None, None) | (Some(_), Some(_)) => {
            return Err(Refusal::breaks(
                "MISSING_REQUIRED_PARAMETER",
                "Must specify exactly one of stateMachineArn or mapRunArn",
            ));
        }
    }
    let which = format!("executions {filter:?}");
    if let Some(Position::Number(before)) = request.paging.after(&which, now)? {
        filter.before = Some(before);
    }
    // One more shows whether there is another page.
    let snapshots = engine.snapshots(&filter, request.paging.length() + 1)?;
    request.paging.answer(
        ("executions", &which),
        (snapshots, Order::Down),
        |snapshot| Position::Number(snapshot.number),
        now,
        |snapshot| Value::Object(summary(snapshot)),
    )
}

/// Stops an execution. One that has ended stays as it is.
pub(super) fn stop(engine: &Engine, request: Stop) -> Result<Value, Refusal> {
    check_execution_arn(&request.execution_arn)?;
    let stopped = engine.stop(&request.execution_arn, request.error, request.cause)?;
    let stopped = stopped.ok_or_else(|| Refusal::no_execution(&request.execution_arn))?;
    Ok(json!({ "stopDate": stopped.outcome.stopped.map(seconds) }))
}

/// The events of an execution.
pub(super) fn history(
    engine: &Engine,
    request: &History,
    now: Timestamp,
) -> Result<Value, Refusal> {
    let snapshot = find(engine, &request.execution_arn)?;
    let order = if request.reverse_order {
        Order::Down
    } else {
        Order::Up
    };
    let which = format!("history {} {order:?}", snapshot.about.arn);
    let after = match request.paging.after(&which, now)? {
        Some(Position::Number(after)) => Some(after),
        Some(Position::Name(_)) | None => None,
    };
    // One more shows whether there is another page.
    let length = u64::try_from(request.paging.length()).unwrap_or(u64::MAX);
    let (first, last) = match order {
        Order::Up => {
            let first = after.map_or(1, |after| after + 1);
            (first, first.saturating_add(length).min(snapshot.events))
        }
        Order::Down => {
            let last = after.map_or(snapshot.events, |after| after.saturating_sub(1));
            (last.saturating_sub(length).max(1), last)
        }
    };
    let mut events = if first <= last {
        engine.history(&snapshot, first, last)?
    } else {
        Vec::new()
    };
    if order == Order::Down {
        events.reverse();
    }
    request.paging.answer(
        ("events", &which),
        (events, order),
        |event| Position::Number(event.get("id").and_then(Value::as_u64).unwrap_or_default()),
        now,
        |event| {
            let mut event = event.clone();
            if !request.include_execution_data {
                without_data(&mut event);
            }
            event
        },
    )
}

/// Takes the data out of an event's details.
fn without_data(event: &mut Value) {
    for details in event
        .as_object_mut()
        .into_iter()
        .flatten()
        .filter_map(|(_, value)| value.as_object_mut())
    {
        details.retain(|name, _| {
            !matches!(
                name.as_str(),
                "input" | "output" | "parameters" | "assignedVariables"
            )
        });
    }
}

/// The execution of an ARN.
pub(super) fn find(engine: &Engine, arn: &str) -> Result<Snapshot, Refusal> {
    check_execution_arn(arn)?;
    engine
        .snapshot(arn)?
        .ok_or_else(|| Refusal::no_execution(arn))
}

/// Shows what went into an execution and what came out of it.
pub(super) fn show_outcome(
    snapshot: &Snapshot,
    included: IncludedData,
    answer: &mut Map<String, Value>,
) {
    let is_shown = included == IncludedData::AllData;
    let details = json!({ "included": is_shown });
    let outcome = &snapshot.outcome;
    let texts = [
        ("input", "inputDetails", Some(&snapshot.about.input)),
        ("output", "outputDetails", outcome.output.as_ref()),
    ];
    for (name, details_name, text) in texts {
        if let Some(text) = text {
            add(answer, name, is_shown.then(|| text.as_str().into()));
            answer.insert(details_name.to_owned(), details.clone());
        }
    }
    if is_shown {
        add(answer, "error", outcome.error.as_deref().map(Value::from));
        add(answer, "cause", outcome.cause.as_deref().map(Value::from));
    }
}

/// The machine of an execution; a child of a Map Run has the Map's label beside it, as in its own ARN.
fn machine_of(about: &About) -> String {
    match about.arn.rsplit_once(':') {
        Some((machine, _)) if about.map_run_arn.is_some() => {
            machine.replacen(":execution:", ":stateMachine:", 1)
        }
        _ => about.machine_arn.clone(),
    }
}

/// What a list says of an execution.
fn summary(snapshot: &Snapshot) -> Map<String, Value> {
    let about = &snapshot.about;
    let mut summary = Map::new();
    summary.insert("executionArn".to_owned(), json!(about.arn));
    summary.insert("stateMachineArn".to_owned(), json!(machine_of(about)));
    summary.insert("name".to_owned(), json!(about.name));
    summary.insert("status".to_owned(), json!(snapshot.status));
    summary.insert("startDate".to_owned(), seconds(about.started));
    add(
        &mut summary,
        "stopDate",
        snapshot.outcome.stopped.map(seconds),
    );
    let texts = [
        ("mapRunArn", &about.map_run_arn),
        ("stateMachineVersionArn", &about.version_arn),
        ("stateMachineAliasArn", &about.alias_arn),
    ];
    for (name, text) in texts {
        add(&mut summary, name, text.as_deref().map(Value::from));
    }
    summary.insert("redriveCount".to_owned(), json!(snapshot.redrives));
    summary
}
