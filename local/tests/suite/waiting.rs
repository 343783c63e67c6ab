//! Requests that wait for something to happen, and what they wait for.

use std::time::Duration;

use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::{ExecutionStatus, StateMachineType, SyncExecutionStatus};
use pawl_local::{Local, Options};
use serde_json::{Value, json};

use crate::world::{World, machine, open, simulated, task};

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
async fn an_expression_that_took_too_long_takes_no_time_when_it_is_told_again() {
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
    let began = std::time::Instant::now();
    let stop = world.client.stop_execution().execution_arn(&execution);
    stop.send().await.expect("it is where it was");
    assert!(began.elapsed() < Duration::from_secs(4));
    assert_eq!(world.outcome(&execution).await.0, ExecutionStatus::Aborted);
}

#[tokio::test]
async fn a_full_disk_keeps_everybody_waiting_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = open_in(folder.path()).await;
    let waits = json!({
        "first": { "Type": "Wait", "Seconds": 1, "Next": "last" },
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
    // Its Wait is over, and what follows cannot be kept.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(world.outcome(&before).await.0, ExecutionStatus::Running);
    let seen = || world.seen.lock().expect("nobody else holds it").clone();
    assert!(seen().iter().all(|(name, _)| name != "echo"));

    world.local.leave_room(None).expect("it has none");
    let again = async |name: &str| {
        // It may have ended by now, and then its name is taken.
        while world.start(&waits, name, &large).await == unavailable {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
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
