//! The life of a workflow: written, checked, published, run, changed, copied, put away.

use serde_json::{Value, json};

use super::{Front, greeting};

#[tokio::test]
async fn a_workflow_is_written_published_and_run_and_runs_stay_on_their_version() {
    let front = Front::open().await;
    let made = front
        .want(
            201,
            "POST",
            "/api/workflows",
            greeting("Hello {{input.name}}"),
        )
        .await;
    assert_eq!(made["id"], "greet");
    assert_eq!(made["status"], "draft");
    // What is not published does not run.
    front
        .want(409, "POST", "/api/workflows/greet/execute", json!({}))
        .await;
    let published = front
        .want(200, "POST", "/api/workflows/greet/publish", Value::Null)
        .await;
    assert_eq!(published["status"], "active");
    assert_eq!(published["active_version"], 1);
    let again = front
        .want(200, "POST", "/api/workflows/greet/publish", Value::Null)
        .await;
    assert_eq!(again["active_version"], 1);
    let body = json!({ "input": { "name": "Ada" }, "user_id": "u-1", "session_id": "s-1" });
    let started = front
        .want(202, "POST", "/api/workflows/greet/execute", body)
        .await;
    assert_eq!(started["workflow_id"], "greet");
    front.settled().await;
    let path = format!(
        "/api/executions/{}",
        started["execution_id"].as_str().expect("an id")
    );
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(run["status"], "completed");
    assert_eq!(run["result"], json!({ "text": "Hello Ada" }));
    assert_eq!(run["thread_id"], "s-1");
    let steps: Vec<&Value> = run["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| &step["step_id"])
        .collect();
    assert_eq!(steps, [&json!("start"), &json!("greet")]);
}

#[tokio::test]
async fn a_draft_changes_nothing_until_it_is_published_and_old_versions_run_again() {
    let front = Front::open().await;
    front.publish(greeting("Hello {{input.name}}")).await;
    let changed = front
        .want(
            200,
            "PUT",
            "/api/workflows/greet",
            greeting("Hi {{input.name}}"),
        )
        .await;
    assert_eq!(
        (&changed["active_version"], &changed["latest_version"]),
        (&json!(1), &json!(2))
    );
    let diff = front
        .want(200, "GET", "/api/workflows/greet/diff", Value::Null)
        .await;
    assert_eq!(diff["changed"][0]["step"], "greet");
    front
        .want(200, "POST", "/api/workflows/greet/publish", Value::Null)
        .await;
    for (version, text) in [(Value::Null, "Hi Ada"), (json!(1), "Hello Ada")] {
        let body = json!({ "input": { "name": "Ada" }, "version": version });
        let started = front
            .want(202, "POST", "/api/workflows/greet/execute", body)
            .await;
        front.settled().await;
        let path = format!(
            "/api/executions/{}",
            started["execution_id"].as_str().expect("an id")
        );
        let run = front.want(200, "GET", &path, Value::Null).await;
        assert_eq!(run["result"]["text"], text, "{version}");
    }
    let versions = front
        .want(200, "GET", "/api/workflows/greet/versions", Value::Null)
        .await;
    let statuses: Vec<&Value> = versions["items"]
        .as_array()
        .expect("versions")
        .iter()
        .map(|version| &version["status"])
        .collect();
    assert_eq!(statuses, ["active", "archived"]);
    let activated = front
        .want(
            200,
            "POST",
            "/api/workflows/greet/versions/1/activate",
            Value::Null,
        )
        .await;
    assert_eq!(activated["active_version"], 1);
    let reverted = front
        .want(
            200,
            "POST",
            "/api/workflows/greet/versions/1/revert",
            Value::Null,
        )
        .await;
    assert_eq!(reverted["latest_version"], 3);
    let third = front
        .want(200, "GET", "/api/workflows/greet/versions/3", Value::Null)
        .await;
    assert!(
        third["definition"]
            .as_str()
            .expect("a text")
            .contains("Hello"),
        "{third}"
    );
}

#[tokio::test]
async fn runs_are_listed_by_pages_and_outlive_their_workflow() {
    let front = Front::open().await;
    front.publish(greeting("Hello")).await;
    for _ in 0..3 {
        front
            .want(202, "POST", "/api/workflows/greet/execute", json!({}))
            .await;
        front.settled().await;
    }
    let first = front
        .want(
            200,
            "GET",
            "/api/executions?workflow_id=greet&limit=2",
            Value::Null,
        )
        .await;
    let cursor = first["next_cursor"].as_str().expect("a cursor");
    let path = format!("/api/executions?workflow_id=greet&limit=2&cursor={cursor}");
    let second = front.want(200, "GET", &path, Value::Null).await;
    let (first, second) = (
        first["items"].as_array().expect("runs"),
        second["items"].as_array().expect("runs"),
    );
    assert_eq!((first.len(), second.len()), (2, 1));
    assert!(!first.contains(&second[0]), "{second:?}");

    // It goes, and its runs stay.
    front
        .want(204, "DELETE", "/api/workflows/greet", Value::Null)
        .await;
    front
        .want(404, "GET", "/api/workflows/greet", Value::Null)
        .await;
    front
        .want(404, "GET", "/api/workflows/greet/versions", Value::Null)
        .await;
    let runs = front
        .want(200, "GET", "/api/executions?status=completed", Value::Null)
        .await;
    assert_eq!(runs["items"].as_array().expect("runs").len(), 3);
}

#[tokio::test]
async fn what_is_wrong_with_a_definition_is_data() {
    let front = Front::open().await;
    let broken = json!({
        "name": "Broken",
        "steps": [{ "stepSlug": "a", "stepType": "output", "config": { "mapping": {} }, "nextSteps": { "success": "nowhere" } }],
    });
    let said = front
        .want(200, "POST", "/api/workflows/validate", broken.clone())
        .await;
    assert_eq!(said["valid"], false);
    let first = &said["diagnostics"][0];
    for field in ["code", "message", "pointer", "line"] {
        assert!(!first[field].is_null(), "{first}");
    }
    // It is kept as a draft, and is not published.
    front.want(201, "POST", "/api/workflows", broken).await;
    let refused = front
        .want(422, "POST", "/api/workflows/broken/publish", Value::Null)
        .await;
    assert_eq!(refused["code"], "VALIDATION_ERROR");
    assert!(refused["details"]["diagnostics"].is_array(), "{refused}");
    assert!(!refused["request_id"].as_str().expect("an id").is_empty());
    let texts = ["{", "[]", "\"steps\"", "{\"steps\": 3}", "null"];
    for text in texts {
        let request = front
            .request("POST", "/api/workflows/validate")
            .header("content-type", "application/json");
        let answer = front
            .send(request.body(text.into()).expect("a request"))
            .await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["valid"]),
            (200, &json!(false)),
            "{text}: {}",
            answer.body
        );
        let request = front
            .request("POST", "/api/workflows")
            .header("content-type", "application/json");
        let answer = front
            .send(request.body(text.into()).expect("a request"))
            .await;
        assert_eq!(answer.status, 422, "{text}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_workflow_is_found_copied_and_put_away() {
    let front = Front::open().await;
    let body = json!({ "definition": greeting("Hello"), "tags": ["mail", "b2b"], "note": "the first one" });
    front.want(201, "POST", "/api/workflows", body).await;
    front
        .want(409, "POST", "/api/workflows", greeting("Hello"))
        .await;
    let yaml = "name: Second\nsteps:\n  - stepSlug: a\n    stepType: output\n    config: { mapping: { x: 1 } }\n";
    let request = front
        .request("POST", "/api/workflows")
        .header("content-type", "application/yaml");
    let made = front
        .send(request.body(yaml.into()).expect("a request"))
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let copied = front
        .want(
            201,
            "POST",
            "/api/workflows/second/copy",
            json!({ "name": "Third" }),
        )
        .await;
    assert_eq!(copied["id"], "third");
    front
        .want(
            200,
            "PATCH",
            "/api/workflows/third",
            json!({ "template": true, "tags": ["mail"] }),
        )
        .await;
    let rows = [
        ("", vec!["greet", "second", "third"]),
        ("?q=HELLO%20greet", vec!["greet"]),
        ("?tag=mail", vec!["greet", "third"]),
        ("?category=templates&q=third", vec!["third"]),
        ("?category=mine&limit=1", vec!["greet"]),
        ("?status=active", vec![]),
    ];
    for (query, expected) in rows {
        let found = front
            .want(200, "GET", &format!("/api/workflows{query}"), Value::Null)
            .await;
        let ids: Vec<&str> = found["items"]
            .as_array()
            .expect("items")
            .iter()
            .filter_map(|item| item["id"].as_str())
            .collect();
        assert_eq!(ids, expected, "{query}");
    }
    front
        .want(200, "POST", "/api/workflows/greet/publish", Value::Null)
        .await;
    front
        .want(200, "POST", "/api/workflows/greet/archive", Value::Null)
        .await;
    front
        .want(409, "POST", "/api/workflows/greet/execute", json!({}))
        .await;
    front
        .want(409, "POST", "/api/workflows/greet/publish", Value::Null)
        .await;
    front
        .want(200, "POST", "/api/workflows/greet/restore", Value::Null)
        .await;
    front
        .want(200, "POST", "/api/workflows/greet/publish", Value::Null)
        .await;
    front
        .want(202, "POST", "/api/workflows/greet/execute", json!({}))
        .await;
    // A name is an id, and nobody overwrites what they have not seen.
    let mut other = greeting("Hello");
    other["name"] = "Other".into();
    front.want(409, "PUT", "/api/workflows/greet", other).await;
    let request = front
        .request("PUT", "/api/workflows/greet")
        .header("content-type", "application/json");
    let request = request
        .header("if-match", "\"1\"")
        .body(greeting("Hi").to_string().into());
    assert_eq!(front.send(request.expect("a request")).await.status, 409);
}

#[tokio::test]
async fn steps_that_follow_a_run_are_published_and_withdrawn_with_it() {
    let front = Front::open().await;
    let mut definition = greeting("Hello");
    definition["config"] = json!({ "onComplete": [
        { "stepSlug": "note", "stepType": "output", "config": { "mapping": { "after": "{{input.status}}" } } },
    ] });
    let id = front.publish(definition).await;
    let path = format!("/api/workflows/{id}/execute");
    front.want(202, "POST", &path, json!({})).await;
    front.settled().await;
    let followers = "/api/executions?workflow_id=greet_on_complete";
    let runs = front.want(200, "GET", followers, Value::Null).await;
    assert_eq!(runs["items"][0]["status"], "completed", "{runs}");
    front.publish_again(&id, greeting("Hi")).await;
    let store = front.laptop.services.store();
    let gone = store.published("default", "greet_on_complete").await;
    assert_eq!(gone.expect("an answer"), None);
}
