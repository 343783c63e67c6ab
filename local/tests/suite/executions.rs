//! Executions through the SDK client of Step Functions: their course, their history and their names.

use std::collections::BTreeMap;

use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEventType};
use pawl_local::{Clock, Options};
use serde_json::{Value, json};

use crate::world::{machine, open, simulated, start_of_time, task, whole};

#[tokio::test]
async fn a_machine_runs_to_its_end_in_simulated_time() {
    let world = simulated().await;
    let version = world.create("whole", &whole()).await;
    let (status, output) = world.run(&version, "one", &json!({ "go": true })).await;
    assert_eq!(status, ExecutionStatus::Succeeded, "{output}");
    let output: Value = serde_json::from_str(&output).expect("output is JSON");
    assert_eq!(
        output,
        json!({ "payload": { "caught": "TOOL_ERROR", "calls": 3 }, "version": "7" })
    );
    // Two retries after 10 and 20 seconds, and the day.
    let passed = world.local.clock().now().duration_since(start_of_time());
    assert_eq!(passed.as_secs(), 86_400 + 30);

    let names: Vec<String> = {
        let seen = world.seen.lock().expect("nobody else holds it");
        seen.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(
        names,
        [
            "recorder", "flaky", "flaky", "flaky", "broken", "echo", "recorder"
        ]
    );

    let (status, error) = world.run(&version, "two", &json!({ "go": false })).await;
    assert_eq!(
        (status, error.as_str()),
        (ExecutionStatus::Failed, "REFUSED")
    );
}

#[tokio::test]
async fn an_input_is_shown_as_it_was_sent() {
    let world = simulated().await;
    let states =
        json!({ "first": { "Type": "Pass", "Output": "{% $states.input %}", "End": true } });
    let arn = world.create("plain", &machine(&states)).await;
    let sent = "{ \"b\" : 1,\n  \"a\": \"\\u00e9\" }";
    let started = world
        .client
        .start_execution()
        .state_machine_arn(arn)
        .input(sent);
    let started = started.send().await.expect("it starts");
    let execution = started.execution_arn();
    world.local.settled().await;
    let described = world.client.describe_execution().execution_arn(execution);
    let described = described.send().await.expect("it is there");
    assert_eq!(described.input(), Some(sent));
    assert_eq!(described.output(), Some("{\"b\":1,\"a\":\"é\"}"));
    let history = world.client.get_execution_history();
    let history = history.execution_arn(execution).send().await;
    let events = history.expect("it is there").events;
    let first = events.first().expect("an event");
    let details = first.execution_started_event_details();
    assert_eq!(details.and_then(|details| details.input()), Some(sent));
}

#[tokio::test]
async fn history_comes_in_pages_and_in_both_orders() {
    let world = simulated().await;
    let version = world.create("whole", &whole()).await;
    let mut events = world.local.events();
    let execution = world
        .start(&version, "one", &json!({ "go": true }))
        .await
        .expect("it starts");
    world.local.settled().await;

    let history = world
        .client
        .get_execution_history()
        .execution_arn(&execution)
        .max_results(7);
    let mut pages = history.into_paginator().send();
    let mut forth = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.expect("a page").events;
        assert!(page.len() <= 7);
        forth.extend(page);
    }
    let numbers: Vec<i64> = forth.iter().map(|event| event.id).collect();
    let count = i64::try_from(forth.len()).expect("few events");
    assert_eq!(numbers, (1..=count).collect::<Vec<_>>());
    let back = world
        .client
        .get_execution_history()
        .execution_arn(&execution)
        .reverse_order(true)
        .send()
        .await;
    let mut back = back.expect("all at once").events;
    back.reverse();
    assert_eq!(forth, back);

    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for event in &forth {
        *counts.entry(event.r#type.as_str()).or_default() += 1;
    }
    let expected = [
        ("ChoiceStateEntered", 1),
        ("ChoiceStateExited", 1),
        ("ExecutionStarted", 1),
        ("ExecutionSucceeded", 1),
        ("TaskFailed", 3),
        ("TaskScheduled", 5),
        ("TaskStarted", 5),
        ("TaskStateEntered", 3),
        ("TaskStateExited", 3),
        ("TaskSucceeded", 2),
        ("WaitStateEntered", 1),
        ("WaitStateExited", 1),
    ];
    assert_eq!(counts, expected.into());
    let failed = forth
        .iter()
        .find(|event| event.r#type == HistoryEventType::TaskFailed)
        .expect("one failed");
    let details = failed.task_failed_event_details().expect("its details");
    assert_eq!(details.error(), Some("RATE_LIMIT"));
    assert_eq!(
        details.cause(),
        Some(r#"{"errorType":"RATE_LIMIT","errorMessage":"call 1"}"#)
    );

    let mut heard = Vec::new();
    while let Ok((arn, event)) = events.try_recv() {
        assert_eq!(arn, execution);
        heard.push(i64::try_from(event.id).expect("a small number"));
    }
    assert_eq!(heard, numbers);

    let bare = world
        .client
        .get_execution_history()
        .execution_arn(&execution)
        .include_execution_data(false);
    let bare = bare.send().await.expect("without data").events;
    let entered = bare
        .iter()
        .filter_map(|event| event.state_entered_event_details());
    assert_eq!(
        entered.filter(|details| details.input().is_some()).count(),
        0
    );
}

#[tokio::test]
async fn a_name_starts_one_execution() {
    // By the machine's clock: in simulated time the hour would be over at once.
    let world = open(Options::default()).await;
    let waits = machine(&json!({ "first": { "Type": "Wait", "Seconds": 3600, "End": true } }));
    let version = world.create("waits", &waits).await;
    let input = json!({ "a": 1, "b": 2 });
    let first = world.start(&version, "one", &input).await;
    assert!(first.is_ok(), "{first:?}");
    let again = world
        .start(&version, "one", &json!({ "b": 2, "a": 1 }))
        .await;
    assert_eq!(again, first);
    let exists = Err(Some("ExecutionAlreadyExists".to_owned()));
    assert_eq!(
        world.start(&version, "one", &json!({ "a": 2 })).await,
        exists
    );

    let execution = first.expect("it runs");
    let stop = world
        .client
        .stop_execution()
        .execution_arn(&execution)
        .error("ENOUGH")
        .cause("of this");
    stop.send().await.expect("it is stopped");
    assert_eq!(
        world.outcome(&execution).await,
        (ExecutionStatus::Aborted, "ENOUGH".to_owned())
    );
    assert_eq!(world.start(&version, "one", &input).await, exists);
    world.local.settled().await;

    let rows = [
        ("whatever", "two", "InvalidArn"),
        (
            "arn:aws:states:us-east-1:000000000000:stateMachine:other",
            "two",
            "StateMachineDoesNotExist",
        ),
        (
            "arn:aws:states:us-east-1:000000000000:stateMachine:waits:9",
            "two",
            "StateMachineDoesNotExist",
        ),
        (version.as_str(), "no spaces", "InvalidName"),
    ];
    for (machine, name, code) in rows {
        assert_eq!(
            world.start(machine, name, &input).await,
            Err(Some(code.to_owned())),
            "{machine} {name}"
        );
    }
    let missing = world
        .client
        .describe_execution()
        .execution_arn(format!("{execution}-not"))
        .send()
        .await;
    assert_eq!(
        missing.expect_err("no such execution").code(),
        Some("ExecutionDoesNotExist")
    );
}

/// Two Tasks side by side, each failing until its last retry, after pauses that chance decides.
fn jittery() -> Value {
    let branch = |name: &str| {
        let retry = json!([{
            "ErrorEquals": ["States.ALL"], "IntervalSeconds": 100, "JitterStrategy": "FULL", "MaxAttempts": 4,
        }]);
        json!({ "StartAt": name, "States": { name: task("broken", &json!({ "Retry": retry, "End": true })) } })
    };
    machine(&json!({
        "first": { "Type": "Parallel", "Branches": [branch("a"), branch("b")], "End": true }
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_repeats_a_run_event_for_event() {
    let history = async |seed: u64| {
        let clock = Clock::simulated(start_of_time());
        let world = open(Options {
            clock,
            seed,
            ..Options::default()
        })
        .await;
        let version = world.create("jittery", &jittery()).await;
        let (status, error) = world.run(&version, "one", &json!({})).await;
        assert_eq!(
            (status, error.as_str()),
            (ExecutionStatus::Failed, "TOOL_ERROR")
        );
        let execution = "arn:aws:states:us-east-1:000000000000:execution:jittery:one";
        let history = world
            .client
            .get_execution_history()
            .execution_arn(execution);
        history.send().await.expect("its history").events
    };
    let seven = history(7).await;
    assert!(seven.len() > 30, "{}", seven.len());
    assert_eq!(seven, history(7).await);
    assert_ne!(seven, history(8).await);
}

#[tokio::test]
async fn a_wait_takes_its_time_by_the_real_clock() {
    let world = open(Options::default()).await;
    let later = "{% $fromMillis($toMillis($states.context.State.EnteredTime) + 40) %}";
    let waits = machine(&json!({ "first": { "Type": "Wait", "Timestamp": later, "End": true } }));
    let version = world.create("waits", &waits).await;
    let began = std::time::Instant::now();
    let (status, _) = world.run(&version, "one", &json!({})).await;
    assert_eq!(status, ExecutionStatus::Succeeded);
    assert!(began.elapsed() >= std::time::Duration::from_millis(40));
}

/// An expression that goes on until its limit, once a Task has said that it comes to it.
fn thinks_for_ever() -> Value {
    let forever = "{% ($more := function($n){ $more($n + 1) }; $more(0)) %}";
    let first = json!({ "Type": "Pass", "Next": "told" });
    let told = task("echo", &json!({ "Output": forever, "End": true }));
    machine(&json!({ "first": first, "told": told }))
}

#[tokio::test]
async fn an_execution_that_thinks_for_seconds_keeps_nobody_waiting() {
    let world = open(Options::default()).await;
    let slow = world.create("slow", &thinks_for_ever()).await;
    let quick = machine(&json!({ "first": task("echo", &json!({ "End": true })) }));
    let quick = world.create("quick", &quick).await;
    let mut events = world.local.events();
    let mut thinking = BTreeMap::new();
    for name in ["one", "two", "three"] {
        let execution = world.start(&slow, name, &json!({})).await;
        thinking.insert(execution.expect("it starts"), 0);
    }
    // Each of them is told of its Task next, and thinks then.
    while thinking.values().any(|scheduled| *scheduled == 0) {
        let (execution, event) = events.recv().await.expect("the AWS is open");
        if serde_json::to_value(&event).expect("it is JSON")["type"] == "TaskStarted" {
            *thinking.get_mut(&execution).expect("one of them") += 1;
        }
    }
    let mut running = BTreeMap::new();
    for number in 0..50 {
        let (name, input) = (format!("quick-{number}"), json!({ "n": number }));
        let started = world.start(&quick, &name, &input).await;
        running.insert(started.expect("it starts"), number);
    }
    while !running.is_empty() {
        let (execution, event) = events.recv().await.expect("the AWS is open");
        if serde_json::to_value(&event).expect("it is JSON")["type"] == "ExecutionSucceeded" {
            running.remove(&execution);
        }
    }
    for execution in thinking.keys() {
        assert_eq!(world.outcome(execution).await.0, ExecutionStatus::Running);
    }
    world.local.settled().await;
    for execution in thinking.keys() {
        let expected = (
            ExecutionStatus::Failed,
            "States.QueryEvaluationError".to_owned(),
        );
        assert_eq!(world.outcome(execution).await, expected);
    }
}
