//! Approvals, links that decide, threads, secrets and records.

use axum::body::Body;
use serde_json::{Value, json};

use super::Front;
use crate::stage::{says, with_model};
use crate::web::Web;

/// Waits until a run asks for a decision: the approval.
async fn asked(front: &Front) -> Value {
    for _ in 0..400 {
        let waiting = front
            .want(200, "GET", "/api/approvals?status=pending", Value::Null)
            .await;
        let items = waiting["items"].as_array();
        if let Some(first) = items.and_then(|waiting| waiting.first()) {
            return first.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("nobody asks");
}

fn asking(message: &str) -> Value {
    json!({
        "name": "Ask",
        "steps": [
            { "stepSlug": "ask", "stepType": "approval", "config": {
                "message": message, "payload": { "text": "Dear Ada" }, "approvers": ["anna@example.com"],
                "timeoutHours": 1000,
            }, "nextSteps": { "approved": "done", "rejected": "done" } },
            { "stepSlug": "done", "stepType": "output", "config": { "mapping": {
                "decision": "{{steps.ask.output.data.decision}}", "by": "{{steps.ask.output.data.decidedBy}}", "text": "{{steps.ask.output.data.payload.text}}",
            } } },
        ],
    })
}

#[tokio::test]
async fn an_approval_is_found_and_decided_once() {
    let front = Front::open_in_real_time().await;
    let mut definition = asking("Send it?");
    definition["steps"][0]["config"]["notify"] = "none".into();
    let id = front.publish(definition).await;
    let started = front
        .want(
            202,
            "POST",
            &format!("/api/workflows/{id}/execute"),
            json!({}),
        )
        .await;
    let approval = asked(&front).await;
    assert_eq!(approval["execution_id"], started["execution_id"]);
    assert_eq!(approval["question"]["message"], "Send it?");
    let path = format!("/api/approvals/{}", approval["id"].as_str().expect("an id"));
    let wrong = json!({ "decision": "approved" });
    front.want(422, "POST", &path, wrong).await;
    let decision = json!({
        "decision": "approved", "decided_by": "anna@example.com", "comment": "Fine", "payload": { "text": "Dear Eve" },
    });
    let decided = front.want(200, "POST", &path, decision.clone()).await;
    assert_eq!(
        (
            &decided["status"],
            &decided["decided_by"],
            &decided["comment"]
        ),
        (
            &json!("approved"),
            &json!("anna@example.com"),
            &json!("Fine")
        )
    );
    front.want(200, "POST", &path, decision).await;
    front
        .want(
            422,
            "POST",
            &path,
            json!({ "decision": "rejected", "decided_by": "anna@example.com" }),
        )
        .await;
    front.settled().await;
    let run = front
        .want(
            200,
            "GET",
            &format!(
                "/api/executions/{}",
                started["execution_id"].as_str().expect("an id")
            ),
            Value::Null,
        )
        .await;
    assert_eq!(
        run["result"],
        json!({ "decision": "approved", "by": "anna@example.com", "text": "Dear Eve" }),
        "{run}"
    );
    for missing in [
        "x",
        "x~y",
        "x~000001",
        &format!(
            "{}~000009",
            started["execution_id"].as_str().expect("an id")
        ),
    ] {
        front
            .want(
                404,
                "GET",
                &format!("/api/approvals/{missing}"),
                Value::Null,
            )
            .await;
    }
}

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
async fn a_link_shows_a_page_and_decides_only_when_it_is_sent() {
    let front = Front::open_in_real_time().await;
    let id = front.publish(asking("Send it?")).await;
    front
        .want(
            202,
            "POST",
            &format!("/api/workflows/{id}/execute"),
            json!({}),
        )
        .await;
    let approval = asked(&front).await;
    let link = front.link_in_mail().await;
    let page = front.by("").ask("GET", &link, &Value::Null).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(
        page.body
            .as_str()
            .expect("a page")
            .contains("anna@example.com")
    );
    let path = format!("/api/approvals/{}", approval["id"].as_str().expect("an id"));
    assert_eq!(
        front.want(200, "GET", &path, Value::Null).await["status"],
        "pending"
    );
    let request = front
        .by("")
        .request("POST", &link)
        .header("content-type", "application/x-www-form-urlencoded");
    let decided = front
        .send(
            request
                .body(Body::from("comment=Looks+good"))
                .expect("a request"),
        )
        .await;
    assert_eq!(decided.status, 200, "{}", decided.body);
    let decided = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(
        (&decided["status"], &decided["comment"]),
        (&json!("approved"), &json!("Looks good"))
    );
    let mangled = link.replace("/links/", "/links/x");
    assert_eq!(
        front.by("").ask("GET", &mangled, &Value::Null).await.status,
        404
    );
}

#[tokio::test]
async fn what_was_decided_is_listed_page_by_page() {
    let front = Front::open_in_real_time().await;
    let mut definition = asking("Send it?");
    definition["steps"][0]["config"]["notify"] = "none".into();
    let id = front.publish(definition).await;
    let list = async |query: &str| {
        let path = format!("/api/approvals?{query}");
        front.want(200, "GET", &path, Value::Null).await
    };
    let mut decided = Vec::new();
    for decision in ["approved", "rejected", "approved"] {
        let path = format!("/api/workflows/{id}/execute");
        front.want(202, "POST", &path, json!({})).await;
        let approval = asked(&front).await["id"].clone();
        let path = format!("/api/approvals/{}", approval.as_str().expect("an id"));
        let body = json!({ "decision": decision, "decided_by": "anna@example.com" });
        front.want(200, "POST", &path, body).await;
        front.settled().await;
        decided.insert(0, (approval, json!(decision)));
    }
    let path = format!("/api/workflows/{id}/execute");
    front.want(202, "POST", &path, json!({})).await;
    let waiting = asked(&front).await["id"].clone();
    let rows = [
        ("status=decided&limit=2", decided.clone()),
        ("status=decided&workflow=Ask", decided.clone()),
        ("status=decided&workflow=Other", Vec::new()),
        ("status=pending", vec![(waiting.clone(), json!("pending"))]),
        ("limit=1", vec![(waiting.clone(), json!("pending"))]),
    ];
    let mut all = vec![(waiting, json!("pending"))];
    all.extend(decided);
    let all = ["status=all&limit=1", "status=all&limit=2", "status=all"]
        .map(|query| (query, all.clone()));
    for (query, expected) in rows.into_iter().chain(all) {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = list(&format!("{query}{cursor}")).await;
            for item in page["items"].as_array().expect("approvals") {
                found.push((item["id"].clone(), item["status"].clone()));
            }
            let Some(next) = page["next_cursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(found, expected, "{query}");
    }
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

#[tokio::test]
async fn an_approval_is_delegated_by_those_who_may_decide() {
    let front = Front::open().await;
    let config = json!({ "message": "Go on?", "approvers": ["anna"] });
    let asks = json!({ "stepSlug": "ask", "stepType": "approval", "config": config, "nextSteps": { "approved": "end" } });
    let id = front
        .publish(json!({ "name": "Ask", "steps": [asks] }))
        .await;
    front.run(&id, json!({})).await;
    let listed = front.want(200, "GET", "/api/approvals", Value::Null).await;
    let approval = listed["items"][0]["id"].as_str().expect("an approval");
    let path = format!("/api/approvals/{approval}");
    let delegate = format!("{path}/delegate");
    let rows = [
        // The key speaks for itself, and is none of them.
        (json!({ "to": "bo" }), 422),
        (json!({ "to": " ", "delegated_by": "anna" }), 422),
        (json!({ "to": "bo", "delegated_by": "anna" }), 200),
        (json!({ "to": "cy", "delegated_by": "bo" }), 200),
        (json!({ "to": "cy", "delegated_by": "anna" }), 200),
        (json!({ "whom": "cy" }), 400),
    ];
    for (body, status) in rows {
        front.want(status, "POST", &delegate, body).await;
    }
    let read = front.want(200, "GET", &path, Value::Null).await;
    let delegates = read["delegates"].as_array().expect("delegates").iter();
    let told: Vec<(&Value, &Value)> = delegates.map(|one| (&one["to"], &one["by"])).collect();
    assert_eq!(
        told,
        [(&json!("bo"), &json!("anna")), (&json!("cy"), &json!("bo"))]
    );
    let log = front
        .want(200, "GET", "/api/audit?limit=100", Value::Null)
        .await;
    let notes = log["items"].as_array().expect("notes").iter();
    let delegations = notes.filter(|note| note["action"] == "approval.delegate");
    assert_eq!(delegations.count(), 2);
    let yes = json!({ "decision": "approved", "decided_by": "cy" });
    front.want(200, "POST", &path, yes).await;
    front.settled().await;
    let late = json!({ "to": "di", "delegated_by": "anna" });
    front.want(422, "POST", &delegate, late).await;
}
