//! `TestState`: one state, run by the engine as it is, in a machine of its own.
//!
//! ```text
//! the state, and a Succeed for each state that it names ──> the interpreter ──> what its history says of the state
//! ```

mod bench;
mod verdict;

use std::sync::Arc;

use pawl_asl::MachineType;
use pawl_interpreter::Failure;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::machines::machine_of;
use super::syntax;
use crate::engine::Engine;
use crate::refusal::Refusal;
use bench::Bench;
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
    state_configuration: Configuration,
}

/// What stands for the work of the state.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mock {
    #[serde(default)]
    result: Option<String>,
    #[serde(default)]
    error_output: Option<Failure>,
}

/// What the state has been through already.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    #[serde(default)]
    retrier_retry_count: u64,
}

/// The state that is tested, and where it stands.
struct Tested {
    name: String,
    fields: Map<String, Value>,
    /// The language of the machine around it.
    language: Option<Value>,
}

/// The name of a state that is given without one.
const NAMELESS: &str = "StateName";

/// The state before the one that is tested: it sets the variables.
const VARIABLES: &str = "(variables)";

/// Runs one state and says what became of it. It waits for the state's task.
pub(super) fn test(engine: &Engine, request: TestState) -> Result<Value, Refusal> {
    let input = data(request.input.as_deref().unwrap_or("{}"))?;
    let tested = find(&request.definition, request.state_name)?;
    let mock = request.mock.map(mock).transpose()?;
    let variables = match &request.variables {
        None => Map::new(),
        Some(text) => {
            let variables = data(text)?.as_object().cloned();
            let refusal = || Refusal::invalid("The variables must be a JSON object.");
            variables.ok_or_else(refusal)?
        }
    };
    let is = |kind: &str| tested.fields.get("Type").is_some_and(|found| found == kind);
    let (is_task, has_branches) = (is("Task"), is("Parallel") || is("Map"));
    match (&mock, is_task, has_branches) {
        (None, _, true) => {
            let message = "A state of type Map or Parallel needs a mock to be tested.";
            return Err(Refusal::invalid(message));
        }
        (Some(_), false, false) => {
            let message = "Only states of type Task, Map and Parallel can have a mock.";
            return Err(Refusal::invalid(message));
        }
        _ => {}
    }
    let definition = machine(&tested, &variables, has_branches).to_string();
    let machine = machine_of(&definition, MachineType::Standard)?;
    let role = request.role_arn.unwrap_or_default();
    let mut bench = Bench::new(engine, mock, is("Wait"));
    let retries = request.state_configuration.retrier_retry_count;
    bench.run(Arc::new(machine), input, role, &tested.name, retries)?;
    let verdict = Verdict::of(&bench, &tested);
    let is_inspected = matches!(request.inspection_level.as_deref(), Some("DEBUG" | "TRACE"));
    Ok(verdict.answer(is_inspected, &tested, &variables))
}

/// Reads JSON that a request gives as text.
fn data(text: &str) -> Result<Value, Refusal> {
    serde_json::from_str(text).map_err(|error| {
        let reason = syntax::describe(text, &error).message;
        let message = format!("Invalid State Machine Execution Input: '{reason}'");
        Refusal::new("InvalidExecutionInput", message)
    })
}

fn mock(mock: Mock) -> Result<Result<Value, Failure>, Refusal> {
    match (mock.result, mock.error_output) {
        (Some(result), None) => serde_json::from_str(&result)
            .map(Ok)
            .map_err(|_| Refusal::invalid("Mocked result must be valid JSON")),
        (None, Some(failure)) => Ok(Err(failure)),
        (Some(_), Some(_)) | (None, None) => Err(Refusal::invalid(
            "A test mock should have only one of the following fields: [result, errorOutput].",
        )),
    }
}

/// The state that a definition is, or that one of its states is.
fn find(definition: &str, name: Option<String>) -> Result<Tested, Refusal> {
    let invalid = |message: String| {
        let message = format!("Invalid State Machine Definition: '{message}'");
        Refusal::new("InvalidDefinition", message)
    };
    let found: Value = serde_json::from_str(definition).map_err(|error| {
        let reason = syntax::describe(definition, &error).message;
        invalid(format!("INVALID_JSON_DESCRIPTION: {reason}"))
    })?;
    let Value::Object(fields) = found else {
        let message = "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object";
        return Err(invalid(message.to_owned()));
    };
    if !fields.contains_key("States") {
        let name = name.unwrap_or_else(|| NAMELESS.to_owned());
        return Ok(Tested {
            name,
            fields,
            language: None,
        });
    }
    // A whole machine has to be right as a whole.
    machine_of(definition, MachineType::Standard)?;
    let name = name.ok_or_else(|| {
        Refusal::invalid("State name must be provided when a state machine definition is given")
    })?;
    let language = fields.get("QueryLanguage").cloned();
    let state = within(&Value::Object(fields), &name);
    let fields = state.ok_or_else(|| Refusal::invalid("State not found in definition"))?;
    Ok(Tested {
        name,
        fields,
        language,
    })
}

/// A state of a machine, or of a branch or processor somewhere in it.
fn within(block: &Value, name: &str) -> Option<Map<String, Value>> {
    let states = block.get("States").and_then(Value::as_object)?;
    if let Some(state) = states.get(name) {
        return state.as_object().cloned();
    }
    states.values().find_map(|state| {
        let branches = state.get("Branches").and_then(Value::as_array);
        let processor = state.get("ItemProcessor").or(state.get("Iterator"));
        let mut blocks = branches.into_iter().flatten().chain(processor);
        blocks.find_map(|block| within(block, name))
    })
}

/// The machine around the state: it sets the variables, and ends wherever the state goes.
fn machine(tested: &Tested, variables: &Map<String, Value>, has_branches: bool) -> Value {
    let mut state = tested.fields.clone();
    if has_branches {
        // What it does is mocked, and what it does with the result is what a Task does.
        const ITS_OWN: [&str; 12] = [
            "Branches",
            "Items",
            "ItemsPath",
            "ItemSelector",
            "ItemProcessor",
            "Iterator",
            "ItemReader",
            "ItemBatcher",
            "ResultWriter",
            "MaxConcurrency",
            "ToleratedFailureCount",
            "ToleratedFailurePercentage",
        ];
        state.retain(|name, _| !ITS_OWN.contains(&name.as_str()) && name != "Label");
        state.insert("Type".to_owned(), "Task".into());
        let resource = "arn:aws:lambda:us-east-1:000000000000:function:mock";
        state.insert("Resource".to_owned(), resource.into());
    }
    let mut states = Map::new();
    let mut first = &tested.name;
    let before = VARIABLES.to_owned();
    if !variables.is_empty() {
        // JSON is JSONata for itself.
        let literal = |value: &Value| Value::from(format!("{{% {value} %}}"));
        let assigned = variables.iter();
        let assigned: Map<String, Value> = assigned
            .map(|(name, value)| (name.clone(), literal(value)))
            .collect();
        let pass = json!({
            "Type": "Pass", "QueryLanguage": "JSONata", "Assign": assigned, "Next": tested.name,
        });
        states.insert(before.clone(), pass);
        first = &before;
    }
    for next in targets(&state) {
        states.insert(next, json!({ "Type": "Succeed" }));
    }
    states.insert(tested.name.clone(), Value::Object(state));
    let mut machine = json!({ "StartAt": first, "States": states });
    if let (Some(language), Some(machine)) = (&tested.language, machine.as_object_mut()) {
        machine.insert("QueryLanguage".to_owned(), language.clone());
    }
    machine
}

/// Where a state can go.
fn targets(state: &Map<String, Value>) -> Vec<String> {
    let rules = ["Choices", "Catch"]
        .into_iter()
        .filter_map(|name| state.get(name)?.as_array())
        .flatten()
        .filter_map(|rule| rule.get("Next"));
    let own = ["Next", "Default"]
        .into_iter()
        .filter_map(|name| state.get(name));
    let names = own.chain(rules).filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}
