//! Starts: by hand, and what the recorder hears of executions.

use serde_json::{Value, json};

use crate::bench::{Bench, MACHINE, ORG, RUN};
use pawl_functions::{Function, handle};

/// A machine's first Task, with what intake needs.
fn first() -> Value {
    json!({
        "workflow": "test", "step": "keep", "kind": "transform", "then": { "success": { "end": "end" } },
        "config": { "mapping": { "greeting": "{{greeting}}", "id": "{{steps.start.output.id}}" } },
        "reads": { "variables": ["greeting"], "steps": [{ "slug": "start" }] },
        "intake": {
            "name": "Test", "trigger": "start",
            "config": { "inputs": [{ "name": "name", "required": true }], "data": { "id": "{{input.name}}!" } },
            "variables": { "greeting": "Hello {{input.name}}", "loud": "{{greeting}}!" },
        },
    })
}

#[tokio::test]
async fn a_start_by_hand_does_the_intake_once() {
    let bench = Bench::open().await;
    let execution = json!({ "id": "arn", "name": RUN, "machine": MACHINE });
    let payload = json!({ "position": { "name": "Ada" }, "plan": first().to_string(), "execution": execution });
    let function = Function::from_name("transform").expect("a function");
    let answer = handle(function, payload.clone(), &bench.services)
        .await
        .expect("a position");
    let again = handle(function, payload, &bench.services)
        .await
        .expect("the record answers");
    assert_eq!(answer, again);
    let lines = [
        "000000 start completed success",
        "000001 keep completed success",
    ];
    assert_eq!(bench.lines().await, lines);
    assert_eq!(
        bench.output("000001").await,
        json!({ "greeting": "Hello Ada", "id": "Ada!" })
    );
    assert_eq!(json!(bench.run().await.status), json!("completed"));

    let other = json!({ "id": "arn", "name": RUN, "machine": "arn:aws:states:us-east-1:0:stateMachine:other:1" });
    let rows = [
        (
            json!({ "nome": "Ada" }),
            json!({ "id": "arn", "name": "run-2", "machine": MACHINE }),
        ),
        (json!({ "name": "Ada" }), other),
        (
            json!({ "name": "Ada" }),
            json!({ "id": "arn", "name": "customers", "machine": MACHINE }),
        ),
    ];
    for (input, execution) in rows {
        let payload =
            json!({ "position": input, "plan": first().to_string(), "execution": execution });
        let error = handle(function, payload, &bench.services)
            .await
            .expect_err("an error");
        assert_eq!(error.code, "VALIDATION_ERROR");
    }
    assert_eq!(bench.store().runs(ORG, 9).await.expect("runs").len(), 1);
}

#[tokio::test]
async fn the_recorder_closes_only_what_no_task_closed() {
    let machine = MACHINE.trim_end_matches(":1");
    let rows = [
        ("RUNNING", RUN, machine, "running"),
        ("SUCCEEDED", RUN, machine, "running"),
        ("ABORTED", "run-1-000009", machine, "running"),
        (
            "ABORTED",
            RUN,
            "arn:aws:states:us-east-1:0:stateMachine:other",
            "running",
        ),
        ("ABORTED", RUN, machine, "cancelled"),
        ("TIMED_OUT", RUN, machine, "timeout"),
        ("FAILED", RUN, machine, "failed"),
    ];
    for (status, name, machine, expected) in rows {
        let bench = Bench::open().await;
        let position = bench.begin(json!({}), json!({})).await;
        let detail = json!({
            "executionArn": "arn", "stateMachineArn": machine, "name": name, "status": status,
            "input": json!(position).to_string(), "error": "States.Runtime", "cause": "it broke",
        });
        let event = json!({ "source": "aws.states", "detail": detail });
        handle(Function::Recorder, event.clone(), &bench.services)
            .await
            .expect("an answer");
        let run = bench.run().await;
        assert_eq!(json!(run.status), json!(expected), "{status} {name}");
        if status == "FAILED" {
            assert_eq!(
                json!(run.error),
                json!({ "code": "States.Runtime", "message": "it broke" })
            );
            // A second event, or a later one, changes nothing.
            handle(Function::Recorder, event, &bench.services)
                .await
                .expect("an answer");
            assert_eq!(bench.run().await, run);
        }
    }
}
