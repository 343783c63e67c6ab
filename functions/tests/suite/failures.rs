//! How steps fail, and where the run goes from there.

use pawl_contract::{At, Caught, Position};
use serde_json::{Value, json};

use crate::bench::{Bench, ORG, RUN, action};

/// A condition that fails unless the variable `ok` is set.
fn ask(then: Value) -> Value {
    json!({ "step": "ask", "kind": "condition", "config": { "expression": "variables.ok == 1" }, "choice": true,
        "then": then })
}

/// An action with a condition that rides along.
fn make(then: Value) -> Value {
    let mut plan = action("make", json!({ "type": "customer", "operation": "create" }));
    let plan_then = json!({ "success": { "step": ask(then) } });
    plan.as_object_mut()
        .expect("a plan")
        .insert("then".to_owned(), plan_then);
    plan.as_object_mut()
        .expect("a plan")
        .insert("reads".to_owned(), json!({ "variables": ["ok"] }));
    plan
}

#[tokio::test]
async fn a_failing_pure_step_takes_its_error_port() {
    let bench = Bench::open().await;
    let position = bench.begin(json!({}), json!({})).await;
    let plan = make(json!({ "true": { "state": "a" }, "error": { "state": "b" } }));
    let next = bench.task(&plan, &position).await.expect("a position");
    assert_eq!(json!(next.routes), json!({ "ask": "b" }));
    let lines = [
        "000001 make completed success",
        "000002 ask failed error VALIDATION_ERROR",
    ];
    assert_eq!(bench.lines().await, lines);
    assert_eq!(json!(bench.run().await.status), json!("running"));
}

#[tokio::test]
async fn a_failing_pure_step_without_an_error_port_ends_the_run() {
    let alone = {
        let mut plan = ask(json!({ "true": { "state": "a" } }));
        plan.as_object_mut()
            .expect("a plan")
            .insert("reads".to_owned(), json!({ "variables": ["ok"] }));
        plan
    };
    let rows = [
        (
            make(json!({ "true": { "state": "a" } })),
            vec!["000001 make completed success"],
            "000002",
        ),
        (alone, vec![], "000001"),
    ];
    for (plan, before, at) in rows {
        let bench = Bench::open().await;
        let position = bench.begin(json!({}), json!({})).await;
        assert_eq!(bench.code(&plan, &position).await, "STOP");
        let mut lines: Vec<String> = before.into_iter().map(str::to_owned).collect();
        lines.push(format!("{at} ask failed - VALIDATION_ERROR"));
        assert_eq!(bench.lines().await, lines);
        let run = bench.run().await;
        assert_eq!(json!(run.status), json!("failed"));
        let error = run.error.clone().expect("an error");
        assert_eq!(
            (error.step.as_deref(), error.code.as_str()),
            (Some("ask"), "VALIDATION_ERROR")
        );
        assert!(error.message.contains("ok"), "{}", error.message);

        // Once the cause is gone, a resumed run goes on from the record: nothing is made twice.
        let mut transaction = pawl_store::Transaction::new(ORG, RUN);
        transaction
            .variable(bench.store(), pawl_store::key::ROOT, "ok", &json!(1))
            .await
            .expect("a variable");
        transaction.commit(bench.store()).await.expect("a variable");
        let next = pawl_store::Run {
            status: pawl_store::RunStatus::Running,
            execution: "run-1.1".to_owned(),
            generation: 1,
            ..run.clone()
        };
        let mut transaction = pawl_store::Transaction::new(ORG, RUN);
        let reopened = transaction.reopen(bench.store(), &run, &next);
        reopened.expect("a run");
        let committed = transaction.commit(bench.store()).await;
        assert_eq!(committed.expect("an answer"), pawl_store::Committed::Done);
        let next = bench.task(&plan, &position).await.expect("a position");
        assert_eq!(json!(next.routes), json!({ "ask": "a" }));
        assert_eq!(
            bench.lines().await.last().expect("a record"),
            &format!("{at} ask completed true")
        );
        let made = bench.store().collection(ORG, "customers");
        assert_eq!(made.await.expect("records").len(), lines.len() - 1);
    }
}

fn own(step: &str) -> Value {
    json!({ "step": step, "kind": "trigger", "config": {}, "then": { "success": { "end": step } } })
}

#[tokio::test]
async fn the_tasks_end_and_fail_close_the_run_once() {
    let caught = Caught {
        step: "make".to_owned(),
        at: At::first(),
        error: "TOOL_ERROR".to_owned(),
    };
    let rows = [
        ("end", None, "completed", None),
        ("end", Some(caught.clone()), "completed", None),
        (
            "fail",
            Some(caught),
            "failed",
            Some(json!({ "step": "make", "code": "TOOL_ERROR", "message": "no" })),
        ),
    ];
    for (step, caught, status, error) in rows {
        let bench = Bench::open().await;
        let mock = json!({ "error": { "code": "TOOL_ERROR", "message": "no" } });
        let mut position = bench.begin(json!({}), json!({ "make": mock })).await;
        if caught.is_some() {
            assert_eq!(bench.code(&make(json!({})), &position).await, "TOOL_ERROR");
        }
        position = Position {
            at: position.at.next().expect("a place"),
            caught,
            ..position
        };
        let last = bench.task(&own(step), &position).await.expect("it closes");
        assert_eq!(
            bench
                .task(&own(step), &position)
                .await
                .expect("it has closed"),
            last
        );
        let run = bench.run().await;
        assert_eq!(json!(run.status), json!(status), "{step}");
        assert_eq!(run.error.map(|error| json!(error)), error, "{step}");
    }
}

#[tokio::test]
async fn a_run_whose_time_is_over_times_out() {
    let bench = Bench::open().await;
    let position = bench
        .begin_until(json!({}), json!({}), Some("2026-03-01T11:59:59.999Z"))
        .await;
    assert_eq!(bench.code(&make(json!({})), &position).await, "STOP");
    assert_eq!(bench.lines().await, ["000001 make failed - TIMEOUT"]);
    assert_eq!(json!(bench.run().await.status), json!("timeout"));
}

#[tokio::test]
async fn a_run_without_numbers_left_fails() {
    let bench = Bench::open().await;
    let first = bench.begin(json!({}), json!({})).await;
    let at = At::try_from("999999".to_owned()).expect("a place");
    let plan = action("make", json!({ "type": "customer", "operation": "create" }));
    assert_eq!(bench.code(&plan, &Position { at, ..first }).await, "STOP");
    let error = bench.run().await.error.expect("an error");
    assert!(error.message.contains("999999"), "{}", error.message);
}

#[tokio::test]
async fn what_is_no_payload_is_refused_and_never_panics() {
    let bench = Bench::open().await;
    let function = pawl_functions::Function::from_name("action").expect("a function");
    let plan = action("make", json!({})).to_string();
    let payloads = [
        json!(null),
        json!({}),
        json!({ "plan": "", "position": {} }),
        json!({ "plan": "{\"step\": 1}", "position": {} }),
        json!({ "plan": plan, "position": { "customerId": "c1" } }),
        json!({ "plan": plan, "position": { "org": "a", "run": "b", "machine": "c", "at": "x", "base": "000000" } }),
    ];
    for payload in payloads {
        let error = pawl_functions::handle(function, payload.clone(), &bench.services)
            .await
            .expect_err("an error");
        assert_eq!(error.code, "VALIDATION_ERROR", "{payload}");
    }
}
