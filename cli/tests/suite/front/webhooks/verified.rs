//! Whom a webhook believes, through the door that everybody knocks at.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::listening;
use crate::front::Front;

fn sign(secret: &str, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, text.as_bytes());
    let digits = tag.as_ref().iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

async fn set(front: &Front, workflow: &str, body: Value) -> Value {
    let path = format!("/api/webhooks/{workflow}/secret");
    front.want(200, "POST", &path, body).await
}

#[tokio::test]
async fn a_secret_is_needed_kept_to_oneself_and_rotated() {
    let front = Front::open().await;
    let trigger = json!({ "path": "/push", "verify": { "provider": "github" } });
    let id = front.publish(listening("Push", &trigger)).await;
    let body = r#"{"ref":"main"}"#;
    let deliver = async |secret: &str| {
        let signature = format!("sha256={}", sign(secret, body));
        let headers = [("x-hub-signature-256", signature.as_str())];
        front.deliver("/webhooks/push", &headers, body).await
    };
    let refused = deliver("the first secret").await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.body["message"]
            .as_str()
            .expect("words")
            .contains("has no secret")
    );
    set(&front, &id, json!({ "secret": "the first secret" })).await;
    assert_eq!(deliver("the first secret").await.status, 202);
    assert_eq!(deliver("another secret").await.status, 401);
    assert_eq!(front.deliver("/webhooks/push", &[], body).await.status, 401);

    // Rotated, both are good for an hour.
    let made = set(&front, &id, json!({ "overlap_seconds": 3600 })).await;
    let second = made["secret"].as_str().expect("a secret");
    assert_eq!(deliver("the first secret").await.status, 202);
    assert_eq!(deliver(second).await.status, 202);
    let later = "2026-01-05T10:30:00Z".parse().expect("a moment");
    front.laptop.local.pass_until(later).await;
    assert_eq!(deliver("the first secret").await.status, 401);
    assert_eq!(deliver(second).await.status, 202);
    front
        .want(204, "DELETE", "/api/webhooks/push/secret", Value::Null)
        .await;
    assert_eq!(deliver(second).await.status, 409);

    // What is secret is shown nowhere.
    let log = front
        .want(200, "GET", "/api/webhooks/push/deliveries", Value::Null)
        .await;
    let shown = front
        .want(200, "GET", "/api/webhooks/push", Value::Null)
        .await;
    for text in [log.to_string(), shown.to_string()] {
        let signature = sign("the first secret", body);
        for secret in ["the first secret", second, signature.as_str()] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let outcomes: Vec<u64> = front
        .deliveries(&id)
        .await
        .into_iter()
        .map(|(_, status)| status)
        .collect();
    assert_eq!(outcomes, [409, 202, 401, 401, 202, 202, 401, 202, 409]);
    let audit = front
        .want(200, "GET", "/api/audit", Value::Null)
        .await
        .to_string();
    assert!(audit.contains("webhook.secret.delete"), "{audit}");
    for body in [
        json!({ "secret": "short" }),
        json!({ "overlap_seconds": 9_999_999 }),
    ] {
        front
            .want(422, "POST", "/api/webhooks/push/secret", body)
            .await;
    }
}

#[tokio::test]
async fn what_was_signed_long_ago_starts_nothing() {
    let front = Front::open().await;
    let trigger =
        json!({ "path": "/paid", "verify": { "provider": "stripe", "toleranceSeconds": 60 } });
    let id = front.publish(listening("Paid", &trigger)).await;
    set(&front, &id, json!({ "secret": "whsec_something" })).await;
    let now: i64 = front.laptop.services.now().0.as_second();
    let body = r#"{"id":"evt_1","pending_webhooks":1}"#;
    let rows = [(0, 202), (-60, 200), (-61, 401), (61, 401)];
    for (away, status) in rows {
        let time = now + away;
        let signature = sign("whsec_something", &format!("{time}.{body}"));
        let header = format!("t={time},v1={signature}");
        let answer = front
            .deliver("/webhooks/paid", &[("stripe-signature", &header)], body)
            .await;
        assert_eq!(answer.status, status, "{away}: {}", answer.body);
    }
    // Stripe's event is the same however its delivery has changed, and whatever others write into headers.
    let body = r#"{"id":"evt_1","pending_webhooks":0}"#;
    let header = format!(
        "t={now},v1={}",
        sign("whsec_something", &format!("{now}.{body}"))
    );
    let headers = [
        ("stripe-signature", header.as_str()),
        ("idempotency-key", "new"),
    ];
    let answer = front.deliver("/webhooks/paid", &headers, body).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["status"]),
        (200, &json!("duplicate"))
    );
}

#[tokio::test]
async fn slack_is_answered_before_it_sends_anything() {
    let front = Front::open().await;
    let trigger = json!({ "path": "/slack", "verify": { "provider": "slack" } });
    let id = front.publish(listening("Slack", &trigger)).await;
    set(&front, &id, json!({ "secret": "a signing secret" })).await;
    let deliver = async |body: &str, secret: &str| {
        let time = front.laptop.services.now().0.as_second().to_string();
        let signature = format!("v0={}", sign(secret, &format!("v0:{time}:{body}")));
        let headers = [
            ("x-slack-request-timestamp", time.as_str()),
            ("x-slack-signature", signature.as_str()),
        ];
        front
            .deliver("/webhooks/slack", &headers, body.to_owned())
            .await
    };
    let asks = r#"{"type":"url_verification","challenge":"c-1"}"#;
    let answer = deliver(asks, "a signing secret").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body),
        (200, &json!({ "challenge": "c-1" }))
    );
    assert_eq!(deliver(asks, "another secret").await.status, 401);
    let event = r#"{"type":"event_callback","event_id":"Ev1"}"#;
    let first = deliver(event, "a signing secret").await;
    let again = deliver(event, "a signing secret").await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (202, 200));
    assert_eq!(first.body["execution_id"], again.body["execution_id"]);
}

#[tokio::test]
async fn github_is_answered_when_it_only_asks_whether_anybody_listens() {
    let front = Front::open().await;
    let trigger = json!({ "path": "/push", "verify": { "provider": "github" } });
    let id = front.publish(listening("Push", &trigger)).await;
    set(&front, &id, json!({ "secret": "a shared secret" })).await;
    let body = r#"{"zen":"Design for failure."}"#;
    let deliver = async |event: &str, secret: &str| {
        let signature = format!("sha256={}", sign(secret, body));
        let headers = [
            ("x-github-event", event),
            ("x-hub-signature-256", signature.as_str()),
        ];
        front.deliver("/webhooks/push", &headers, body).await
    };
    let rows = [
        ("ping", "a shared secret", 200, "ignored"),
        ("ping", "another secret", 401, "rejected"),
        ("push", "a shared secret", 202, "accepted"),
    ];
    for (event, secret, status, _) in rows {
        let answer = deliver(event, secret).await;
        assert_eq!(answer.status, status, "{event}: {}", answer.body);
    }
    front.settled().await;
    let expected = rows.map(|(_, _, status, outcome)| (outcome.to_owned(), u64::from(status)));
    assert_eq!(front.deliveries(&id).await, expected);
    let runs = front.want(200, "GET", "/api/executions", Value::Null).await;
    assert_eq!(runs["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_secret_of_the_definition_is_found_where_it_says() {
    let front = Front::open().await;
    let trigger = json!({ "path": "/own", "verify": { "provider": "header", "header": "X-Shared", "secret": "{{secrets.hook}}" } });
    let id = front.publish(listening("Own", &trigger)).await;
    let path = format!("/api/webhooks/{id}/secret");
    front
        .want(409, "POST", &path, json!({ "secret": "another secret" }))
        .await;
    // The variable is not set here, and nobody outside hears which one it is.
    let refused = front
        .deliver("/webhooks/own", &[("x-shared", "anything")], "{}")
        .await;
    assert_eq!(refused.status, 409);
    assert!(
        !refused.body.to_string().contains("HOOK_SECRET"),
        "{}",
        refused.body
    );
}
