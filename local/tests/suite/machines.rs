//! Machines and their versions through the SDK client of Step Functions.

use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::ExecutionStatus;
use pawl_local::{Clock, Options};
use serde_json::{Value, json};

use crate::world::{World, machine, open, simulated, start_of_time, task};

/// A machine that puts out a number.
fn number(output: u32) -> Value {
    machine(&json!({ "first": { "Type": "Pass", "Output": output, "End": true } }))
}

/// A machine `kept.one` with the versions 1 and 2, which put out their numbers; the ARN and those of the versions.
async fn two_versions(world: &World) -> [String; 3] {
    let first = world.create("kept.one", &number(1)).await;
    let (arn, _) = first.rsplit_once(':').expect("a version");
    let client = &world.client;
    let update = client.update_state_machine().state_machine_arn(arn);
    let update = update.definition(number(2).to_string()).send().await;
    let revision = update.expect("it is updated").revision_id;
    let publish = client
        .publish_state_machine_version()
        .state_machine_arn(arn);
    let second = publish.set_revision_id(revision).send().await;
    let second = second.expect("it is published").state_machine_version_arn;
    [arn.to_owned(), first, second]
}

#[tokio::test]
async fn a_version_is_what_was_published() {
    let world = simulated().await;
    let [arn, first, second] = two_versions(&world).await;
    assert_eq!(
        arn,
        "arn:aws:states:us-east-1:000000000000:stateMachine:kept.one"
    );
    assert_eq!(
        [&first, &second],
        [&format!("{arn}:1"), &format!("{arn}:2")]
    );
    assert_eq!(
        world.create("kept.one", &number(2)).await,
        second,
        "the same is the same version"
    );

    let client = &world.client;
    let clash = client.create_state_machine().name("kept.one").role_arn("x");
    let clash = clash.definition(number(3).to_string()).send().await;
    assert_eq!(
        clash.expect_err("another").code(),
        Some("StateMachineAlreadyExists")
    );
    let stale = client
        .publish_state_machine_version()
        .state_machine_arn(&arn);
    let stale = stale.revision_id("INITIAL").send().await;
    assert_eq!(
        stale.expect_err("no longer").code(),
        Some("ConflictException")
    );
    let missing = client.describe_state_machine();
    let missing = missing.state_machine_arn(format!("{arn}:3")).send().await;
    assert_eq!(
        missing.expect_err("not yet").code(),
        Some("StateMachineDoesNotExist")
    );
}

#[tokio::test]
async fn lists_hold_what_belongs_to_a_machine_or_a_version() {
    let world = simulated().await;
    let [arn, first, second] = two_versions(&world).await;
    world.create("kept.two", &number(7)).await;
    for (machine, name) in [(&arn, "a"), (&arn, "b"), (&first, "c"), (&second, "d")] {
        world.run(machine, name, &json!({})).await;
    }
    let client = &world.client;
    let machines = client.list_state_machines().max_results(1).send().await;
    let machines = machines.expect("a page");
    assert_eq!(machines.state_machines.len(), 1);
    assert!(machines.next_token.is_some());

    let versions = client.list_state_machine_versions().state_machine_arn(&arn);
    let versions = versions
        .send()
        .await
        .expect("a list")
        .state_machine_versions;
    let arns = versions
        .into_iter()
        .map(|version| version.state_machine_version_arn);
    assert_eq!(arns.collect::<Vec<_>>(), [second.clone(), first.clone()]);

    let rows = [
        (&arn, None, vec!["d", "c", "b", "a"]),
        (&first, None, vec!["c"]),
        (&second, Some(ExecutionStatus::Succeeded), vec!["d"]),
        (&arn, Some(ExecutionStatus::Failed), vec![]),
    ];
    for (machine, filter, expected) in rows {
        let listed = client.list_executions().state_machine_arn(machine);
        let listed = listed.set_status_filter(filter.clone()).send().await;
        let listed = listed.expect("a list").executions;
        let names: Vec<&str> = listed
            .iter()
            .map(|execution| execution.name.as_str())
            .collect();
        assert_eq!(names, expected, "{machine} {filter:?}");
    }
}

#[tokio::test]
async fn machines_and_executions_outlive_the_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = || Options {
        state: Some(folder.path().to_owned()),
        clock: Clock::simulated(start_of_time()),
        ..Options::default()
    };
    let world = open(options()).await;
    let [arn, first, second] = two_versions(&world).await;
    let execution = world.start(&first, "one", &json!({})).await;
    let execution = execution.expect("it starts");
    world.local.settled().await;
    world.local.close().await;

    let world = open(options()).await;
    for (machine, output) in [(&first, "1"), (&second, "2")] {
        let (_, found) = world.run(machine, output, &json!({})).await;
        assert_eq!(found, output, "{machine}");
    }
    assert_eq!(world.run(&arn, "current", &json!({})).await.1, "2");
    let kept = world.client.describe_execution().execution_arn(&execution);
    let kept = kept.send().await.expect("it was kept");
    assert_eq!(
        (kept.status, kept.output.as_deref()),
        (ExecutionStatus::Succeeded, Some("1"))
    );
    let history = world.client.get_execution_history();
    let history = history.execution_arn(execution).send().await;
    assert!(!history.expect("its events were kept").events.is_empty());
}

#[tokio::test]
async fn a_definition_that_cannot_run_is_refused() {
    let world = simulated().await;
    let foreign = |resource: &str| {
        let state = task("x", &json!({ "Resource": resource, "End": true }));
        machine(&json!({ "first": state })).to_string()
    };
    let rows = [
        ("not json".to_owned(), "Unrecognized token"),
        (
            machine(&json!({ "first": { "Type": "Pass", "Output": "{% 1 + %}", "End": true } }))
                .to_string(),
            "first",
        ),
        (
            foreign("arn:aws:states:::batch:submitJob"),
            "is not available here",
        ),
    ];
    for (definition, reason) in rows {
        let request = world
            .client
            .create_state_machine()
            .name("bad")
            .role_arn("x")
            .definition(&definition);
        let sent = request.send().await;
        let error = sent.expect_err(&definition);
        assert_eq!(error.code(), Some("InvalidDefinition"), "{definition}");
        assert!(
            error
                .message()
                .is_some_and(|message| message.contains(reason)),
            "{:?}",
            error.message()
        );
    }
}
