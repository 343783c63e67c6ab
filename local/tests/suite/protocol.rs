//! What Step Functions shows of machines and executions.

use std::collections::BTreeMap;

use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::{
    ExecutionRedriveFilter, ExecutionRedriveStatus, ExecutionStatus, IncludedData,
    RoutingConfigurationListItem, StateMachineStatus, StateMachineType, SyncExecutionStatus, Tag,
    ValidateStateMachineDefinitionResultCode as Verdict,
    ValidateStateMachineDefinitionSeverity as Severity,
};
use pawl_local::Options;
use serde_json::{Value, json};

use crate::world::{World, machine, open, simulated, task};

fn number(output: u32) -> Value {
    machine(&json!({ "first": { "Type": "Pass", "Output": output, "End": true } }))
}

fn whole(version: &str) -> String {
    version.rsplit_once(':').expect("a version").0.to_owned()
}

/// A machine of this name with two versions, which put out 1 and 2.
async fn two_versions(world: &World, name: &str) -> [String; 3] {
    let first = world.create(name, &number(1)).await;
    let arn = whole(&first);
    let update = world.client.update_state_machine().state_machine_arn(&arn);
    let update = update.definition(number(2).to_string()).publish(true);
    let updated = update.send().await.expect("it is updated");
    let second = updated.state_machine_version_arn.expect("a version");
    [arn, first, second]
}

async fn lead(world: &World, alias: &str, routes: &[(&String, i32)]) -> Option<String> {
    let mut request = world.client.create_state_machine_alias().name(alias);
    for (version, weight) in routes {
        let route = RoutingConfigurationListItem::builder()
            .state_machine_version_arn(*version)
            .weight(*weight);
        request = request.routing_configuration(route.build().expect("a route"));
    }
    let created = request.send().await.ok()?;
    Some(created.state_machine_alias_arn)
}

#[tokio::test]
async fn a_machine_shows_what_it_was_given_and_changes_only_when_changed() {
    let world = simulated().await;
    let version = world.create("one", &number(1)).await;
    let arn = whole(&version);
    let describe = async || {
        let described = world
            .client
            .describe_state_machine()
            .state_machine_arn(&arn);
        described.send().await.expect("it is there")
    };
    let first = describe().await;
    assert_eq!(first.status, Some(StateMachineStatus::Active));
    assert_eq!(first.r#type, StateMachineType::Standard);
    assert_eq!(first.definition, number(1).to_string());
    assert_eq!(first.revision_id, None);
    let logging = first.logging_configuration.expect("how it logs");
    assert_eq!(logging.level.expect("a level").as_str(), "OFF");
    let encryption = first.encryption_configuration.expect("how it is kept");
    assert_eq!(encryption.r#type.as_str(), "AWS_OWNED_KEY");

    let update = |definition: &Value| {
        let update = world.client.update_state_machine().state_machine_arn(&arn);
        update.definition(definition.to_string()).send()
    };
    let unchanged = update(&number(1)).await.expect("nothing is wrong with it");
    assert_eq!(unchanged.revision_id, None);
    let changed = update(&number(2)).await.expect("it is changed");
    assert!(changed.revision_id.is_some());
    let again = update(&number(2)).await.expect("it is not changed");
    assert_eq!(again.revision_id, changed.revision_id);
    assert_eq!(describe().await.revision_id, changed.revision_id);

    let described = world
        .client
        .describe_state_machine()
        .state_machine_arn(&version);
    let described = described
        .included_data(IncludedData::MetadataOnly)
        .send()
        .await;
    let described = described.expect("the version is there");
    assert_eq!(
        (described.definition.as_str(), described.revision_id),
        ("{}", None)
    );
}

#[tokio::test]
async fn a_machine_names_the_variables_that_its_states_read() {
    let world = simulated().await;
    let reading = machine(&json!({
        "first": { "Type": "Pass", "Assign": { "a": 1 }, "Next": "last" },
        "last": { "Type": "Pass", "Output": "{% $a + $map([1], function($x) { $x })[0] %}", "End": true },
    }));
    let arn = whole(&world.create("one", &reading).await);
    let described = world.client.describe_state_machine().state_machine_arn(arn);
    let references = described
        .send()
        .await
        .expect("it is there")
        .variable_references;
    let references: BTreeMap<String, Vec<String>> = references.expect("some").into_iter().collect();
    assert_eq!(
        references,
        BTreeMap::from([("last".to_owned(), vec!["a".to_owned()])])
    );
}

#[tokio::test]
async fn numbers_of_versions_are_given_once() {
    let world = simulated().await;
    let [arn, _, second] = two_versions(&world, "one").await;
    let publish = || {
        let publish = world.client.publish_state_machine_version();
        publish.state_machine_arn(&arn).send()
    };
    let again = publish()
        .await
        .expect("it is there")
        .state_machine_version_arn;
    assert_eq!(again, second);
    let delete = world.client.delete_state_machine_version();
    let delete = delete.state_machine_version_arn(&second).send().await;
    delete.expect("nothing leads to it");
    let third = publish()
        .await
        .expect("it is new")
        .state_machine_version_arn;
    assert_eq!(third, format!("{arn}:3"));
}

#[tokio::test]
async fn an_alias_picks_by_weight_and_is_remembered() {
    let world = simulated().await;
    let [arn, first, second] = two_versions(&world, "one").await;
    let alias = lead(&world, "live", &[(&first, 80), (&second, 20)]).await;
    let alias = alias.expect("it is made");
    assert_eq!(alias, format!("{arn}:live"));
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for run in 0..200 {
        let (status, output) = world.run(&alias, &format!("run-{run}"), &json!({})).await;
        assert_eq!(status, ExecutionStatus::Succeeded);
        *counts.entry(output).or_default() += 1;
    }
    let ones = counts.get("1").copied().unwrap_or_default();
    assert!((130..190).contains(&ones), "{counts:?}");

    let execution = arn.replace(":stateMachine:", ":execution:") + ":run-0";
    let described = world.client.describe_execution().execution_arn(execution);
    let described = described.send().await.expect("it ran");
    assert_eq!(described.state_machine_alias_arn, Some(alias.clone()));
    assert_eq!(described.state_machine_arn, arn);
    assert!([Some(first.clone()), Some(second)].contains(&described.state_machine_version_arn));

    let list = world.client.list_executions().state_machine_arn(&alias);
    let mut pages = list.max_results(60).into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(execution) = pages.next().await {
        names.push(execution.expect("a page").name);
    }
    let expected: Vec<String> = (0..200).rev().map(|run| format!("run-{run}")).collect();
    assert_eq!(names, expected);

    let listed = world
        .client
        .list_state_machine_aliases()
        .state_machine_arn(&first);
    let listed = listed.send().await.expect("a list").state_machine_aliases;
    assert_eq!(listed.len(), 1);
}

#[tokio::test]
async fn a_page_begins_where_the_one_before_it_ended() {
    let world = simulated().await;
    for name in ["b", "d", "f"] {
        world.create(name, &number(1)).await;
    }
    let list = || world.client.list_state_machines().max_results(2);
    let first = list().send().await.expect("a page");
    let token = first.next_token.expect("there is more");
    // What comes and goes in between moves nothing.
    for name in ["a", "e"] {
        world.create(name, &number(1)).await;
    }
    let gone = first
        .state_machines
        .last()
        .expect("two")
        .state_machine_arn
        .clone();
    let delete = world.client.delete_state_machine().state_machine_arn(gone);
    delete.send().await.expect("it is deleted");
    let second = list().next_token(&token).send().await.expect("a page");
    let names: Vec<&str> = second
        .state_machines
        .iter()
        .map(|machine| machine.name.as_str())
        .collect();
    assert_eq!((names, second.next_token), (vec!["e", "f"], None));

    let other = world.client.list_state_machine_versions();
    let other = other.state_machine_arn("arn:aws:states:us-east-1:000000000000:stateMachine:b");
    let other = other.next_token(token).send().await;
    assert_eq!(
        other.expect_err("of another list").code(),
        Some("InvalidToken")
    );
}

#[tokio::test]
async fn a_machine_goes_when_its_last_execution_has_ended() {
    // By the machine's clock: in simulated time the hour would be over at once.
    let world = open(Options::default()).await;
    let waits = machine(&json!({ "first": { "Type": "Wait", "Seconds": 3600, "End": true } }));
    let arn = whole(&world.create("waits", &waits).await);
    let execution = world
        .start(&arn, "one", &json!({}))
        .await
        .expect("it starts");
    let delete = world.client.delete_state_machine().state_machine_arn(&arn);
    delete.send().await.expect("it is being deleted");
    let describe = || {
        world
            .client
            .describe_state_machine()
            .state_machine_arn(&arn)
            .send()
    };
    let status = describe().await.expect("it is still there").status;
    assert_eq!(status, Some(StateMachineStatus::Deleting));
    let refused = Err(Some("StateMachineDeleting".to_owned()));
    assert_eq!(world.start(&arn, "two", &json!({})).await, refused);
    let stop = world.client.stop_execution().execution_arn(execution);
    stop.send().await.expect("it is stopped");
    let gone = describe().await.expect_err("it is gone");
    assert_eq!(gone.code(), Some("StateMachineDoesNotExist"));
    world.create("waits", &number(1)).await;
}

#[tokio::test]
async fn tags_are_words_on_a_machine() {
    let world = simulated().await;
    let arn = whole(&world.create("one", &number(1)).await);
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let add = |tags: Vec<Tag>| {
        let add = world.client.tag_resource().resource_arn(&arn);
        add.set_tags(Some(tags)).send()
    };
    add(vec![tag("a", "1"), tag("b", "2")]).await.expect("tags");
    add(vec![tag("a", "3")]).await.expect("another value");
    let remove = world.client.untag_resource().resource_arn(&arn);
    remove
        .tag_keys("b")
        .tag_keys("none")
        .send()
        .await
        .expect("it is gone");
    let list = world.client.list_tags_for_resource().resource_arn(&arn);
    let tags = list.send().await.expect("tags").tags;
    assert_eq!(tags, Some(vec![tag("a", "3")]));
    let many = (0..50).map(|number| tag(&format!("t{number}"), ""));
    let refused = add(many.collect()).await.expect_err("51 of them");
    assert_eq!(refused.code(), Some("TooManyTags"));
}

#[tokio::test]
async fn a_definition_is_judged_without_a_machine() {
    let world = simulated().await;
    let misspelt =
        json!({ "StartAt": "a", "States": { "a": { "Type": "Pass", "Ends": 1, "Nxt": 2 } } });
    let static_path = json!({ "StartAt": "a", "States": { "a": { "Type": "Pass", "Result": "$.x", "End": true } } });
    let token = machine(&json!({ "first": task("f", &json!({
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
    })) }));
    let rows = [
        (
            number(1),
            StateMachineType::Express,
            0,
            Verdict::Ok,
            vec![],
            false,
        ),
        (
            misspelt.clone(),
            StateMachineType::Standard,
            0,
            Verdict::Fail,
            vec![
                "SCHEMA_VALIDATION_FAILED Field 'Ends' is not supported Some(\"/States/a\")",
                "SCHEMA_VALIDATION_FAILED Field 'Nxt' is not supported Some(\"/States/a\")",
                "SCHEMA_VALIDATION_FAILED This object should have only one of the following fields: [Next, End] Some(\"/States/a\")",
            ],
            false,
        ),
        (
            misspelt,
            StateMachineType::Standard,
            1,
            Verdict::Fail,
            vec!["SCHEMA_VALIDATION_FAILED Field 'Ends' is not supported Some(\"/States/a\")"],
            true,
        ),
        (
            token,
            StateMachineType::Express,
            0,
            Verdict::Fail,
            vec![
                "SCHEMA_VALIDATION_FAILED Express state machine does not support '.waitForTaskToken' service integration  Some(\"/States/first/Resource\")",
            ],
            false,
        ),
        (
            json!("text"),
            StateMachineType::Standard,
            0,
            Verdict::Fail,
            vec!["SCHEMA_VALIDATION_FAILED Definition must be a valid JSON object None"],
            false,
        ),
    ];
    for (definition, machine_type, most, verdict, said, truncated) in rows {
        let judged = world.client.validate_state_machine_definition();
        let judged = judged
            .definition(definition.to_string())
            .r#type(machine_type);
        let judged = judged.max_results(most).send().await.expect("a verdict");
        let found: Vec<String> = judged
            .diagnostics
            .iter()
            .map(|found| format!("{} {} {:?}", found.code, found.message, found.location))
            .collect();
        assert_eq!(
            (judged.result, found, judged.truncated),
            (
                verdict,
                said.into_iter().map(str::to_owned).collect(),
                Some(truncated)
            ),
            "{definition}"
        );
    }
    let warned = world.client.validate_state_machine_definition();
    let warned = warned
        .definition(static_path.to_string())
        .severity(Severity::Warning);
    let warned = warned.send().await.expect("a verdict").diagnostics;
    assert!(
        warned
            .iter()
            .any(|found| found.code == "PASS_RESULT_IS_STATIC"),
        "{warned:?}"
    );
}

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
