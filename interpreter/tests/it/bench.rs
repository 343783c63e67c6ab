//! What the tests of small machines share: how to build one, run it, and say how it ended.

use pawl_asl::Machine;
use pawl_interpreter::{Execution, Failure, Start, Status, TaskRequest};
use serde_json::{Value, json};

use crate::simulation::{Outcome, Simulation, event_types};

/// A task does what its payload says: `fail` lists the errors of its first attempts, then it gives `give`.
pub(crate) fn obey(request: &TaskRequest) -> Outcome {
    let payload = &request.arguments["Payload"];
    let attempt = usize::try_from(request.retry_count).expect("few attempts");
    match payload["fail"].get(attempt).and_then(Value::as_str) {
        Some("hang") => Outcome::Hangs,
        Some(error) => Outcome::Fails(Failure::new(error, "as told")),
        None if request.token.is_some() => Outcome::Submitted(
            json!({ "StatusCode": 202 }),
            Box::new(Outcome::Succeeds(payload["give"].clone())),
        ),
        None => Outcome::Succeeds(json!({ "Payload": payload["give"], "StatusCode": 200 })),
    }
}

pub(crate) fn run(machine: Value, input: Value) -> (Execution, Simulation<'static>) {
    let mut world = Simulation::new(obey);
    let execution = world.run(whole(machine), start(input));
    (execution, world)
}

/// A machine as a type; in JSONata mode where it names no language.
pub(crate) fn whole(mut machine: Value) -> Machine {
    if machine.get("QueryLanguage").is_none() {
        machine["QueryLanguage"] = json!("JSONata");
    }
    serde_json::from_value(machine).expect("a machine")
}

/// What every execution here is started with, but for the input.
pub(crate) fn start(input: Value) -> Start {
    Start {
        execution_arn: "arn:aws:states:eu-west-1:111111111111:execution:m:e".to_owned(),
        execution_name: "e".to_owned(),
        machine_arn: "arn:aws:states:eu-west-1:111111111111:stateMachine:m".to_owned(),
        machine_name: "m".to_owned(),
        role_arn: "arn:aws:iam::111111111111:role/r".to_owned(),
        input,
        ..Start::default()
    }
}

/// The output, or `[error, cause]` of a failure, or the name of another end.
pub(crate) fn end(execution: &Execution) -> Value {
    match execution.status() {
        Status::Succeeded { output } => output.clone(),
        Status::Failed { error, cause } => json!([error, cause]),
        Status::Running => json!("running"),
        Status::TimedOut { .. } => json!("timed out"),
        Status::Aborted { .. } => json!("aborted"),
    }
}

/// A machine of states in which the first is where it starts.
pub(crate) fn machine(states: &Value) -> Value {
    let first = states
        .as_object()
        .and_then(|states| states.keys().next())
        .expect("a state");
    json!({ "StartAt": first, "States": states })
}

/// A Task that invokes a function with this payload.
pub(crate) fn invoke(payload: &Value, more: &Value) -> Value {
    let task = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": { "FunctionName": "f", "Payload": payload },
    });
    extended(task, more)
}

/// An object with more fields, or other values for them.
pub(crate) fn extended(mut object: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().expect("fields") {
        object[name] = value.clone();
    }
    object
}

/// A machine of one Pass with this Output.
pub(crate) fn pass(output: &Value) -> Value {
    machine(&json!({ "a": { "Type": "Pass", "Output": output, "End": true } }))
}

pub(crate) fn check(rows: Vec<(Value, Value, Value)>) {
    for (machine, input, expected) in rows {
        let (execution, world) = run(machine.clone(), input);
        assert_eq!(
            end(&execution),
            expected,
            "{machine}\n{:?}",
            event_types(world.history())
        );
    }
}

/// What AWS puts before the cause of an error of its own, in the first state.
pub(crate) fn in_state(name: &str, cause: &str) -> String {
    format!(
        "An error occurred while executing the state '{name}' (entered at the event id #2). {cause}"
    )
}
