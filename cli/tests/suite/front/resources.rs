//! Threads, agents, secrets and records.

use serde_json::{Value, json};

use super::Front;
use crate::stage::{says, with_model};
use crate::web::Web;

#[tokio::test]
async fn a_secret_is_kept_used_and_never_shown() {
    let web = Web::serve(|_, _| crate::web::json(200, &json!({ "ok": true })));
    let front = Front::open().await;
    front
        .want(
            204,
            "PUT",
            "/api/secrets/shop",
            json!({ "value": "s3cr3t-of-the-shop" }),
        )
        .await;
    let listed = front.want(200, "GET", "/api/secrets", Value::Null).await;
    assert_eq!(listed["items"][0]["name"], "shop");
    assert!(!listed.to_string().contains("s3cr3t"), "{listed}");
    let id = front.publish(json!({
        "name": "Call",
        "config": { "secrets": { "key": { "stored": "shop" } } },
        "steps": [
            { "stepSlug": "call", "stepType": "request", "config": { "method": "GET", "url": format!("{}/orders", web.url), "headers": { "x-key": "{{secrets.key}}" } } },
        ],
    })).await;
    let path = front.run(&id, json!({})).await + "/steps";
    let steps = front.want(200, "GET", &path, Value::Null).await;
    assert!(!steps.to_string().contains("s3cr3t"), "{steps}");
    assert_eq!(steps[1]["status"], "completed", "{steps}");
    let sent = web.asked();
    assert_eq!(sent[0].header("x-key"), "s3cr3t-of-the-shop");
    front
        .want(204, "DELETE", "/api/secrets/shop", Value::Null)
        .await;
    front
        .want(404, "DELETE", "/api/secrets/shop", Value::Null)
        .await;
    front
        .want(422, "PUT", "/api/secrets/a%2Fb", json!({ "value": "x" }))
        .await;
    let log = front
        .want(200, "GET", "/api/audit?limit=100", Value::Null)
        .await
        .to_string();
    assert!(
        log.contains("secret.write") && !log.contains("s3cr3t"),
        "{log}"
    );
}

#[tokio::test]
async fn records_are_written_and_read_and_never_overwritten_unseen() {
    let front = Front::open().await;
    let made = front
        .want(
            201,
            "POST",
            "/api/records/customers",
            json!({ "name": "Ada" }),
        )
        .await;
    let id = made["_id"].as_str().expect("an id");
    let path = format!("/api/records/customers/{id}");
    front
        .want(409, "POST", "/api/records/customers", json!({ "_id": id }))
        .await;
    front
        .want(200, "PATCH", &path, json!({ "status": "active" }))
        .await;
    let read = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(
        (&read["name"], &read["status"], &read["_id"]),
        (&json!("Ada"), &json!("active"), &json!(id))
    );
    front
        .want(200, "PUT", &path, json!({ "name": "Eve" }))
        .await;
    let read = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(read, json!({ "name": "Eve", "_id": id }));
    let listed = front
        .want(200, "GET", "/api/records/customers", Value::Null)
        .await;
    assert_eq!(listed["items"], json!([read]));
    for missing in [
        "/api/records/doc",
        "/api/records/customers/none",
        "/api/records/runs",
    ] {
        front.want(404, "GET", missing, Value::Null).await;
    }
}

#[tokio::test]
async fn what_was_said_in_a_thread_is_read() {
    let model = Web::serve(|_, _| says("Hello Ada"));
    let front = Front::open_with(|settings| with_model(settings, &model)).await;
    let id = front.publish(json!({
        "name": "Chat",
        "steps": [{ "stepSlug": "talk", "stepType": "llm", "config": { "name": "talk", "systemPrompt": "Be kind.", "userPrompt": "{{input.current_message}}" } }],
    })).await;
    let body = json!({ "trigger": { "kind": "chat", "current_message": "I am Ada" }, "session_id": "s/1" });
    front
        .want(202, "POST", &format!("/api/workflows/{id}/execute"), body)
        .await;
    front.settled().await;
    let threads = front.want(200, "GET", "/api/threads", Value::Null).await;
    assert_eq!(threads[0]["id"], "s/1");
    let said = front
        .want(200, "GET", "/api/threads/s%2F1", Value::Null)
        .await
        .to_string();
    assert!(
        said.contains("I am Ada") && said.contains("Hello Ada"),
        "{said}"
    );
    front
        .want(404, "GET", "/api/threads/none", Value::Null)
        .await;
}

#[tokio::test]
async fn an_agent_is_kept_and_fills_in_what_a_step_leaves_out() {
    let model = Web::serve(|_, _| says("Hello"));
    let front = Front::open_with(|settings| with_model(settings, &model)).await;
    let path = "/api/agents/greeter";
    let agent =
        json!({ "systemPrompt": "You greet people.", "temperature": 1, "tools": ["customer_get"] });
    let rows = [
        (json!({ "systemPrmpt": "x" }), "systemPrmpt"),
        (json!({ "temperature": 7 }), "temperature"),
        (
            json!({ "systemPrompt": "Greet {{input.name}}" }),
            "templates",
        ),
        (json!({ "agent_id": "other" }), "agent_id"),
        (
            json!({ "systemPrompt": "x", "tools": ["no_such_tool"] }),
            "no_such_tool",
        ),
    ];
    for (wrong, expected) in rows {
        let said = front.want(422, "PUT", path, wrong).await;
        let message = said["message"].as_str().expect("a message");
        assert!(message.contains(expected), "{message}");
    }
    front.want(404, "GET", path, Value::Null).await;
    front.want(201, "PUT", path, agent.clone()).await;
    front.want(200, "PUT", path, agent).await;
    let kept = front.want(200, "GET", path, Value::Null).await;
    assert_eq!(kept["_id"], "greeter");
    let listed = front.want(200, "GET", "/api/agents", Value::Null).await;
    assert_eq!(listed["items"], json!([kept]));
    let id = front.publish(json!({ "name": "Greet by agent", "steps": [
        { "stepSlug": "talk", "stepType": "llm", "config": { "agent_id": "greeter", "userPrompt": "I am {{input.name}}" } },
    ] })).await;
    let body = json!({ "input": { "name": "Ada" } });
    let run = front.run(&id, body.clone()).await;
    let run = front.want(200, "GET", &run, Value::Null).await;
    assert_eq!(run["status"], "completed", "{run}");
    let asked = model.asked().remove(0).body;
    assert!(
        asked.contains("You greet people.") && asked.contains("I am Ada"),
        "{asked}"
    );
    front.want(204, "DELETE", path, Value::Null).await;
    front.want(404, "DELETE", path, Value::Null).await;
    let run = front.run(&id, body).await;
    let run = front.want(200, "GET", &run, Value::Null).await;
    assert_eq!(run["error"]["code"], "VALIDATION_ERROR", "{run}");
}
