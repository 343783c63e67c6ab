//! How many requests a step makes: two of our own, and what its action needs.

use pawl_local::{Faults, Service};
use serde_json::{Value, json};

use crate::bench::{Bench, ORG, action};

#[tokio::test]
async fn a_step_makes_two_calls_and_what_its_action_needs() {
    let customer = |operation: &str| {
        action(
            "it",
            json!({ "type": "customer", "operation": operation, "customerId": "c1" }),
        )
    };
    let pure = |kind: &str, config: Value| {
        let then = json!({ "true": { "state": "a" }, "next": { "state": "a" }, "success": { "state": "a" } });
        json!({ "step": "it", "kind": kind, "config": config, "then": then })
    };
    let two = ["BatchGetItem", "TransactWriteItems"];
    let rows = [
        (
            pure("condition", json!({ "expression": "1 == 1" })),
            two.to_vec(),
        ),
        (pure("loop", json!({ "items": [1] })), two.to_vec()),
        (
            pure(
                "transform",
                json!({ "type": "set_variables", "parameters": { "a": 1 } }),
            ),
            two.to_vec(),
        ),
        (customer("create"), two.to_vec()),
        (
            customer("get_by_id"),
            vec!["BatchGetItem", "GetItem", "TransactWriteItems"],
        ),
        (
            customer("update"),
            vec!["BatchGetItem", "GetItem", "TransactWriteItems"],
        ),
        (
            customer("query"),
            vec!["BatchGetItem", "Query", "TransactWriteItems"],
        ),
        (
            action(
                "it",
                json!({ "type": "workflow_processing_records_find_unprocessed", "tableName": "customers" }),
            ),
            vec!["BatchGetItem", "Query", "Query", "TransactWriteItems"],
        ),
        (
            action(
                "it",
                json!({ "type": "product_hydrate_fields", "items": [{ "id": "p1" }, { "id": "p2" }], "idField": "id",
                    "mappings": {} }),
            ),
            vec!["BatchGetItem", "BatchGetItem", "TransactWriteItems"],
        ),
        (
            action(
                "it",
                json!({ "type": "email_send", "to": "a@example.com", "subject": "x" }),
            ),
            vec!["BatchGetItem", "PutItem", "TransactWriteItems"],
        ),
        (
            json!({ "step": "mocked", "kind": "llm", "then": { "success": { "state": "a" } } }),
            two.to_vec(),
        ),
        (json!({ "step": "end", "kind": "trigger" }), two.to_vec()),
    ];
    for (plan, expected) in rows {
        let bench = Bench::open().await;
        bench
            .store()
            .load(ORG, "customers", &[json!({ "_id": "c1" })])
            .await
            .expect("it loads");
        let position = bench.begin(json!({}), json!({ "mocked": "text" })).await;
        let before = bench.local.calls().len();
        bench.task(&plan, &position).await.expect("a position");
        let calls = bench.local.calls();
        let made: Vec<&str> = calls
            .iter()
            .skip(before)
            .map(|call| call.operation.as_str())
            .collect();
        assert_eq!(made, expected, "{plan}");
        assert!(
            calls
                .iter()
                .skip(before)
                .all(|call| call.service == Service::DynamoDb),
            "{plan}"
        );
    }
}

#[tokio::test]
async fn a_bus_is_told_by_two_more_calls_where_there_is_something_to_tell() {
    let customer = |operation: &str| {
        action(
            "it",
            json!({ "type": "customer", "operation": operation, "customerId": "c1" }),
        )
    };
    let told = [
        "BatchGetItem",
        "TransactWriteItems",
        "PutEvents",
        "DeleteItem",
    ];
    let rows = [
        (customer("create"), told.to_vec()),
        (
            customer("get_by_id"),
            vec!["BatchGetItem", "GetItem", "TransactWriteItems"],
        ),
        (json!({ "step": "end", "kind": "trigger" }), told.to_vec()),
    ];
    for (plan, expected) in rows {
        let bench = Bench::set(Faults::none(), |settings| {
            settings.bus = Some("default".to_owned());
        })
        .await;
        let customers = [json!({ "_id": "c1" })];
        let loaded = bench.store().load(ORG, "customers", &customers).await;
        loaded.expect("it loads");
        let position = bench.begin(json!({}), json!({})).await;
        let before = bench.local.calls().len();
        bench.task(&plan, &position).await.expect("a position");
        let calls = bench.local.calls();
        let made = calls.iter().skip(before);
        let made: Vec<&str> = made.map(|call| call.operation.as_str()).collect();
        assert_eq!(made, expected, "{plan}");
    }
}
