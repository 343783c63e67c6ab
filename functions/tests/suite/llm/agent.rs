//! Agents: models that use tools.

use serde_json::{Value, json};

use super::{Reply, ask, bench, calls, facts, member, request, says};
use crate::bench::{Bench, ORG};

async fn load(bench: &Bench) {
    let customers = [
        json!({ "_id": "c1", "name": "Ada", "status": "active", "logins": 0 }),
        json!({ "_id": "c2", "name": "Bob", "status": "churned" }),
    ];
    let loaded = bench.store().load(ORG, "customers", &customers).await;
    loaded.expect("it loads");
}

/// A customer as the store has it, and how often it was written.
async fn customer(bench: &Bench, id: &str) -> (Value, String) {
    let found = bench.store().find(ORG, "customers", id).await;
    let (record, version) = found.expect("an answer").expect("a customer");
    (Value::Object(record), format!("{version:?}"))
}

#[tokio::test]
async fn an_agent_uses_tools_until_it_knows() {
    let (bench, heard) = bench([
        calls(&[("customer_get", json!({ "customerId": "c1" }))]),
        calls(&[
            (
                "customer_read",
                json!({ "operation": "query", "status": "churned" }),
            ),
            ("customer_get", json!({ "customerId": "nobody" })),
        ]),
        says("Ada is active."),
    ])
    .await;
    load(&bench).await;
    let position = bench.begin(json!({}), json!({})).await;
    let plan = ask(json!({
        "systemPrompt": "You know customers.",
        "userPrompt": "How is c1?",
        "tools": ["customer_get", "customer_read"],
        "maxSteps": 5,
    }));
    bench.task(&plan, &position).await.expect("a position");
    assert_eq!(bench.output("000001").await, json!("Ada is active."));

    // The model is told what each tool takes,
    let first = request(&heard);
    let names: Vec<&Value> = first
        .pointer("/tools")
        .and_then(Value::as_array)
        .expect("tools")
        .iter()
        .map(|tool| member(tool, "/function/name"))
        .collect();
    assert_eq!(names, ["customer_get", "customer_read"]);
    let required = member(&first, "/tools/0/function/parameters/required");
    assert_eq!(required, &json!(["customerId"]));
    // and what each gave, under the id of its call.
    let second = request(&heard);
    let call = member(&second, "/messages/2/tool_calls/0");
    assert_eq!(member(call, "/function/name"), "customer_get");
    assert_eq!(
        member(call, "/function/arguments"),
        r#"{"customerId":"c1"}"#
    );
    assert_eq!(member(&second, "/messages/3/role"), "tool");
    assert_eq!(
        member(&second, "/messages/3/tool_call_id"),
        member(call, "/id")
    );
    let result = member(&second, "/messages/3/content").as_str();
    assert!(result.is_some_and(|text| text.contains("Ada")), "{second}");
    let third = request(&heard);
    let result = |index: usize| {
        let content = member(&third, &format!("/messages/{index}/content"));
        content.as_str().expect("a text").to_owned()
    };
    assert!(result(5).contains("Bob") && !result(5).contains("Ada"));
    assert!(result(6).contains("TOOL_ERROR"), "{}", result(6));

    let facts = facts(&bench).await;
    assert_eq!(facts.get("turns"), Some(&json!(3)));
    assert_eq!(facts.get("lastToolName"), Some(&json!("customer_get")));
    assert_eq!(member(&facts, "/usage/totalTokens"), &json!(27 + 27 + 15));
    assert_eq!(member(&facts, "/agentStep/0/tool"), "customer_get");
    assert_eq!(member(&facts, "/agentStep/2/failed"), &json!(true));
    let shown = bench.shown().await;
    assert_eq!(
        shown.first().map(String::as_str),
        Some(r#"ask 1: calls customer_get with {"customerId":"c1"}"#)
    );
    let gives =
        |line: &String| line.starts_with("ask 1: customer_get gives {") && line.contains("Ada");
    assert!(shown.get(1).is_some_and(gives), "{shown:?}");
    assert_eq!(
        shown.last().map(String::as_str),
        Some("ask 3: says Ada is active.")
    );
}

#[tokio::test]
async fn what_a_model_asks_wrongly_it_is_told() {
    let rows = [
        (
            "customer_get",
            json!({}),
            "\\\"customerId\\\" is a required property",
        ),
        ("customer_get", json!({ "customerId": 7 }), "at /customerId"),
        (
            "customer_get",
            json!({ "customerId": "c1", "x": 1 }),
            "'x' was unexpected",
        ),
        (
            "customer_read",
            json!({ "operation": "update" }),
            "is not one of",
        ),
        (
            "customer_read",
            json!({ "operation": "get_by_id" }),
            "customerId",
        ),
        ("customer_get", json!("not json"), "do not fit"),
        ("drop_table", json!({}), "there is no tool `drop_table`"),
    ];
    for (tool, arguments, part) in rows {
        let (bench, heard) = bench([calls(&[(tool, arguments)]), says("Sorry.")]).await;
        load(&bench).await;
        let position = bench.begin(json!({}), json!({})).await;
        let plan = ask(json!({ "userPrompt": "?", "tools": ["customer_get", "customer_read"] }));
        bench.task(&plan, &position).await.expect("a position");
        let _first = request(&heard);
        let second = request(&heard).to_string();
        assert!(
            second.replace("\\\\\\\"", "\\\"").contains(part)
                || second.contains(&part.replace('\\', "")),
            "{part}: {second}"
        );
    }
}

#[tokio::test]
async fn a_tool_writes_once_however_often_the_step_is_tried() {
    let update = calls(&[(
        "customer_update",
        json!({ "customerId": "c1", "updates": { "status": "vip" } }),
    )]);
    let (bench, heard) = bench([
        update,
        Reply::Refusal(400, "", "{\"error\":{\"message\":\"no\"}}"),
        says("Done."),
    ])
    .await;
    load(&bench).await;
    let position = bench.begin(json!({}), json!({})).await;
    let plan = ask(json!({ "userPrompt": "Make c1 a vip.", "tools": ["customer_update"] }));
    assert_eq!(bench.code(&plan, &position).await, "AGENT_ERROR");
    let (record, version) = customer(&bench, "c1").await;
    assert_eq!(record.get("status"), Some(&json!("vip")));
    // The next attempt goes on behind the tool, and says nothing twice.
    bench
        .attempt(&plan, &position, 1)
        .await
        .expect("a position");
    assert_eq!(customer(&bench, "c1").await.1, version);
    let roles = |request: Value| -> Vec<String> {
        let messages = member(&request, "/messages").as_array().cloned();
        let role = |message: &Value| member(message, "/role").as_str().map(str::to_owned);
        messages
            .unwrap_or_default()
            .iter()
            .filter_map(role)
            .collect()
    };
    let _first = request(&heard);
    let expected = ["user", "assistant", "tool"];
    assert_eq!(roles(request(&heard)), expected);
    assert_eq!(roles(request(&heard)), expected);
    let record = bench.records().await.pop().expect("a record");
    assert_eq!(record.attempts, 2);
    assert_eq!(record.output, json!("Done."));
}

#[tokio::test]
async fn an_agent_that_finds_no_end_is_asked_to_conclude() {
    let look = || calls(&[("customer_get", json!({ "customerId": "c1" }))]);
    let rows = [
        (vec![look(), look(), says("Enough.")], "Enough."),
        (vec![look(), says(""), says("Enough.")], "Enough."),
    ];
    for (replies, expected) in rows {
        let (bench, heard) = bench(replies).await;
        load(&bench).await;
        let position = bench.begin(json!({}), json!({})).await;
        let plan =
            ask(json!({ "userPrompt": "?", "tools": ["customer_get"], "max_iterations": 2 }));
        bench.task(&plan, &position).await.expect("a position");
        assert_eq!(bench.output("000001").await, json!(expected));
        let [_, _, last] = [request(&heard), request(&heard), request(&heard)];
        assert_eq!(last.get("tools"), None);
        let messages = member(&last, "/messages").as_array().cloned();
        let told = messages.unwrap_or_default().pop().unwrap_or_default();
        let told = member(&told, "/content").as_str().map(str::to_owned);
        assert!(told.is_some_and(|text| text.starts_with("Conclude now")));
        assert!(!last.to_string().contains("tool_call_id"), "{last}");
    }
    // Who says nothing at all has at least the last result to give.
    let (bench, _heard) = bench([look(), says("")]).await;
    load(&bench).await;
    let position = bench.begin(json!({}), json!({})).await;
    let plan = ask(json!({ "userPrompt": "?", "tools": ["customer_get"], "maxSteps": 1 }));
    bench.task(&plan, &position).await.expect("a position");
    let output = bench.output("000001").await;
    assert!(output.as_str().is_some_and(|text| text.contains("Ada")));
}

#[tokio::test]
async fn a_stored_agent_fills_in_what_the_step_leaves_out() {
    let (bench, heard) = bench([says("Hello")]).await;
    let agent = json!({ "_id": "greeter", "systemPrompt": "You greet.", "model": "own", "temperature": 1, "tools": ["customer_get"] });
    let loaded = bench.store().load(ORG, "agents", &[agent]).await;
    loaded.expect("it loads");
    let position = bench.begin(json!({}), json!({})).await;
    let plan = ask(json!({ "agent_id": "greeter", "userPrompt": "Hi", "temperature": 0 }));
    bench.task(&plan, &position).await.expect("a position");
    let request = request(&heard);
    assert_eq!(member(&request, "/model"), "own");
    assert_eq!(member(&request, "/messages/0/content"), "You greet.");
    assert_eq!(member(&request, "/temperature"), &json!(0.0));
    assert_eq!(member(&request, "/tools/0/function/name"), "customer_get");
}

#[tokio::test]
async fn an_agent_goes_on_in_its_next_invocation() {
    // The author's time, and that of the function: the shorter one counts.
    for (own, functions) in [(3, None), (3, Some(800)), (800, Some(3))] {
        let look = calls(&[("customer_get", json!({ "customerId": "c1" }))]);
        let late = Reply::Late(std::time::Duration::from_millis(1100), Box::new(look));
        let (mut bench, heard) = bench([late, says("Ada.")]).await;
        if let Some(seconds) = functions {
            let left = std::time::Duration::from_secs(seconds);
            bench.services = bench.services.with_time_left(left);
        }
        load(&bench).await;
        let position = bench.begin(json!({}), json!({})).await;
        let mut plan = ask(json!({ "userPrompt": "Who is c1?", "tools": ["customer_get"] }));
        plan.as_object_mut()
            .expect("a plan")
            .insert("timeoutSeconds".to_owned(), json!(own));
        assert_eq!(bench.code(&plan, &position).await, "CONTINUE");
        // Nothing failed, so nothing is recorded yet.
        assert!(bench.records().await.is_empty());
        bench
            .attempt(&plan, &position, 1)
            .await
            .expect("a position");
        let record = bench.records().await.pop().expect("a record");
        assert_eq!((record.attempts, record.output), (1, json!("Ada.")));
        assert_eq!(facts(&bench).await.get("turns"), Some(&json!(2)));
        let _first = request(&heard);
        assert_eq!(member(&request(&heard), "/messages/2/role"), "tool");
    }
}
