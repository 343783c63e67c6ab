//! Requests that wait for something to happen, and what they wait for.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::{
    ExecutionStatus, HistoryEvent, HistoryEventType, StateMachineType, SyncExecutionStatus,
};
use pawl_local::{Clock, Local, Options};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::world::{World, functions, machine, open, simulated, start_of_time, task};

/// More than there are threads that may wait.
const MANY: usize = 700;

impl World {
    async fn create_express(&self, name: &str, definition: &Value) -> String {
        let create = self.client.create_state_machine().name(name);
        let create = create
            .role_arn("arn:aws:iam::000000000000:role/r")
            .definition(definition.to_string())
            .r#type(StateMachineType::Express);
        create.send().await.expect("it is made").state_machine_arn
    }

    async fn activity(&self) -> (String, Value) {
        let created = self.client.create_activity().name("work").send().await;
        let arn = created.expect("it is made").activity_arn;
        let state = json!({ "Type": "Task", "Resource": arn, "End": true });
        (arn, machine(&json!({ "first": state })))
    }
}

#[tokio::test]
async fn more_workers_wait_than_there_are_threads() {
    let world = open(Options::default()).await;
    let (arn, works) = world.activity().await;
    let version = world.create("works", &works).await;
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..MANY {
        let (client, arn) = (world.client.clone(), arn.clone());
        workers.spawn(async move {
            let token = loop {
                let fetched = client.get_activity_task().activity_arn(&arn).send().await;
                if let Some(token) = fetched.expect("an answer").task_token {
                    break token;
                }
            };
            let done = client.send_task_success().task_token(&token);
            done.output("1").send().await.expect("it waited for that");
            token
        });
    }
    let mut executions = Vec::new();
    for number in 0..MANY {
        let started = world.start(&version, &number.to_string(), &json!({})).await;
        executions.push(started.expect("others are answered meanwhile"));
    }
    let mut tokens = workers.join_all().await;
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), MANY);
    world.local.settled().await;
    for execution in executions {
        let ended = (ExecutionStatus::Succeeded, "1".to_owned());
        assert_eq!(world.outcome(&execution).await, ended);
    }
}

#[tokio::test]
async fn a_worker_that_hangs_up_takes_no_task() {
    let world = open(Options::default()).await;
    let (arn, works) = world.activity().await;
    let version = world.create("works", &works).await;
    let fetch = || world.client.get_activity_task().activity_arn(&arn).send();
    for _ in 0..20 {
        let hangs_up = tokio::time::timeout(Duration::from_millis(5), fetch());
        assert!(hangs_up.await.is_err(), "there is no task yet");
    }
    let started = world.start(&version, "one", &json!({})).await;
    started.expect("it starts");
    let fetched = fetch().await.expect("an answer");
    assert!(fetched.task_token.is_some());
}

#[tokio::test]
async fn more_calls_wait_for_express_executions_than_there_are_threads() {
    let world = open(Options::default()).await;
    let waits = json!({ "Type": "Wait", "Seconds": 1, "End": true });
    let waits = world
        .create_express("waits", &machine(&json!({ "first": waits })))
        .await;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..MANY {
        let call = world.client.start_sync_execution();
        let call = call.state_machine_arn(&waits).input(number.to_string());
        calls.spawn(async move { (number, call.send().await.expect("it ends")) });
    }
    for (number, ended) in calls.join_all().await {
        assert_eq!(ended.status, SyncExecutionStatus::Succeeded);
        assert_eq!(ended.output, Some(number.to_string()));
    }
}

#[tokio::test]
async fn a_task_calls_an_express_machine_and_waits() {
    let world = simulated().await;
    let inner = json!({
        "first": { "Type": "Wait", "Seconds": 60, "Next": "last" },
        "last": task("echo", &json!({ "End": true })),
    });
    let inner = world.create_express("inner", &machine(&inner)).await;
    let fails = json!({ "first": { "Type": "Fail", "Error": "E", "Cause": "C" } });
    let fails = world.create_express("fails", &machine(&fails)).await;
    let lasts = json!({ "first": { "Type": "Wait", "Seconds": 301, "End": true } });
    let lasts = world.create_express("lasts", &machine(&lasts)).await;
    let standard = world
        .create(
            "standard",
            &machine(&json!({ "first": { "Type": "Succeed" } })),
        )
        .await;
    let wanted = "{% $merge([$sift($states.result, function($v, $k){ $k in ['Status', 'Output', 'Error', 'Cause'] })]) %}";
    let rows = [
        (
            &inner,
            Ok(json!({ "Status": "SUCCEEDED", "Output": "{\"a\":1}" })),
        ),
        (
            &fails,
            Ok(json!({ "Status": "FAILED", "Error": "E", "Cause": "C" })),
        ),
        (
            &lasts,
            Ok(json!({ "Status": "TIMED_OUT", "Error": "States.Timeout" })),
        ),
        (&standard, Err("Sfn.StateMachineTypeNotSupportedException")),
    ];
    for (number, (called, expected)) in rows.into_iter().enumerate() {
        let calls = json!({
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sfn:startSyncExecution",
            "Arguments": { "StateMachineArn": called, "Input": "{\"a\":1}" },
            "Output": wanted,
            "End": true,
        });
        let name = format!("calls-{number}");
        let calls = world
            .create(&name, &machine(&json!({ "first": calls })))
            .await;
        let (status, outcome) = world.run(&calls, "one", &json!({})).await;
        match expected {
            Ok(expected) => {
                assert_eq!(status, ExecutionStatus::Succeeded, "{outcome}");
                let outcome: Value = serde_json::from_str(&outcome).expect("it is JSON");
                assert_eq!(outcome, expected);
            }
            Err(error) => assert_eq!(outcome, error),
        }
    }
}

#[tokio::test]
async fn an_express_execution_has_any_number_of_events_and_nobody_hears_of_it() {
    let world = simulated().await;
    let counts = json!({
        "first": { "Type": "Pass", "Assign": { "n": 0 }, "Next": "more" },
        "more": { "Type": "Pass", "Assign": { "n": "{% $n + 1 %}" }, "Next": "enough" },
        "enough": {
            "Type": "Choice",
            "Choices": [{ "Condition": "{% $n < 7000 %}", "Next": "more" }],
            "Default": "last",
        },
        "last": { "Type": "Pass", "Output": "{% $n %}", "End": true },
    });
    let counts = world.create_express("counts", &machine(&counts)).await;
    let call = world
        .client
        .start_sync_execution()
        .state_machine_arn(counts);
    let ended = call.send().await.expect("it ends");
    assert_eq!(ended.output.as_deref(), Some("7000"), "{ended:?}");
    world.local.settled().await;
    // The recorder hears what the default bus brings.
    assert_eq!(*world.seen.lock().expect("nobody else holds it"), []);
}

/// Where a test keeps its state.
async fn open_in(folder: &std::path::Path) -> World {
    open(Options {
        state: Some(folder.to_owned()),
        ..Options::default()
    })
    .await
}

async fn close(world: World) {
    let World { local, client, .. } = world;
    drop(client);
    Local::close(local).await;
}

#[tokio::test]
async fn an_expression_that_took_too_long_is_not_tried_when_it_is_told_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = open_in(folder.path()).await;
    let forever = "{% ($random(); $more := function($n){ $more($n + 1) }; $more(0)) %}";
    let slow = json!({
        "first": task("echo", &json!({
            "Output": forever,
            "Catch": [{ "ErrorEquals": ["States.QueryEvaluationError"], "Next": "chance" }],
            "End": true,
        })),
        "chance": { "Type": "Pass", "Output": "{% $random() %}", "Next": "rest" },
        "rest": { "Type": "Wait", "Seconds": 3600, "End": true },
    });
    let version = world.create("slow", &machine(&slow)).await;
    let mut events = world.local.events();
    let execution = world.start(&version, "one", &json!({})).await;
    let execution = execution.expect("it starts");
    loop {
        let (_, event) = events.recv().await.expect("the AWS is open");
        if serde_json::to_value(&event).expect("it is JSON")["type"] == "WaitStateEntered" {
            break;
        }
    }
    close(world).await;

    let world = open_in(folder.path()).await;
    let stop = world.client.stop_execution().execution_arn(&execution);
    stop.send().await.expect("it is where it was");
    let history = world.client.get_execution_history();
    let history = history.execution_arn(&execution).send().await;
    let history = history.expect("it has a history").events;
    let failed = |event: &&HistoryEvent| event.r#type == HistoryEventType::EvaluationFailed;
    assert_eq!(history.iter().filter(failed).count(), 1);
    assert_eq!(world.outcome(&execution).await.0, ExecutionStatus::Aborted);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_think_at_once_each_has_its_time() {
    let world = open(Options::default()).await;
    let thinks = json!({
        "first": { "Type": "Wait", "Seconds": 1, "Next": "think" },
        "think": { "Type": "Pass", "Output": "{% $sum([1..120000].($ * 2)) %}", "End": true },
    });
    let thinks = world.create("thinks", &machine(&thinks)).await;
    let mut executions = Vec::new();
    for number in 0..200 {
        let started = world.start(&thinks, &number.to_string(), &json!({})).await;
        executions.push(started.expect("it starts"));
    }
    world.local.settled().await;
    for execution in executions {
        let ended = (ExecutionStatus::Succeeded, "14400120000".to_owned());
        assert_eq!(world.outcome(&execution).await, ended);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_starts_of_a_name_begins_it_and_all_are_answered() {
    let world = Arc::new(open(Options::default()).await);
    let waits = json!({ "first": { "Type": "Wait", "Seconds": 3600, "End": true } });
    let waits = world.create("waits", &machine(&waits)).await;
    for round in 0..20 {
        let mut starts = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (world, waits) = (Arc::clone(&world), waits.clone());
            let name = round.to_string();
            starts.spawn(async move { world.start(&waits, &name, &json!({})).await });
        }
        let mut started = starts.join_all().await;
        started.dedup();
        assert!(matches!(&started[..], [Ok(_)]), "{started:?}");
    }
}

/// Waits until the disk has refused something; nothing is given to it for that.
async fn is_full(world: &World, version: &str, known: &str) {
    while world.start(version, known, &json!({})).await.is_ok() {}
}

/// Asks for the work of an activity until the disk takes things again.
async fn fetch(world: &World, activity: &str) -> Option<String> {
    loop {
        let fetch = world.client.get_activity_task().activity_arn(activity);
        match fetch.send().await {
            Ok(fetched) => return fetched.task_token,
            Err(error) => assert_eq!(error.code(), Some("ServiceUnavailable")),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_for_a_moment_takes_no_work_from_anybody() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = open(Options {
        state: Some(folder.path().to_owned()),
        clock: Clock::simulated(start_of_time()),
        ..Options::default()
    })
    .await;
    let (activity, _) = world.activity().await;
    let large = json!({ "Type": "Pass", "Output": "{% $pad('', 200000, 'x') %}", "Next": "last" });
    let child =
        json!({ "first": large, "last": task("echo", &json!({ "Output": 1, "End": true })) });
    let child = world.create("child", &machine(&child)).await;
    let parent = json!({
        "first": { "Type": "Task", "Resource": activity, "Next": "nested" },
        "nested": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Arguments": { "StateMachineArn": child },
            "Output": "{% $states.result.Output %}",
            "End": true,
        },
    });
    let version = world.create("parent", &machine(&parent)).await;
    let one = world.start(&version, "one", &json!({})).await;
    let one = one.expect("it starts");
    world.local.settled().await;

    let token = fetch(&world, &activity).await.expect("there is work");
    // There is room for the answer, and none for the execution that is started then.
    world.local.leave_room(Some(12)).expect("it has a limit");
    let done = world.client.send_task_success().task_token(token);
    done.output("{}").send().await.expect("there is room");
    is_full(&world, &version, "one").await;
    world.local.leave_room(None).expect("it has none");
    world.local.settled().await;
    let ended = (ExecutionStatus::Succeeded, "1".to_owned());
    assert_eq!(world.outcome(&one).await, ended);
    let seen = world.seen.lock().expect("nobody else holds it").clone();
    assert_eq!(seen.iter().filter(|(name, _)| name == "echo").count(), 1);

    let two = world.start(&version, "two", &json!({})).await;
    two.expect("it starts");
    world.local.settled().await;
    world.local.leave_room(Some(0)).expect("it has a limit");
    let large = json!("x".repeat(200_000));
    let refused = world.start(&version, "three", &large).await;
    assert_eq!(refused, Err(Some("ServiceUnavailable".to_owned())));
    let fetched = world.client.get_activity_task().activity_arn(&activity);
    let refused = fetched.send().await.expect_err("there is no room");
    assert_eq!(refused.code(), Some("ServiceUnavailable"));
    world.local.leave_room(None).expect("it has none");
    assert!(fetch(&world, &activity).await.is_some());
}

#[tokio::test]
async fn a_full_disk_keeps_everybody_waiting_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = open_in(folder.path()).await;
    let gate = Arc::new(Semaphore::new(0));
    let (others, shut) = (functions(&world.seen), Arc::clone(&gate));
    world.local.install(Arc::new(move |name, payload| {
        let (shut, is_gate) = (Arc::clone(&shut), name == "gate");
        let does = others(if is_gate { "recorder" } else { name }, payload);
        Box::pin(async move {
            if is_gate {
                shut.acquire().await.expect("it is not closed").forget();
            }
            does.await
        })
    }));
    let waits = json!({
        "first": task("gate", &json!({ "Output": "{% $states.input %}", "Next": "last" })),
        "last": task("echo", &json!({ "End": true })),
    });
    let waits = world.create("waits", &machine(&waits)).await;
    let large = json!({ "text": "x".repeat(100_000) });
    let before = world.start(&waits, "before", &large).await;
    let before = before.expect("there is room");

    world.local.leave_room(Some(0)).expect("it has a limit");
    let unavailable = Err(Some("ServiceUnavailable".to_owned()));
    for name in ["one", "two"] {
        assert_eq!(world.start(&waits, name, &large).await, unavailable);
    }
    let mut new = machine(&json!({ "first": { "Type": "Succeed" } }));
    new["Comment"] = large["text"].clone();
    let create = world.client.create_state_machine().name("new");
    let create = create.role_arn("arn:aws:iam::000000000000:role/r");
    let create = create.definition(new.to_string());
    let refused = create.clone().send().await.expect_err("there is no room");
    assert_eq!(refused.code(), Some("ServiceUnavailable"));
    // Its function ends, and what follows cannot be kept.
    gate.add_permits(3);
    assert_eq!(world.outcome(&before).await.0, ExecutionStatus::Running);
    let seen = || world.seen.lock().expect("nobody else holds it").clone();
    assert!(seen().iter().all(|(name, _)| name != "echo"));

    world.local.leave_room(None).expect("it has none");
    let again = async |name: &str| {
        // It may have ended by now, and then its name is taken.
        while world.start(&waits, name, &large).await == unavailable {}
        before.replace(":before", &format!(":{name}"))
    };
    let (one, two) = (again("one").await, again("two").await);
    create.send().await.expect("nothing of that name is there");
    world.local.settled().await;
    for execution in [&before, &one, &two] {
        let (status, output) = world.outcome(execution).await;
        assert_eq!(status, ExecutionStatus::Succeeded);
        assert_eq!(output, large.to_string());
    }
    close(world).await;
    let world = open_in(folder.path()).await;
    for execution in [&before, &one, &two] {
        assert_eq!(world.outcome(execution).await.0, ExecutionStatus::Succeeded);
    }
}

#[tokio::test]
async fn a_redrive_that_is_asked_for_again_after_a_restart_is_the_same_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = open_in(folder.path()).await;
    let fails = machine(&json!({ "first": { "Type": "Fail", "Error": "E" } }));
    let version = world.create("fails", &fails).await;
    let execution = world.start(&version, "one", &json!({})).await;
    let execution = execution.expect("it starts");
    world.local.settled().await;
    let redrive = async |world: &World, token: &str| {
        let redrive = world.client.redrive_execution().execution_arn(&execution);
        let redriven = redrive.client_token(token).send().await;
        let redriven = redriven.expect("it goes on").redrive_date;
        world.local.settled().await;
        redriven
    };
    let redrives = async |world: &World| {
        let describe = world.client.describe_execution().execution_arn(&execution);
        describe.send().await.expect("it exists").redrive_count
    };
    let first = redrive(&world, "a").await;
    assert_eq!(redrive(&world, "a").await, first);
    close(world).await;
    let world = open_in(folder.path()).await;
    assert_eq!(redrive(&world, "a").await, first);
    assert_eq!(redrives(&world).await, Some(1));
    assert_ne!(redrive(&world, "b").await, first);
    assert_eq!(redrives(&world).await, Some(2));
}
