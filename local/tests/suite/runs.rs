//! Runs as function calls: they end, are kept and are refused as those that are requested.

use aws_sdk_sfn::error::ProvideErrorMetadata;
use pawl_local::{Durability, Ended, Local, NotStarted, Options};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::world::{machine, open, simulated, task, whole};

#[tokio::test]
async fn a_run_ends_as_its_execution_is_described() {
    let world = simulated().await;
    let states = json!({
        "whole": whole(),
        "passes": machine(&json!({ "first": { "Type": "Pass", "Output": "{% $states.input.a + 1 %}", "End": true } })),
        "fails": machine(&json!({ "first": { "Type": "Fail", "Error": "MINE", "Cause": "{% 'of ' & $states.input.a %}" } })),
        "has no error": machine(&json!({ "first": { "Type": "Fail" } })),
        "calls": machine(&json!({ "first": task("echo", &json!({ "End": true })) })),
        "times out": { "TimeoutSeconds": 5, "QueryLanguage": "JSONata", "StartAt": "first",
            "States": { "first": { "Type": "Wait", "Seconds": 60, "End": true } } },
        "takes a moment": machine(&json!({ "first": {
            "Type": "Pass", "Output": "{% $sum($map([1..20000], function($n){ $n * 2 })) %}", "End": true,
        } })),
        "fails later": machine(&json!({ "first": { "Type": "Wait", "Seconds": 60, "Next": "end" },
            "end": { "Type": "Fail", "Error": "LATE" } })),
    });
    let expected = json!({
        "whole": ["SUCCEEDED", { "payload": { "caught": "TOOL_ERROR", "calls": 3 }, "version": "7" }, null, null],
        "passes": ["SUCCEEDED", 2, null, null],
        "fails": ["FAILED", null, "MINE", "of 1"],
        "has no error": ["FAILED", null, null, null],
        "calls": ["SUCCEEDED", { "a": 1, "go": true }, null, null],
        "times out": ["TIMED_OUT", null, null, null],
        "takes a moment": ["SUCCEEDED", 400_020_000, null, null],
        "fails later": ["FAILED", null, "LATE", null],
    });
    for (name, definition) in states.as_object().expect("machines") {
        let version = world.create(&name.replace(' ', "-"), definition).await;
        let input = json!({ "a": 1, "go": true });
        let ended = world.local.run(&version, &input);
        let ended = ended.await.expect("it starts");
        let Ended {
            execution_arn,
            status,
            output,
            error,
            cause,
        } = ended;
        let shown = json!([status.name(), output, error, cause]);
        assert_eq!(shown, expected[name], "{name}");

        let described = world.client.describe_execution();
        let described = described.execution_arn(&execution_arn).send().await;
        let described = described.expect("it is kept");
        let parsed = described
            .output
            .map(|output| serde_json::from_str::<Value>(&output).expect("the output is JSON"));
        let described = json!([
            described.status.as_str(),
            parsed,
            described.error,
            described.cause
        ]);
        assert_eq!(described, shown, "{name}");

        let history = world.client.get_execution_history();
        let history = history.execution_arn(&execution_arn).send().await;
        let history = history.expect("it has a history").events;
        let numbers: Vec<i64> = history.iter().map(|event| event.id).collect();
        let count = i64::try_from(history.len()).expect("few events");
        assert_eq!(numbers, (1..=count).collect::<Vec<_>>(), "{name}");
        let last = history.last().expect("an end").r#type.as_str();
        assert_eq!(
            last.replace("Execution", "").to_uppercase(),
            status.name().replace('_', "")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_run_at_once_and_each_is_kept() {
    for durability in [Durability::Relaxed, Durability::Fsync] {
        let folder = tempfile::tempdir().expect("a folder");
        let options = || Options {
            state: Some(folder.path().to_owned()),
            durability,
            ..Options::default()
        };
        let world = open(options()).await;
        let steps = json!({
            "first": { "Type": "Pass", "Output": "{% $states.input + 1 %}", "Next": "second" },
            "second": { "Type": "Choice", "Default": "third",
                "Choices": [{ "Condition": "{% $states.input % 2 = 0 %}", "Next": "called" }] },
            "called": task("echo", &json!({ "Next": "third" })),
            "third": { "Type": "Pass", "Output": "{% $states.input * 10 %}", "End": true },
        });
        let version = world.create("many", &machine(&steps)).await;
        let mut running = JoinSet::new();
        for number in 0..200 {
            let (local, version) = (world.local.clone(), version.clone());
            running.spawn(async move {
                let ended = local
                    .run(&version, &json!(number))
                    .await
                    .expect("it starts");
                assert_eq!(ended.output, Some(json!((number + 1) * 10)), "{ended:?}");
                ended.execution_arn
            });
        }
        let mut arns = running.join_all().await;
        world.local.close().await;

        // What was said is what the next process finds.
        let world = open(options()).await;
        for arn in &arns {
            let (status, _) = world.outcome(arn).await;
            assert_eq!(status.as_str(), "SUCCEEDED", "{arn}");
        }
        arns.sort();
        arns.dedup();
        assert_eq!(arns.len(), 200, "each has a name of its own");
        world.local.close().await;
    }
}

#[tokio::test]
async fn what_is_not_started_is_refused_as_a_request_is() {
    let world = simulated().await;
    let passes = machine(&json!({ "first": { "Type": "Pass", "End": true } }));
    let version = world.create("passes", &passes).await;
    world
        .local
        .run_named(&version, "taken", &json!(1))
        .await
        .expect("it starts");
    let missing = version.replace("passes", "missing");
    let long = "x".repeat(262_144);
    let rows = [
        (missing.as_str(), "new", json!({})),
        ("arn:of:nothing", "new", json!({})),
        (&version, "not a name!", json!({})),
        (&version, "", json!({})),
        (&version, "taken", json!(1)),
        (&version, "taken", json!(2)),
        (&version, "new", json!(long)),
    ];
    for (machine, name, input) in rows {
        let refused = world.local.run_named(machine, name, &input).await;
        let NotStarted { code, message } = refused.expect_err(name);
        let requested = world.client.start_execution().state_machine_arn(machine);
        let requested = requested.name(name).input(input.to_string()).send().await;
        let requested = requested.expect_err(name);
        assert_eq!(Some(code), requested.code(), "{machine} {name}");
        assert_eq!(
            Some(message.as_str()),
            requested.message(),
            "{machine} {name}"
        );
    }
}

#[tokio::test]
async fn a_run_that_is_started_again_is_the_same_one() {
    let world = open(Options::default()).await;
    let waits = json!({
        "first": { "Type": "Wait", "Seconds": 1, "Next": "second" },
        "second": { "Type": "Pass", "Output": "{% $states.context.Execution.StartTime %}", "End": true },
    });
    let version = world.create("waits", &machine(&waits)).await;
    let input = json!({ "a": 1 });
    let (one, same) = tokio::join!(
        world.local.run_named(&version, "one", &input),
        world.local.run_named(&version, "one", &input),
    );
    let one = one.expect("it starts");
    assert_eq!(one, same.expect("it is the one that runs"));
    assert!(one.execution_arn.ends_with(":one"), "{one:?}");
}

#[tokio::test]
async fn a_run_that_was_not_kept_has_not_ended() {
    for durability in [Durability::Relaxed, Durability::Fsync] {
        let folder = tempfile::tempdir().expect("a folder");
        let options = || Options {
            state: Some(folder.path().to_owned()),
            durability,
            ..Options::default()
        };
        let passes = machine(&json!({ "first": { "Type": "Pass", "End": true } }));
        let world = open(options()).await;
        let version = world.create("passes", &passes).await;
        let kept = world.local.run_named(&version, "kept", &json!({})).await;
        let kept = kept.expect("it starts").execution_arn;
        world.local.kill_after_commits(0);
        let lost = world.local.run_named(&version, "lost", &json!({})).await;
        assert!(lost.is_err(), "{lost:?}");
        world.local.killed().await;
        world.local.close().await;

        let local = Local::open(options()).await.expect("it opens");
        let client = aws_sdk_sfn::Client::new(&local.sdk_config());
        let listed = client
            .list_executions()
            .state_machine_arn(&version)
            .send()
            .await;
        let listed = listed.expect("a list").executions;
        let listed: Vec<&str> = listed
            .iter()
            .map(|one| one.execution_arn.as_str())
            .collect();
        assert_eq!(listed, [kept.as_str()], "{durability:?}");
        local.close().await;
    }
}
