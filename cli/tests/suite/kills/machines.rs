//! What runs while the server is killed.

#![expect(
    clippy::indexing_slicing,
    reason = "a member of JSON that is not there fails the test, as it should"
)]

use std::path::Path;

use serde_json::{Value, json};

use super::server::Server;
use super::verdict::string;
use crate::command_line::{pawl, text};

const WORKFLOW: &str = r#"{"name": "Kept", "steps": [
    {"stepSlug": "make", "name": "Make", "stepType": "action", "config": {"type": "customer",
        "parameters": {"operation": "create", "name": "Ada", "status": "active"}}, "nextSteps": {"success": "note"}},
    {"stepSlug": "note", "name": "Note", "stepType": "action", "config": {"type": "customer_update",
        "parameters": {"customerId": "{{steps.make.output._id}}", "updates": {"locale": "en-GB"}}}}]}"#;

/// Publishes a workflow, whose first run is not killed; the ARN of its machine.
pub(super) fn publish(folder: &Path) -> String {
    std::fs::write(folder.join("kept.json"), WORKFLOW).expect("a file");
    let output = pawl(folder, &["run", "kept.json", "--json"]);
    let ran = output.status.success();
    assert!(ran, "{}{}", text(&output.stdout), text(&output.stderr));
    let shown = pawl(folder, &["show", "latest", "--json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    string(&shown, "/machine").to_owned()
}

pub(super) fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:states:us-east-1:000000000000:{kind}:{name}")
}

const ROOT: &str =
    "($exists($states.input.root) ? $states.input.root : $states.context.Execution.Name)";

/// Counts one up in a table.
fn effect(suffix: &str, more: &Value) -> Value {
    let context = "$states.context";
    let key = format!(
        "{{% $join([{ROOT}, {context}.State.Name, {suffix}, $string({context}.State.RetryCount)], '/') %}}"
    );
    extended(
        json!({
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:dynamodb:updateItem",
            "Arguments": {
                "TableName": "effects",
                "Key": { "id": { "S": key } },
                "UpdateExpression": "ADD ran :one",
                "ExpressionAttributeValues": { ":one": { "N": "1" } },
                "ReturnValues": "UPDATED_NEW",
            },
            "Output": "{% $states.input %}",
        }),
        more,
    )
}

fn extended(mut state: Value, more: &Value) -> Value {
    let fields = state.as_object_mut().expect("a state");
    fields.extend(more.as_object().expect("fields").clone());
    state
}

fn one(name: &str, state: &Value) -> Value {
    json!({ "StartAt": name, "States": { name: state } })
}

/// The machines: each name with its states.
pub(super) fn states() -> Vec<(&'static str, Value)> {
    let end = json!({ "End": true });
    let next = json!({ "Next": "last" });
    // It is refused twice before it counts.
    let mut refused = effect(
        "'r'",
        &json!({
            "Retry": [{ "ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "BackoffRate": 1 }],
            "Next": "last",
        }),
    );
    refused["Arguments"]["ConditionExpression"] = json!(
        "{% $states.context.State.RetryCount < 2 ? 'attribute_exists(nothing)' : 'attribute_not_exists(nothing)' %}"
    );
    let asks = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Arguments": {
            "QueueUrl": "http://127.0.0.1/000000000000/questions",
            "MessageBody": { "token": "{% $states.context.Task.Token %}" },
        },
        "Output": {},
        "Next": "last",
    });
    let nests = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": {
            "StateMachineArn": arn("stateMachine", "waits"),
            "Input": { "root": "{% $states.context.Execution.Name & '/child' %}" },
        },
        "Output": {},
        "Next": "last",
    });
    let mut distributed = one("item", &effect("$string($states.input.n)", &end));
    distributed["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    let selector = json!({
        "root": "{% $states.context.Execution.Name %}",
        "n": "{% $states.context.Map.Item.Value %}",
    });
    let map = |processor: Value| {
        json!({
            "Type": "Map", "Items": [1, 2, 3, 4], "MaxConcurrency": 2, "Label": "m",
            "ItemSelector": selector, "ItemProcessor": processor, "Output": {}, "Next": "last",
        })
    };
    let mut inline = map(one("item", &effect("$string($states.input.n)", &end)));
    inline.as_object_mut().expect("a state").remove("Label");
    let last = || effect("'z'", &end);
    vec![
        (
            "waits",
            json!({ "first": effect("'a'", &json!({ "Next": "wait" })), "wait": { "Type": "Wait", "Seconds": 1, "Next": "last" }, "last": last() }),
        ),
        ("retries", json!({ "first": refused, "last": last() })),
        ("asks", json!({ "first": asks, "last": last() })),
        ("nests", json!({ "first": nests, "last": last() })),
        ("items", json!({ "first": inline, "last": last() })),
        (
            "children",
            json!({ "first": map(distributed), "last": last() }),
        ),
        (
            "branches",
            json!({ "first": extended(json!({ "Type": "Parallel", "Branches": [one("a", &effect("'a'", &end)), one("b", &effect("'b'", &end))], "Output": {} }), &next), "last": last() }),
        ),
    ]
}

/// Makes the machines, the table and the queue.
pub(super) async fn prepare(server: &Server) {
    let table = json!({
        "TableName": "effects", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
    });
    server.get("DynamoDB_20120810.CreateTable", &table).await;
    let queue = json!({ "QueueName": "questions", "Attributes": { "VisibilityTimeout": "1" } });
    server.get("AmazonSQS.CreateQueue", &queue).await;
    for (name, states) in states() {
        let definition =
            json!({ "QueryLanguage": "JSONata", "StartAt": "first", "States": states });
        let machine = json!({
            "name": name, "definition": definition.to_string(), "roleArn": "arn:aws:iam::000000000000:role/x",
        });
        server
            .get("AWSStepFunctions.CreateStateMachine", &machine)
            .await;
    }
}
