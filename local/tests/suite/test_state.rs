//! `TestState`: states of every kind, one at a time.

#![expect(clippy::too_many_lines, reason = "tables are as long as they are")]

use serde_json::{Value, json};

use crate::raw::states;
use crate::world::{machine, simulated, task};

fn with(mut object: Value, more: &Value) -> Value {
    let fields = object.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("fields").clone());
    object
}

#[tokio::test]
async fn a_state_is_tested_without_a_machine() {
    let world = simulated().await;
    let jsonata = |state: Value| with(state, &json!({ "QueryLanguage": "JSONata" }));
    let pass = |more: Value| jsonata(with(json!({ "Type": "Pass", "Next": "b" }), &more));
    let catch = json!({ "Catch": [
        { "ErrorEquals": ["OTHER"], "Next": "b" },
        { "ErrorEquals": ["TOOL_ERROR"], "Output": "{% $states.errorOutput.Error %}", "Next": "c" },
    ], "End": true });
    let retry = json!({ "Retry": [{ "ErrorEquals": ["TOOL_ERROR"], "IntervalSeconds": 3, "BackoffRate": 2 }], "End": true });
    let call = |function: &str, more: &Value| jsonata(task(function, more));
    let broken = r#"{"errorType":"TOOL_ERROR","errorMessage":"call"#;
    let map = json!({
        "Type": "Map", "Items": [1, 2], "End": true,
        "ItemProcessor": { "StartAt": "i", "States": { "i": { "Type": "Pass", "End": true } } },
        "Output": "{% $count($states.result) %}",
    });
    // The state, what else is asked, and what is answered; of a cause, how it begins.
    let rows = [
        (
            pass(json!({ "Output": "{% $states.input.a + $x %}" })),
            json!({ "input": "{\"a\":1}", "variables": "{\"x\":2}" }),
            json!({ "status": "SUCCEEDED", "output": "3", "nextState": "b" }),
        ),
        (
            pass(json!({ "Assign": { "y": 2 } })),
            json!({ "inspectionLevel": "DEBUG", "variables": "{\"x\":[\"1\"]}" }),
            json!({
                "status": "SUCCEEDED", "output": "{}", "nextState": "b",
                "inspectionData": { "input": "{}", "variables": "{\"x\":[\"1\"],\"y\":2}" },
            }),
        ),
        (
            json!({ "Type": "Fail", "Error": "E", "Cause": "because" }),
            json!({}),
            json!({ "status": "FAILED", "error": "E", "cause": "because" }),
        ),
        (
            jsonata(json!({
                "Type": "Choice", "Default": "no",
                "Choices": [{ "Condition": "{% $states.input.go %}", "Next": "yes" }],
            })),
            json!({ "input": "{\"go\":true}" }),
            json!({ "status": "SUCCEEDED", "output": "{\"go\":true}", "nextState": "yes" }),
        ),
        (
            jsonata(json!({ "Type": "Wait", "Seconds": 1000, "Next": "b" })),
            json!({}),
            json!({ "status": "SUCCEEDED", "output": "{}", "nextState": "b" }),
        ),
        (
            call("echo", &json!({ "End": true })),
            json!({ "input": "[1]" }),
            json!({ "status": "SUCCEEDED", "output": "[1]" }),
        ),
        (
            call("broken", &catch),
            json!({ "inspectionLevel": "TRACE" }),
            json!({
                "status": "CAUGHT_ERROR", "error": "TOOL_ERROR", "cause": broken,
                "output": "\"TOOL_ERROR\"", "nextState": "c",
                "inspectionData": {
                    "input": "{}", "errorDetails": { "catchIndex": 1 },
                    "afterArguments": "{\"FunctionName\":\"broken\",\"Payload\":{}}",
                },
            }),
        ),
        (
            call("broken", &retry),
            json!({ "inspectionLevel": "DEBUG", "stateConfiguration": { "retrierRetryCount": 1 } }),
            json!({
                "status": "RETRIABLE", "error": "TOOL_ERROR", "cause": broken,
                "inspectionData": {
                    "input": "{}",
                    "errorDetails": { "retryIndex": 0, "retryBackoffIntervalSeconds": 6 },
                    "afterArguments": "{\"FunctionName\":\"broken\",\"Payload\":{}}",
                },
            }),
        ),
        (
            call("nowhere", &json!({ "End": true })),
            json!({ "mock": { "result": "{\"Payload\":7}" } }),
            json!({ "status": "SUCCEEDED", "output": "7" }),
        ),
        (
            call("nowhere", &json!({ "End": true })),
            json!({ "mock": { "errorOutput": { "error": "Mocked", "cause": "so" } } }),
            json!({ "status": "FAILED", "error": "Mocked", "cause": "so" }),
        ),
        (
            jsonata(map),
            json!({ "mock": { "result": "[1,2,3]" } }),
            json!({ "status": "SUCCEEDED", "output": "3" }),
        ),
        (
            machine(
                &json!({ "first": { "Type": "Pass", "Next": "last" }, "last": { "Type": "Succeed" } }),
            ),
            json!({ "stateName": "first" }),
            json!({ "status": "SUCCEEDED", "output": "{}", "nextState": "last" }),
        ),
    ];
    for (definition, more, mut expected) in rows {
        let request = with(json!({ "definition": definition.to_string() }), &more);
        let mut answer = states(&world.local, "TestState", request).await.ok();
        let [found, wanted] = [&mut answer, &mut expected]
            .map(|answer| answer.as_object_mut().expect("an object"))
            .map(|answer| answer.shift_remove("cause").unwrap_or_default());
        let begins = found.as_str().unwrap_or_default();
        assert!(begins.starts_with(wanted.as_str().unwrap_or_default()));
        assert_eq!(answer, expected, "{definition}");
    }
}

#[tokio::test]
async fn what_cannot_be_tested_is_refused() {
    let world = simulated().await;
    let parallel = json!({
        "Type": "Parallel", "End": true,
        "Branches": [{ "StartAt": "a", "States": { "a": { "Type": "Pass", "End": true } } }],
    });
    let rows = [
        (json!({ "definition": "{" }), "InvalidDefinition"),
        (
            json!({ "definition": "{\"Type\":\"Pass\"}" }),
            "InvalidDefinition",
        ),
        (
            json!({ "definition": parallel.to_string() }),
            "ValidationException",
        ),
        (
            json!({ "definition": "{\"Type\":\"Pass\",\"End\":true}", "input": "{" }),
            "InvalidExecutionInput",
        ),
        (
            json!({ "definition": "{\"Type\":\"Pass\",\"End\":true}", "mock": { "result": "1" } }),
            "ValidationException",
        ),
        (
            json!({ "definition": "{\"Type\":\"Pass\",\"End\":true}", "inspectionLevel": "ALL" }),
            "ValidationException",
        ),
    ];
    for (request, expected) in rows {
        let (code, _) = states(&world.local, "TestState", request.clone())
            .await
            .refused();
        assert_eq!(code, expected, "{request}");
    }
}
