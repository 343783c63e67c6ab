//! `TestState`: states of every kind, one at a time.

#![expect(clippy::too_many_lines, reason = "tables are as long as they are")]

use serde_json::{Value, json};

use crate::raw::{Answered, states};
use crate::world::{World, machine, simulated, task};

fn with(mut object: Value, more: &Value) -> Value {
    let fields = object.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("fields").clone());
    // A `null` takes a field away.
    fields.retain(|_, value| !value.is_null());
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
            json!({ "mock": { "result": "{\"Payload\":\"7\"}" } }),
            json!({ "status": "SUCCEEDED", "output": "\"7\"" }),
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
            "InvalidDefinition",
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

/// Asks for the test of a state in JSONata.
async fn asked(world: &World, state: &Value, more: &Value) -> Answered {
    let state = with(state.clone(), &json!({ "QueryLanguage": "JSONata" }));
    let request = with(json!({ "definition": state.to_string() }), more);
    states(&world.local, "TestState", request).await
}

#[tokio::test]
async fn a_state_finds_what_it_has_been_through() {
    let world = simulated().await;
    let counted = |more: &Value| {
        let output = json!({ "End": true, "Output": "{% $states.context %}" });
        task("nowhere", &with(output, more))
    };
    let broken = json!({ "errorOutput": { "error": "E", "cause": "because" } });
    let mocked = json!({ "result": "{}", "fieldValidationMode": "NONE" });
    let retry = |most: u64| {
        json!({
            "Output": null,
            "Retry": [
                { "ErrorEquals": ["OTHER"], "MaxAttempts": 1 },
                { "ErrorEquals": ["E"], "MaxAttempts": most, "IntervalSeconds": 1 },
            ],
        })
    };
    let count = json!({ "retrierRetryCount": 2 });
    let again =
        |field: &str, value: Value| with(json!({ "Next": "StateName" }), &json!({ field: value }));
    let context = json!({ "Execution": { "Name": "mine" }, "State": { "RetryCount": 9 } });
    // The state, what else is asked, and what is answered.
    let rows = [
        (
            with(
                counted(&json!({})),
                &json!({ "Output": "{% $states.context.State.RetryCount %}" }),
            ),
            json!({ "mock": mocked, "stateConfiguration": count }),
            json!({ "status": "SUCCEEDED", "output": "2" }),
        ),
        (
            counted(&retry(3)),
            json!({ "mock": broken, "stateConfiguration": count, "inspectionLevel": "DEBUG" }),
            json!({
                "status": "RETRIABLE", "error": "E", "cause": "because",
                "errorDetails": { "retryIndex": 1, "retryBackoffIntervalSeconds": 4 },
            }),
        ),
        (
            counted(&retry(2)),
            json!({ "mock": broken, "stateConfiguration": count }),
            json!({ "status": "FAILED", "error": "E", "cause": "because" }),
        ),
        (
            counted(&json!({})),
            json!({ "mock": mocked, "context": context.to_string() }),
            json!({ "status": "SUCCEEDED", "output": context.to_string() }),
        ),
        (
            counted(&json!({})),
            json!({ "mock": mocked, "context": "{}" }),
            json!({ "status": "SUCCEEDED", "output": "{}" }),
        ),
        (
            json!({
                "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Arguments": {
                    "QueueUrl": "q", "MessageBody": "{% $states.context.Task.Token %}",
                },
                "End": true,
            }),
            json!({
                "mock": { "result": "7" }, "inspectionLevel": "DEBUG",
                "context": "{\"Task\":{\"Token\":\"t\"}}",
            }),
            json!({
                "status": "SUCCEEDED", "output": "7",
                "afterArguments": "{\"QueueUrl\":\"q\",\"MessageBody\":\"t\"}",
            }),
        ),
        // A state that goes on to itself is left once.
        (
            with(
                task("nowhere", &json!({ "Next": "b", "Output": null })),
                &json!({ "Catch": [{ "ErrorEquals": ["E"], "Next": "StateName", "Output": 5 }] }),
            ),
            json!({ "mock": broken }),
            json!({
                "status": "CAUGHT_ERROR", "error": "E", "cause": "because", "output": "5",
                "nextState": "StateName",
            }),
        ),
        (
            again("Type", "Pass".into()),
            json!({}),
            json!({ "status": "SUCCEEDED", "output": "{}", "nextState": "StateName" }),
        ),
    ];
    for (state, more, expected) in rows {
        let mut answer = asked(&world, &state, &more).await.ok();
        let answer = answer.as_object_mut().expect("an object");
        // Of an inspection, only what is asked after.
        let inspection = answer.shift_remove("inspectionData").unwrap_or_default();
        for name in ["errorDetails", "afterArguments"] {
            if let (Some(_), Some(shown)) = (expected.get(name), inspection.get(name)) {
                answer.insert(name.to_owned(), shown.clone());
            }
        }
        assert_eq!(Value::Object(answer.clone()), expected, "{state} {more}");
    }
}

#[tokio::test]
async fn a_state_runs_once_however_often_it_was_tried() {
    let world = simulated().await;
    let retry = json!({ "Retry": [{ "ErrorEquals": ["States.ALL"] }], "End": true });
    let more = json!({ "stateConfiguration": { "retrierRetryCount": 2 } });
    let answer = asked(&world, &task("broken", &retry), &more).await.ok();
    assert_eq!(answer.get("status"), Some(&"RETRIABLE".into()));
    assert_eq!(world.seen.lock().expect("nobody panicked").len(), 1);
}

#[tokio::test]
async fn a_mocked_map_hands_its_items_out() {
    let world = simulated().await;
    let map = |mode: &str, more: &Value| {
        let state = json!({
            "Type": "Map", "End": true, "Items": "{% $states.input.items %}",
            "ItemProcessor": {
                "ProcessorConfig": { "Mode": mode, "ExecutionType": "STANDARD" },
                "StartAt": "i", "States": { "i": { "Type": "Fail" } },
            },
        });
        let mut state = with(state, more);
        let config = state
            .pointer_mut("/ItemProcessor/ProcessorConfig")
            .expect("a configuration");
        if mode == "INLINE" {
            *config = json!({ "Mode": mode });
        }
        state
    };
    let catch = json!({ "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "c", "Output": "{% $states.errorOutput.Error %}" }] });
    let tolerant = |field: &str, most: u64| with(catch.clone(), &json!({ field: most }));
    let selector = json!({ "ItemSelector": { "v": "{% $states.context.Map.Item.Value %}" } });
    let batcher = with(
        selector.clone(),
        &json!({ "ItemBatcher": { "MaxItemsPerBatch": 2 } }),
    );
    let reader = json!({
        "Items": null,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "Arguments": { "Bucket": "b", "Key": "k" },
            "ReaderConfig": { "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" },
        },
        "ItemSelector": { "v": "{% $states.context.Map.Item.Value.a %}" },
    });
    let failures =
        |count: u64| json!({ "stateConfiguration": { "mapIterationFailureCount": count } });
    // The state, what else is asked, and what is answered; of an inspection, what is not always there.
    let rows = [
        (
            map(
                "INLINE",
                &json!({ "MaxConcurrency": "{% 1 + 1 %}", "ToleratedFailurePercentage": 50 }),
            ),
            json!({}),
            json!({
                "status": "SUCCEEDED", "output": "[7]",
                "inspectionData": { "maxConcurrency": 2, "toleratedFailurePercentage": 50 },
            }),
        ),
        (
            map("INLINE", &selector),
            json!({}),
            json!({
                "status": "SUCCEEDED", "output": "[7]",
                "inspectionData": {
                    "maxConcurrency": 0, "afterItemSelector": "[{\"v\":1},{\"v\":2},{\"v\":3}]",
                },
            }),
        ),
        (
            map("DISTRIBUTED", &batcher),
            json!({}),
            json!({
                "status": "SUCCEEDED", "output": "[7]",
                "inspectionData": {
                    "maxConcurrency": 0, "afterItemSelector": "[{\"v\":1},{\"v\":2},{\"v\":3}]",
                    "afterItemBatcher": "[{\"Items\":[{\"v\":1},{\"v\":2}]},{\"Items\":[{\"v\":3}]}]",
                },
            }),
        ),
        (
            map("DISTRIBUTED", &reader),
            json!({ "stateConfiguration": { "mapItemReaderData": "a,b\n1,2\n3,4\n" } }),
            json!({
                "status": "SUCCEEDED", "output": "[7]",
                "inspectionData": {
                    "maxConcurrency": 0, "afterItemSelector": "[{\"v\":\"1\"},{\"v\":\"3\"}]",
                },
            }),
        ),
        (
            map("DISTRIBUTED", &reader),
            json!({}),
            json!({
                "status": "SUCCEEDED", "output": "[7]", "inspectionData": { "maxConcurrency": 0 },
            }),
        ),
        (
            map(
                "INLINE",
                &with(catch.clone(), &json!({ "Items": "{% $states.input %}" })),
            ),
            json!({}),
            json!({
                "status": "CAUGHT_ERROR", "error": "States.QueryEvaluationError", "nextState": "c",
                "output": "\"States.QueryEvaluationError\"",
                "inspectionData": { "errorDetails": { "catchIndex": 0 } },
            }),
        ),
        (
            map(
                "INLINE",
                &json!({ "Items": "{% $states.input %}", "Catch": [
                    { "ErrorEquals": ["States.TaskFailed"], "Next": "b" },
                    { "ErrorEquals": ["States.ALL"], "Next": "c", "Output": "late" },
                ] }),
            ),
            json!({}),
            json!({
                "status": "CAUGHT_ERROR", "error": "States.QueryEvaluationError", "nextState": "c",
                "output": "\"late\"",
                "inspectionData": { "errorDetails": { "catchIndex": 1 } },
            }),
        ),
        (
            map("INLINE", &tolerant("ToleratedFailureCount", 1)),
            failures(2),
            json!({
                "status": "CAUGHT_ERROR", "error": "States.ExceedToleratedFailureThreshold",
                "output": "\"States.ExceedToleratedFailureThreshold\"", "nextState": "c",
                "inspectionData": {
                    "maxConcurrency": 0, "toleratedFailureCount": 1, "errorDetails": { "catchIndex": 0 },
                },
            }),
        ),
        (
            map("INLINE", &tolerant("ToleratedFailureCount", 1)),
            failures(1),
            json!({
                "status": "SUCCEEDED", "output": "[7]",
                "inspectionData": { "maxConcurrency": 0, "toleratedFailureCount": 1 },
            }),
        ),
        (
            map(
                "INLINE",
                &with(
                    tolerant("ToleratedFailurePercentage", 34),
                    &json!({ "ToleratedFailureCount": 0 }),
                ),
            ),
            failures(1),
            json!({
                "status": "SUCCEEDED", "output": "[7]",
                "inspectionData": {
                    "maxConcurrency": 0, "toleratedFailureCount": 0, "toleratedFailurePercentage": 34,
                },
            }),
        ),
        (
            map("INLINE", &tolerant("ToleratedFailurePercentage", 34)),
            failures(2),
            json!({
                "status": "CAUGHT_ERROR", "error": "States.ExceedToleratedFailureThreshold",
                "output": "\"States.ExceedToleratedFailureThreshold\"", "nextState": "c",
                "inspectionData": {
                    "maxConcurrency": 0, "toleratedFailurePercentage": 34,
                    "errorDetails": { "catchIndex": 0 },
                },
            }),
        ),
    ];
    let input = json!({ "items": [1, 2, 3] }).to_string();
    for (state, more, expected) in rows {
        let request = json!({
            "input": input, "mock": { "result": "[7]" }, "inspectionLevel": "DEBUG",
        });
        let mut answer = asked(&world, &state, &with(request, &more)).await.ok();
        let fields = answer.as_object_mut().expect("an object");
        fields.shift_remove("cause");
        let inspection = fields
            .get_mut("inspectionData")
            .and_then(Value::as_object_mut);
        let shown = inspection.and_then(|inspection| inspection.shift_remove("input"));
        assert_eq!(shown, Some(input.as_str().into()));
        assert_eq!(answer, expected, "{state} {more}");
    }
}

#[tokio::test]
async fn a_mock_is_held_against_what_it_stands_for() {
    let world = simulated().await;
    let call = |resource: &str| {
        let arguments = json!({
            "TableName": "t", "Key": {}, "QueueUrl": "q", "MessageBody": "m", "Entries": [],
            "StateMachineArn": "m", "TopicArn": "t", "Message": "m", "FunctionName": "f",
        });
        let takes = |name: &str| {
            let (_, call) = resource.split_once(":::").unwrap_or(("", resource));
            match call.trim_start_matches("aws-sdk:").split_once(':') {
                Some(("dynamodb", _)) => ["TableName", "Key"].contains(&name),
                Some(("events", _)) => name == "Entries",
                Some(("lambda", _)) => name == "FunctionName",
                Some(("states", _)) => name == "StateMachineArn",
                _ => false,
            }
        };
        let arguments = arguments
            .as_object()
            .expect("arguments")
            .clone()
            .into_iter();
        let arguments: serde_json::Map<String, Value> =
            arguments.filter(|(name, _)| takes(name)).collect();
        let resource = format!("arn:aws:states:::{resource}");
        json!({ "Type": "Task", "Resource": resource, "Arguments": arguments, "End": true })
    };
    let list = json!({ "Type": "Map", "End": true, "ItemProcessor": { "StartAt": "i", "States": { "i": { "Type": "Pass", "End": true } } } });
    let branch = |name: &str| json!({ "StartAt": name, "States": { name: { "Type": "Pass", "End": true } } });
    let parallel =
        json!({ "Type": "Parallel", "End": true, "Branches": [branch("a"), branch("z")] });
    let wrong = "Mock result schema validation error: ";
    let context = "Invalid Context object provided: ";
    let started = json!({ "ExecutionArn": "e", "StartDate": 7 });
    // The state, the mocked result, what else is asked, and the end of the refusal or nothing.
    let rows: [(Value, Value, Value, Option<String>); 27] = [
        (
            call("dynamodb:getItem"),
            json!({ "Nonsense": 1 }),
            json!({}),
            None,
        ),
        (
            call("dynamodb:getItem"),
            json!({ "Item": { "a": { "S": 1 } } }),
            json!({}),
            Some(format!("{wrong}Field 'S' must be a string")),
        ),
        (
            call("dynamodb:getItem"),
            json!({ "Item": 1 }),
            json!({ "mode": "PRESENT" }),
            Some(format!("{wrong}Field 'Item' must be an object")),
        ),
        (
            call("dynamodb:getItem"),
            json!({ "Item": 1 }),
            json!({ "mode": "NONE" }),
            None,
        ),
        (
            call("events:putEvents"),
            json!({ "Entries": [{ "EventId": "1" }, { "EventId": [] }] }),
            json!({}),
            Some(format!("{wrong}Field 'EventId' must be a string")),
        ),
        (
            call("lambda:invoke"),
            json!({ "Payload": { "a": 1 } }),
            json!({}),
            Some(format!("{wrong}Field 'Payload' must be a string")),
        ),
        (
            call("lambda:invoke"),
            json!({ "StatusCode": "200" }),
            json!({}),
            Some(format!("{wrong}Field 'StatusCode' must be a number")),
        ),
        (
            call("lambda:invoke.waitForTaskToken"),
            json!([1]),
            json!({}),
            None,
        ),
        (
            call("states:startExecution"),
            json!({}),
            json!({}),
            Some(format!("{wrong}Required field 'ExecutionArn' is missing")),
        ),
        (
            call("states:startExecution"),
            json!({}),
            json!({ "mode": "PRESENT" }),
            None,
        ),
        (
            call("states:startExecution"),
            started,
            json!({}),
            Some(format!("{wrong}Field 'StartDate' must be a string")),
        ),
        (
            call("states:startExecution.sync:2"),
            json!({ "Output": {} }),
            json!({ "mode": "PRESENT" }),
            Some(format!("{wrong}Field 'Output' must be a string")),
        ),
        (
            call("aws-sdk:s3:getObject"),
            json!({ "StorageClass": "Papyrus" }),
            json!({}),
            Some(format!(
                "{wrong}Field 'StorageClass' is not an expected value"
            )),
        ),
        (
            call("batch:submitJob.sync"),
            json!({}),
            json!({}),
            Some("with the fieldValidationMode NONE it is not.".to_owned()),
        ),
        (
            list.clone(),
            json!({}),
            json!({}),
            Some("Mocked result must be an array.".to_owned()),
        ),
        (
            parallel.clone(),
            json!([1]),
            json!({}),
            Some("contain the same number of items as number of Parallel branches.".to_owned()),
        ),
        (parallel.clone(), json!([1, 2]), json!({}), None),
        (
            call("lambda:invoke"),
            json!({}),
            json!({ "context": "{\"Map\":{}}" }),
            Some(format!(
                "{context}'Map' field is not supported when mocking a Context object"
            )),
        ),
        (
            call("lambda:invoke"),
            json!({}),
            json!({ "context": "{\"Execution\":{\"Id\":1}}" }),
            Some(format!("{context}Execution.Id must be a string")),
        ),
        (
            call("lambda:invoke"),
            json!({}),
            json!({ "context": "{\"Execution\":{\"x\":1}}" }),
            Some(format!("{context}Field 'x' is not allowed")),
        ),
        (
            call("lambda:invoke"),
            json!({}),
            json!({ "context": "{\"Task\":{}}" }),
            Some("'.sync' or '.waitForTaskToken' service integration pattern".to_owned()),
        ),
        (
            call("lambda:invoke"),
            json!({}),
            json!({ "revealSecrets": true }),
            Some("TestState does not support RevealSecrets when a mock is specified.".to_owned()),
        ),
        (
            json!({ "Type": "Pass", "End": true }),
            json!({}),
            json!({}),
            Some("State type 'Pass' is not supported when a mock is specified".to_owned()),
        ),
        (
            call("lambda:invoke"),
            json!({}),
            json!({ "stateConfiguration": { "mapIterationFailureCount": 1 } }),
            Some("can only be specified for a Map state with a mock.".to_owned()),
        ),
        (
            list.clone(),
            json!([]),
            json!({ "input": "[1]", "stateConfiguration": { "mapIterationFailureCount": 2 } }),
            Some("exceeds the number of items.".to_owned()),
        ),
        (
            list.clone(),
            json!([]),
            json!({ "stateConfiguration": { "mapItemReaderData": "[]" } }),
            Some("can only be specified for a Map state with an ItemReader and a mock.".to_owned()),
        ),
        (
            parallel.clone(),
            json!([1, 2]),
            json!({ "stateConfiguration": { "errorCausedByState": "a" } }),
            Some(
                "can only be specified for a Map or Parallel state with mock.errorOutput."
                    .to_owned(),
            ),
        ),
    ];
    for (state, result, mut more, expected) in rows {
        let validation = more.as_object_mut().expect("fields").shift_remove("mode");
        let mock = json!({ "result": result.to_string(), "fieldValidationMode": validation });
        let reply = asked(&world, &state, &with(json!({ "mock": mock }), &more)).await;
        let Some(expected) = expected else {
            let status = reply.ok().get("status").cloned();
            assert_eq!(status, Some("SUCCEEDED".into()), "{state} {result} {more}");
            continue;
        };
        let (code, message) = reply.refused();
        assert_eq!(code, "ValidationException", "{state} {result} {more}");
        assert!(message.ends_with(&expected), "{message} is not {expected}");
    }
    let failed = json!({ "errorOutput": { "error": "E" } });
    for (cause, expected) in [
        ("a", None),
        ("b", Some("must be a state inside the tested one.")),
    ] {
        let more = json!({ "mock": failed, "stateConfiguration": { "errorCausedByState": cause } });
        let reply = asked(&world, &parallel, &more).await;
        match expected {
            None => assert_eq!(reply.ok(), json!({ "status": "FAILED", "error": "E" })),
            Some(expected) => assert!(reply.refused().1.ends_with(expected)),
        }
    }
}
