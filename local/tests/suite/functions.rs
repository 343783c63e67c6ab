//! The functions that machines invoke: their failures, their order, their requests, and the recorder.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::ExecutionStatus;
use pawl_local::{FunctionError, Functions, Options};
use serde_json::{Value, json};

use crate::world::{World, machine, open, simulated, task, whole};

#[tokio::test]
async fn the_recorder_hears_of_every_change_in_the_shape_of_eventbridge() {
    let world = simulated().await;
    let version = world.create("whole", &whole()).await;
    let (_, output) = world.run(&version, "one", &json!({ "go": true })).await;
    let execution = "arn:aws:states:us-east-1:000000000000:execution:whole:one";
    let heard: Vec<Value> = {
        let seen = world.seen.lock().expect("nobody else holds it");
        seen.iter()
            .filter(|(name, _)| name == "recorder")
            .map(|(_, payload)| payload.clone())
            .collect()
    };
    let [started, ended] = heard.as_slice() else {
        panic!("{heard:?}")
    };
    for (event, status, stopped, output) in [
        (started, "RUNNING", Value::Null, Value::Null),
        (
            ended,
            "SUCCEEDED",
            json!(1_767_225_600_000_i64 + 86_430_000),
            json!(output),
        ),
    ] {
        assert_eq!(event.get("source"), Some(&json!("aws.states")));
        assert_eq!(
            event.get("detail-type"),
            Some(&json!("Step Functions Execution Status Change"))
        );
        assert_eq!(event.get("resources"), Some(&json!([execution])));
        let detail = event.get("detail").expect("details");
        for (field, expected) in [
            ("executionArn", json!(execution)),
            (
                "stateMachineArn",
                json!("arn:aws:states:us-east-1:000000000000:stateMachine:whole"),
            ),
            ("stateMachineVersionArn", json!(version)),
            ("name", json!("one")),
            ("status", json!(status)),
            ("input", json!(r#"{"go":true}"#)),
            ("startDate", json!(1_767_225_600_000_i64)),
            ("stopDate", stopped),
            ("output", output),
        ] {
            assert_eq!(detail.get(field), Some(&expected), "{field}");
        }
    }
}

#[tokio::test]
async fn a_failing_function_fails_under_the_name_that_aws_gives_it() {
    let rows = [
        (
            "broken",
            "TOOL_ERROR",
            r#"{"errorType":"TOOL_ERROR","errorMessage":"call 1"}"#,
        ),
        (
            "nowhere",
            "Lambda.ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nowhere (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: ",
        ),
        ("panics", "Runtime.ExitError", "the function crashed"),
        (
            "garbled",
            "Runtime.MarshalError",
            "the function's answer is not JSON",
        ),
    ];
    let world = simulated().await;
    for (function, error, cause) in rows {
        let version = world
            .create(
                function,
                &machine(&json!({ "first": task(function, &json!({ "End": true })) })),
            )
            .await;
        let execution = world
            .start(&version, "one", &json!({}))
            .await
            .expect("it starts");
        world.local.settled().await;
        let described = world
            .client
            .describe_execution()
            .execution_arn(execution)
            .send()
            .await
            .expect("it exists");
        assert_eq!(described.status, ExecutionStatus::Failed, "{function}");
        assert_eq!(described.error(), Some(error));
        assert!(
            described.cause().is_some_and(|text| text.contains(cause)),
            "{:?}",
            described.cause()
        );
    }
}

#[tokio::test]
async fn a_function_can_be_invoked_in_every_way_that_lambda_knows() {
    let world = simulated().await;
    let rows = [
        (
            json!({ "Payload": { "a": 1 } }),
            json!({ "ExecutedVersion": "$LATEST", "Payload": { "a": 1 }, "StatusCode": 200 }),
            Some(json!({ "a": 1 })),
        ),
        (
            json!({ "Payload": null, "Qualifier": "7" }),
            json!({ "ExecutedVersion": "7", "Payload": {}, "StatusCode": 200 }),
            Some(json!({})),
        ),
        (
            json!({ "Payload": "[1]", "InvocationType": "RequestResponse" }),
            json!({ "ExecutedVersion": "$LATEST", "Payload": [1], "StatusCode": 200 }),
            Some(json!([1])),
        ),
        (
            json!({ "Payload": "plain", "InvocationType": "Event" }),
            json!({ "Payload": "", "StatusCode": 202 }),
            Some(json!("plain")),
        ),
        (
            json!({ "InvocationType": "DryRun" }),
            json!({ "Payload": "", "StatusCode": 204 }),
            None,
        ),
    ];
    for (number, (arguments, expected, given)) in rows.into_iter().enumerate() {
        world.seen.lock().expect("nobody else holds it").clear();
        let mut state = json!({
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": arguments,
            "End": true,
        });
        state["Arguments"]["FunctionName"] = "echo".into();
        let name = format!("way-{number}");
        let version = world
            .create(&name, &machine(&json!({ "first": state })))
            .await;
        let (status, output) = world.run(&version, "one", &json!({})).await;
        assert_eq!(status, ExecutionStatus::Succeeded, "{arguments}");
        let mut output: Value = serde_json::from_str(&output).expect("JSON");
        let fields = output.as_object_mut().expect("an object");
        let http = fields.shift_remove("SdkHttpMetadata").expect("metadata");
        let response = fields.shift_remove("SdkResponseMetadata").expect("an id");
        assert_eq!(output, expected, "{arguments}");
        assert_eq!(http["HttpStatusCode"], expected["StatusCode"]);
        assert_eq!(
            http["AllHttpHeaders"]["x-amzn-RequestId"][0],
            response["RequestId"]
        );
        assert_eq!(http["HttpHeaders"]["Content-Type"], "application/json");
        let seen: Vec<Value> = {
            let seen = world.seen.lock().expect("nobody else holds it");
            let echoes = seen.iter().filter(|(name, _)| name == "echo");
            echoes.map(|(_, payload)| payload.clone()).collect()
        };
        assert_eq!(seen, given.into_iter().collect::<Vec<_>>(), "{arguments}");
    }
}

#[tokio::test]
async fn functions_run_side_by_side_in_real_time_and_in_turn_in_simulated_time() {
    // State names are unique in a machine.
    let branch = |name: &str| json!({ "StartAt": name, "States": { name: task("any", &json!({ "End": true })) } });
    let both = machine(&json!({
        "first": { "Type": "Parallel", "Branches": [branch("a"), branch("b")], "End": true }
    }));
    for (world, at_once) in [(open(Options::default()).await, 2), (simulated().await, 1)] {
        let running = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let counts = (Arc::clone(&running), Arc::clone(&most));
        world.local.install(Arc::new(move |name, payload| {
            let (running, most) = counts.clone();
            let counted = usize::from(name == "any");
            Box::pin(async move {
                most.fetch_max(
                    running.fetch_add(counted, Ordering::SeqCst) + counted,
                    Ordering::SeqCst,
                );
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
                running.fetch_sub(counted, Ordering::SeqCst);
                Ok(payload)
            })
        }));
        let version = world.create("both", &both).await;
        let (status, _) = world.run(&version, "one", &json!({})).await;
        assert_eq!(status, ExecutionStatus::Succeeded);
        assert_eq!(most.load(Ordering::SeqCst), at_once);
    }
}

#[tokio::test]
async fn a_task_with_a_token_waits_for_its_answer() {
    let world = open(Options::default()).await;
    let state = task(
        "echo",
        &json!({
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Arguments": {
                "FunctionName": "echo",
                "Payload": { "token": "{% $states.context.Task.Token %}" },
            },
            "Output": "{% $states.result %}",
            "End": true,
        }),
    );
    let version = world
        .create("asks", &machine(&json!({ "first": state })))
        .await;
    let token = async |world: &World, name: &str| {
        let execution = world
            .start(&version, name, &json!({}))
            .await
            .expect("it starts");
        world.local.settled().await;
        let seen = world.seen.lock().expect("nobody else holds it").clone();
        let (_, payload) = seen
            .into_iter()
            .rfind(|(name, _)| name == "echo")
            .expect("it was asked");
        let token = payload
            .get("token")
            .and_then(Value::as_str)
            .expect("a token")
            .to_owned();
        (execution, token)
    };

    let (execution, first) = token(&world, "one").await;
    assert_eq!(world.outcome(&execution).await.0, ExecutionStatus::Running);
    world
        .client
        .send_task_heartbeat()
        .task_token(&first)
        .send()
        .await
        .expect("it still waits");
    let success = world
        .client
        .send_task_success()
        .task_token(&first)
        .output("{\"yes\":1}");
    success.clone().send().await.expect("it is answered");
    assert_eq!(
        world.outcome(&execution).await,
        (ExecutionStatus::Succeeded, "{\"yes\":1}".to_owned())
    );
    assert_eq!(
        success.send().await.expect_err("once is enough").code(),
        Some("TaskTimedOut")
    );

    let (execution, second) = token(&world, "two").await;
    let failure = world
        .client
        .send_task_failure()
        .task_token(second)
        .error("APPROVAL_REJECTED");
    failure.send().await.expect("it is answered");
    assert_eq!(
        world.outcome(&execution).await,
        (ExecutionStatus::Failed, "APPROVAL_REJECTED".to_owned())
    );
}

#[tokio::test]
async fn requests_of_functions_are_counted_as_theirs_and_a_silent_aws_stops_a_run() {
    let world = simulated().await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&world.local.sdk_config());
    let asking: Functions = Arc::new(move |name, payload| {
        let dynamodb = dynamodb.clone();
        let is_recorder = name == "recorder";
        Box::pin(async move {
            if !is_recorder {
                dynamodb
                    .list_tables()
                    .send()
                    .await
                    .map_err(|error| FunctionError::Raised {
                        error_type: "STORE_ERROR".to_owned(),
                        message: error.to_string(),
                    })?;
            }
            Ok(payload)
        })
    });
    world.local.install(asking);
    let version = world
        .create(
            "asks",
            &machine(&json!({
                "first": task("ask", &json!({ "Next": "second" })),
                "second": task("ask", &json!({ "End": true })),
            })),
        )
        .await;
    let (status, _) = world.run(&version, "one", &json!({})).await;
    assert_eq!(status, ExecutionStatus::Succeeded);
    let made = world
        .local
        .calls()
        .into_iter()
        .filter(|call| call.operation == "ListTables");
    let made: Vec<_> = made
        .filter_map(|call| Some((call.service.to_string(), call.invocation?.function)))
        .collect();
    assert_eq!(made, vec![("DynamoDB".to_owned(), "ask".to_owned()); 2]);

    // The start and the first Task's request are answered, the second Task's is not.
    world.local.kill_after(2);
    let execution = world.start(&version, "two", &json!({})).await;
    assert!(execution.is_ok());
    world.local.killed().await;
    let input = json!({});
    let asked = tokio::time::timeout(
        Duration::from_millis(50),
        world.start(&version, "three", &input),
    );
    assert!(asked.await.is_err(), "nobody answers any more");
    tokio::time::timeout(Duration::from_secs(5), world.local.close())
        .await
        .expect("it closes all the same");
}

#[tokio::test]
async fn a_failing_recorder_is_called_again_twice() {
    for (failures, calls) in [(0, 2), (1, 3), (2, 4), (9, 6)] {
        let world = simulated().await;
        let called = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&called);
        world.local.install(Arc::new(move |_, payload| {
            let call = counter.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                if call < failures {
                    return Err(FunctionError::Raised {
                        error_type: "STORE_ERROR".to_owned(),
                        message: String::new(),
                    });
                }
                Ok(payload)
            })
        }));
        let version = world
            .create(
                "empty",
                &machine(&json!({ "first": { "Type": "Succeed" } })),
            )
            .await;
        let (status, _) = world.run(&version, "one", &json!({})).await;
        assert_eq!(status, ExecutionStatus::Succeeded);
        // The start and the end are told, each again while it fails.
        assert_eq!(called.load(Ordering::SeqCst), calls, "{failures} failures");
    }
}
