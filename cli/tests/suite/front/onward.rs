//! Runs beside what is published: failed ones that go on with another version, and test runs of drafts.

use pawl_api::Role;
use serde_json::{Value, json};

use super::{Answer, Front};

/// A step of a line: its slug, its type, its configuration, and what comes next.
fn step(slug: &str, kind: &str, config: &Value, next: &str) -> Value {
    json!({ "stepSlug": slug, "stepType": kind, "config": config, "nextSteps": { "success": next } })
}

fn create(slug: &str, name: &str, next: &str) -> Value {
    let parameters = json!({ "name": name, "email": format!("{slug}@example.com") });
    step(
        slug,
        "action",
        &json!({ "type": "customer_create", "parameters": parameters }),
        next,
    )
}

/// A workflow of these steps, under a name that all of its versions share.
fn line(steps: &[Value]) -> Value {
    json!({ "name": "Line", "steps": steps })
}

/// Goes on with a run, on a version: how it stands when nothing goes on.
async fn go_on(front: &Front, path: &str, version: Value) -> Value {
    let resume = format!("{path}/resume");
    let body = json!({ "version": version });
    front.want(202, "POST", &resume, body).await;
    front.settled().await;
    front.want(200, "GET", path, Value::Null).await
}

async fn customers(front: &Front) -> usize {
    let listed = front.want(200, "GET", "/api/records/customers", Value::Null);
    listed.await["items"].as_array().expect("records").len()
}

/// Three steps, of which the last one reads a number that may not be there.
fn broken(text: &str) -> Value {
    line(&[
        create("first", "Ada", "second"),
        create("second", "Bob", "third"),
        create("third", text, "done"),
        step(
            "done",
            "output",
            &json!({ "mapping": { "third": "{{steps.third.output.name}}" } }),
            "end",
        ),
    ])
}

#[tokio::test]
async fn a_failed_run_goes_on_with_the_version_that_is_put_right() {
    let front = Front::open().await;
    let id = front.publish(broken("{{input.missing.name}}")).await;
    let path = front.run(&id, json!({ "input": { "name": "Cleo" } })).await;
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(run["status"], "failed", "{run}");
    assert_eq!(run["error"]["step"], "third");
    assert_eq!(customers(&front).await, 2);
    let resume = format!("{path}/resume");
    // A draft is no version that runs, and a version that nobody wrote is none.
    front
        .want(
            200,
            "PUT",
            &format!("/api/workflows/{id}"),
            broken("{{input.name}}"),
        )
        .await;
    front
        .want(409, "POST", &resume, json!({ "version": "draft" }))
        .await;
    front
        .want(404, "POST", &resume, json!({ "version": 7 }))
        .await;
    front
        .want(400, "POST", &resume, json!({ "version": "newest" }))
        .await;
    front.publish_again(&id, broken("{{input.name}}")).await;
    let run = go_on(&front, &path, json!("active")).await;
    assert_eq!(run["status"], "completed", "{run}");
    assert_eq!(run["result"], json!({ "third": "Cleo" }));
    assert_eq!(customers(&front).await, 3, "nothing was done again");
    let slugs: Vec<&Value> = run["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| &step["step_id"])
        .collect();
    assert_eq!(slugs, ["trigger", "first", "second", "third", "done"]);
    let versions = run["versions"].as_array().expect("versions");
    let told: Vec<(&Value, &Value)> = versions
        .iter()
        .map(|part| (&part["version"], &part["from"]))
        .collect();
    assert_eq!(
        told,
        [(&json!(1), &json!("000001")), (&json!(2), &json!("000003"))]
    );
    assert_eq!((&run["version"], &run["resumed"]), (&json!(2), &json!(1)));
    assert_eq!(run["machine"], versions[1]["machine"]);
}

#[tokio::test]
async fn a_run_that_fails_again_goes_on_where_its_last_version_took_it_over() {
    let front = Front::open().await;
    let id = front.publish(broken("{{input.missing.name}}")).await;
    let path = front.run(&id, json!({ "input": { "name": "Cleo" } })).await;
    // The second version has no `second`, and fails as well; its answers could not be read by the first one's states.
    let shorter = |text: &str| {
        line(&[
            create("first", "Ada", "third"),
            create("third", text, "check"),
            json!({ "stepSlug": "check", "stepType": "condition", "config": { "expression": "true" },
                "nextSteps": { "true": "last", "false": "end" } }),
            create("last", "{{input.lost.name}}", "end"),
        ])
    };
    front.publish_again(&id, shorter("{{input.name}}")).await;
    for _ in 0..2 {
        let run = go_on(&front, &path, json!(2)).await;
        assert_eq!(
            (&run["status"], &run["error"]["step"]),
            (&json!("failed"), &json!("last")),
            "{run}"
        );
        assert_eq!(customers(&front).await, 3);
    }
    front
        .publish_again(&id, line(&[create("last", "{{input.name}}", "end")]))
        .await;
    let run = go_on(&front, &path, json!("active")).await;
    assert_eq!(run["status"], "completed", "{run}");
    assert_eq!(run["versions"].as_array().map(Vec::len), Some(3));
    assert_eq!(customers(&front).await, 4);
}

/// A step that only computes and fails, in a loop, behind another step.
fn looping(text: &str) -> Value {
    line(&[
        json!({ "stepSlug": "each", "stepType": "loop", "config": { "items": "{{input.names}}", "maxIterations": 9 },
            "nextSteps": { "next": "make", "done": "end" } }),
        create("make", "{{loop.item}}", "note"),
        step(
            "note",
            "action",
            &json!({ "type": "set_variables", "parameters": { "last": text } }),
            "each",
        ),
    ])
}

#[tokio::test]
async fn a_step_that_rides_along_is_entered_in_its_loop() {
    let front = Front::open().await;
    let id = front
        .publish(looping("{{loop.index == 1 ? input.missing.name : 'fine'}}"))
        .await;
    let path = front
        .run(&id, json!({ "input": { "names": ["Ada", "Bob", "Cleo"] } }))
        .await;
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(
        (&run["status"], &run["error"]["step"]),
        (&json!("failed"), &json!("note")),
        "{run}"
    );
    assert_eq!(customers(&front).await, 2);
    front.publish_again(&id, looping("{{loop.item}}")).await;
    let run = go_on(&front, &path, json!("active")).await;
    assert_eq!(run["status"], "completed", "{run}");
    assert_eq!(customers(&front).await, 3);
}

#[tokio::test]
async fn a_run_goes_on_only_with_a_version_that_fits() {
    let front = Front::open().await;
    let id = front.publish(broken("{{input.missing.name}}")).await;
    let path = front.run(&id, json!({ "input": { "name": "Cleo" } })).await;
    let resume = format!("{path}/resume");
    let third = create("third", "{{input.name}}", "end");
    let mut reads = create("third", "{{steps.new.output.name}}", "end");
    reads["config"]["parameters"]["email"] = json!("third@example.com");
    let mut looped = third.clone();
    looped["nextSteps"]["success"] = json!("each");
    let each = json!({ "stepSlug": "each", "stepType": "loop", "config": { "items": "{{input.names}}", "maxIterations": 9 },
        "nextSteps": { "next": "third", "done": "end" } });
    let asks = json!({ "stepSlug": "third", "stepType": "approval", "config": { "message": "Go on?" }, "nextSteps": { "approved": "end" } });
    let beside = json!({ "stepSlug": "both", "stepType": "parallel", "config": { "branches": ["third", "other"] }, "nextSteps": { "success": "end" } });
    let with_variable = json!({ "name": "Line", "config": { "variables": { "greeting": "Hello" } },
        "steps": [create("third", "{{greeting}}", "end")] });
    let rows = [
        (
            "another slug",
            line(&[create("fourth", "{{input.name}}", "end")]),
            "has no step `third`",
        ),
        ("another kind", line(&[asks]), "of kind `approval`"),
        ("in a loop", line(&[each, looped]), "stands in loop `each`"),
        (
            "beside others",
            line(&[beside, third.clone(), create("other", "Eve", "end")]),
            "side by side",
        ),
        (
            "a step that has not run",
            line(&[create("new", "Eve", "third"), reads]),
            "reads step `new`",
        ),
        (
            "a new variable",
            with_variable,
            "variable `greeting` is new",
        ),
    ];
    for (what, definition, expected) in rows {
        front.publish_again(&id, definition).await;
        let Answer { status, body, .. } = front
            .ask("POST", &resume, &json!({ "version": "active" }))
            .await;
        assert_eq!(status, 409, "{what}: {body}");
        let message = body["message"].as_str().expect("a message");
        assert!(message.contains(expected), "{what}: {message}");
    }
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(
        (&run["status"], &run["resumed"]),
        (&json!("failed"), &json!(0))
    );
}

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
