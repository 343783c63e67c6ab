//! Failed runs that go on with another version.

use serde_json::{Value, json};

use super::{Answer, Front};

/// A step of a line: its slug, its type, its configuration, and what comes next.
pub(super) fn step(slug: &str, kind: &str, config: &Value, next: &str) -> Value {
    json!({ "stepSlug": slug, "stepType": kind, "config": config, "nextSteps": { "success": next } })
}

pub(super) fn create(slug: &str, name: &str, next: &str) -> Value {
    let parameters = json!({ "name": name, "email": format!("{slug}@example.com") });
    step(
        slug,
        "action",
        &json!({ "type": "customer_create", "parameters": parameters }),
        next,
    )
}

/// A workflow of these steps, under a name that all of its versions share.
pub(super) fn line(steps: &[Value]) -> Value {
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
