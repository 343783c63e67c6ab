//! Machines and their versions through the SDK client of Step Functions.

use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::ExecutionStatus;
use pawl_local::{Clock, Options};
use serde_json::json;

use crate::world::{machine, open, simulated, start_of_time, task, whole};

#[tokio::test]
async fn machines_and_versions_outlive_the_process_and_executions_do_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = || Options {
        state: Some(folder.path().to_owned()),
        clock: Clock::simulated(start_of_time()),
        ..Options::default()
    };
    let pass = |output: u32| {
        machine(&json!({ "first": { "Type": "Pass", "Output": output, "End": true } }))
    };
    let world = open(options()).await;
    let first = world.create("kept.one", &pass(1)).await;
    assert_eq!(
        first,
        "arn:aws:states:us-east-1:000000000000:stateMachine:kept.one:1"
    );
    assert_eq!(
        world.create("kept.one", &pass(1)).await,
        first,
        "the same is the same version"
    );
    world.create("kept.two", &pass(7)).await;
    let (arn, _) = first.rsplit_once(':').expect("a version");
    let clash = world
        .client
        .create_state_machine()
        .name("kept.one")
        .role_arn("x")
        .definition(pass(2).to_string());
    assert_eq!(
        clash.send().await.expect_err("another").code(),
        Some("StateMachineAlreadyExists")
    );
    let update = world
        .client
        .update_state_machine()
        .state_machine_arn(arn)
        .definition(pass(2).to_string());
    let updated = update.send().await.expect("it is updated");
    let stale = world
        .client
        .publish_state_machine_version()
        .state_machine_arn(arn)
        .revision_id("INITIAL");
    assert_eq!(
        stale.send().await.expect_err("no longer").code(),
        Some("ConflictException")
    );
    let publish = world
        .client
        .publish_state_machine_version()
        .state_machine_arn(arn);
    let publish = publish.set_revision_id(updated.revision_id);
    let second = publish
        .send()
        .await
        .expect("it is published")
        .state_machine_version_arn;
    assert_eq!(second, format!("{arn}:2"));
    let (_, output) = world.run(&first, "one", &json!({})).await;
    assert_eq!(output, "1");
    world.local.close().await;

    let world = open(options()).await;
    let rows = [
        (first.as_str(), "a", "1"),
        (second.as_str(), "b", "2"),
        (arn, "c", "2"),
        (arn, "d", "2"),
    ];
    for (machine, name, output) in rows {
        let described = world
            .client
            .describe_state_machine()
            .state_machine_arn(machine)
            .send()
            .await;
        assert_eq!(described.expect("it is there").state_machine_arn, machine);
        assert_eq!(
            world.run(machine, name, &json!({})).await.1,
            output,
            "{machine}"
        );
    }
    let gone = format!("{}:one", arn.replace("stateMachine", "execution"));
    let gone = world
        .client
        .describe_execution()
        .execution_arn(gone)
        .send()
        .await;
    assert_eq!(
        gone.expect_err("it was in memory").code(),
        Some("ExecutionDoesNotExist")
    );

    let machines = world
        .client
        .list_state_machines()
        .max_results(1)
        .send()
        .await
        .expect("a page");
    assert_eq!(
        (
            machines.state_machines.len(),
            machines.next_token.as_deref()
        ),
        (1, Some("1"))
    );
    let versions = world
        .client
        .list_state_machine_versions()
        .state_machine_arn(arn)
        .send()
        .await;
    let versions = versions.expect("a list").state_machine_versions;
    let arns = versions
        .iter()
        .map(|version| version.state_machine_version_arn.as_str());
    assert_eq!(arns.collect::<Vec<_>>(), [second.as_str(), first.as_str()]);
    for (machine, count) in [(arn, 4), (first.as_str(), 1), (second.as_str(), 1)] {
        let listed = world
            .client
            .list_executions()
            .state_machine_arn(machine)
            .send()
            .await
            .expect("a list");
        assert_eq!(listed.executions.len(), count, "{machine}");
    }
    let failed = world
        .client
        .list_executions()
        .state_machine_arn(arn)
        .status_filter(ExecutionStatus::Failed);
    assert!(failed.send().await.expect("a list").executions.is_empty());
}

#[tokio::test]
async fn a_definition_that_cannot_run_is_refused() {
    let world = simulated().await;
    let foreign = |resource: &str| {
        let mut state = task("x", &json!({ "End": true }));
        state["Resource"] = json!(resource);
        machine(&json!({ "first": state })).to_string()
    };
    let rows = [
        ("not json".to_owned(), "expected"),
        (
            machine(&json!({ "second": { "Type": "Succeed" } })).to_string(),
            "StartAt",
        ),
        (
            machine(&json!({ "first": { "Type": "Pass", "Output": "{% 1 + %}", "End": true } }))
                .to_string(),
            "first",
        ),
        (
            foreign("arn:aws:states:::sqs:sendMessage"),
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
    let express = world
        .client
        .create_state_machine()
        .name("bad")
        .role_arn("x")
        .definition(whole().to_string());
    let express = express
        .r#type(aws_sdk_sfn::types::StateMachineType::Express)
        .send()
        .await;
    assert_eq!(
        express.expect_err("not here").code(),
        Some("StateMachineTypeNotSupported")
    );
}
