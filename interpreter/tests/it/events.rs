//! Events as AWS's JSON protocol gives them.

use serde_json::json;

use crate::bench::{invoke, machine, run};

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
