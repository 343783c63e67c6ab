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

fn branch(states: &Value) -> Value {
    let first = states
        .as_object()
        .and_then(|states| states.keys().next())
        .expect("a state");
    json!({ "StartAt": first, "States": states })
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

/// A state with more fields.
fn with(mut state: Value, more: &Value) -> Value {
    let fields = more.as_object().expect("fields").clone();
    state.as_object_mut().expect("a state").extend(fields);
    state
}

/// A machine of this state and an end, `b`.
fn one(state: &Value) -> Value {
    machine(&json!({ "a": state, "b": { "Type": "Pass", "End": true } }))
}

fn task(more: &Value) -> Value {
    let task = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "b" });
    one(&with(task, more))
}

fn check(rows: Vec<(Value, &[&str])>) {
    for (machine, expected) in rows {
        let problems = validate(&read(&machine));
        let found: Vec<&str> = problems
            .iter()
            .map(|problem| problem.pointer.as_str())
            .collect();
        assert_eq!(found, expected, "{machine}\n{problems:#?}");
    }
}

#[test]
fn every_way_leads_somewhere() {
    let pass = |more| one(&with(json!({ "Type": "Pass" }), &more));
    let long = "n".repeat(81);
    let at_long = format!("/States/{long}");
    let choice = |more| one(&with(json!({ "Type": "Choice", "Default": "b" }), &more));
    check(vec![
        (pass(json!({ "Next": "b" })), &[]),
        (
            json!({ "StartAt": "x", "States": { "a": { "Type": "Succeed" } } }),
            &["/StartAt"],
        ),
        (pass(json!({ "Next": "x" })), &["/States/a/Next"]),
        (pass(json!({ "Next": "a" })), &["/States/b", "/States"]),
        (pass(json!({ "End": true })), &["/States/b"]),
        (pass(json!({})), &["/States/a"]),
        (
            pass(json!({ "Next": "b", "End": true })),
            &["/States/a/End"],
        ),
        (
            machine(&json!({ long: { "Type": "Succeed" } })),
            &[&at_long],
        ),
        (
            machine(&json!({ "a/~b": { "Type": "Pass" } })),
            &["/States/a~1~0b"],
        ),
        (choice(json!({ "Choices": [] })), &["/States/a/Choices"]),
        (
            choice(json!({ "Choices": [{ "Next": "b" }] })),
            &["/States/a/Choices/0"],
        ),
        (
            choice(json!({ "Choices": [{ "Condition": true, "Next": "x" }] })),
            &["/States/a/Choices/0/Next"],
        ),
        (
            choice(json!({ "Choices": [{ "Condition": "yes", "Next": "b" }] })),
            &["/States/a/Choices/0/Condition"],
        ),
    ]);
}

#[test]
fn every_field_has_its_bounds() {
    let wait = |more| one(&with(json!({ "Type": "Wait", "Next": "b" }), &more));
    let fail = json!({ "Type": "Fail", "Error": "e".repeat(257) });
    check(vec![
        (
            task(&json!({ "Resource": "lambda" })),
            &["/States/a/Resource"],
        ),
        (
            task(&json!({ "TimeoutSeconds": 0 })),
            &["/States/a/TimeoutSeconds"],
        ),
        (
            task(&json!({ "TimeoutSeconds": "soon" })),
            &["/States/a/TimeoutSeconds"],
        ),
        (
            task(&json!({ "TimeoutSeconds": 5, "HeartbeatSeconds": 5 })),
            &["/States/a/HeartbeatSeconds"],
        ),
        (
            task(&json!({ "Arguments": { "x": ["{% 1"] } })),
            &["/States/a/Arguments/x/0"],
        ),
        (
            task(&json!({ "Arguments": "{% 1 %} " })),
            &["/States/a/Arguments"],
        ),
        (task(&json!({ "Output": "1 %}" })), &["/States/a/Output"]),
        (
            task(&json!({ "Parameters": {} })),
            &["/States/a/Parameters"],
        ),
        (
            task(&json!({ "QueryLanguage": "JSONPath" })),
            &["/States/a/QueryLanguage"],
        ),
        (
            task(&json!({ "Assign": { "states": 1, "1x": 1, "ü_2": 1 } })),
            &["/States/a/Assign/states", "/States/a/Assign/1x"],
        ),
        (
            wait(json!({ "Seconds": 1, "Timestamp": "2026-01-01T00:00:00Z" })),
            &["/States/a"],
        ),
        (
            wait(json!({ "Seconds": 100_000_000 })),
            &["/States/a/Seconds"],
        ),
        (wait(json!({})), &["/States/a"]),
        (machine(&json!({ "a": fail })), &["/States/a/Error"]),
    ]);
}

#[test]
fn retriers_and_catchers_have_their_rules() {
    let retry = |more| {
        task(
            &json!({ "Retry": [with(json!({ "ErrorEquals": ["A"] }), &more), { "ErrorEquals": ["B"] }] }),
        )
    };
    let catch = |names| task(&json!({ "Catch": [{ "ErrorEquals": names, "Next": "b" }] }));
    check(vec![
        (
            retry(json!({ "ErrorEquals": [] })),
            &["/States/a/Retry/0/ErrorEquals"],
        ),
        (
            retry(json!({ "ErrorEquals": ["States.ALL"] })),
            &["/States/a/Retry/0/ErrorEquals/0"],
        ),
        (
            retry(json!({ "IntervalSeconds": 0 })),
            &["/States/a/Retry/0/IntervalSeconds"],
        ),
        (
            retry(json!({ "BackoffRate": 0.5 })),
            &["/States/a/Retry/0/BackoffRate"],
        ),
        (
            retry(json!({ "MaxAttempts": 100_000_000 })),
            &["/States/a/Retry/0/MaxAttempts"],
        ),
        (retry(json!({ "Odd": 1 })), &["/States/a/Retry/0/Odd"]),
        (catch(json!(["States.ALL"])), &[]),
        (
            catch(json!(["A", "States.ALL"])),
            &["/States/a/Catch/0/ErrorEquals/1"],
        ),
        (
            catch(json!(["States.Odd"])),
            &["/States/a/Catch/0/ErrorEquals/0"],
        ),
    ]);
}

#[test]
fn blocks_inside_are_checked_too() {
    let map = |states: Value, more| {
        let map = json!({ "Type": "Map", "ItemProcessor": branch(&states), "Assign": { "outer": 1 }, "Next": "b" });
        one(&with(map, &more))
    };
    let pass = json!({ "Type": "Pass", "End": true });
    let assigning =
        json!({ "i": { "Type": "Pass", "Assign": { "outer": 1, "own": 1 }, "End": true } });
    check(vec![
        (map(json!({ "i": pass }), json!({})), &[]),
        (
            map(json!({ "i": { "Type": "Pass" } }), json!({})),
            &["/States/a/ItemProcessor/States/i"],
        ),
        (map(json!({ "b": pass }), json!({})), &["/States/b"]),
        (
            map(assigning, json!({})),
            &["/States/a/ItemProcessor/States/i/Assign/outer"],
        ),
        (
            map(json!({ "i": pass }), json!({ "Label": "l" })),
            &["/States/a/Label"],
        ),
        (one(&json!({ "Type": "Map", "Next": "b" })), &["/States/a"]),
        (
            one(&json!({ "Type": "Parallel", "Branches": [], "Next": "b" })),
            &["/States/a/Branches"],
        ),
        (
            one(
                &json!({ "Type": "Parallel", "Branches": [branch(&json!({ "i": pass })), branch(&json!({ "i": pass }))], "Next": "b" }),
            ),
            &["/States/a/Branches/1/States/i"],
        ),
    ]);
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
