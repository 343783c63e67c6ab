//! Events as AWS's JSON protocol gives them.

use serde_json::{Value, json};

use crate::bench::{extended, invoke, machine, run};
use crate::simulation::event_types;

#[test]
fn events_are_written_as_aws_writes_them() {
    let states = json!({ "a": invoke(&json!({ "give": 1 }), &json!({ "TimeoutSeconds": 5, "Assign": { "v": 1 }, "End": true })) });
    let (_, world) = run(machine(&states), json!({}));
    let events = serde_json::to_value(world.history()).expect("events are JSON");
    let result = "{\"Payload\":1,\"StatusCode\":200}";
    let whole = json!({ "truncated": false });
    let at = 1_767_225_600.0;
    assert_eq!(
        events,
        json!([
            { "timestamp": at, "type": "ExecutionStarted", "id": 1, "previousEventId": 0,
              "executionStartedEventDetails": { "input": "{}", "inputDetails": whole, "roleArn": "arn:aws:iam::111111111111:role/r" } },
            { "timestamp": at, "type": "TaskStateEntered", "id": 2, "previousEventId": 0,
              "stateEnteredEventDetails": { "name": "a", "input": "{}", "inputDetails": whole } },
            { "timestamp": at, "type": "TaskScheduled", "id": 3, "previousEventId": 2,
              "taskScheduledEventDetails": { "resourceType": "lambda", "resource": "invoke", "region": "eu-west-1",
                "parameters": "{\"FunctionName\":\"f\",\"Payload\":{\"give\":1}}", "timeoutInSeconds": 5 } },
            { "timestamp": at, "type": "TaskStarted", "id": 4, "previousEventId": 3,
              "taskStartedEventDetails": { "resourceType": "lambda", "resource": "invoke" } },
            { "timestamp": at, "type": "TaskSucceeded", "id": 5, "previousEventId": 4,
              "taskSucceededEventDetails": { "resourceType": "lambda", "resource": "invoke", "output": result, "outputDetails": whole } },
            { "timestamp": at, "type": "TaskStateExited", "id": 6, "previousEventId": 5,
              "stateExitedEventDetails": { "name": "a", "output": result, "outputDetails": whole,
                "assignedVariables": { "v": "1" }, "assignedVariablesDetails": whole } },
            { "timestamp": at, "type": "ExecutionSucceeded", "id": 7, "previousEventId": 6,
              "executionSucceededEventDetails": { "output": result, "outputDetails": whole } },
        ])
    );
}

#[test]
fn an_expression_fails_in_each_attempt() {
    let again = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1 }]);
    let state = invoke(
        &json!("{% $states.input.nothing %}"),
        &json!({ "Retry": again, "End": true }),
    );
    let expected = [
        "0 ExecutionStarted",
        "0 TaskStateEntered",
        "2 EvaluationFailed",
        "3 EvaluationFailed",
        "4 ExecutionFailed",
    ];
    assert_eq!(chain(&json!({ "T": state }), json!({})), expected);
}

/// The types of a machine's events, each with the number of the event before it.
fn chain(states: &Value, input: Value) -> Vec<String> {
    let (_, world) = run(machine(states), input);
    let types = event_types(world.history());
    let previous = world.history().iter().map(|event| event.previous_id);
    types
        .iter()
        .zip(previous)
        .map(|(kind, previous)| format!("{previous} {kind}"))
        .collect()
}

#[test]
fn events_follow_each_other_as_on_aws() {
    let done = json!({ "Type": "Pass", "End": true });
    let one = |name: &str, state: Value| json!({ "StartAt": name, "States": { name: state } });
    let fails = one("F", json!({ "Type": "Fail", "Error": "E", "Cause": "c" }));
    let nothing = "{% $states.input.nothing %}";
    let undefined = one("U", extended(done.clone(), &json!({ "Output": nothing })));
    let lost = one(
        "L",
        json!({ "Type": "Choice", "Choices": [{ "Condition": false, "Next": "L" }] }),
    );
    let task = |payload: Value| one("T", invoke(&payload, &json!({ "End": true })));
    let waits = json!({ "Type": "Wait", "Seconds": 9, "End": true });
    let fails_later = json!({ "StartAt": "W", "States": {
        "W": { "Type": "Wait", "Seconds": 1, "Next": "F" }, "F": { "Type": "Fail", "Error": "E" } } });
    // An item is what its iteration does.
    let by_item = json!({ "StartAt": "C", "States": {
        "C": { "Type": "Choice", "Default": "F", "Choices": [
            { "Condition": "{% $states.input = 'hang' %}", "Next": "T" },
            { "Condition": "{% $states.input = 'wait' %}", "Next": "W" }] },
        "F": { "Type": "Fail", "Error": "E" },
        "T": invoke(&json!({ "fail": ["hang"] }), &json!({ "End": true })),
        "W": waits } });
    let parallel = |branches: Value, more: Value| {
        let state = json!({ "Type": "Parallel", "Branches": branches, "End": true });
        json!({ "P": extended(state, &more), "D": done })
    };
    let map = |processor: &Value, more: Value| {
        let state = json!({ "Type": "Map", "ItemProcessor": processor, "End": true });
        json!({ "M": extended(state, &more), "D": done })
    };
    let caught = json!({ "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "D" }] });
    let again = json!({ "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1 }] });
    let badly =
        json!({ "Catch": [{ "ErrorEquals": ["States.ALL"], "Output": nothing, "Next": "D" }] });
    let rows = [
        // A failure inside a branch, whatever becomes of it.
        (
            parallel(json!([fails]), json!({})),
            "0 ParallelStateEntered, 2 ParallelStateStarted, 3 FailStateEntered, 4 ParallelStateFailed, 5 ExecutionFailed",
        ),
        (
            parallel(json!([undefined]), caught.clone()),
            "0 ParallelStateEntered, 2 ParallelStateStarted, 3 PassStateEntered, 4 EvaluationFailed, 5 ParallelStateFailed, \
          6 ParallelStateExited, 7 PassStateEntered, 8 PassStateExited, 9 ExecutionSucceeded",
        ),
        (
            parallel(json!([fails]), again.clone()),
            "0 ParallelStateEntered, 2 ParallelStateStarted, 3 FailStateEntered, 4 ParallelStateStarted, 5 FailStateEntered, \
          6 ParallelStateFailed, 7 ExecutionFailed",
        ),
        (
            parallel(json!([task(json!({ "fail": ["E"] }))]), caught),
            "0 ParallelStateEntered, 2 ParallelStateStarted, 3 TaskStateEntered, 4 TaskScheduled, 5 TaskStarted, 6 TaskFailed, \
          7 TaskStateAborted, 7 ParallelStateFailed, 9 ParallelStateExited, 10 PassStateEntered, 11 PassStateExited, \
          12 ExecutionSucceeded",
        ),
        (
            parallel(json!([fails]), badly),
            "0 ParallelStateEntered, 2 ParallelStateStarted, 3 FailStateEntered, 4 ParallelStateFailed, 4 EvaluationFailed, \
          6 ParallelStateFailed, 7 ExecutionFailed",
        ),
        // What breaks the execution itself leaves no trace on the way out.
        (
            parallel(json!([lost]), json!({})),
            "0 ParallelStateEntered, 2 ParallelStateStarted, 3 ChoiceStateEntered, 4 ExecutionFailed",
        ),
        (
            map(&lost, json!({ "Items": [1] })),
            "0 MapStateEntered, 2 MapStateStarted, 3 MapIterationStarted, 4 ChoiceStateEntered, 5 ExecutionFailed",
        ),
        // What was at work beside a failure is given up because of it.
        (
            parallel(json!([fails_later, one("W", waits.clone())]), json!({})),
            "0 ParallelStateEntered, 2 ParallelStateStarted, 3 WaitStateEntered, 3 WaitStateEntered, 4 WaitStateExited, \
          6 FailStateEntered, 7 WaitStateAborted, 7 ParallelStateFailed, 9 ExecutionFailed",
        ),
        (
            map(&by_item, json!({ "Items": ["hang", "fail"] })),
            "0 MapStateEntered, 2 MapStateStarted, 3 MapIterationStarted, 3 MapIterationStarted, 4 ChoiceStateEntered, \
          6 ChoiceStateExited, 5 ChoiceStateEntered, 8 ChoiceStateExited, 7 TaskStateEntered, 10 TaskScheduled, 11 TaskStarted, \
          9 FailStateEntered, 13 MapIterationAborted, 13 TaskStateAborted, 13 MapIterationFailed, 13 MapStateFailed, \
          17 ExecutionFailed",
        ),
        // Maps.
        (
            map(&undefined, json!({ "Items": [] })),
            "0 MapStateEntered, 2 MapStateStarted, 3 MapStateSucceeded, 3 MapStateExited, 5 ExecutionSucceeded",
        ),
        (
            map(&undefined, json!({ "Items": [1, 2], "MaxConcurrency": 1 })),
            "0 MapStateEntered, 2 MapStateStarted, 3 MapIterationStarted, 4 PassStateEntered, 5 EvaluationFailed, \
          6 MapIterationFailed, 6 MapStateFailed, 8 ExecutionFailed",
        ),
        (
            map(&undefined, json!({ "Items": nothing })),
            "0 MapStateEntered, 2 EvaluationFailed, 3 MapStateFailed, 4 ExecutionFailed",
        ),
    ];
    for (states, expected) in rows {
        let found = chain(&states, json!({})).join(", ");
        assert_eq!(found, format!("0 ExecutionStarted, {expected}"), "{states}");
    }
}
