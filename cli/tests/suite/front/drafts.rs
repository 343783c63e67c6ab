//! Test runs of drafts: beside what is published, and without an effect on it.

use pawl_api::Role;
use serde_json::{Value, json};

use super::Front;
use super::onward::{create, line, step};

#[tokio::test]
async fn a_draft_is_tried_without_being_published() {
    let front = Front::open().await;
    let id = front.publish(line(&[create("make", "Ada", "end")])).await;
    let path = format!("/api/workflows/{id}");
    let draft = line(&[
        create("make", "{{input.name}}", "done"),
        step(
            "done",
            "output",
            &json!({ "mapping": { "name": "{{steps.make.output.name}}" } }),
            "end",
        ),
    ]);
    front
        .want(
            409,
            "POST",
            &format!("{path}/execute"),
            json!({ "version": "draft" }),
        )
        .await;
    front.want(200, "PUT", &path, draft).await;
    let before = front.want(200, "GET", &path, Value::Null).await;
    let body = json!({ "version": "draft", "input": { "name": "Bob" }, "mocks": { "make": { "name": "Mock" } } });
    let run = front.run(&id, body.clone()).await;
    let run = front.want(200, "GET", &run, Value::Null).await;
    assert_eq!(
        (&run["status"], &run["result"]),
        (&json!("completed"), &json!({ "name": "Mock" })),
        "{run}"
    );
    assert_eq!(run["version"], 2);
    let run = front
        .run(&id, json!({ "version": 2, "input": { "name": "Bob" } }))
        .await;
    let run = front.want(200, "GET", &run, Value::Null).await;
    assert_eq!(run["result"], json!({ "name": "Bob" }));
    // What runs, and what starts it, is as it was.
    assert_eq!(front.want(200, "GET", &path, Value::Null).await, before);
    let run = front.run(&id, json!({})).await;
    let run = front.want(200, "GET", &run, Value::Null).await;
    assert_eq!(run["version"], 1);
    // Who may write may try what they write, as long as nothing acts.
    let editor = front.with(pawl::laptop::ORG, Role::Editor).await;
    let execute = format!("{path}/execute");
    editor.want(202, "POST", &execute, body).await;
    let rows = [
        (
            json!({ "version": "draft", "input": { "name": "Bob" } }),
            "`make`",
        ),
        (json!({ "version": 1, "mocks": { "make": {} } }), "operator"),
        (
            json!({ "version": "active", "mocks": { "make": {} } }),
            "operator",
        ),
    ];
    for (body, expected) in rows {
        let said = editor.want(403, "POST", &execute, body).await;
        let message = said["message"].as_str().expect("a message");
        assert!(message.contains(expected), "{message}");
    }
    front
        .want(
            422,
            "POST",
            &execute,
            json!({ "version": "draft", "mocks": { "done": {} } }),
        )
        .await;
    front.settled().await;
}

#[tokio::test]
async fn the_end_of_a_draft_starts_nothing() {
    let front = Front::open().await;
    // Who listens waits: if it ended, it would hear itself.
    let workflow = |name: &str, trigger: Value| {
        json!({ "name": name, "steps": [
            step("begin", "trigger", &trigger, "ask"),
            { "stepSlug": "ask", "stepType": "approval", "config": { "message": "Go on?" }, "nextSteps": { "approved": "end" } },
        ] })
    };
    let listens = json!({ "type": "event", "eventType": "workflow.completed" });
    let listener = front.publish(workflow("Listen", listens)).await;
    let manual = json!({ "type": "manual" });
    let follower = front.publish(workflow("Follow", manual)).await;
    let with_end = || {
        let mut definition = line(&[create("make", "{{input.name}}", "end")]);
        definition["config"] = json!({ "onComplete": "Follow" });
        definition
    };
    let id = front.publish(with_end()).await;
    front
        .want(200, "PUT", &format!("/api/workflows/{id}"), with_end())
        .await;
    for (version, expected) in [("draft", 0), ("active", 1)] {
        let body = json!({ "version": version, "input": { "name": version } });
        let run = front.run(&id, body).await;
        let run = front.want(200, "GET", &run, Value::Null).await;
        assert_eq!(
            (&run["status"], &run["draft"]),
            (&json!("completed"), &json!(version == "draft")),
            "{run}"
        );
        for workflow in [&listener, &follower] {
            let path = format!("/api/executions?workflow_id={workflow}");
            let listed = front.want(200, "GET", &path, Value::Null).await;
            let begun = listed["items"].as_array().expect("runs").len();
            assert_eq!(begun, expected, "{version} {workflow}: {listed}");
        }
    }
}

/// The numbers of the versions that Step Functions has of the machine of a run.
async fn versions(front: &Front, machine: &str) -> Vec<u64> {
    let machine: Vec<&str> = machine.split(':').take(7).collect();
    let states = front.laptop.services.states();
    let list = states.list_state_machine_versions();
    let listed = list.state_machine_arn(machine.join(":")).max_results(1000);
    let listed = listed
        .send()
        .await
        .expect("versions")
        .state_machine_versions;
    let number = |arn: &str| arn.rsplit(':').next().and_then(|last| last.parse().ok());
    listed
        .iter()
        .filter_map(|version| number(&version.state_machine_version_arn))
        .collect()
}

#[tokio::test]
async fn a_version_of_a_draft_goes_once_no_run_needs_it() {
    let front = Front::open().await;
    let first = line(&[create("make", "{{input.missing.name}}", "end")]);
    let made = front.want(201, "POST", "/api/workflows", first).await;
    let path = format!("/api/workflows/{}", made["id"].as_str().expect("an id"));
    let draft = json!({ "version": "draft", "input": { "name": "Ada" } });
    // The first run fails, and may be resumed; so may the second one, which somebody stops.
    let failed = front.run("line", draft.clone()).await;
    let asks = json!({ "stepSlug": "ask", "stepType": "approval", "config": { "message": "Go on?" }, "nextSteps": { "approved": "end" } });
    front.want(200, "PUT", &path, line(&[asks])).await;
    let waiting = front.run("line", draft.clone()).await;
    let mut last = String::new();
    for number in 3..=40 {
        let name = format!("Ada {number}");
        front
            .want(200, "PUT", &path, line(&[create("make", &name, "end")]))
            .await;
        last = front.run("line", draft.clone()).await;
    }
    let run = front.want(200, "GET", &last, Value::Null).await;
    let machine = run["machine"].as_str().expect("a machine");
    let left = versions(&front, machine).await;
    let expected: Vec<u64> = (21..=40).rev().chain([2, 1]).collect();
    assert_eq!(left, expected);
    let cancel = format!("{waiting}/cancel");
    front.want(200, "POST", &cancel, Value::Null).await;
    for path in [&failed, &waiting] {
        let resume = format!("{path}/resume");
        front.want(202, "POST", &resume, Value::Null).await;
        front.settled().await;
        let run = front.want(200, "GET", path, Value::Null).await;
        assert_eq!(run["resumed"], 1, "{run}");
        assert_ne!(run["error"]["code"], "NOT_STARTED", "{run}");
    }
    // A run of a version that is gone is started once more with what the draft says now.
    let runs = front
        .want(200, "GET", "/api/executions?limit=100", Value::Null)
        .await;
    let mut completed = runs["items"].as_array().expect("runs").iter();
    let oldest = completed.rfind(|run| run["status"] == "completed");
    let oldest = oldest.and_then(|run| run["id"].as_str()).expect("a run");
    let rerun = format!("/api/executions/{oldest}/rerun");
    let again = front.want(202, "POST", &rerun, Value::Null).await;
    front.settled().await;
    let path = format!(
        "/api/executions/{}",
        again["execution_id"].as_str().expect("an id")
    );
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(
        (&run["status"], &run["draft"], &run["machine"]),
        (&json!("completed"), &json!(true), &json!(machine)),
        "{run}"
    );
}
