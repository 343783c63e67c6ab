//! Keys that are confined to workflows or actions: every operation of the description, by such a key.

use pawl_api::Role;
use serde_json::{Value, json};

use super::access::operations;
use super::{Front, greeting};

/// A key of an administrator that is confined so.
async fn confined(front: &Front, scope: Value) -> Front {
    let mut body = json!({ "name": "confined", "role": Role::Admin });
    let fields = scope.as_object().expect("fields").clone();
    body.as_object_mut().expect("an object").extend(fields);
    let made = front.want(201, "POST", "/api/keys", body).await;
    front.by(made["key"].as_str().expect("a key"))
}

#[tokio::test]
async fn a_key_of_one_workflow_reaches_nothing_of_another() {
    let front = Front::open().await;
    let own = front.publish(greeting("Hello")).await;
    let mut other = greeting("Bye");
    other["name"] = json!("Other");
    let other = front.publish(other).await;
    let mut runs = Vec::new();
    for workflow in [&own, &other] {
        let run = front.run(workflow, json!({})).await;
        runs.push(run.rsplit('/').next().expect("an id").to_owned());
    }
    let key = confined(&front, json!({ "workflows": [own] })).await;
    let (mut reached, mut refused) = (0, 0);
    for operation in operations() {
        if operation.role.is_none() {
            continue;
        }
        let path = |workflow: &str, run: &str| {
            let id = match operation.path.split('/').nth(2) {
                Some("executions") => run.to_owned(),
                Some("approvals") => format!("{run}~000001"),
                _ => workflow.to_owned(),
            };
            operation.path.replace("{id}", &id).replace("{number}", "1")
        };
        let method = &operation.method;
        let strange = path(&other, &runs[1]);
        // Who somebody is, and what waits in their workflows, can always be asked.
        let is_allowed = ["/api/me", "/api/waits"].contains(&strange.as_str());
        let answer = key.ask(method, &strange, &Value::Null).await;
        assert_eq!(
            answer.status == 403,
            !is_allowed,
            "{method} {strange}: {} {}",
            answer.status,
            answer.body
        );
        refused += usize::from(!is_allowed);
        // What destroys it comes last, by another test.
        let mine = path(&own, &runs[0]);
        let is_of_workflow = [
            "workflows/{id}",
            "executions/{id}",
            "webhooks/{id}",
            "approvals/{id}",
        ]
        .iter()
        .any(|part| operation.path.contains(part));
        if is_of_workflow && method == "GET" {
            let answer = key.ask(method, &mine, &Value::Null).await;
            assert_ne!(answer.status, 403, "{method} {mine}: {}", answer.body);
            reached += 1;
        }
    }
    assert!(
        refused > 40 && reached > 8,
        "{refused} refused, {reached} reached"
    );
    for (query, status) in [
        ("", 403),
        ("?workflow_id=other", 403),
        ("?workflow_id=greet", 200),
    ] {
        let listed = key
            .ask("GET", &format!("/api/executions{query}"), &Value::Null)
            .await;
        assert_eq!(listed.status, status, "{query}: {}", listed.body);
    }
    let path = format!("/api/workflows/{own}");
    key.want(202, "POST", &format!("{path}/execute"), json!({}))
        .await;
    key.want(
        403,
        "POST",
        &format!("{path}/copy"),
        json!({ "name": "Third" }),
    )
    .await;
    key.want(204, "DELETE", &path, Value::Null).await;
    front.settled().await;
}

#[tokio::test]
async fn a_key_of_one_workflow_sees_what_that_waits_for() {
    let front = Front::open().await;
    let asking = |name: &str| {
        json!({ "name": name, "steps": [
            { "stepSlug": "ask", "stepType": "approval", "config": { "message": name }, "nextSteps": { "approved": "end" } },
        ] })
    };
    for name in ["Ask here", "Ask there"] {
        let id = front.publish(asking(name)).await;
        front.run(&id, json!({})).await;
    }
    let rows = [
        (json!({ "workflows": ["ask_here"] }), vec!["Ask here"]),
        (
            json!({ "workflows": ["ask_there", "ask_here"] }),
            vec!["Ask here", "Ask there"],
        ),
        (json!({ "workflows": ["others"] }), vec![]),
    ];
    for (scope, expected) in rows {
        let key = confined(&front, scope).await;
        let waits = key.want(200, "GET", "/api/waits", Value::Null).await;
        let waits = waits.as_array().expect("waits").iter();
        let names: Vec<&str> = waits
            .filter_map(|wait| wait["workflow_name"].as_str())
            .collect();
        assert_eq!(names, expected);
    }
    let key = confined(&front, json!({ "actions": ["executions.read"] })).await;
    key.want(403, "GET", "/api/waits", Value::Null).await;
}

#[tokio::test]
async fn a_key_of_some_actions_takes_no_others() {
    let front = Front::open().await;
    let id = front.publish(greeting("Hello")).await;
    let actions = json!(["workflows.execute", "executions.read"]);
    let key = confined(&front, json!({ "actions": actions })).await;
    let me = key.want(200, "GET", "/api/me", Value::Null).await;
    assert_eq!(
        (&me["actions"], &me["workflows"]),
        (
            &json!(["executions.read", "workflows.execute"]),
            &Value::Null
        )
    );
    for operation in operations() {
        let Some(_) = operation.role else { continue };
        let path = operation.path.replace("{id}", &id).replace("{number}", "1");
        let may = path == "/api/me"
            || path.ends_with("/execute")
            || (path.starts_with("/api/executions") && operation.method == "GET");
        let answer = key.ask(&operation.method, &path, &Value::Null).await;
        assert_eq!(
            answer.status == 403,
            !may,
            "{} {path}: {} {}",
            operation.method,
            answer.status,
            answer.body
        );
    }
    front.settled().await;
    let wrong = [
        json!({ "actions": ["workflows.fly"] }),
        json!({ "actions": ["keys.write"] }),
        json!({ "actions": [] }),
        json!({ "workflows": [] }),
    ];
    for scope in wrong {
        let mut body = json!({ "name": "x", "role": "viewer" });
        let fields = scope.as_object().expect("fields").clone();
        body.as_object_mut().expect("an object").extend(fields);
        front.want(422, "POST", "/api/keys", body).await;
    }
}
