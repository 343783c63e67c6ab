//! A visit is done once: what its record says stands.

use pawl_contract::{At, Caught};
use serde_json::{Value, json};

use crate::bench::{Bench, action};

fn customer(parameters: Value) -> Value {
    action(
        "make",
        json!({ "type": "customer", "operation": "create", "parameters": parameters }),
    )
}

fn caught(error: &str) -> Caught {
    Caught {
        step: "make".to_owned(),
        at: At::first(),
        error: error.to_owned(),
    }
}

fn log(then: &str) -> Value {
    json!({
        "step": "log", "kind": "transform", "then": { "success": { "state": then } },
        "config": { "type": "set_variables", "parameters": { "why": "{{steps.make.error.code}}" } },
        "reads": { "steps": [{ "slug": "make" }] },
    })
}

#[tokio::test]
async fn mocks_answer_by_visit_and_attempt() {
    let bench = Bench::open().await;
    let flaky =
        json!({ "attempts": [{ "error": { "code": "RATE_LIMIT" } }, { "output": "second" }] });
    let first = bench
        .begin(json!({}), json!({ "make": ["first", flaky] }))
        .await;
    let plan = customer(json!({}));
    let second = bench.task(&plan, &first).await.expect("the first visit");
    let error = bench
        .task(&plan, &second)
        .await
        .expect_err("the second visit fails once");
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("RATE_LIMIT", "RATE_LIMIT at 000002")
    );
    assert_eq!(
        bench.lines().await.last().expect("a record"),
        "000002 make failed - RATE_LIMIT"
    );
    bench
        .attempt(&plan, &second, 1)
        .await
        .expect("then it completes");
    let records = bench.records().await;
    let seen: Vec<_> = records
        .iter()
        .map(|record| json!([record.output, record.visit, record.attempts]))
        .collect();
    assert_eq!(json!(seen), json!([["first", 1, 1], ["second", 2, 2]]));
    assert!(records.iter().all(|record| record.mocked));
}

#[tokio::test]
async fn a_caught_failure_is_settled_by_what_it_leads_to() {
    let rows = [
        // The step recorded its failure.
        (
            json!({ "error": { "code": "TOOL_ERROR" } }),
            true,
            "TOOL_ERROR",
            "TOOL_ERROR",
        ),
        // Its Lambda ended before it could.
        (json!("never"), false, "Sandbox.Timedout", "TIMEOUT"),
        (
            json!("never"),
            false,
            "Lambda.TooManyRequestsException",
            "Lambda.TooManyRequestsException",
        ),
    ];
    for (mock, is_invoked, error, expected) in rows {
        let bench = Bench::open().await;
        let mut position = bench.begin(json!({}), json!({ "make": mock })).await;
        let plan = customer(json!({}));
        if is_invoked {
            bench.task(&plan, &position).await.expect_err("it fails");
        }
        let failed = position.clone();
        position.at = position.at.next().expect("a place");
        position.caught = Some(caught(error));
        let next = bench
            .task(&log("next"), &position)
            .await
            .expect("a position");
        assert_eq!(next.caught, None);
        let lines = [
            format!("000001 make failed error {expected}"),
            "000002 log completed success".to_owned(),
        ];
        assert_eq!(bench.lines().await, lines);
        assert_eq!(bench.output("000002").await, json!({ "why": expected }));
        // A late attempt, or a resumed run, cannot change what the machine has gone on from.
        assert_eq!(bench.code(&plan, &failed).await, expected);
        assert_eq!(bench.lines().await, lines);
        // And the handler answers the same again.
        assert_eq!(
            bench
                .task(&log("next"), &position)
                .await
                .expect("the record answers"),
            next
        );
    }
}

#[tokio::test]
async fn a_completed_step_that_was_caught_fails_the_run_as_lost() {
    let bench = Bench::open().await;
    let mut position = bench.begin(json!({}), json!({})).await;
    let next = bench
        .task(&customer(json!({})), &position)
        .await
        .expect("it completes");
    position.at = next.at;
    position.caught = Some(caught("States.Timeout"));
    assert_eq!(bench.code(&log("next"), &position).await, "STOP");
    let run = bench.run().await;
    assert_eq!(
        run.error.map(|error| error.code).as_deref(),
        Some("OUTCOME_LOST")
    );
    assert_eq!(bench.lines().await, ["000001 make completed success"]);
}

#[tokio::test]
async fn a_closed_run_stops_its_tasks_and_a_missing_one_too() {
    let bench = Bench::open().await;
    let position = bench.begin(json!({}), json!({})).await;
    let mut ending = customer(json!({}));
    ending
        .as_object_mut()
        .expect("a plan")
        .insert("then".to_owned(), json!({ "success": { "end": "end" } }));
    let last = bench.task(&ending, &position).await.expect("it ends");
    assert_eq!(json!(bench.run().await.status), json!("completed"));
    assert_eq!(bench.code(&customer(json!({})), &last).await, "STOP");
    // The visit that closed the run still answers.
    assert_eq!(
        bench
            .task(&ending, &position)
            .await
            .expect("the record answers"),
        last
    );
    let elsewhere = pawl_contract::Position {
        run: "run-2".to_owned(),
        ..position
    };
    assert_eq!(bench.code(&customer(json!({})), &elsewhere).await, "STOP");
}
