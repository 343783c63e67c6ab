//! Starts and resumptions through Step Functions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use pawl_functions::{Function, handle, resume};
use pawl_local::{Fault, Faults, FunctionError};
use serde_json::{Value, json};

use crate::bench::{Bench, ORG};

/// A machine of two Tasks: one makes a customer, one fails unless it is mocked well, and `fail` closes the run.
fn machine() -> String {
    let make = json!({
        "workflow": "test", "step": "make", "kind": "action",
        "config": { "type": "customer", "operation": "create", "name": "{{input.name}}" },
        "then": { "success": { "state": "ask" } },
        "intake": { "name": "Test", "trigger": "trigger", "config": { "inputs": [{ "name": "name", "required": true }] } },
    });
    let ask = json!({
        "workflow": "test", "step": "ask", "kind": "llm", "config": { "systemPrompt": "x" },
        "then": { "success": { "end": "end" } },
    });
    let fail = json!({ "workflow": "test", "step": "fail", "kind": "trigger", "then": {} });
    let task = |plan: Value, function: &str| {
        let payload = json!({
            "position": "{% $states.input %}",
            "attempt": "{% $states.context.State.RetryCount %}",
            "plan": plan.to_string(),
        });
        json!({
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": { "FunctionName": function, "Payload": payload },
            "Output": "{% $states.result.Payload %}",
        })
    };
    let mut states = json!({
        "make": task(make, "action"), "ask": task(ask, "llm"), "fail": task(fail, "trigger"),
        "failed": { "Type": "Fail", "Error": "FAILED" },
    });
    let caught = "{% $merge([$states.input, {'at': '000003', 'caught': \
                  {'step': 'ask', 'at': $states.input.at, 'error': $states.errorOutput.Error}}]) %}";
    let extra = [
        ("/make", json!({ "Next": "ask" })),
        (
            "/ask",
            json!({ "End": true, "Catch": [{ "ErrorEquals": ["States.ALL"], "Output": caught, "Next": "fail" }] }),
        ),
        ("/fail", json!({ "Next": "failed" })),
    ];
    for (state, members) in extra {
        let state = states
            .pointer_mut(state)
            .and_then(Value::as_object_mut)
            .expect("a state");
        state.extend(members.as_object().expect("members").clone());
    }
    json!({ "QueryLanguage": "JSONata", "StartAt": "make", "States": states }).to_string()
}

/// Publishes the machine and installs the functions: the ARN of its version.
async fn publish(bench: &Bench) -> String {
    let services = bench.services.clone();
    bench
        .local
        .install(Arc::new(move |name: &str, payload: Bytes| {
            let (function, services) = (Function::from_name(name), services.clone());
            Box::pin(async move {
                let function = function.ok_or(FunctionError::Missing)?;
                let payload = serde_json::from_slice(&payload).expect("it is JSON");
                let answer = handle(function, payload, &services).await;
                let answer = answer.map_err(|error| FunctionError::Raised {
                    error_type: error.code,
                    message: error.message,
                })?;
                Ok(Bytes::from(answer.to_string()))
            })
        }));
    let client = aws_sdk_sfn::Client::new(&bench.local.sdk_config());
    let create = client
        .create_state_machine()
        .name("test")
        .definition(machine())
        .publish(true);
    let created = create
        .role_arn("arn:aws:iam::000000000000:role/test")
        .send()
        .await
        .expect("a machine");
    created.state_machine_version_arn.expect("a version")
}

async fn start(bench: &Bench, request: Value) -> Result<Value, String> {
    let function = Function::from_name("trigger").expect("a function");
    let started = handle(function, request, &bench.services).await;
    bench.local.settled().await;
    started.map_err(|error| error.code)
}

fn text(answer: &Value, name: &str) -> String {
    answer
        .get(name)
        .and_then(Value::as_str)
        .expect("text")
        .to_owned()
}

#[tokio::test]
async fn a_key_starts_one_run() {
    let bench = Bench::open().await;
    let machine = publish(&bench).await;
    let request = |key: Option<&str>| json!({ "machine": machine, "input": { "name": "Ada" }, "mocks": { "ask": "yes" }, "idempotencyKey": key });
    let first = start(&bench, request(Some("a"))).await.expect("it starts");
    let second = start(&bench, request(Some("a")))
        .await
        .expect("it is there");
    let third = start(&bench, request(Some("b"))).await.expect("it starts");
    let fourth = start(&bench, request(None)).await.expect("it starts");
    let statuses: Vec<_> = [&first, &second, &third, &fourth]
        .map(|answer| text(answer, "status"))
        .into();
    assert_eq!(statuses, ["started", "duplicate", "started", "started"]);
    assert_eq!(
        (first.get("run"), first.get("execution")),
        (second.get("run"), second.get("execution"))
    );
    let runs = bench.store().runs(ORG, 9).await.expect("runs");
    let statuses: Vec<_> = runs
        .iter()
        .map(|run| json!([run.status, run.input]))
        .collect();
    assert_eq!(
        json!(statuses),
        json!(vec![json!(["completed", { "name": "Ada" }]); 3])
    );
    let ids = [&first, &third, &fourth].map(|answer| text(answer, "run"));
    assert!(ids.iter().all(|id| runs.iter().any(|run| run.run == *id)));
}

#[tokio::test]
async fn a_run_whose_start_was_cut_in_two_starts_when_it_is_asked_for_again() {
    let is_cut = Arc::new(AtomicBool::new(true));
    let cut = Arc::clone(&is_cut);
    let faults = Faults::new(move |call| {
        let is_start = call.operation == "StartExecution" && cut.load(Ordering::SeqCst);
        is_start.then_some(Fault::Unreachable)
    });
    let bench = Bench::with(faults).await;
    let machine = publish(&bench).await;
    let request = json!({ "machine": machine, "input": { "name": "Ada" }, "mocks": { "ask": 1 }, "idempotencyKey": "a" });
    assert_eq!(
        start(&bench, request.clone()).await.expect_err("it is cut"),
        "TOOL_ERROR"
    );
    is_cut.store(false, Ordering::SeqCst);
    let answer = start(&bench, request).await.expect("it starts");
    assert_eq!(text(&answer, "status"), "duplicate");
    let run = bench
        .store()
        .run(ORG, &text(&answer, "run"))
        .await
        .expect("an answer")
        .expect("the run");
    assert_eq!(json!(run.status), json!("completed"));
    assert_eq!(bench.store().output(&run).await.expect("it"), json!(1));
}

#[tokio::test]
async fn a_failed_run_is_resumed_without_doing_anything_twice() {
    let bench = Bench::open().await;
    let machine = publish(&bench).await;
    let mock = json!({ "attempts": [{ "error": { "code": "AGENT_ERROR", "message": "no" } }, { "output": 2 }] });
    let request =
        json!({ "machine": machine, "input": { "name": "Ada" }, "mocks": { "ask": mock } });
    let id = text(&start(&bench, request).await.expect("it starts"), "run");
    let failed = bench
        .store()
        .run(ORG, &id)
        .await
        .expect("an answer")
        .expect("the run");
    assert_eq!(
        json!(failed.error),
        json!({ "step": "ask", "code": "AGENT_ERROR", "message": "no" })
    );
    let before = bench.store().records(ORG, &id).await.expect("records");

    let again = resume(&bench.services, ORG, &id).await.expect("it goes on");
    bench.local.settled().await;
    assert!(
        again.execution.ends_with(&format!("{id}.1")),
        "{}",
        again.execution
    );
    let run = bench
        .store()
        .run(ORG, &id)
        .await
        .expect("an answer")
        .expect("the run");
    // A new execution begins its own count of attempts, so that the mock says no again.
    assert_eq!((json!(run.status), run.generation), (json!("failed"), 1));
    let records = bench.store().records(ORG, &id).await.expect("records");
    assert_eq!(records.len(), 3);
    assert_eq!(
        records.get(..2),
        before.get(..2),
        "what was complete is as it was"
    );
    let made = bench.store().collection(ORG, "customers");
    assert_eq!(made.await.expect("records").len(), 1);
}

#[tokio::test]
async fn what_cannot_start_or_resume_is_refused() {
    let bench = Bench::open().await;
    let machine = publish(&bench).await;
    let missing = machine.replace(":test:", ":other:");
    let rows = [
        (
            json!({ "machine": machine, "input": {} }),
            "VALIDATION_ERROR",
        ),
        (
            json!({ "machine": machine, "inputs": {} }),
            "VALIDATION_ERROR",
        ),
        (
            json!({ "machine": missing, "input": { "name": "Ada" } }),
            "TOOL_ERROR",
        ),
        (
            json!({ "machine": machine, "input": { "name": "Ada" }, "org": "a#b" }),
            "VALIDATION_ERROR",
        ),
        (json!({}), "VALIDATION_ERROR"),
        (json!("start"), "VALIDATION_ERROR"),
    ];
    for (request, code) in rows {
        assert_eq!(
            start(&bench, request.clone()).await.expect_err("an error"),
            code,
            "{request}"
        );
    }
    assert!(bench.store().runs(ORG, 9).await.expect("runs").is_empty());
    let request = json!({ "machine": machine, "input": { "name": "Ada" }, "mocks": { "ask": 1 } });
    let id = text(&start(&bench, request).await.expect("it starts"), "run");
    for id in [id.as_str(), "nobody"] {
        let error = resume(&bench.services, ORG, id)
            .await
            .expect_err("an error");
        assert_eq!(error.code, "VALIDATION_ERROR", "{id}");
    }
}
