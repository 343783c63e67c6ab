//! Schedules and events start runs: once each, while they are published and not paused, of their own organisation.

use jiff::{SignedDuration, Timestamp};
use pawl_api::Role;
use serde_json::{Value, json};

use super::Front;

/// A workflow that is started by what this says.
pub(super) fn started_by(name: &str, trigger: &Value) -> Value {
    json!({
        "name": name,
        "steps": [
            { "stepSlug": "begin", "stepType": "trigger", "config": trigger, "nextSteps": { "success": "tell" } },
            { "stepSlug": "tell", "stepType": "output", "config": { "mapping": { "input": "{{input}}", "kind": "{{trigger.type}}" } } },
        ],
    })
}

async fn runs(front: &Front, workflow: &str) -> Vec<Value> {
    front.settled().await;
    let path = format!("/api/executions?limit=100&workflow_id={workflow}");
    let page = front.want(200, "GET", &path, Value::Null).await;
    page["items"].as_array().expect("runs").clone()
}

async fn pass(front: &Front, minutes: i64) {
    let now: Timestamp = front.laptop.local.clock().now();
    let then = now + SignedDuration::from_mins(minutes);
    front.laptop.local.pass_until(then).await;
    front.settled().await;
}

#[tokio::test]
async fn a_schedule_starts_runs_until_it_is_paused_or_another_one() {
    let front = Front::open().await;
    pass(&front, 1).await;
    let every_half_hour = json!({ "type": "schedule", "schedule": "*/30 * * * *" });
    let id = front.publish(started_by("Tick", &every_half_hour)).await;
    pass(&front, 61).await;
    let begun = runs(&front, &id).await;
    assert_eq!(begun.len(), 2, "{begun:?}");
    assert_eq!(begun[0]["triggered_by"], "schedule");
    front
        .want(
            200,
            "POST",
            &format!("/api/workflows/{id}/pause"),
            Value::Null,
        )
        .await;
    pass(&front, 60).await;
    assert_eq!(runs(&front, &id).await.len(), 2);
    front
        .want(
            200,
            "POST",
            &format!("/api/workflows/{id}/resume"),
            Value::Null,
        )
        .await;
    pass(&front, 30).await;
    assert_eq!(runs(&front, &id).await.len(), 3);
    // Published anew with another schedule, the old one is no more.
    let daily = json!({ "type": "schedule", "schedule": "0 3 * * *" });
    front.publish_again(&id, started_by("Tick", &daily)).await;
    let before = runs(&front, &id).await.len();
    pass(&front, 24 * 60).await;
    assert_eq!(runs(&front, &id).await.len(), before + 1);
    let schedules = front.app_schedules().await;
    assert_eq!(schedules.len(), 1, "{schedules:?}");
    front
        .want(
            200,
            "POST",
            &format!("/api/workflows/{id}/archive"),
            Value::Null,
        )
        .await;
    assert_eq!(front.app_schedules().await, Vec::<String>::new());
}

/// Published as not enabled, a workflow that was started by a schedule or a webhook is started by people alone.
#[tokio::test]
async fn a_workflow_that_is_not_enabled_is_started_by_people_alone() {
    let front = Front::open().await;
    let off = |mut definition: Value| {
        definition["enabled"] = false.into();
        definition
    };
    let hourly = json!({ "type": "schedule", "schedule": "0 * * * *" });
    let ticks = front.publish(started_by("Tick", &hourly)).await;
    let hook = json!({ "type": "webhook", "path": "/orders" });
    let hears = front.publish(started_by("Hear", &hook)).await;
    let status = async || front.deliver("/webhooks/orders", &[], "{}").await.status;
    assert_eq!(front.app_schedules().await.len(), 1);
    assert_eq!(status().await, 202);
    front
        .publish_again(&ticks, off(started_by("Tick", &hourly)))
        .await;
    front
        .publish_again(&hears, off(started_by("Hear", &hook)))
        .await;
    assert_eq!(front.app_schedules().await, Vec::<String>::new());
    assert_eq!(status().await, 404);
    let path = format!("/api/workflows/{ticks}/execute");
    front.want(202, "POST", &path, json!({})).await;
    assert_eq!(runs(&front, &ticks).await.len(), 1);
}

#[tokio::test]
async fn an_event_starts_a_run_of_its_organisation_if_the_filter_lets_it_through() {
    let front = Front::open().await;
    let trigger = json!({ "type": "event", "eventType": "customer.created", "eventFilter": { "status": "active" } });
    let id = front.publish(started_by("Hear", &trigger)).await;
    let other = front.with("elsewhere", Role::Admin).await;
    let other_id = other.publish(started_by("Hear", &trigger)).await;
    for (who, name, status) in [
        (&front, "c-1", "active"),
        (&front, "c-2", "churned"),
        (&other, "c-3", "active"),
    ] {
        let body = json!({ "_id": name, "name": "Ada", "status": status });
        who.want(201, "POST", "/api/records/customers", body).await;
    }
    let heard = runs(&front, &id).await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    let path = format!(
        "/api/executions/{}",
        heard[0]["id"].as_str().expect("an id")
    );
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(run["result"]["input"]["recordId"], "c-1");
    assert_eq!(run["result"]["kind"], "event");
    assert_eq!(runs(&other, &other_id).await.len(), 1);
    // Put away, it hears nothing more, and its rule is gone.
    let archive = format!("/api/workflows/{id}/archive");
    front.want(200, "POST", &archive, Value::Null).await;
    let body = json!({ "_id": "c-4", "name": "Eve", "status": "active" });
    front
        .want(201, "POST", "/api/records/customers", body)
        .await;
    assert_eq!(runs(&front, &id).await.len(), 1);
    let rules = front.laptop.services.event_bridge().list_rules();
    let rules = rules.send().await.expect("an answer").rules;
    let names: Vec<String> = rules
        .unwrap_or_default()
        .into_iter()
        .filter_map(|rule| rule.name)
        .collect();
    let own = format!("pawl-default-{id}-");
    assert!(
        !names.iter().any(|name| name.starts_with(&own)),
        "{names:?}"
    );
    assert!(
        names.iter().any(|name| name.contains("elsewhere")),
        "{names:?}"
    );
}

#[tokio::test]
async fn a_delivery_that_comes_twice_starts_one_run() {
    let front = Front::open().await;
    let trigger = json!({ "type": "event", "eventType": "order.paid" });
    let id = front.publish(started_by("Paid", &trigger)).await;
    let name = front
        .laptop
        .services
        .store()
        .published("default", &id)
        .await
        .expect("an answer");
    let name = name.expect("it is published").triggers.remove(0);
    let asked = |key: &str, trigger: &str| {
        let asked = json!({
            "workflow": id, "org": "default", "trigger": trigger, "kind": "event", "idempotencyKey": key, "input": { "order": key },
        });
        bytes::Bytes::from(asked.to_string())
    };
    for key in ["event/1", "event/2", "event/1", "event/1", "event/2"] {
        let called = front
            .laptop
            .local
            .invoke("trigger", asked(key, &name))
            .await;
        called.expect("an answer");
    }
    // What the workflow does not know starts nothing.
    let called = front
        .laptop
        .local
        .invoke("trigger", asked("event/3", "event-of-old"))
        .await;
    let answer: Value = serde_json::from_slice(&called.expect("an answer")).expect("JSON");
    assert_eq!(answer["status"], "ignored");
    assert_eq!(runs(&front, &id).await.len(), 2);
}

impl Front {
    /// The names of all schedules.
    async fn app_schedules(&self) -> Vec<String> {
        let listed = self
            .laptop
            .services
            .scheduler()
            .list_schedules()
            .send()
            .await;
        let listed = listed.expect("a list").schedules;
        listed
            .into_iter()
            .filter_map(|schedule| schedule.name)
            .collect()
    }
}
