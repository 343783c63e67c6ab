//! Webhooks: whose a path is, what a delivery brings, and what is refused.

mod once;
mod verified;

use axum::body::Body;
use http::{HeaderMap, Request};
use pawl_api::Role;
use serde_json::{Value, json};

use super::{Answer, Front};

/// A workflow that listens, and tells what it was sent.
pub(super) fn listening(name: &str, trigger: &Value) -> Value {
    let mut config = json!({ "type": "webhook" });
    let fields = trigger.as_object().expect("fields");
    config
        .as_object_mut()
        .expect("an object")
        .extend(fields.clone());
    json!({
        "name": name,
        "config": { "secrets": { "hook": { "envVar": "HOOK_SECRET" } } },
        "steps": [
            { "stepSlug": "start", "stepType": "trigger", "config": config, "nextSteps": { "success": "tell" } },
            { "stepSlug": "tell", "stepType": "output", "config": { "mapping": {
                "input": "{{input}}", "data": "{{trigger.data}}", "kind": "{{trigger.type}}", "context": "{{trigger.context}}",
            } } },
        ],
    })
}

impl Front {
    /// Delivers to a webhook, as nobody that is known here.
    pub(super) async fn deliver(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method("POST").uri(path);
        let is_typed = headers.iter().any(|(name, _)| *name == "content-type");
        if !is_typed {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).expect("a request"))
            .await
    }

    /// What a run gave, once nothing goes on.
    pub(super) async fn result(&self, delivered: &Answer) -> Value {
        self.settled().await;
        let id = delivered.body["execution_id"].as_str().expect("a run");
        let path = format!("/api/executions/{id}");
        self.want(200, "GET", &path, Value::Null).await["result"].clone()
    }

    /// The log of a workflow's deliveries, the first one first: outcome and status.
    pub(super) async fn deliveries(&self, workflow: &str) -> Vec<(String, u64)> {
        let path = format!("/api/webhooks/{workflow}/deliveries?limit=100");
        let log = self.want(200, "GET", &path, Value::Null).await;
        let entries = log["items"].as_array().expect("entries").iter().rev();
        let outcome = |entry: &Value| entry["outcome"].as_str().expect("a word").to_owned();
        entries
            .map(|entry| (outcome(entry), entry["status"].as_u64().expect("a status")))
            .collect()
    }
}

#[tokio::test]
async fn a_delivery_is_a_run_with_its_body_headers_and_query() {
    let front = Front::open().await;
    let id = front
        .publish(listening(
            "Take orders",
            &json!({ "path": "/webhooks/new-order" }),
        ))
        .await;
    let shown = front
        .want(200, "GET", "/api/webhooks/take_orders", Value::Null)
        .await;
    assert_eq!(shown["url"], "http://pawl.test/webhooks/new-order");
    let headers = [
        ("x-shop", "berlin"),
        ("authorization", "Bearer 1"),
        ("x-hub-signature", "2"),
    ];
    let delivered = front
        .deliver(
            "/webhooks/new-order/?page=2&token=3",
            &headers,
            r#"{"id":7}"#,
        )
        .await;
    assert_eq!(delivered.status, 202, "{}", delivered.body);
    assert_eq!(delivered.body["workflow_id"], id);
    let expected = json!({
        "input": { "id": 7 }, "data": { "id": 7 }, "kind": "webhook",
        "context": { "headers": { "content-type": "application/json", "x-shop": "berlin" }, "query": { "page": "2" } },
    });
    assert_eq!(front.result(&delivered).await, expected);
    let typed = [("content-type", "application/x-www-form-urlencoded")];
    let delivered = front
        .deliver(
            "/webhooks/new-order",
            &typed,
            "name=Ada+Lovelace&tag=a&tag=b",
        )
        .await;
    let found = front.result(&delivered).await;
    assert_eq!(
        found["input"],
        json!({ "name": "Ada Lovelace", "tag": ["a", "b"] })
    );

    // What cannot be read starts nothing, and stands in the log.
    let large = format!("\"{}\"", "x".repeat(1024 * 1024));
    let rows = [
        ("application/json", "{", 400),
        ("text/plain", "hello", 415),
        ("application/json", large.as_str(), 413),
    ];
    for (kind, body, status) in rows {
        let refused = front
            .deliver(
                "/webhooks/new-order",
                &[("content-type", kind)],
                body.to_owned(),
            )
            .await;
        assert_eq!(refused.status, status, "{kind}: {}", refused.body);
    }
    let none = front.deliver("/webhooks/elsewhere", &[], "{}").await;
    assert_eq!(none.status, 404);
    let log = front.deliveries(&id).await;
    let expected = [
        ("accepted", 202),
        ("accepted", 202),
        ("rejected", 400),
        ("rejected", 415),
        ("rejected", 413),
    ];
    assert_eq!(
        log,
        expected.map(|(outcome, status)| (outcome.to_owned(), status))
    );
    let runs = front.want(200, "GET", "/api/executions", Value::Null).await;
    assert_eq!(runs["items"].as_array().expect("runs").len(), 2);
}

#[tokio::test]
async fn a_path_is_one_workflows_until_it_lets_go() {
    let front = Front::open().await;
    front
        .publish(listening("First", &json!({ "path": "/orders" })))
        .await;
    let second = listening("Second", &json!({ "path": "/webhooks/orders/" }));
    front.want(201, "POST", "/api/workflows", second).await;
    let refused = front
        .want(409, "POST", "/api/workflows/second/publish", Value::Null)
        .await;
    assert!(
        refused["message"]
            .as_str()
            .expect("words")
            .contains("`first`"),
        "{refused}"
    );
    // Nothing of it was made.
    let second = front
        .want(200, "GET", "/api/workflows/second", Value::Null)
        .await;
    assert_eq!(second["status"], "draft");
    front
        .want(404, "GET", "/api/webhooks/second", Value::Null)
        .await;

    // Paused, it is there and starts nothing.
    let status = async || front.deliver("/webhooks/orders", &[], "{}").await.status;
    assert_eq!(status().await, 202);
    front
        .want(200, "POST", "/api/workflows/first/pause", Value::Null)
        .await;
    assert_eq!(status().await, 409);
    front
        .want(200, "POST", "/api/workflows/first/resume", Value::Null)
        .await;
    assert_eq!(status().await, 202);

    // A version with another path gives the old one away, and an older one takes it again if it can.
    let moved = listening("First", &json!({ "path": "/other" }));
    front.want(200, "PUT", "/api/workflows/first", moved).await;
    assert_eq!(status().await, 202);
    front
        .want(200, "POST", "/api/workflows/first/publish", Value::Null)
        .await;
    assert_eq!(status().await, 404);
    assert_eq!(
        front.deliver("/webhooks/other", &[], "{}").await.status,
        202
    );
    let publish = async |workflow: &str, status: u16| {
        let path = format!("/api/workflows/{workflow}/publish");
        front.want(status, "POST", &path, Value::Null).await
    };
    publish("second", 200).await;
    let path = "/api/workflows/first/versions/1/activate";
    front.want(409, "POST", path, Value::Null).await;
    front
        .want(200, "POST", "/api/workflows/second/archive", Value::Null)
        .await;
    assert_eq!(status().await, 404);
    front.want(200, "POST", path, Value::Null).await;
    assert_eq!(status().await, 202);
    front
        .want(204, "DELETE", "/api/workflows/first", Value::Null)
        .await;
    assert_eq!(status().await, 404);
    front
        .want(200, "POST", "/api/workflows/second/restore", Value::Null)
        .await;
    publish("second", 200).await;
    assert_eq!(status().await, 202);
}

#[tokio::test]
async fn every_organisation_has_its_paths_and_its_tokens() {
    let front = Front::open().await;
    let other = front.with("elsewhere", Role::Admin).await;
    let definition = listening(
        "Mine",
        &json!({ "path": "/a", "verify": { "provider": "token" } }),
    );
    for front in [&front, &other] {
        front.publish(definition.clone()).await;
    }
    let shown = other
        .want(200, "GET", "/api/webhooks/mine", Value::Null)
        .await;
    assert_eq!(shown["url"], "http://pawl.test/webhooks/@elsewhere/a");
    // Who knows the path alone is refused.
    for path in [
        "/webhooks/a",
        "/webhooks/@elsewhere/a",
        "/webhooks/@default/a",
    ] {
        assert_eq!(front.deliver(path, &[], "{}").await.status, 401, "{path}");
    }
    for path in [
        "/webhooks/@nobody/a",
        "/webhooks/@",
        "/webhooks/@a#b/a",
        "/hooks/x",
        "/hooks/elsewhere.x",
    ] {
        let path = path.replace('#', "%23");
        assert_eq!(front.deliver(&path, &[], "{}").await.status, 404, "{path}");
    }
    let make = async |overlap: u64| {
        let body = json!({ "overlap_seconds": overlap });
        let made = other
            .want(200, "POST", "/api/webhooks/mine/token", body)
            .await;
        made["token"].as_str().expect("a token").to_owned()
    };
    let ask = async |token: &str| {
        let path = format!("/hooks/{token}");
        front.deliver(&path, &[], "{}").await.status.as_u16()
    };
    let first = make(3600).await;
    assert_eq!(ask(&first).await, 202);
    // It is of its own organisation only.
    assert_eq!(ask(&first.replace("elsewhere", "default")).await, 404);
    let second = make(3600).await;
    assert_eq!((ask(&first).await, ask(&second).await), (202, 202));
    let later = "2026-01-05T10:30:00Z".parse().expect("a moment");
    front.laptop.local.pass_until(later).await;
    assert_eq!((ask(&first).await, ask(&second).await), (404, 202));
    let third = make(0).await;
    assert_eq!((ask(&second).await, ask(&third).await), (404, 202));
    other
        .want(204, "DELETE", "/api/webhooks/mine/token", Value::Null)
        .await;
    assert_eq!(ask(&third).await, 404);
    let again = make(0).await;
    other
        .want(204, "DELETE", "/api/workflows/mine", Value::Null)
        .await;
    assert_eq!(ask(&again).await, 404);
}

/// A workflow that answers whoever asks with what its run gives.
fn answering(name: &str, step: &Value) -> Value {
    json!({ "name": name, "steps": [
        { "stepSlug": "start", "stepType": "trigger", "config": { "type": "webhook", "respond": "sync" },
          "nextSteps": { "success": "next" } },
        step,
    ] })
}

#[tokio::test]
async fn who_waits_gets_what_the_run_gave_if_that_does_not_take_long() {
    // Where time jumps, it may be up before the run has begun.
    let front = Front::open_in_real_time().await;
    let quick = json!({ "stepSlug": "next", "stepType": "output", "config": { "mapping": { "hello": "{{input.name}}" } } });
    front.publish(answering("Quick", &quick)).await;
    let key = [("idempotency-key", "k-1")];
    for _ in 0..2 {
        let answer = front
            .deliver("/webhooks/quick", &key, r#"{"name":"Ada"}"#)
            .await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body),
            (200, &json!({ "hello": "Ada" }))
        );
        assert!(answer.headers.contains_key("x-execution-id"));
    }
    let failing = json!({ "stepSlug": "next", "stepType": "action", "config": { "type": "email_send",
        "parameters": { "to": "{{input.nobody}}", "subject": "Hi", "body": "Hello" } }, "nextSteps": { "success": "end" } });
    front.publish(answering("Failing", &failing)).await;
    let answer = front.deliver("/webhooks/failing", &[], "{}").await;
    assert_eq!(answer.status, 502, "{}", answer.body);
    assert!(
        answer.body["details"]["execution_id"].is_string(),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn who_waits_is_told_that_it_takes_longer() {
    let front = Front::open().await;
    let slow = json!({ "stepSlug": "next", "stepType": "approval", "config": { "message": "Go on?" }, "nextSteps": { "approved": "end" } });
    front.publish(answering("Slow", &slow)).await;
    let answer = front.deliver("/webhooks/slow", &[], "{}").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["status"]),
        (202, &json!("accepted"))
    );
}

#[tokio::test]
async fn too_many_in_a_minute_are_refused_until_the_next() {
    let front = Front::open().await;
    let id = front
        .publish(listening("Few", &json!({ "maxPerMinute": 3 })))
        .await;
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(front.deliver("/webhooks/few", &[], "{}").await);
    }
    let statuses: Vec<u16> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    assert_eq!(statuses, [202, 202, 202, 429, 429]);
    let wait = |headers: &HeaderMap| {
        headers["retry-after"]
            .to_str()
            .expect("a number")
            .to_owned()
    };
    let seconds: u64 = wait(&answers[4].headers).parse().expect("a number");
    assert!((1..=60).contains(&seconds), "{seconds}");
    let later = "2026-01-05T09:02:00Z".parse().expect("a moment");
    front.laptop.local.pass_until(later).await;
    assert_eq!(front.deliver("/webhooks/few", &[], "{}").await.status, 202);
    let log = front.deliveries(&id).await;
    let limited = log.iter().filter(|(outcome, _)| outcome == "rate_limited");
    assert_eq!((log.len(), limited.count()), (6, 2));
}
