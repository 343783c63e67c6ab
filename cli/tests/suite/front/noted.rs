//! The audit log: a note stands where, and only where, what it notes has happened.

use serde_json::{Value, json};

use super::Front;

/// The notes of one action.
async fn notes(front: &Front, action: &str) -> usize {
    let log = front.want(200, "GET", "/api/audit?limit=100", Value::Null);
    let log = log.await;
    let notes = log["items"].as_array().expect("notes").iter();
    notes.filter(|note| note["action"] == action).count()
}

/// How many transactions the API has asked for.
fn transactions(front: &Front) -> usize {
    let calls = front.laptop.local.calls();
    let written = calls
        .iter()
        .filter(|call| call.operation == "TransactWriteItems");
    written.count()
}

#[tokio::test]
async fn a_record_and_its_note_are_one_transaction() {
    let front = Front::open().await;
    let customer = "/api/records/customers/ada";
    let agent = "/api/agents/helper";
    let ada = json!({ "_id": "ada", "name": "Ada" });
    let rows = [
        (
            "POST",
            "/api/records/customers",
            ada.clone(),
            "record.create",
            201,
        ),
        (
            "PATCH",
            customer,
            json!({ "name": "Eve" }),
            "record.update",
            200,
        ),
        (
            "PUT",
            agent,
            json!({ "systemPrompt": "Help." }),
            "agent.write",
            201,
        ),
        ("DELETE", agent, Value::Null, "agent.delete", 204),
    ];
    for (method, path, body, action, status) in rows {
        let before = transactions(&front);
        front.want(status, method, path, body).await;
        assert_eq!(transactions(&front), before + 1, "{action}");
        assert_eq!(notes(&front, action).await, 1, "{action}");
    }
    // What is refused is not noted.
    front.want(409, "POST", "/api/records/customers", ada).await;
    front.want(404, "DELETE", agent, Value::Null).await;
    assert_eq!(notes(&front, "record.create").await, 1);
    assert_eq!(notes(&front, "agent.delete").await, 1);
}

#[tokio::test]
async fn what_is_done_to_a_run_is_noted_once() {
    let front = Front::open().await;
    let id = front
        .publish(json!({ "name": "Ask", "steps": [
            { "stepSlug": "ask", "stepType": "approval", "config": { "message": "Go on?" }, "nextSteps": { "approved": "end" } },
        ] }))
        .await;
    let path = front.run(&id, json!({})).await;
    let (cancel, resume) = (format!("{path}/cancel"), format!("{path}/resume"));
    for _ in 0..2 {
        front.want(200, "POST", &cancel, Value::Null).await;
        assert_eq!(notes(&front, "execution.cancel").await, 1);
    }
    front.want(202, "POST", &resume, Value::Null).await;
    front.settled().await;
    front.want(409, "POST", &resume, Value::Null).await;
    assert_eq!(notes(&front, "execution.resume").await, 1);
    let listed = front.want(200, "GET", "/api/approvals", Value::Null).await;
    let approval = listed["items"][0]["id"].as_str().expect("an approval");
    let decide = format!("/api/approvals/{approval}");
    for _ in 0..2 {
        let yes = json!({ "decision": "approved" });
        front.want(200, "POST", &decide, yes).await;
        front.settled().await;
        assert_eq!(notes(&front, "approval.decide").await, 1);
    }
}
