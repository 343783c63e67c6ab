//! Runs that the table calls open while nothing executes them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use pawl::laptop::ORG;
use pawl_functions::{Function, Services, execution_arn, handle};
use pawl_local::{Fault, Faults, FunctionError};
use serde_json::{Value, json};

use super::Front;

/// A laptop on which nobody is told how executions end, as on AWS where an event is lost.
async fn deaf(faults: Faults) -> Front {
    let front = Front::open_as(|options| options.faults = faults).await;
    let services = front.laptop.services.clone();
    front
        .laptop
        .local
        .install(Arc::new(move |name: &str, payload: Bytes| {
            let (function, services) = (Function::from_name(name), services.clone());
            Box::pin(async move {
                let function = function.ok_or(FunctionError::Missing)?;
                if function == Function::Recorder {
                    return Ok(Bytes::from_static(b"null"));
                }
                let payload = serde_json::from_slice(&payload).expect("it is JSON");
                let answer = handle(function, payload, &services).await;
                let answer = answer.map_err(|error| FunctionError::Raised {
                    error_type: error.code,
                    message: error.message,
                })?;
                Ok(Bytes::from(answer.to_string()))
            })
        }));
    front
}

/// A switch, and faults that cut every start of an execution while it is on.
fn cut_starts() -> (Arc<AtomicBool>, Faults) {
    let is_cut = Arc::new(AtomicBool::new(false));
    let cut = Arc::clone(&is_cut);
    let faults = Faults::new(move |call| {
        let is_start = call.operation == "StartExecution" && cut.load(Ordering::SeqCst);
        is_start.then_some(Fault::Unreachable)
    });
    (is_cut, faults)
}

fn asking() -> Value {
    json!({ "name": "Ask", "steps": [
        { "stepSlug": "ask", "stepType": "approval", "config": { "message": "Go on?" }, "nextSteps": { "approved": "end" } },
    ] })
}

/// Stops the execution that speaks for a run, behind everybody's back.
async fn stop(front: &Front, path: &str) {
    let services = &front.laptop.services;
    let id = path.rsplit('/').next().expect("an id");
    let run = services.store().run(ORG, id).await.expect("an answer");
    let run = run.expect("a run");
    let arn = execution_arn(&run.machine, &run.execution);
    let stop = services.states().stop_execution().execution_arn(arn);
    stop.error("Operator")
        .cause("by hand")
        .send()
        .await
        .expect("it stops");
    front.settled().await;
}

async fn pass(front: &Front, minutes: u64) {
    let local = &front.laptop.local;
    let then = local.clock().now() + Duration::from_secs(minutes * 60);
    local.pass_until(then).await;
}

/// What the recorder says when it is asked as every hour.
async fn sweep(services: &Services) -> Value {
    let asked = json!({ "ask": "reconcile" });
    let swept = handle(Function::Recorder, asked, services).await;
    swept.expect("an answer")
}

fn describes(front: &Front) -> usize {
    let calls = front.laptop.local.calls();
    let asked = calls
        .iter()
        .filter(|call| call.operation == "DescribeExecution");
    asked.count()
}

#[tokio::test]
async fn whoever_reads_a_run_whose_execution_has_ended_finds_it_closed() {
    let front = deaf(Faults::none()).await;
    let id = front.publish(asking()).await;
    let path = front.run(&id, json!({})).await;
    stop(&front, &path).await;
    // Nobody asks about a run that has just begun.
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(run["status"], "waiting", "{run}");
    assert_eq!(describes(&front), 0);
    pass(&front, 2).await;
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(run["status"], "cancelled", "{run}");
    assert_eq!(run["error"]["code"], "Operator");
    assert_eq!(run["error"]["message"], "by hand");
    let waits = front.want(200, "GET", "/api/waits", Value::Null).await;
    assert_eq!(waits, json!([]));
    // It goes on as every run does that was stopped.
    let resume = format!("{path}/resume");
    front.want(202, "POST", &resume, Value::Null).await;
    front.settled().await;
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(
        (&run["status"], &run["resumed"]),
        (&json!("waiting"), &json!(1))
    );
}

#[tokio::test]
async fn a_run_that_goes_on_is_asked_about_now_and_then() {
    let front = deaf(Faults::none()).await;
    let id = front.publish(asking()).await;
    let path = front.run(&id, json!({})).await;
    for (minutes, expected) in [(0, 0), (2, 1), (0, 1), (0, 1), (1, 2)] {
        pass(&front, minutes).await;
        let run = front.want(200, "GET", &path, Value::Null).await;
        assert_eq!(
            (&run["status"], describes(&front)),
            (&json!("waiting"), expected)
        );
    }
}

#[tokio::test]
async fn every_hour_the_recorder_finds_what_nobody_reads() {
    let front = deaf(Faults::none()).await;
    let id = front.publish(asking()).await;
    let stopped = front.run(&id, json!({})).await;
    let waiting = front.run(&id, json!({})).await;
    stop(&front, &stopped).await;
    let services = &front.laptop.services;
    let rows = [
        (30, json!({ "looked": 0, "closed": 0 })),
        (31, json!({ "looked": 2, "closed": 1 })),
        // Who was seen to go on is looked at an hour later.
        (30, json!({ "looked": 0, "closed": 0 })),
        (31, json!({ "looked": 1, "closed": 0 })),
    ];
    for (minutes, expected) in rows {
        pass(&front, minutes).await;
        assert_eq!(sweep(services).await, expected);
    }
    for (path, expected) in [(&stopped, "cancelled"), (&waiting, "waiting")] {
        let run = front.want(200, "GET", path, Value::Null).await;
        assert_eq!(run["status"], expected, "{run}");
    }
    // A run that has ended is in no list.
    let listed = front.want(200, "GET", "/api/approvals", Value::Null).await;
    let approval = listed["items"][0]["id"].as_str().expect("an approval");
    let decide = format!("/api/approvals/{approval}");
    front
        .want(200, "POST", &decide, json!({ "decision": "approved" }))
        .await;
    front.settled().await;
    pass(&front, 120).await;
    assert_eq!(sweep(services).await, json!({ "looked": 0, "closed": 0 }));
}

#[tokio::test]
async fn a_run_whose_execution_never_began_is_found() {
    let (is_cut, faults) = cut_starts();
    let front = deaf(faults).await;
    let id = front.publish(asking()).await;
    is_cut.store(true, Ordering::SeqCst);
    let execute = format!("/api/workflows/{id}/execute");
    front.want(502, "POST", &execute, Value::Null).await;
    is_cut.store(false, Ordering::SeqCst);
    let listed = front.want(200, "GET", "/api/executions", Value::Null).await;
    let id = listed["items"][0]["id"].as_str().expect("a run");
    let path = format!("/api/executions/{id}");
    // Whoever starts it may still be about to.
    for (minutes, expected) in [(2, "running"), (4, "failed")] {
        pass(&front, minutes).await;
        let run = front.want(200, "GET", &path, Value::Null).await;
        assert_eq!(run["status"], expected, "{run}");
    }
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(run["error"]["code"], "NOT_STARTED", "{run}");
    let resume = format!("{path}/resume");
    front.want(202, "POST", &resume, Value::Null).await;
    front.settled().await;
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(run["status"], "waiting", "{run}");
}

#[tokio::test]
async fn a_run_that_could_not_be_resumed_can_be_resumed_again() {
    let (is_cut, faults) = cut_starts();
    let front = deaf(faults).await;
    let id = front.publish(asking()).await;
    let path = front.run(&id, json!({})).await;
    let (cancel, resume) = (format!("{path}/cancel"), format!("{path}/resume"));
    front.want(200, "POST", &cancel, Value::Null).await;
    is_cut.store(true, Ordering::SeqCst);
    front.want(502, "POST", &resume, Value::Null).await;
    is_cut.store(false, Ordering::SeqCst);
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(run["error"]["code"], "NOT_STARTED", "{run}");
    front.want(202, "POST", &resume, Value::Null).await;
    front.settled().await;
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(
        (&run["status"], &run["resumed"]),
        (&json!("waiting"), &json!(2))
    );
    // A run that goes on is not resumed.
    front.want(409, "POST", &resume, Value::Null).await;
}

/// Counts to nine in a cycle, and asks.
fn counting() -> Value {
    json!({ "name": "Count", "config": { "variables": { "n": 0 } }, "steps": [
        { "stepSlug": "count", "stepType": "action", "config": { "type": "set_variables", "parameters": { "n": "{{n + 1}}" } },
            "nextSteps": { "success": "is_enough" } },
        { "stepSlug": "is_enough", "stepType": "condition", "config": { "expression": "n >= 9" },
            "nextSteps": { "true": "ask", "false": "count" } },
        { "stepSlug": "ask", "stepType": "approval", "config": { "message": "Go on?" }, "nextSteps": { "approved": "end" } },
    ] })
}

#[tokio::test]
async fn an_execution_that_handed_over_speaks_for_no_run() {
    let front = deaf(Faults::none()).await;
    let options = pawl_compiler::Options {
        hand_over_after: Some(4),
        ..pawl_compiler::Options::default()
    };
    let text = counting().to_string();
    let compiled = pawl_compiler::compile(&text, pawl_compiler::Notation::Json, options);
    let machine = compiled.program.expect("a program").lowered.machine;
    let laptop = &front.laptop;
    let machine = laptop.publish("count", &machine).await.expect("a version");
    let started = laptop.start(machine, json!({}), BTreeMap::new(), None);
    let id = started.await.expect("a run").run;
    front.settled().await;
    let services = &laptop.services;
    let run = services.store().run(ORG, &id).await.expect("an answer");
    let run = run.expect("a run");
    assert_ne!(run.execution, id, "it handed over");
    let path = format!("/api/executions/{id}");
    pass(&front, 61).await;
    assert_eq!(sweep(services).await, json!({ "looked": 1, "closed": 0 }));
    let shown = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(shown["status"], "waiting", "{shown}");
    stop(&front, &path).await;
    pass(&front, 61).await;
    assert_eq!(sweep(services).await, json!({ "looked": 1, "closed": 1 }));
}
