//! Runs: asked for once, cancelled, failed, taken up again.

use serde_json::{Value, json};

use super::{Front, greeting};

/// A workflow that fails where it is told to.
fn failing() -> Value {
    json!({
        "name": "Fail",
        "steps": [
            { "stepSlug": "start", "stepType": "trigger", "config": { "type": "manual" }, "nextSteps": { "success": "mail" } },
            { "stepSlug": "mail", "stepType": "action", "config": { "type": "email_send",
                "parameters": { "to": "a@example.com", "subject": "Hi", "body": "Hello" } }, "nextSteps": { "success": "end" } },
        ],
    })
}

#[tokio::test]
async fn the_same_request_starts_one_run() {
    let front = Front::open().await;
    let id = front.publish(greeting("Hello {{input.name}}")).await;
    let path = format!("/api/workflows/{id}/execute");
    let ask = async |key: &str, name: &str| {
        let request = front
            .request("POST", &path)
            .header("content-type", "application/json");
        let request = request.header("idempotency-key", key);
        let body = json!({ "input": { "name": name } }).to_string();
        front
            .send(request.body(body.into()).expect("a request"))
            .await
    };
    let first = ask("k-1", "Ada").await;
    assert_eq!(first.status, 202, "{}", first.body);
    front.settled().await;
    let second = ask("k-1", "Ada").await;
    assert_eq!(second.status, 200);
    assert_eq!(second.body["duplicate"], true);
    assert_eq!(second.body["execution_id"], first.body["execution_id"]);
    assert_eq!(ask("k-1", "Eve").await.status, 409);
    let other = ask("k-2", "Ada").await;
    assert_ne!(other.body["execution_id"], first.body["execution_id"]);
    assert_eq!(ask("", "Ada").await.status, 400);
    // Who started a run is written with it, and only then.
    front.settled().await;
    let log = front.want(200, "GET", "/api/audit", Value::Null).await;
    let notes = log["items"].as_array().expect("notes").iter();
    let starts = notes.filter(|note| note["action"] == "execution.start");
    let subjects: Vec<&Value> = starts.map(|note| &note["subject"]).collect();
    let expected = [&other.body["execution_id"], &first.body["execution_id"]];
    assert_eq!(subjects, expected);
}

#[tokio::test]
async fn nothing_of_a_request_is_lost() {
    let front = Front::open().await;
    let id = front.publish(greeting("Hello {{input.name}}")).await;
    let path = format!("/api/workflows/{id}/execute");
    let refused = front
        .want(400, "POST", &path, json!({ "priority": "high" }))
        .await;
    let message = refused["message"].as_str().expect("a message");
    for part in ["`priority`", "stands in `input`"] {
        assert!(message.contains(part), "{message}");
    }
    // What other systems' clients send beside it changes nothing, and other names of the input are as good.
    for body in [
        json!({ "input_data": { "name": "Ada" }, "organization_id": "other" }),
        json!({ "prompt": { "name": "Ada" }, "execution_backend": "local" }),
        json!({ "user_input": { "name": "Ada" } }),
    ] {
        let run = front.run(&id, body).await;
        let run = front.want(200, "GET", &run, Value::Null).await;
        assert_eq!(run["status"], "completed", "{run}");
        assert_eq!(run["input"], json!({ "name": "Ada" }));
    }
}

#[tokio::test]
async fn the_context_and_the_history_of_a_request_reach_an_agent() {
    let front = Front::open().await;
    let definition = json!({
        "name": "Chat",
        "steps": [
            { "step_id": "begin", "step_type": "trigger", "parameters": { "kind": "chat" }, "next_steps": ["agent"] },
            { "step_id": "agent", "step_type": "agent_execution",
              "parameters": { "system_prompt": "Help {{context.customer_id}}.", "query": "{{current_message}}" }, "next_steps": ["tell"] },
            { "step_id": "tell", "step_type": "output",
              "parameters": { "output_mapping": { "run": "{{execution_id}}", "whom": "{{trigger.context.customer_id}}" } } },
        ],
    });
    let id = front.publish(definition).await;
    let history = json!([{ "role": "user", "content": "Hello" }]);
    let run = front
        .run(
            &id,
            json!({
                "trigger": { "kind": "chat", "current_message": "Where is it?", "history": history },
                "context": { "customer_id": "c-7" },
                "mocks": { "agent": "On its way." },
            }),
        )
        .await;
    let steps = front
        .want(200, "GET", &format!("{run}/steps"), Value::Null)
        .await;
    let steps = steps.as_array().or_else(|| steps["items"].as_array());
    let mut steps = steps.expect("steps").iter();
    let asked = &steps
        .find(|step| step["step_id"] == "agent")
        .expect("the step")["input"];
    assert_eq!(asked["systemPrompt"], "Help c-7.");
    assert_eq!(asked["userPrompt"], "Where is it?");
    assert_eq!(asked["history"], history);
    let found = front.want(200, "GET", &run, Value::Null).await;
    let id = run.rsplit('/').next();
    assert_eq!(found["result"]["run"].as_str(), id);
    assert_eq!(found["result"]["whom"], "c-7");
}

#[tokio::test]
async fn a_run_says_how_it_was_asked_for() {
    let front = Front::open().await;
    let id = front
        .publish(json!({
            "name": "Tell",
            "steps": [
                { "stepSlug": "tell", "stepType": "output", "config": { "mapping": {
                    "said": "{{input.current_message}}",
                    "first": "{{input.history[0].content}}",
                    "kind": "{{trigger.type}}",
                    "customer": "{{trigger.context.customer_id}}",
                    "user": "{{userId}}",
                } } },
            ],
        }))
        .await;
    let body = json!({
        "trigger": { "kind": "chat", "current_message": "Where is it?", "history": [{ "role": "user", "content": "Hello" }] },
        "user_id": "user-123",
        "session_id": "session-456",
        "context": { "customer_id": "cust-789" },
    });
    let path = front.run(&id, body).await;
    let run = front.want(200, "GET", &path, Value::Null).await;
    let expected = json!({
        "said": "Where is it?", "first": "Hello", "kind": "chat", "customer": "cust-789", "user": "user-123",
    });
    assert_eq!(run["result"], expected, "{run}");
    assert_eq!(run["triggered_by"], "chat");
    // Run again, it is asked for in the same way.
    let started = front
        .want(
            202,
            "POST",
            &format!("{path}/rerun"),
            json!({ "input": { "current_message": "And now?", "history": [{ "content": "Hi" }] } }),
        )
        .await;
    front.settled().await;
    let path = format!(
        "/api/executions/{}",
        started["execution_id"].as_str().expect("an id")
    );
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(
        (&run["result"]["said"], &run["result"]["kind"]),
        (&json!("And now?"), &json!("chat"))
    );
}

#[tokio::test]
async fn a_run_is_cancelled_once_and_a_failed_one_is_resumed() {
    let front = Front::open().await;
    let id = front.publish(json!({
        "name": "Ask",
        "steps": [
            { "stepSlug": "ask", "stepType": "approval", "config": { "message": "Go on?" }, "nextSteps": { "approved": "end" } },
        ],
    })).await;
    let started = front
        .want(
            202,
            "POST",
            &format!("/api/workflows/{id}/execute"),
            json!({}),
        )
        .await;
    let path = format!(
        "/api/executions/{}",
        started["execution_id"].as_str().expect("an id")
    );
    for _ in 0..200 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        let run = front.want(200, "GET", &path, Value::Null).await;
        if run["status"] == "waiting" {
            break;
        }
    }
    let waiting = front
        .want(200, "GET", "/api/executions?status=waiting", Value::Null)
        .await;
    assert_eq!(waiting["items"][0]["id"], started["execution_id"]);
    let cancelled = front
        .want(200, "POST", &format!("{path}/cancel"), Value::Null)
        .await;
    assert_eq!(cancelled["status"], "cancelled");
    front
        .want(200, "POST", &format!("{path}/cancel"), Value::Null)
        .await;
    front.settled().await;
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(
        (&run["status"], &run["error"]["code"]),
        (&json!("cancelled"), &json!("CANCELLED"))
    );
    front
        .want(404, "POST", "/api/executions/nothing-1/cancel", Value::Null)
        .await;

    let id = front.publish(failing()).await;
    let body = json!({ "mocks": { "mail": [{ "error": { "code": "TOOL_ERROR", "message": "no" } }, { "sent": true }] } });
    let path = front.run(&id, body).await;
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(
        (&run["status"], &run["error"]["code"]),
        (&json!("failed"), &json!("TOOL_ERROR")),
        "{run}"
    );
    front
        .want(202, "POST", &format!("{path}/resume"), Value::Null)
        .await;
    front.settled().await;
    let run = front.want(200, "GET", &path, Value::Null).await;
    assert_eq!(run["resumed"], 1, "{run}");
    front
        .want(
            409,
            "POST",
            &format!(
                "/api/executions/{}/cancel",
                run["id"].as_str().expect("an id")
            ),
            Value::Null,
        )
        .await;
}
