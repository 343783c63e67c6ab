//! The description of the API is what is committed, and every answer is one that it has.

use std::fs;

use serde_json::{Value, json};

use super::Front;
use crate::corpus::root;

#[test]
fn the_description_is_as_committed() {
    let written = pawl_api::openapi().to_pretty_json().expect("a document") + "\n";
    let path = root().join("api/openapi.json");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &written).expect("a file");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == written,
        "api/openapi.json is old: run the tests with UPDATE=1"
    );
}

#[tokio::test]
async fn what_cannot_be_answered_says_why() {
    let front = Front::open().await;
    let rows = [
        ("GET", "/nowhere", json!(null), 404, "NOT_FOUND"),
        ("DELETE", "/api/me", json!(null), 405, "METHOD_NOT_ALLOWED"),
        (
            "GET",
            "/api/workflows?limit=0",
            json!(null),
            400,
            "BAD_REQUEST",
        ),
        (
            "GET",
            "/api/workflows?limit=x",
            json!(null),
            400,
            "BAD_REQUEST",
        ),
        (
            "GET",
            "/api/workflows?cursor=%00",
            json!(null),
            400,
            "BAD_REQUEST",
        ),
        (
            "GET",
            "/api/workflows/greet/versions/x",
            json!(null),
            400,
            "BAD_REQUEST",
        ),
        (
            "POST",
            "/api/keys",
            json!({ "name": 3 }),
            400,
            "BAD_REQUEST",
        ),
        (
            "POST",
            "/api/keys",
            json!({ "name": "", "role": "admin" }),
            422,
            "VALIDATION_ERROR",
        ),
        (
            "GET",
            "/api/executions/customers",
            json!(null),
            404,
            "NOT_FOUND",
        ),
        ("GET", "/api/executions/%23", json!(null), 404, "NOT_FOUND"),
    ];
    for (method, path, body, status, code) in rows {
        let answer = front.ask(method, path, &body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        assert_eq!(answer.body["code"], code, "{method} {path}");
        let id = answer.headers["x-request-id"].to_str().expect("an id");
        assert_eq!(answer.body["request_id"], id, "{method} {path}");
    }
    let request = front
        .request("GET", "/api/me")
        .header("x-request-id", "mine-1");
    let answer = front
        .send(request.body(axum::body::Body::empty()).expect("a request"))
        .await;
    assert_eq!(answer.headers["x-request-id"], "mine-1");
    let none: Value = front
        .want(404, "GET", "/api/workflows/none", Value::Null)
        .await;
    assert!(
        none["message"].as_str().expect("words").contains("`none`"),
        "{none}"
    );
}
