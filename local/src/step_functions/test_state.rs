//! `TestState`: one state, run by the engine as it is, in a machine of its own.
//!
//! ```text
//! the state, and a Succeed for each state that it names ──> the interpreter ──> what its history says of the state
//! ```

mod answers;
mod bench;
mod context;
mod definition;
mod items;
mod mock;
mod verdict;

use pawl_asl::MachineType;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::machines::machine_of;
use super::syntax;
use crate::engine::Engine;
use crate::refusal::Refusal;
use bench::{Bench, Work};
use definition::Tested;
use items::Handed;
use mock::{Configuration, Mock};
use verdict::Verdict;

/// `TestState`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TestState {
    definition: String,
    #[serde(default)]
    role_arn: Option<String>,
    #[serde(default)]
    input: Option<String>,
    #[serde(default)]
    inspection_level: Option<String>,
    #[serde(default)]
    variables: Option<String>,
    #[serde(default)]
    state_name: Option<String>,
    #[serde(default)]
    mock: Option<Mock>,
    #[serde(default)]
    context: Option<String>,
    #[serde(default)]
    reveal_secrets: bool,
    #[serde(default)]
    state_configuration: Configuration,
}

/// What a state is tested with.
struct Asked {
    input: Value,
    role_arn: String,
    variables: Map<String, Value>,
    context: Option<Value>,
    /// How often the state was tried again already.
    retries: u64,
}

/// Runs one state and says what became of it. It waits for the state's task.
pub(super) fn test(engine: &Engine, request: TestState) -> Result<Value, Refusal> {
    let input = data(request.input.as_deref().unwrap_or("{}"))?;
    let tested = Tested::find(&request.definition, request.state_name)?;
    let configuration = request.state_configuration;
    // Nothing is kept secret here, so that there is nothing to reveal.
    if request.reveal_secrets && request.mock.is_some() {
        let message = "TestState does not support RevealSecrets when a mock is specified.";
        return Err(Refusal::invalid(message));
    }
    let mock = request.mock.map(|mock| mock.outcome(&tested)).transpose()?;
    if mock.is_none() && matches!(tested.kind(), "Map" | "Parallel") {
        let message = "TestState API does not support Map or Parallel states. Supported state types \
                       include: [Task, Wait, Pass, Succeed, Fail, Choice]";
        return Err(Refusal::new("InvalidDefinition", message));
    }
    configuration.check(&tested, mock.as_ref())?;
    let context = match &request.context {
        None => None,
        Some(_) if mock.is_none() => {
            let message = "A Context object can only be specified with a mock.";
            return Err(Refusal::invalid(message));
        }
        Some(text) => Some(context::read(text, &tested)?),
    };
    let variables = match &request.variables {
        None => Map::new(),
        Some(text) => {
            let variables = data(text)?.as_object().cloned();
            let refusal = || Refusal::invalid("The variables must be a JSON object.");
            variables.ok_or_else(refusal)?
        }
    };
    let asked = Asked {
        input,
        role_arn: request.role_arn.unwrap_or_default(),
        variables,
        context,
        retries: configuration.retrier_retry_count.unwrap_or_default(),
    };
    // Of what is mocked, no more than this is seen.
    machine_of(
        &tested.whole(&asked.variables).to_string(),
        MachineType::Standard,
    )?;
    let is_inspected = matches!(request.inspection_level.as_deref(), Some("DEBUG" | "TRACE"));
    let mut work = mock.map_or(Work::Real, Work::Mocked);
    let mut handed = None;
    if tested.kind() == "Map" {
        let found = match Handed::of(engine, &asked, &tested, &configuration)? {
            Ok(found) => found,
            Err(verdict) => {
                return Ok(verdict.answer(is_inspected, &tested, &asked.variables, None));
            }
        };
        if let (Work::Mocked(Ok(_)), Some(failure)) = (&work, found.threshold(&configuration)?) {
            work = Work::Mocked(Err(failure));
        }
        handed = Some(found);
    }
    let machine = tested.machine(&asked.variables);
    let mut bench = Bench::new(engine, work, tested.kind() == "Wait");
    bench.run(&machine, &asked, &tested)?;
    let verdict = Verdict::of(&bench, &tested);
    Ok(verdict.answer(is_inspected, &tested, &asked.variables, handed.as_ref()))
}

/// Reads JSON that a request gives as text.
fn data(text: &str) -> Result<Value, Refusal> {
    serde_json::from_str(text).map_err(|error| {
        let reason = syntax::describe(text, &error).message;
        let message = format!("Invalid State Machine Execution Input: '{reason}'");
        Refusal::new("InvalidExecutionInput", message)
    })
}
