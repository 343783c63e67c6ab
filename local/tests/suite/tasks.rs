//! Tasks that call services: what a machine sees of their answers and of their refusals.

#![expect(
    clippy::needless_pass_by_value,
    reason = "rows of tables are written in place"
)]

use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::{Value, json};

use crate::raw::sqs;
use crate::world::{World, machine, simulated};

/// The status of a Task's execution, its output, and its error with the cause.
async fn call(world: &World, name: &str, task: Value) -> (ExecutionStatus, Value, String) {
    let mut state = json!({ "Type": "Task", "End": true });
    let fields = state.as_object_mut().expect("an object");
    fields.extend(task.as_object().expect("fields").clone());
    let version = world
        .create(name, &machine(&json!({ "first": state })))
        .await;
    let execution = world.start(&version, "one", &json!({})).await;
    let execution = execution.expect("it starts");
    world.local.settled().await;
    let described = world.client.describe_execution();
    let described = described.execution_arn(&execution).send().await;
    let described = described.expect("it exists");
    let output = serde_json::from_str(described.output().unwrap_or("null")).expect("JSON");
    let error = described.error().unwrap_or_default().to_owned();
    let cause = described.cause().unwrap_or_default();
    let error = format!("{error}: {cause}");
    (described.status, output, error)
}

/// A call by the SDK's name.
fn sdk(call: &str, arguments: Value) -> Value {
    json!({ "Resource": format!("arn:aws:states:::aws-sdk:{call}"), "Arguments": arguments })
}

/// A call that has a resource of its own.
fn optimised(call: &str, arguments: Value) -> Value {
    json!({ "Resource": format!("arn:aws:states:::{call}"), "Arguments": arguments })
}

const QUEUE: &str = "https://sqs.us-east-1.amazonaws.com/000000000000/queue";

async fn world() -> World {
    let world = simulated().await;
    let table = json!({
        "TableName": "things", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
    });
    for (name, task) in [
        ("table", sdk("dynamodb:createTable", table)),
        (
            "thing",
            optimised(
                "dynamodb:putItem",
                json!({ "TableName": "things", "Item": { "id": { "S": "a" } } }),
            ),
        ),
    ] {
        let (status, _, error) = call(&world, name, task).await;
        assert_eq!(status, ExecutionStatus::Succeeded, "{name}: {error}");
    }
    sqs(&world.local, "CreateQueue", json!({ "QueueName": "queue" }))
        .await
        .ok();
    world
}

#[tokio::test]
async fn a_result_has_the_form_that_a_machine_gives_it() {
    let world = world().await;
    let key = json!({ "TableName": "things", "Key": { "id": { "S": "a" } } });
    let item = json!({ "id": { "S": "a" } });
    let message = json!({ "QueueUrl": QUEUE, "MessageBody": { "a": 1 } });
    let digest = "bb6cb5c68df4652941caf652a366f2d8";
    let schedule = json!({
        "Name": "daily", "ScheduleExpression": "rate(1 day)", "State": "DISABLED",
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": {
            "Arn": "arn:aws:lambda:us-east-1:000000000000:function:echo",
            "RoleArn": "arn:aws:iam::000000000000:role/r", "Input": { "a": 1 },
        },
    });
    // The call, a pointer into its result, and what stands there.
    let rows = [
        (
            sdk("dynamodb:getItem", key.clone()),
            "",
            json!({ "Item": item.clone() }),
        ),
        (optimised("dynamodb:getItem", key), "/Item", item),
        (
            sdk("dynamodb:describeTable", json!({ "TableName": "things" })),
            "/Table/CreationDateTime",
            json!("text"),
        ),
        (
            sdk("sqs:sendMessage", message.clone()),
            "/Md5OfMessageBody",
            json!(digest),
        ),
        (
            optimised("sqs:sendMessage", message),
            "/MD5OfMessageBody",
            json!(digest),
        ),
        (
            sdk(
                "sfn:describeStateMachine",
                json!({ "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:table" }),
            ),
            "/CreationDate",
            json!("2026-01-01T00:00:00Z"),
        ),
        (
            sdk(
                "lambda:invoke",
                json!({ "FunctionName": "echo", "Payload": { "a": 1 } }),
            ),
            "",
            json!({ "ExecutedVersion": "$LATEST", "Payload": "{\"a\":1}", "StatusCode": 200 }),
        ),
        (
            sdk("scheduler:createSchedule", schedule),
            "/ScheduleArn",
            json!("arn:aws:scheduler:us-east-1:000000000000:schedule/default/daily"),
        ),
        (
            sdk(
                "scheduler:getSchedule",
                json!({ "Name": "daily", "GroupName": "default" }),
            ),
            "/Target/Input",
            json!("{\"a\":1}"),
        ),
        (
            optimised(
                "states:startExecution",
                json!({ "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:table", "Name": "again" }),
            ),
            "/StartDate",
            json!(1_767_225_600_000_i64),
        ),
    ];
    for (number, (task, pointer, expected)) in rows.into_iter().enumerate() {
        let is_optimised = !task["Resource"].to_string().contains("aws-sdk");
        let (status, output, error) = call(&world, &format!("call-{number}"), task.clone()).await;
        assert_eq!(status, ExecutionStatus::Succeeded, "{task}: {error}");
        let found = output.pointer(pointer).expect("it is there");
        if expected == "text" {
            assert!(found.is_string(), "{found}");
        } else {
            assert_eq!(*found, expected, "{task}");
        }
        let request = output.pointer("/SdkResponseMetadata/RequestId");
        assert_eq!(request.is_some(), is_optimised, "{task}");
    }
}

#[tokio::test]
async fn a_refusal_says_the_service_the_status_and_the_request() {
    let world = world().await;
    let missing = json!({ "TableName": "things", "Item": { "id": { "S": "a" } }, "ConditionExpression": "attribute_not_exists(id)" });
    let object = json!({ "Bucket": "nowhere", "Key": "k" });
    let rows = [
        (
            sdk("dynamodb:putItem", missing.clone()),
            "DynamoDb.ConditionalCheckFailedException: The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: ",
        ),
        (
            optimised("dynamodb:putItem", missing),
            "DynamoDB.ConditionalCheckFailedException: The conditional request failed (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ConditionalCheckFailedException; Request ID: ",
        ),
        (
            sdk("s3:getObject", object),
            "S3.NoSuchBucketException: The specified bucket does not exist (Service: S3, Status Code: 404, Request ID: ",
        ),
        (
            optimised(
                "states:startExecution",
                json!({ "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:nowhere" }),
            ),
            "StepFunctions.StateMachineDoesNotExistException: State Machine Does Not Exist: 'arn:aws:states:us-east-1:000000000000:stateMachine:nowhere' (Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist; Request ID: ",
        ),
        (
            optimised(
                "events:putEvents",
                json!({ "Entries": [{ "Source": "a", "DetailType": "b", "Detail": "c" }] }),
            ),
            "EventBridge.FailedEntry: {\"",
        ),
        (
            optimised(
                "sqs:sendMessage",
                json!({ "QueueUrl": QUEUE, "MessageBody": null }),
            ),
            "SQS.AmazonSQSException: The request must contain the parameter MessageBody. (Service: AmazonSQS; Status Code: 400; Error Code: MissingParameter; Request ID: ",
        ),
        (
            optimised("sqs:sendMessage", json!("{% 'no object' %}")),
            "States.Runtime: An error occurred while executing the state 'first' (entered at the event id #2). The Parameters '\"no object\"' could not be used to start the Task: [The value must be a JSON object]",
        ),
        (
            optimised(
                "sqs:sendMessage",
                json!("{% {'QueueUrl': 'q', 'Body': 'b'} %}"),
            ),
            "States.Runtime: An error occurred while executing the state 'first' (entered at the event id #2). The Parameters '{\"QueueUrl\":\"q\",\"Body\":\"b\"}' could not be used to start the Task: [The field \"Body\" is not supported by Step Functions, The field 'MessageBody' is required but was missing]",
        ),
    ];
    for (number, (task, expected)) in rows.into_iter().enumerate() {
        let (status, _, error) = call(&world, &format!("call-{number}"), task).await;
        assert_eq!(status, ExecutionStatus::Failed, "{expected}");
        assert!(error.starts_with(expected), "{error}\n{expected}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_is_stopped_with_the_task_that_waits_for_it() {
    let world = simulated().await;
    let wait = json!({ "first": { "Type": "Wait", "Seconds": 600, "End": true } });
    let inner = world.create("inner", &machine(&wait)).await;
    let (inner, _) = inner.rsplit_once(':').expect("a version");
    let start = optimised(
        "states:startExecution.sync:2",
        json!({ "StateMachineArn": inner, "Name": "inner", "Input": {} }),
    );
    let mut task = start.clone();
    task["TimeoutSeconds"] = json!(60);
    let (status, _, error) = call(&world, "outer", task).await;
    assert_eq!(
        (status, error.as_str()),
        (ExecutionStatus::Failed, "States.Timeout: ")
    );
    let child = inner.replace(":stateMachine:", ":execution:");
    let described = world.client.describe_execution();
    let described = described
        .execution_arn(format!("{child}:inner"))
        .send()
        .await;
    let described = described.expect("it exists");
    assert_eq!(described.status, ExecutionStatus::Aborted);
    assert_eq!(
        described.cause(),
        Some(
            "The Task state in AWS Step Functions execution \
             [arn:aws:states:us-east-1:000000000000:execution:outer:one] which was managing this resource was aborted"
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_of_no_activity_fails() {
    let world = simulated().await;
    let activity = "arn:aws:states:us-east-1:000000000000:activity:nobody";
    let (status, _, error) = call(&world, "idle", json!({ "Resource": activity })).await;
    let expected = format!("States.Runtime: The activity {activity} does not exist.");
    assert_eq!((status, error), (ExecutionStatus::Failed, expected));
}
