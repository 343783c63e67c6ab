//! What each action gives, and how it fails.

use serde_json::{Value, json};

use crate::bench::{Bench, ORG, action};

/// Loads records, runs one action, and gives its output or the code with which it failed.
async fn act(config: Value) -> Result<Value, String> {
    let bench = Bench::open().await;
    let customers = [
        json!({ "_id": "c1", "name": "Ada", "status": "active", "spent": 1200 }),
        json!({ "_id": "c2", "name": "Bob", "status": "churned" }),
        json!({ "_id": "c3", "name": "Cem", "status": "active", "spent": 10 }),
    ];
    let orders = [
        json!({ "_id": "o1", "customerId": "c1", "_creationTime": 1 }),
        json!({ "_id": "o2", "customerId": "c1", "_creationTime": 3 }),
        json!({ "_id": "o3", "customerId": "c2", "_creationTime": 2 }),
    ];
    let load = async |collection: &str, records: &[Value]| {
        bench
            .store()
            .load(ORG, collection, records)
            .await
            .expect("they load");
    };
    load("customers", &customers).await;
    load("orders", &orders).await;
    load("conversations", &[json!({ "_id": "v1", "status": "open" })]).await;
    let position = bench.begin(json!({}), json!({})).await;
    match bench.task(&action("it", config), &position).await {
        Ok(_) => Ok(bench.output("000001").await),
        Err(error) => Err(error.code),
    }
}

fn customer(operation: &str, parameters: &Value) -> Value {
    json!({ "type": "customer", "operation": operation, "parameters": parameters })
}

#[tokio::test]
async fn lists_are_paged_and_filtered() {
    let rows = [
        (customer("query", &json!({})), vec!["c1", "c2", "c3"], true),
        (
            customer("query", &json!({ "status": "active" })),
            vec!["c1", "c3"],
            true,
        ),
        (
            customer("query", &json!({ "status": "active", "limit": 1 })),
            vec!["c1"],
            false,
        ),
        (
            customer("query", &json!({ "limit": 2, "cursor": "c1" })),
            vec!["c2", "c3"],
            true,
        ),
        (
            customer("query", &json!({ "status": ["churned", "x"] })),
            vec!["c2"],
            true,
        ),
        (
            customer("query", &json!({ "status": null, "name": "Cem" })),
            vec!["c3"],
            true,
        ),
        (
            customer(
                "query",
                &json!({ "paginationOpts": { "numItems": 2, "cursor": null } }),
            ),
            vec!["c1", "c2"],
            false,
        ),
        (
            customer("filter", &json!({ "expression": "spent > 1000" })),
            vec!["c1"],
            true,
        ),
        (
            customer("filter", &json!({ "expression": "status == 'x'" })),
            vec![],
            true,
        ),
        (
            json!({ "type": "customer_orders", "customerId": "c1" }),
            vec!["o2", "o1"],
            true,
        ),
        (
            json!({ "type": "customer_orders", "customerId": "c1", "limit": 1 }),
            vec!["o2"],
            true,
        ),
    ];
    for (config, ids, is_done) in rows {
        let output = act(config.clone()).await.expect("a page");
        let page = output
            .get("page")
            .and_then(Value::as_array)
            .expect("a page")
            .clone();
        let found: Vec<_> = page
            .iter()
            .map(|record| record.get("_id").expect("an id"))
            .collect();
        assert_eq!(json!(found), json!(ids), "{config}");
        assert_eq!(output.get("isDone"), Some(&json!(is_done)), "{config}");
        assert_eq!(
            output.get("continueCursor").is_some_and(Value::is_null),
            is_done,
            "{config}"
        );
        assert_eq!(output.get("count"), Some(&json!(ids.len())), "{config}");
        let plural = if config.get("type") == Some(&json!("customer_orders")) {
            "orders"
        } else {
            "customers"
        };
        assert_eq!(output.get(plural), output.get("page"), "{config}");
    }
}

#[tokio::test]
async fn records_are_read_written_and_refused() {
    let draft =
        json!({ "type": "conversation_create_draft", "conversationId": "v1", "message": "Hi" });
    let rows = [
        (
            customer("get_by_id", &json!({ "customerId": "c2" })),
            Ok(json!({ "_id": "c2", "name": "Bob" })),
        ),
        (
            customer("get_by_id", &json!({ "customerId": "c9" })),
            Err("TOOL_ERROR"),
        ),
        (customer("get_by_id", &json!({})), Err("VALIDATION_ERROR")),
        (
            customer("get_by_id", &json!({ "customerId": 7 })),
            Err("VALIDATION_ERROR"),
        ),
        (
            customer(
                "update",
                &json!({ "customerId": "c2", "updates": { "status": "vip" }, "emailSent": true }),
            ),
            Ok(json!({ "_id": "c2", "name": "Bob", "status": "vip", "emailSent": true })),
        ),
        (
            customer(
                "update",
                &json!({ "customerId": "c2", "updates": { "_id": "c1" }, "_id": "c3" }),
            ),
            Ok(json!({ "_id": "c2", "status": "churned" })),
        ),
        (
            customer("update", &json!({ "customerId": "c9" })),
            Err("TOOL_ERROR"),
        ),
        (
            customer("update", &json!({ "customerId": "c1", "updates": [] })),
            Err("VALIDATION_ERROR"),
        ),
        (
            customer("create", &json!({ "_id": "c4", "name": "Dee" })),
            Ok(json!({ "_id": "c4", "name": "Dee" })),
        ),
        (
            customer("create", &json!({ "_id": "c1" })),
            Err("TOOL_ERROR"),
        ),
        (
            json!({ "type": "product", "operation": "create" }),
            Err("VALIDATION_ERROR"),
        ),
        (
            draft,
            Ok(json!({ "conversationId": "v1", "message": "Hi", "status": "draft" })),
        ),
        (
            json!({ "type": "conversation_create_draft", "conversationId": "v9", "message": "Hi" }),
            Err("TOOL_ERROR"),
        ),
        (
            json!({ "type": "recommendation_create", "customerId": "c1", "products": ["p1"] }),
            Ok(json!({ "customerId": "c1", "products": ["p1"] })),
        ),
        (
            customer("filter", &json!({ "expression": "status ==" })),
            Err("VALIDATION_ERROR"),
        ),
        (
            json!({ "type": "rag", "operation": "search" }),
            Err("VALIDATION_ERROR"),
        ),
        (
            json!({ "type": "email_send", "to": "nobody", "subject": "x" }),
            Err("VALIDATION_ERROR"),
        ),
        (
            json!({ "type": "customer", "operation": "query", "limit": 0 }),
            Err("VALIDATION_ERROR"),
        ),
    ];
    for (config, expected) in rows {
        match (act(config.clone()).await, expected) {
            (Ok(output), Ok(expected)) => {
                for (name, value) in expected.as_object().expect("an object") {
                    assert_eq!(output.get(name), Some(value), "{config}: {name}");
                }
            }
            (Err(code), Err(expected)) => assert_eq!(code, expected, "{config}"),
            (got, expected) => panic!("{config}: {got:?} instead of {expected:?}"),
        }
    }
}

#[tokio::test]
async fn a_mail_lands_in_the_outbox_once() {
    let bench = Bench::open().await;
    let position = bench.begin(json!({ "name": "Ada" }), json!({})).await;
    let parameters =
        json!({ "to": "ada@example.com", "subject": "Welcome", "body": "Hi {{input.name}}" });
    let plan = action(
        "send",
        json!({ "type": "email_send", "parameters": parameters }),
    );
    let first = bench.task(&plan, &position).await.expect("it is sent");
    let again = bench
        .attempt(&plan, &position, 1)
        .await
        .expect("the record answers");
    assert_eq!(first, again);
    let mails = bench.mails();
    assert_eq!(mails.len(), 1);
    let mail = mails
        .iter()
        .map(|mail| std::fs::read_to_string(mail).expect("a mail"))
        .collect::<String>();
    for part in [
        "To: ada@example.com",
        "Message-ID: <run-1.000001@localhost>",
        "Hi Ada",
    ] {
        assert!(mail.contains(part), "{part} is not in\n{mail}");
    }
}

#[tokio::test]
async fn an_update_is_kept_and_a_retry_makes_no_second_record() {
    let bench = Bench::open().await;
    let mut position = bench.begin(json!({}), json!({})).await;
    let create = action("create", customer("create", &json!({ "name": "Ada" })));
    let next = bench.task(&create, &position).await.expect("it is created");
    assert_eq!(
        bench
            .attempt(&create, &position, 1)
            .await
            .expect("the record answers"),
        next
    );
    position = next;
    let id = bench
        .output("000001")
        .await
        .get("_id")
        .cloned()
        .expect("an id");
    for count in 1..4 {
        let update = customer("update", &json!({ "customerId": id, "count": count }));
        position = bench
            .task(&action("update", update), &position)
            .await
            .expect("it is updated");
    }
    let query = action("query", customer("query", &json!({})));
    bench.task(&query, &position).await.expect("a page");
    let output = bench.output("000005").await;
    let counts: Vec<_> = output.pointer("/page/0/count").into_iter().collect();
    assert_eq!(
        (counts, output.get("count")),
        (vec![&json!(3)], Some(&json!(1)))
    );
}

#[tokio::test]
async fn updates_at_once_lose_nothing() {
    let bench = Bench::open().await;
    let record = json!({ "_id": "c1" });
    bench
        .store()
        .load(ORG, "customers", &[record])
        .await
        .expect("it loads");
    let mut position = bench.begin(json!({}), json!({})).await;
    let update = |field: &str| {
        let parameters = json!({ "customerId": "c1", field: true });
        action(field, customer("update", &parameters))
    };
    for turn in 0..10 {
        let other = pawl_contract::Position {
            at: position.at.next().expect("a place"),
            ..position.clone()
        };
        let (one, two) = (update(&format!("one{turn}")), update(&format!("two{turn}")));
        let (one, two) = tokio::join!(bench.task(&one, &position), bench.task(&two, &other));
        one.expect("a position");
        position = two.expect("a position");
    }
    let found = bench
        .store()
        .find(ORG, "customers", "c1")
        .await
        .expect("an answer");
    let (customer, _) = found.expect("the customer");
    assert_eq!(customer.len(), 22, "{customer:?}");
}
