//! Records to work on: every run gets another one.

use std::collections::BTreeSet;

use pawl_contract::Position;
use pawl_store::{RunStatus, Transaction};
use serde_json::{Value, json};

use crate::bench::{Bench, ORG, action};

fn find(parameters: &Value) -> Value {
    action(
        "find",
        json!({
            "type": "workflow_processing_records",
            "operation": "find_unprocessed",
            "parameters": parameters,
        }),
    )
}

/// A bench with so many customers.
async fn bench(customers: usize) -> Bench {
    let bench = Bench::open().await;
    let customer = |number| json!({ "_id": format!("c{number:02}"), "number": number });
    let customers: Vec<Value> = (0..customers).map(customer).collect();
    let loaded = bench.store().load(ORG, "customers", &customers).await;
    loaded.expect("they load");
    bench
}

/// Begins another run like the bench's.
async fn another(bench: &Bench, first: &Position, number: usize) -> Position {
    let mut run = bench.run().await;
    run.run = format!("run-{number:03}");
    run.status = RunStatus::Running;
    let mut transaction = Transaction::new(ORG, &run.run);
    transaction.begin(bench.store(), &run).await.expect("a run");
    transaction.commit(bench.store()).await.expect("a run");
    Position {
        run: run.run,
        ..first.clone()
    }
}

/// The `_id` of what a run found first.
async fn found(bench: &Bench, run: &str) -> Value {
    let records = bench.store().records(ORG, run).await.expect("records");
    let output = records.first().map(|record| record.output.clone());
    let id = output.and_then(|output| output.get("_id").cloned());
    id.unwrap_or_default()
}

#[tokio::test]
async fn runs_at_once_never_take_the_same_record() {
    const RUNS: usize = 24;
    let bench = bench(RUNS).await;
    let first = bench.begin(json!({}), json!({})).await;
    let plan = find(&json!({ "tableName": "customers" }));
    let mut positions = Vec::new();
    for number in 0..RUNS {
        positions.push(another(&bench, &first, number).await);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for position in &positions {
        let (services, plan, position) = (bench.services.clone(), plan.clone(), position.clone());
        tasks.spawn(async move {
            let payload =
                json!({ "position": position, "attempt": 0, "plan": with_workflow(plan) });
            let kind = pawl_contract::Kind::Action;
            pawl_functions::handle(pawl_functions::Function::Step(kind), payload, &services).await
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no panic").expect("a position");
    }
    let mut taken = BTreeSet::new();
    for position in &positions {
        taken.insert(found(&bench, &position.run).await.to_string());
    }
    assert_eq!(taken.len(), RUNS, "{taken:?}");
    // Whoever comes now finds nothing.
    let late = another(&bench, &first, RUNS).await;
    bench.task(&plan, &late).await.expect("a position");
    assert_eq!(found(&bench, &late.run).await, Value::Null);
}

fn with_workflow(mut plan: Value) -> String {
    if let Some(plan) = plan.as_object_mut() {
        plan.insert("workflow".to_owned(), "test".into());
    }
    plan.to_string()
}

#[tokio::test]
async fn a_record_comes_back_when_it_has_rested() {
    let bench = bench(3).await;
    let first = bench.begin(json!({}), json!({})).await;
    let hour = std::time::Duration::from_hours(1);
    let by_expression = json!({ "tableName": "customers", "filterExpression": "number == 2" });
    let daily = json!({ "tableName": "customers", "backoffHours": 24 });
    let never = json!({ "tableName": "customers" });
    let other = json!({ "tableName": "customers", "wfDefinitionId": "other" });
    let done = |id: &str| json!({ "type": "workflow_processing_records", "operation": "record_processed", "recordId": id });
    let rows = [
        (find(&by_expression), json!("c02"), 1),
        (find(&by_expression), Value::Null, 0),
        (find(&daily), json!("c00"), 0),
        (find(&daily), json!("c01"), 1),
        (action("done", done("c00")), Value::Null, 0),
        (find(&daily), Value::Null, 23),
        // What was taken longest ago is first: `c02` and `c01` have rested a day, `c00` an hour less.
        (find(&daily), json!("c02"), 0),
        (find(&daily), json!("c01"), 0),
        (find(&never), Value::Null, 1),
        (find(&daily), json!("c00"), 0),
        // Another workflow has dealt with none of them.
        (find(&other), json!("c00"), 0),
    ];
    for (number, (plan, expected, hours)) in rows.into_iter().enumerate() {
        let position = another(&bench, &first, number).await;
        bench.task(&plan, &position).await.expect("a position");
        let is_find = plan.get("step") == Some(&json!("find"));
        if is_find {
            assert_eq!(found(&bench, &position.run).await, expected, "row {number}");
        }
        bench.pass(hour * hours).await;
    }
}

#[tokio::test]
async fn a_record_that_nobody_claimed_is_processed_by_its_table() {
    let bench = bench(1).await;
    let first = bench.begin(json!({}), json!({})).await;
    let processed = |parameters: Value| {
        let mut config =
            json!({ "type": "workflow_processing_records", "operation": "record_processed" });
        config
            .as_object_mut()
            .expect("an object")
            .insert("parameters".to_owned(), parameters);
        action("done", config)
    };
    let unclaimed = processed(json!({ "recordId": "c00" }));
    assert_eq!(bench.code(&unclaimed, &first).await, "TOOL_ERROR");
    let named = processed(json!({ "recordId": "c00", "tableName": "customers" }));
    let position = another(&bench, &first, 1).await;
    bench.task(&named, &position).await.expect("a position");
    let position = another(&bench, &first, 2).await;
    bench
        .task(&find(&json!({ "tableName": "customers" })), &position)
        .await
        .expect("a position");
    assert_eq!(found(&bench, &position.run).await, Value::Null);
}
