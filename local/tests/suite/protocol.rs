//! What Step Functions shows of machines and executions.

mod executions;

use std::collections::BTreeMap;

use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::{
    ExecutionStatus, IncludedData, RoutingConfigurationListItem, StateMachineStatus,
    StateMachineType, Tag, ValidateStateMachineDefinitionResultCode as Verdict,
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
