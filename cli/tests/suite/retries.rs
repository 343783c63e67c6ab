//! What a retry policy makes of failures: how many attempts, and how much time, by the simulated clock.

use std::collections::BTreeMap;

use pawl::laptop::ORG;
use pawl_compiler::Level;
use pawl_contract::Mock;
use serde_json::{Value, json};

use crate::stage::Stage;

/// A policy, the codes with which the attempts fail one after the other, and what comes of it: attempts, the seconds
/// that the run takes, and whether it completes.
type Row = (
    Value,
    &'static [&'static str],
    u64,
    std::ops::RangeInclusive<i64>,
    bool,
);

fn exactly(seconds: i64) -> std::ops::RangeInclusive<i64> {
    seconds..=seconds
}

const TOOL: &str = "TOOL_ERROR";
const RATE: &str = "RATE_LIMIT";

/// How often, and after which waits.
fn growing() -> Vec<Row> {
    vec![
        (json!({}), &[TOOL, TOOL, TOOL], 4, exactly(1 + 2 + 4), true),
        (
            json!({ "maxRetries": 2 }),
            &[TOOL, TOOL, TOOL],
            3,
            exactly(1 + 2),
            false,
        ),
        (json!({ "maxRetries": 0 }), &[TOOL], 1, exactly(0), false),
        (
            json!({ "backoffRate": 1, "backoffMs": 5000 }),
            &[TOOL, TOOL, TOOL],
            4,
            exactly(15),
            true,
        ),
        (
            json!({ "backoffRate": 3.0, "maxBackoffMs": 5000 }),
            &[TOOL, TOOL, TOOL],
            4,
            exactly(1 + 3 + 5),
            true,
        ),
        (
            json!({ "maxBackoffMs": 1500, "backoffMs": 1200 }),
            &[TOOL, TOOL],
            3,
            exactly(2 + 2),
            true,
        ),
        (
            json!({ "jitter": true, "backoffMs": 60_000 }),
            &[TOOL, TOOL, TOOL],
            4,
            1..=419,
            true,
        ),
        (
            json!({ "jitter": "none", "backoffMs": 60_000 }),
            &[TOOL],
            2,
            exactly(60),
            true,
        ),
    ]
}

/// Which failures.
fn chosen() -> Vec<Row> {
    vec![
        (
            json!({ "on": [RATE] }),
            &[RATE, TOOL, RATE],
            2,
            exactly(1),
            false,
        ),
        (
            json!({ "on": [RATE, TOOL] }),
            &[RATE, TOOL, RATE],
            4,
            exactly(7),
            true,
        ),
        (
            json!({ "except": [TOOL] }),
            &[RATE, RATE, TOOL],
            3,
            exactly(3),
            false,
        ),
        (
            json!({ "on": [RATE, TOOL], "except": [TOOL] }),
            &[TOOL],
            1,
            exactly(0),
            false,
        ),
        (
            json!({ "on": ["OUT_OF_PAPER"] }),
            &["OUT_OF_PAPER"],
            2,
            exactly(1),
            true,
        ),
        (
            json!({ "on": ["TIMEOUT"] }),
            &["TIMEOUT", TOOL],
            2,
            exactly(1),
            false,
        ),
        (
            json!({ "on": ["TIMEOUT"] }),
            &["States.Timeout", "Runtime.ExitError"],
            3,
            exactly(3),
            true,
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_says_what_is_tried_again_and_when() {
    for (policy, codes, attempts, seconds, completes) in growing().into_iter().chain(chosen()) {
        for place in ["step", "workflow"] {
            let what = format!("{policy} of the {place}");
            let (made, took, status) = Box::pin(run(&policy, place, codes)).await;
            assert_eq!(made, attempts, "{what}");
            assert!(seconds.contains(&took), "{what}: {took} s");
            assert_eq!(status == "completed", completes, "{what}");
        }
    }
}

/// How many attempts a step made under a policy, the seconds that its run took, and how that ended.
async fn run(policy: &Value, place: &str, codes: &[&str]) -> (u64, i64, &'static str) {
    let mut step = json!({ "type": "customer_get", "parameters": { "customerId": "c1" } });
    let mut config = json!({});
    let owner = if place == "step" {
        &mut step
    } else {
        &mut config
    };
    if let Some(owner) = owner.as_object_mut() {
        owner.insert("retryPolicy".to_owned(), policy.clone());
    }
    let workflow = json!({ "name": "Retries", "config": config, "steps": [
        { "stepSlug": "look_up", "stepType": "action", "config": step }
    ] });
    let stage = Stage::set(&workflow, Level::O1, |_| {}).await;
    let failures = codes
        .iter()
        .map(|name| json!({ "error": { "code": name } }));
    let attempts: Vec<Value> = failures.chain([json!({ "output": {} })]).collect();
    let mock: Mock = serde_json::from_value(json!({ "attempts": attempts })).expect("a mock");
    let mocks = BTreeMap::from([("look_up".to_owned(), mock)]);
    let started = stage
        .laptop
        .start(stage.machine.clone(), json!({}), mocks, None);
    let started = started.await.expect("a run");
    let report = stage.report(&started).await;
    let visit = report.steps.iter().find(|visit| visit.step == "look_up");
    let store = stage.laptop.services.store();
    let run = store.run(ORG, &started.run).await.expect("an answer");
    let run = run.expect("the run");
    let moment = |text: &str| text.parse::<jiff::Timestamp>().expect("a moment");
    let end = run.completed_at.as_deref().expect("a run that is over");
    let took = moment(end).as_second() - moment(&run.started_at).as_second();
    (visit.expect("a visit").attempts, took, report.status.name())
}
