//! Machines as data: what is read is written back, and what is wrong is found at its place.

use pawl_asl::{Machine, validate};
use serde_json::{Value, json};

fn read(machine: &Value) -> Machine {
    serde_json::from_value(machine.clone()).expect("a machine")
}

/// A machine in JSONata mode that starts with the first of these states.
fn machine(states: &Value) -> Value {
    let first = states
        .as_object()
        .and_then(|states| states.keys().next())
        .expect("a state");
    json!({ "QueryLanguage": "JSONata", "StartAt": first, "States": states })
}

#[test]
fn a_machine_is_written_as_it_was_read() {
    let whole = json!({
        "Comment": "everything",
        "QueryLanguage": "JSONata",
        "Version": "1.0",
        "TimeoutSeconds": 60,
        "StartAt": "task",
        "States": {
            "task": {
                "Type": "Task", "Comment": "c", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": null,
                "TimeoutSeconds": "{% 5 %}", "HeartbeatSeconds": 3,
                "Retry": [{ "ErrorEquals": ["A"], "BackoffRate": 1.5, "JitterStrategy": "FULL" }],
                "Catch": [{ "ErrorEquals": ["States.ALL"], "Assign": { "a": 1 }, "Output": null, "Next": "choice" }],
                "Assign": { "z": 1, "b": 2 }, "Output": {}, "Next": "choice",
            },
            "choice": {
                "Type": "Choice",
                "Choices": [{ "Condition": "{% true %}", "Next": "wait" }, { "Condition": false, "Next": "wait" }],
                "Default": "wait",
            },
            "wait": { "Type": "Wait", "Seconds": 1, "Next": "map" },
            "map": {
                "Type": "Map", "Items": [1], "ItemSelector": "{% 1 %}",
                "ItemProcessor": {
                    "ProcessorConfig": { "Mode": "INLINE" }, "StartAt": "in", "States": { "in": { "Type": "Succeed" } }
                },
                "MaxConcurrency": 2, "Next": "parallel",
            },
            "parallel": {
                "Type": "Parallel",
                "Branches": [{ "StartAt": "fail", "States": { "fail": { "Type": "Fail", "Error": "E" } } }],
                "Next": "path",
            },
            "path": { "Type": "Pass", "End": true, "ResultPath": "$.kept", "Odd": [1] },
        },
    });
    let machine = read(&whole);
    assert_eq!(
        serde_json::to_string(&machine).expect("text"),
        whole.to_string()
    );
}

#[test]
fn a_definition_has_a_size_limit() {
    let large =
        machine(&json!({ "a": { "Type": "Pass", "Output": "x".repeat(1_048_576), "End": true } }));
    let problems = validate(&read(&large));
    assert_eq!(
        problems
            .iter()
            .map(|problem| problem.pointer.as_str())
            .collect::<Vec<_>>(),
        [""]
    );
}
