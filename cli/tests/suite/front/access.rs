//! Who may do what: every operation of the description, by every role, by nobody, and by another organisation.

use pawl_api::Role;
use serde_json::{Value, json};

use super::{Front, greeting};

/// An operation as it is described.
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) role: Option<String>,
}

pub(super) fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(pawl_api::openapi()).expect("a document");
    let paths = document["paths"].as_object().expect("paths");
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("an item") {
            let role = operation["security"][0]["bearer"][0].as_str();
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                role: role.map(str::to_owned),
            });
        }
    }
    operations
}

#[tokio::test]
async fn every_operation_takes_the_role_that_it_names_and_reaches_no_other_organisation() {
    let front = Front::open().await;
    front.publish(greeting("Hello")).await;
    let started = front
        .want(202, "POST", "/api/workflows/greet/execute", json!({}))
        .await;
    front.settled().await;
    let run = started["execution_id"].as_str().expect("an id").to_owned();
    let operations = operations();
    assert!(
        operations.len() > 20,
        "only {} operations",
        operations.len()
    );
    let mut asked = 0;
    for operation in &operations {
        let Operation { method, path, role } = operation;
        let subject = if path.contains("executions") {
            run.as_str()
        } else {
            "greet"
        };
        let path = path.replace("{id}", subject).replace("{number}", "1");
        let Some(wanted) = role else { continue };
        let nobody = front.by("").ask(method, &path, &Value::Null).await;
        assert_eq!(nobody.status, 401, "{method} {path} without a key");
        for role in Role::ALL {
            // Those of another organisation reach nothing of this one, whatever they may do there.
            let stranger = front.with("elsewhere", role).await;
            let answer = stranger.ask(method, &path, &Value::Null).await;
            asked += 1;
            let is_listed = answer.body.to_string().contains(&run) && answer.status.is_success();
            assert!(!is_listed, "{method} {path} by a stranger: {}", answer.body);
            let may = role.name() == wanted
                || Role::ALL
                    .iter()
                    .any(|other| other.name() == wanted && role > *other);
            let is_refused = answer.status == 403;
            assert_eq!(
                is_refused,
                !may,
                "{method} {path} by {}: {} {}",
                role.name(),
                answer.status,
                answer.body
            );
            if path.contains(subject) && may {
                let is_none = [400, 404, 415, 422].contains(&answer.status.as_u16());
                assert!(
                    is_none,
                    "{method} {path} by a stranger: {} {}",
                    answer.status, answer.body
                );
            }
        }
    }
    // It all is still there.
    front
        .want(200, "GET", "/api/workflows/greet", Value::Null)
        .await;
    front
        .want(200, "GET", &format!("/api/executions/{run}"), Value::Null)
        .await;
    assert!(asked > 100, "only {asked} requests");
}

#[tokio::test]
async fn a_key_is_shown_once_and_good_until_it_expires_or_is_taken_back() {
    let front = Front::open().await;
    let body = json!({ "name": "import", "role": "viewer", "expires_at": "2026-01-06T00:00:00Z" });
    let made = front.want(201, "POST", "/api/keys", body).await;
    let text = made["key"].as_str().expect("a key");
    let other = front.by(text);
    let me = other.want(200, "GET", "/api/me", Value::Null).await;
    assert_eq!(me["role"], "viewer");
    let listed = front
        .want(200, "GET", "/api/keys", Value::Null)
        .await
        .to_string();
    let secret = text.rsplit('.').next().expect("a secret");
    assert!(!listed.contains(secret), "{listed}");
    let (id, mangled) = (
        made["id"].as_str().expect("an id"),
        text.replace("default", "elsewhere"),
    );
    for wrong in [
        &mangled,
        &format!("{text}x"),
        &text[..text.len() - 1],
        "pawl_",
        "pawl_a.b",
        "x",
        "pawl_default#doc.a.b",
    ] {
        front
            .by(wrong)
            .want(401, "GET", "/api/me", Value::Null)
            .await;
    }
    front
        .want(204, "DELETE", &format!("/api/keys/{id}"), Value::Null)
        .await;
    other.want(401, "GET", "/api/me", Value::Null).await;
    let body = json!({ "name": "late", "role": "admin", "expires_at": "2026-01-04T00:00:00Z" });
    let late = front.want(201, "POST", "/api/keys", body).await;
    front
        .by(late["key"].as_str().expect("a key"))
        .want(401, "GET", "/api/me", Value::Null)
        .await;
    let log = front.want(200, "GET", "/api/audit", Value::Null).await;
    let actions: Vec<&Value> = log["items"]
        .as_array()
        .expect("notes")
        .iter()
        .map(|note| &note["action"])
        .collect();
    let all = ["key.create", "key.revoke", "key.create", "key.create"];
    assert_eq!(actions, all);
    // The first one of all was made by nobody who has a key.
    assert_eq!(log["items"][3]["who"], "a test");
}
