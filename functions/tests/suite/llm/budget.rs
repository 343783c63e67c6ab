//! What tokens cost, and who may spend how much.

use serde_json::{Value, json};

use super::{ask, at, calls, facts, member, provider, request, says};
use crate::bench::Bench;

async fn priced(replies: Vec<super::Reply>) -> (Bench, std::sync::mpsc::Receiver<String>) {
    let (port, heard) = provider(replies);
    let llm = pawl_functions::LlmSettings {
        base_url: format!("http://127.0.0.1:{port}"),
        api_key: None,
    };
    let bench = Bench::set(pawl_local::Faults::none(), |settings| {
        settings.llm = Some(llm);
        settings.model = Some("m-1".to_owned());
        let price = pawl_functions::Price {
            input: 1.0,
            output: 2.0,
        };
        settings.prices.insert("m-1".to_owned(), price);
    })
    .await;
    (bench, heard)
}

#[tokio::test]
async fn tokens_are_counted_and_priced() {
    let (bench, _heard) = priced(vec![says("Hello")]).await;
    let position = bench.begin(json!({}), json!({})).await;
    let plan = ask(json!({ "userPrompt": "Hi" }));
    bench.task(&plan, &position).await.expect("a position");
    let facts = facts(&bench).await;
    let expected = json!({ "inputTokens": 10, "outputTokens": 5, "totalTokens": 15 });
    assert_eq!(facts.get("usage"), Some(&expected));
    assert_eq!(facts.get("costUsd"), Some(&json!(0.00002)));
    // A model that nobody knows has no price.
    let (port, _heard) = provider([says("Hello")]);
    let bench = at(Some(format!("http://127.0.0.1:{port}"))).await;
    let position = bench.begin(json!({}), json!({})).await;
    bench.task(&plan, &position).await.expect("a position");
    assert_eq!(super::facts(&bench).await.get("costUsd"), None);
}

#[tokio::test]
async fn a_budget_stops_an_agent_or_warns() {
    let look = || calls(&[("customer_get", json!({ "customerId": "c1" }))]);
    let rows: [(Value, Result<Option<&str>, &str>); 4] = [
        (json!({ "tokens": 100 }), Ok(None)),
        (
            json!({ "tokens": 50 }),
            Err("the step's budget is used up: 54 of 50 tokens"),
        ),
        (
            json!({ "usd": 0.00005 }),
            Err("the step's budget is used up: 0.0001 of 0.00005 US dollars"),
        ),
        (
            json!({ "tokens": 50, "onExceeded": "warn" }),
            Ok(Some("the step's budget is used up: 54 of 50 tokens")),
        ),
    ];
    for (budget, expected) in rows {
        let (bench, heard) = priced(vec![look(), look(), says("Done.")]).await;
        let position = bench.begin(json!({}), json!({})).await;
        let plan = ask(json!({ "userPrompt": "?", "tools": ["customer_get"], "budget": budget }));
        let done = bench.task(&plan, &position).await;
        let record = bench.records().await.pop().expect("a record");
        match expected {
            Ok(warning) => {
                done.expect("a position");
                let facts = facts(&bench).await;
                assert_eq!(facts.get("budget").and_then(Value::as_str), warning);
            }
            Err(message) => {
                assert_eq!(done.expect_err("an error").code, "BUDGET_EXCEEDED");
                assert_eq!(record.error.expect("an error").message, message);
                // Not even the next attempt asks again.
                let again = bench.attempt(&plan, &position, 1).await;
                assert_eq!(again.expect_err("an error").code, "BUDGET_EXCEEDED");
                assert_eq!(heard.try_iter().count(), 2);
            }
        }
    }
}

#[tokio::test]
async fn the_steps_of_a_run_share_its_budget() {
    let (bench, heard) = priced(vec![says("Hello")]).await;
    let mut position = bench.begin(json!({}), json!({})).await;
    let plan = ask(json!({ "userPrompt": "Hi", "runBudget": { "tokens": 30 } }));
    for _ in 0..2 {
        position = bench.task(&plan, &position).await.expect("a position");
        let _ = member(&request(&heard), "/model");
    }
    assert_eq!(bench.code(&plan, &position).await, "BUDGET_EXCEEDED");
    assert_eq!(heard.try_iter().count(), 0);
}
