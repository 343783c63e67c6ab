//! Starting executions.

use std::sync::Arc;

use pawl_asl::MachineType;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::task::spawn_blocking;

use crate::Aws;
use crate::engine::{About, Definition, Ended, Engine, Naming, Parent, Snapshot};

use super::executions::show_outcome;
use super::machines::{IncludedData, Machines, Runnable, add};
use super::names::{MachineArn, check_name, execution_arn, express_arn, machine_arn, version_arn};
use super::request::held;
use super::{StepFunctions, seconds, syntax};
use crate::refusal::Refusal;

/// `StartExecution` and `StartSyncExecution`.
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
    #[serde(default)]
    included_data: IncludedData,
}

/// Whether a task waits for the end of an execution that it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nesting {
    /// Nobody has started it but a caller.
    None,
    /// It does not, and has started it all the same.
    Starts { by: Parent },
    /// It does, and is given the output as JSON or as text.
    Waits { parent: Parent, is_json: bool },
    /// It does, by a call that is answered when the execution has ended.
    Calls { parent: Parent },
}

/// Starts an execution. Started again just the same while it runs, it is the one that runs.
pub(super) fn start(
    machines: &Machines,
    engine: &Engine,
    request: StartRequest,
) -> Result<Value, Refusal> {
    let name = request.name.clone().unwrap_or_else(|| engine.random_name());
    let runnable = runnable(machines, &request)?;
    let id = engine.random_name();
    let about = begin(runnable, engine, request, [name, id], Nesting::None)?;
    Ok(json!({ "executionArn": about.arn, "startDate": seconds(about.started) }))
}

/// Starts an execution for a caller in this process, and waits for its end. What it starts with is a request of
/// `StartExecution`.
pub(crate) async fn run(aws: &Aws, request: Value) -> Result<Ended, Refusal> {
    let StepFunctions {
        machines, engine, ..
    } = &aws.step_functions;
    let request: StartRequest = held("StartExecution", request)?;
    let (name, naming) = match &request.name {
        Some(name) => (name.clone(), Naming::Given),
        None => (engine.random_name(), Naming::Drawn),
    };
    let runnable = runnable(machines, &request)?;
    let id = engine.random_name();
    let beginning = beginning(runnable, engine, request, [name, id], Nesting::None)?;
    let Beginning {
        definition,
        about,
        claim,
    } = beginning;
    let existing = move |existing: &Snapshot| claim.holds(existing);
    Ok(engine.run(definition, about, naming, existing).await?)
}

/// Starts an execution of an Express machine and waits for its end.
pub(super) async fn sync(aws: &Arc<Aws>, request: StartRequest) -> Result<Value, Refusal> {
    let included = request.included_data;
    let services = Arc::clone(aws);
    let started = spawn_blocking(move || {
        let StepFunctions {
            machines, engine, ..
        } = &services.step_functions;
        let name = request.name.clone().unwrap_or_else(|| engine.random_name());
        let runnable = runnable(machines, &request)?;
        if runnable.machine_type == MachineType::Standard {
            return Err(Refusal::machine_type());
        }
        let id = engine.random_name();
        begin(runnable, engine, request, [name, id], Nesting::None)
    });
    let about = started
        .await
        .map_err(|panic| Refusal::internal(panic.to_string()))??;
    let ended = aws.step_functions.engine.ended(&about.arn).await?;
    let snapshot = ended
        .filter(|snapshot| !snapshot.is_running())
        .ok_or_else(|| Refusal::internal("the execution was lost"))?;
    Ok(show_synchronous(&snapshot, included))
}

/// The memory that AWS bills an execution by at least, in MiB.
const BILLED_MEMORY: u64 = 64;

/// AWS bills time in steps of so many milliseconds.
const BILLED_STEP: u64 = 100;

/// The answer of `StartSyncExecution`.
pub(crate) fn synchronous(snapshot: &Snapshot) -> Value {
    show_synchronous(snapshot, IncludedData::default())
}

fn show_synchronous(snapshot: &Snapshot, included: IncludedData) -> Value {
    let about = &snapshot.about;
    let stopped = snapshot.outcome.stopped.unwrap_or(about.started);
    let lasted = stopped.duration_since(about.started).as_millis();
    let steps = u64::try_from(lasted)
        .unwrap_or_default()
        .div_ceil(BILLED_STEP);
    let mut answer = Map::new();
    answer.insert("executionArn".to_owned(), json!(about.arn));
    answer.insert("stateMachineArn".to_owned(), json!(about.machine_arn));
    answer.insert("name".to_owned(), json!(about.name));
    answer.insert("startDate".to_owned(), seconds(about.started));
    answer.insert("stopDate".to_owned(), seconds(stopped));
    let status = match snapshot.status.as_str() {
        // It has no other word for the end of one that was stopped.
        "ABORTED" => "FAILED",
        status => status,
    };
    answer.insert("status".to_owned(), status.into());
    show_outcome(snapshot, included, &mut answer);
    let trace = about.trace_header.as_deref().map(Value::from);
    add(&mut answer, "traceHeader", trace);
    answer.insert(
        "billingDetails".to_owned(),
        json!({
            "billedMemoryUsedInMB": BILLED_MEMORY,
            "billedDurationInMilliseconds": steps.max(1) * BILLED_STEP,
        }),
    );
    Value::Object(answer)
}

/// Starts an execution for a Task. The names are for one that has none, and for the end of the ARN of one of an Express
/// machine.
pub(super) fn nested(
    machines: &Machines,
    engine: &Engine,
    arguments: &Value,
    [name, id]: [String; 2],
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
        input: match nesting {
            // The call itself takes a text.
            Nesting::Calls { .. } => text("Input"),
            // A Task gives the input as JSON, and a text is an input like any other.
            Nesting::None | Nesting::Starts { .. } | Nesting::Waits { .. } => {
                arguments.get("Input").map(Value::to_string)
            }
        },
        trace_header: text("TraceHeader"),
        included_data: IncludedData::default(),
    };
    let name = request.name.clone().unwrap_or(name);
    let runnable = runnable(machines, &request)?;
    let is_right = match nesting {
        Nesting::None | Nesting::Starts { .. } => true,
        Nesting::Waits { .. } => runnable.machine_type == MachineType::Standard,
        Nesting::Calls { .. } => runnable.machine_type == MachineType::Express,
    };
    if !is_right {
        return Err(Refusal::machine_type());
    }
    begin(runnable, engine, request, [name, id], nesting)
}

fn runnable(machines: &Machines, request: &StartRequest) -> Result<Runnable, Refusal> {
    machines.runnable(&MachineArn::parse(&request.state_machine_arn)?)
}

/// An execution that is about to begin.
struct Beginning {
    definition: Definition,
    about: About,
    claim: Claim,
}

/// What makes an execution that is there already the one that is to begin.
struct Claim {
    arn: String,
    input: Value,
    started_by: Option<Parent>,
}

impl Claim {
    /// What is known of an execution of the same ARN, if it is the same.
    fn holds(&self, existing: &Snapshot) -> Result<About, Refusal> {
        let input = serde_json::from_str::<Value>(&existing.about.input);
        let same = input.is_ok_and(|known| known == self.input);
        let is_own = self.started_by.is_some() && existing.about.started_by == self.started_by;
        if (existing.is_running() && same) || is_own {
            return Ok(existing.about.clone());
        }
        Err(Refusal::new(
            "ExecutionAlreadyExists",
            format!("Execution Already Exists: '{}'", self.arn),
        ))
    }
}

fn begin(
    runnable: Runnable,
    engine: &Engine,
    request: StartRequest,
    names: [String; 2],
    nesting: Nesting,
) -> Result<About, Refusal> {
    let Beginning {
        definition,
        about,
        claim,
    } = beginning(runnable, engine, request, names, nesting)?;
    Ok(engine.start(&definition, about, |existing| claim.holds(existing))?)
}

fn beginning(
    runnable: Runnable,
    engine: &Engine,
    request: StartRequest,
    [name, id]: [String; 2],
    nesting: Nesting,
) -> Result<Beginning, Refusal> {
    check_name(&name)?;
    let text = request.input.unwrap_or_else(|| "{}".to_owned());
    let input = parse_input(&text)?;
    let is_express = runnable.machine_type == MachineType::Express;
    let arn = if is_express {
        express_arn(&runnable.name, &name, &id)
    } else {
        execution_arn(&runnable.name, &name)
    };
    let (started_by, parent, gives_json) = match nesting {
        Nesting::None => (None, None, false),
        Nesting::Starts { by } => (Some(by), None, false),
        Nesting::Waits { parent, is_json } => (Some(parent), Some(parent), is_json),
        Nesting::Calls { parent } => (Some(parent), Some(parent), false),
    };
    let claim = Claim {
        arn: arn.clone(),
        input,
        started_by,
    };
    let about = About {
        arn,
        name,
        machine_arn: machine_arn(&runnable.name),
        version_arn: runnable
            .version
            .map(|version| version_arn(&runnable.name, version)),
        alias_arn: runnable.alias,
        map_run_arn: None,
        started_as: request.state_machine_arn,
        machine_name: runnable.name,
        role_arn: runnable.role_arn,
        definition: runnable.definition.hash.to_string(),
        block: Vec::new(),
        is_express,
        input: text,
        started: engine.now(),
        seed: engine.seed(),
        parent,
        started_by,
        gives_json,
        answers_call: matches!(nesting, Nesting::Calls { .. }),
        trace_header: request.trace_header,
    };
    Ok(Beginning {
        definition: runnable.definition,
        about,
        claim,
    })
}

/// Reads an input, which may be any JSON.
fn parse_input(text: &str) -> Result<Value, Refusal> {
    let refuse = |reason: &str| {
        Refusal::new(
            "InvalidExecutionInput",
            format!("Invalid State Machine Execution Input: '{reason}'"),
        )
    };
    if text.trim().is_empty() {
        return Err(refuse("Invalid execution input."));
    }
    serde_json::from_str(text).map_err(|error| refuse(&syntax::describe(text, &error).message))
}
