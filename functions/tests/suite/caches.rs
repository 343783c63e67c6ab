//! What a step gave is given again, for as long as its author allows and for nobody else.

use pawl_contract::Position;
use pawl_local::Faults;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::web::{Web, answer, json as in_json};

fn counting() -> Web {
    Web::serve(|asked, before| match asked.line.as_str() {
        "GET /bad" => answer(422, &[], ""),
        _ => in_json(
            200,
            &json!({ "count": before, "key": asked.header("x-key") }),
        ),
    })
}

async fn bench() -> Bench {
    let mut bench = Bench::set(Faults::none(), |settings| {
        settings.http_allow = vec!["127.0.0.1".to_owned()];
    })
    .await;
    let environment = |name: &str| Some(format!("{name} is long"));
    bench.services = bench.services.with_environment(environment);
    bench
}

fn request(config: Value) -> Value {
    let then = json!({ "success": { "state": "next" } });
    json!({ "step": "call", "kind": "request", "config": config, "then": then })
}

/// Visits the step once more: the count that it gives, and whether it was kept.
async fn visit(bench: &Bench, plan: &Value, position: &mut Position) -> (Option<u64>, bool) {
    let at = position.at.to_string();
    *position = bench.task(plan, position).await.expect("a position");
    let records = bench.records().await;
    let record = records.iter().find(|record| record.at.as_str() == at);
    let record = record.expect("a record");
    let cached = record.meta.as_ref().and_then(|meta| meta.get("cached"));
    let count = record.output.pointer("/body/count").and_then(Value::as_u64);
    (count, cached == Some(&json!(true)))
}

#[tokio::test]
async fn an_answer_is_given_again_until_its_time_is_over() {
    let web = counting();
    let bench = bench().await;
    let mut position = bench.begin(json!({}), json!({})).await;
    let plan = request(json!({ "url": web.url, "cache": { "ttl": "15m" } }));
    assert_eq!(visit(&bench, &plan, &mut position).await, (Some(0), false));
    assert_eq!(visit(&bench, &plan, &mut position).await, (Some(0), true));
    let pass = |moment: &str| bench.local.pass_until(moment.parse().expect("a moment"));
    pass("2026-03-01T12:14:00Z").await;
    assert_eq!(visit(&bench, &plan, &mut position).await, (Some(0), true));
    pass("2026-03-01T12:16:00Z").await;
    assert_eq!(visit(&bench, &plan, &mut position).await, (Some(1), false));
    assert_eq!(visit(&bench, &plan, &mut position).await, (Some(1), true));
    assert_eq!(web.asked().len(), 2);
}

#[tokio::test]
async fn only_the_same_question_has_the_same_answer() {
    let web = counting();
    let bench = bench().await;
    let mut position = bench.begin(json!({}), json!({})).await;
    let ttl = json!({ "ttl": 900 });
    let secret = |variable: &str, cache: &Value| {
        let mut plan = request(
            json!({ "url": web.url, "headers": { "x-key": "{{secrets.key}}" }, "cache": cache }),
        );
        plan.as_object_mut().expect("a plan").insert(
            "secrets".to_owned(),
            json!({ "key": { "envVar": variable } }),
        );
        plan
    };
    let mut other_workflow = request(json!({ "url": web.url, "cache": ttl }));
    other_workflow
        .as_object_mut()
        .expect("a plan")
        .insert("workflow".to_owned(), json!("other"));
    let by_key = json!({ "ttl": 900, "key": ["all", 7] });
    let rows = [
        (request(json!({ "url": web.url, "cache": ttl })), false),
        (request(json!({ "url": web.url, "cache": ttl })), true),
        (
            request(json!({ "url": format!("{}/b", web.url), "cache": ttl })),
            false,
        ),
        (other_workflow, false),
        (secret("ONE", &ttl), false),
        (secret("ONE", &ttl), true),
        (secret("TWO", &ttl), false),
        (secret("ONE", &by_key), false),
        (secret("TWO", &by_key), true),
        (request(json!({ "url": web.url })), false),
    ];
    for (number, (plan, expected)) in rows.iter().enumerate() {
        let (_, cached) = visit(&bench, plan, &mut position).await;
        assert_eq!(cached, *expected, "row {number}: {plan}");
    }
    // What is kept is kept without the secret.
    let last = bench
        .records()
        .await
        .into_iter()
        .rev()
        .nth(1)
        .expect("a record");
    assert_eq!(last.output.pointer("/body/key"), Some(&json!("***")));
}

#[tokio::test]
async fn a_failure_and_an_effect_are_not_kept() {
    let web = counting();
    let bench = bench().await;
    let position = bench.begin(json!({}), json!({})).await;
    let bad = request(json!({ "url": format!("{}/bad", web.url), "cache": { "ttl": "15m" } }));
    for attempt in 0..2 {
        bench
            .attempt(&bad, &position, attempt)
            .await
            .expect_err("it fails");
    }
    assert_eq!(web.asked().len(), 2);
    let rows = [
        json!({ "type": "customer", "operation": "create", "cache": { "ttl": "15m" }, "parameters": { "name": "Ada" } }),
        json!({ "type": "customer", "operation": "query", "cache": { "ttl": "soon" }, "parameters": {} }),
    ];
    for config in rows {
        let plan = crate::bench::action("write", config);
        assert_eq!(
            bench.code(&plan, &position).await,
            "VALIDATION_ERROR",
            "{plan}"
        );
    }
}
