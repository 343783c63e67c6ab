//! What Step Functions shows of executions, and of what they wait for.

use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::{
    ExecutionRedriveFilter, ExecutionRedriveStatus, ExecutionStatus, IncludedData,
    StateMachineType, SyncExecutionStatus,
};
use serde_json::{Value, json};

use super::{number, whole};
use crate::world::{machine, simulated, task};

#[tokio::test]
async fn an_express_machine_answers_at_once_or_not_at_all() {
    let world = simulated().await;
    let create = async |name: &str, definition: &Value| {
        let create = world
            .client
            .create_state_machine()
            .name(name)
            .role_arn("arn:aws:iam::000000000000:role/r");
        let create = create
            .definition(definition.to_string())
            .r#type(StateMachineType::Express);
        create.send().await.expect("it is made").state_machine_arn
    };
    let waits = machine(&json!({
        "first": { "Type": "Wait", "Seconds": 7, "Next": "last" },
        "last": { "Type": "Pass", "Output": { "got": "{% $states.input %}" }, "End": true },
    }));
    let lasts = machine(&json!({ "first": { "Type": "Wait", "Seconds": 301, "End": true } }));
    let fails = machine(&json!({ "first": { "Type": "Fail", "Error": "E", "Cause": "C" } }));
    let arn = create("quick", &waits).await;
    let sync = async |machine: &str, included: IncludedData| {
        let sync = world
            .client
            .start_sync_execution()
            .state_machine_arn(machine);
        let sync = sync.name("run").input("{\"a\":1}").included_data(included);
        sync.send().await.expect("it ends")
    };
    let ended = sync(&arn, IncludedData::AllData).await;
    assert_eq!(ended.status, SyncExecutionStatus::Succeeded);
    assert_eq!(ended.output.as_deref(), Some("{\"got\":{\"a\":1}}"));
    assert!(
        ended.execution_arn.contains(":express:quick:run:"),
        "{}",
        ended.execution_arn
    );
    let billed = ended.billing_details.expect("what it costs");
    assert_eq!(billed.billed_duration_in_milliseconds, 7000);
    let bare = sync(&arn, IncludedData::MetadataOnly).await;
    assert_eq!((bare.output, bare.input), (None, None));
    let failed = sync(&create("fails", &fails).await, IncludedData::AllData).await;
    assert_eq!(
        (
            failed.status,
            failed.error.as_deref(),
            failed.cause.as_deref()
        ),
        (SyncExecutionStatus::Failed, Some("E"), Some("C"))
    );
    let late = sync(&create("lasts", &lasts).await, IncludedData::AllData).await;
    assert_eq!(late.status, SyncExecutionStatus::TimedOut);

    // A name may come twice.
    let one = world
        .start(&arn, "run", &json!({}))
        .await
        .expect("it starts");
    let two = world
        .start(&arn, "run", &json!({ "b": 1 }))
        .await
        .expect("it starts");
    assert_ne!(one, two);
    let described = world
        .client
        .describe_execution()
        .execution_arn(one)
        .send()
        .await;
    assert_eq!(
        described.expect_err("not of these").code(),
        Some("InvalidArn")
    );
    let listed = world
        .client
        .list_executions()
        .state_machine_arn(arn)
        .send()
        .await;
    assert_eq!(
        listed.expect_err("not of these").code(),
        Some("StateMachineTypeNotSupported")
    );
}

#[tokio::test]
async fn an_execution_shows_what_became_of_it() {
    let world = simulated().await;
    let fails = machine(&json!({ "first": { "Type": "Fail", "Error": "E", "Cause": "C" } }));
    let version = world.create("fails", &fails).await;
    let start = world
        .client
        .start_execution()
        .state_machine_arn(&version)
        .name("one");
    let start = start
        .input("{\"secret\":1}")
        .trace_header("Root=1")
        .send()
        .await;
    let execution = start.expect("it starts").execution_arn;
    world.local.settled().await;
    let describe = async |included: IncludedData| {
        let described = world.client.describe_execution().execution_arn(&execution);
        described
            .included_data(included)
            .send()
            .await
            .expect("it ran")
    };
    let shown = describe(IncludedData::AllData).await;
    assert_eq!(shown.input.as_deref(), Some("{\"secret\":1}"));
    assert_eq!(shown.trace_header.as_deref(), Some("Root=1"));
    assert_eq!(shown.error.as_deref(), Some("E"));
    assert_eq!(
        (shown.redrive_count, shown.redrive_status),
        (Some(0), Some(ExecutionRedriveStatus::Redrivable))
    );
    let bare = describe(IncludedData::MetadataOnly).await;
    assert_eq!((bare.input, bare.error, bare.cause), (None, None, None));
    assert_eq!(
        bare.input_details.map(|details| details.included),
        Some(false)
    );

    let (status, _) = world
        .run(&world.create("one", &number(1)).await, "two", &json!({}))
        .await;
    assert_eq!(status, ExecutionStatus::Succeeded);
    let described = world.client.describe_execution();
    let described =
        described.execution_arn("arn:aws:states:us-east-1:000000000000:execution:one:two");
    let described = described.send().await.expect("it ran");
    assert_eq!(
        (
            described.redrive_status,
            described.redrive_status_reason.as_deref()
        ),
        (
            Some(ExecutionRedriveStatus::NotRedrivable),
            Some("Execution is SUCCEEDED and cannot be redriven")
        )
    );
    let list = world
        .client
        .list_executions()
        .state_machine_arn(whole(&version));
    let redriven = list
        .redrive_filter(ExecutionRedriveFilter::Redriven)
        .send()
        .await;
    assert_eq!(redriven.expect("a list").executions.len(), 0);

    let machine = world.client.describe_state_machine_for_execution();
    let update = world
        .client
        .update_state_machine()
        .state_machine_arn(whole(&version));
    update
        .definition(number(9).to_string())
        .send()
        .await
        .expect("it is changed");
    let machine = machine
        .execution_arn(&execution)
        .send()
        .await
        .expect("what it ran");
    assert_eq!(machine.definition, fails.to_string());
    assert_eq!(machine.state_machine_arn, whole(&version));
}

#[tokio::test]
async fn history_has_pages_in_both_orders() {
    let world = simulated().await;
    let states: serde_json::Map<String, Value> = (0..10)
        .map(|state| {
            let name = if state == 0 {
                "first".to_owned()
            } else {
                format!("s{state}")
            };
            let next = format!("s{}", state + 1);
            let body = if state == 9 {
                json!({ "Type": "Pass", "End": true })
            } else {
                json!({ "Type": "Pass", "Next": next })
            };
            (name, body)
        })
        .collect();
    let version = world.create("long", &machine(&Value::Object(states))).await;
    let execution = world
        .start(&version, "one", &json!({}))
        .await
        .expect("it starts");
    world.local.settled().await;
    let expected: Vec<i64> = (1..=22).collect();
    for size in [0, 1, 7, 11, 22, 1000] {
        for reverse in [false, true] {
            let history = world
                .client
                .get_execution_history()
                .execution_arn(&execution);
            let history = history.max_results(size).reverse_order(reverse);
            let mut pages = history.into_paginator().items().send();
            let mut ids = Vec::new();
            while let Some(event) = pages.next().await {
                ids.push(event.expect("an event").id);
            }
            if reverse {
                ids.reverse();
            }
            assert_eq!(ids, expected, "{size} {reverse}");
        }
    }
}

#[tokio::test]
async fn an_execution_goes_on_from_where_it_failed() {
    let world = simulated().await;
    let flaky = machine(&json!({
        "first": task("echo", &json!({ "Next": "last" })),
        "last": task("flaky", &json!({ "End": true })),
    }));
    let version = world.create("flaky", &flaky).await;
    let (status, _) = world.run(&version, "one", &json!({})).await;
    assert_eq!(status, ExecutionStatus::Failed);
    let execution = whole(&version).replace(":stateMachine:", ":execution:") + ":one";
    let redrive = async |token: &str| {
        let redrive = world.client.redrive_execution().execution_arn(&execution);
        let redriven = redrive.client_token(token).send().await;
        world.local.settled().await;
        redriven.map_err(|error| {
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            (text(error.code()), text(error.message()))
        })
    };
    let first = redrive("a").await.expect("it goes on");
    let repeated = redrive("a").await.expect("it went on");
    assert_eq!(first.redrive_date, repeated.redrive_date);
    redrive("b").await.expect("it goes on");
    let refused = redrive("c").await.expect_err("it has ended well");
    let reason = "Execution is SUCCEEDED and cannot be redriven".to_owned();
    assert_eq!(refused, ("ExecutionNotRedrivable".to_owned(), reason));

    let described = world.client.describe_execution().execution_arn(&execution);
    let described = described.send().await.expect("it ran");
    assert_eq!(described.status, ExecutionStatus::Succeeded);
    assert_eq!(described.redrive_count, Some(2));
    assert!(described.redrive_date.is_some());
    let calls = |name: &str| {
        let seen = world.seen.lock().expect("nobody else holds it");
        seen.iter().filter(|(called, _)| called == name).count()
    };
    assert_eq!((calls("echo"), calls("flaky")), (1, 3));
}

#[tokio::test]
async fn a_map_run_shows_its_children() {
    let world = simulated().await;
    let map = machine(&json!({ "first": {
        "Type": "Map", "Label": "all", "Items": [1, 2, 3], "MaxConcurrency": 2, "End": true,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "item", "States": { "item": { "Type": "Pass", "End": true } },
        },
    } }));
    let version = world.create("maps", &map).await;
    let (status, output) = world.run(&version, "one", &json!({})).await;
    assert_eq!(
        (status, output.as_str()),
        (ExecutionStatus::Succeeded, "[1,2,3]")
    );
    let execution = whole(&version).replace(":stateMachine:", ":execution:") + ":one";
    let runs = world.client.list_map_runs().execution_arn(&execution);
    let runs = runs.send().await.expect("a list").map_runs;
    let [run] = runs.as_slice() else {
        panic!("{runs:?}");
    };
    assert_eq!(run.state_machine_arn, format!("{}/all", whole(&version)));
    let described = world
        .client
        .describe_map_run()
        .map_run_arn(&run.map_run_arn);
    let described = described.send().await.expect("it ran");
    assert_eq!(
        (described.status.as_str(), described.max_concurrency),
        ("SUCCEEDED", 2)
    );
    let counts = described.execution_counts.expect("counts");
    assert_eq!((counts.total, counts.succeeded, counts.failed), (3, 3, 0));

    let children = world.client.list_executions().map_run_arn(&run.map_run_arn);
    let children = children.send().await.expect("a list").executions;
    assert_eq!(children.len(), 3);
    for child in children {
        assert_eq!(child.map_run_arn.as_ref(), Some(&run.map_run_arn));
    }
    let update = world.client.update_map_run().map_run_arn(&run.map_run_arn);
    let update = update.max_concurrency(1).send().await;
    assert_eq!(
        update.expect_err("it has ended").code(),
        Some("ValidationException")
    );
}

#[tokio::test]
async fn a_worker_fetches_the_work_of_an_activity() {
    let world = simulated().await;
    let client = &world.client;
    let create = || client.create_activity().name("work").send();
    let arn = create().await.expect("it is made").activity_arn;
    assert_eq!(create().await.expect("it is there").activity_arn, arn);
    let fetch = || {
        client
            .get_activity_task()
            .activity_arn(&arn)
            .worker_name("w")
            .send()
    };
    assert_eq!(fetch().await.expect("nothing to do").task_token, None);

    let state = json!({ "Type": "Task", "Resource": arn, "Arguments": { "a": 1 }, "End": true });
    let version = world
        .create("works", &machine(&json!({ "first": state })))
        .await;
    let execution = world
        .start(&version, "one", &json!({}))
        .await
        .expect("it starts");
    world.local.settled().await;
    let fetched = fetch().await.expect("something to do");
    assert_eq!(fetched.input.as_deref(), Some("{\"a\":1}"));
    let token = fetched.task_token.expect("a token");
    let send = client
        .send_task_success()
        .task_token(&token)
        .output("\"done\"");
    send.send().await.expect("it waited for that");
    world.local.settled().await;
    let ended = (ExecutionStatus::Succeeded, "\"done\"".to_owned());
    assert_eq!(world.outcome(&execution).await, ended);
    let again = client.send_task_heartbeat().task_token(token).send().await;
    assert_eq!(again.expect_err("it is done").code(), Some("TaskTimedOut"));

    let listed = client
        .list_activities()
        .send()
        .await
        .expect("a list")
        .activities;
    assert_eq!(listed.len(), 1);
    let delete = client.delete_activity().activity_arn(&arn).send().await;
    delete.expect("it is deleted");
    let gone = fetch().await.expect_err("it is gone");
    assert_eq!(gone.code(), Some("ActivityDoesNotExist"));
}
