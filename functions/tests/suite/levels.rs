//! A pure step that rides along leaves the same records as one with a Task of its own.

use pawl_contract::Position;
use serde_json::{Value, json};

use crate::bench::Bench;

/// A pure step; `then` says what follows each port.
fn pure(step: &str, kind: &str, config: Value, then: Value) -> Value {
    let choice = kind == "condition";
    json!({ "step": step, "kind": kind, "config": config, "choice": choice, "then": then })
}

fn find(then: Value) -> Value {
    let config = json!({ "type": "customer", "operation": "query" });
    json!({ "step": "find", "kind": "action", "config": config, "then": then, "reads": reads() })
}

fn reads() -> Value {
    json!({ "steps": [{ "slug": "find" }, { "slug": "ask" }], "variables": ["total", "twice"] })
}

fn ask(then: Value) -> Value {
    pure(
        "ask",
        "condition",
        json!({ "expression": "steps.find.output.count == input.count" }),
        then,
    )
}

fn keep(then: Value) -> Value {
    let variables = json!([
        { "name": "total", "value": "{{steps.find.output.count}}" },
        { "name": "twice", "value": "{{total + variables.total}}" },
    ]);
    let config = json!({ "type": "set_variables", "parameters": { "variables": variables } });
    pure("keep", "transform", config, then)
}

fn tell(then: Value) -> Value {
    pure(
        "tell",
        "transform",
        json!({ "mapping": { "seen": "{{twice}}", "asked": "{{steps.ask.output.passed}}" } }),
        then,
    )
}

/// A step of a tree as a Task of its own: everything that it leads to is a state.
fn task(mut node: Value) -> Value {
    node.as_object_mut()
        .expect("a node")
        .insert("reads".to_owned(), reads());
    node
}

fn to(state: &str) -> Value {
    json!({ "success": { "state": state } })
}

fn end() -> Value {
    json!({ "success": { "end": "end" } })
}

async fn riding_along(bench: &Bench, position: &Position) -> Position {
    let tree = ask(json!({
        "true": { "step": keep(json!({ "success": { "step": tell(end()) } })) },
        "false": { "end": "end" },
    }));
    bench
        .task(&find(json!({ "success": { "step": tree } })), position)
        .await
        .expect("a position")
}

async fn one_by_one(bench: &Bench, position: &Position) -> Position {
    let tasks = [
        find(to("ask (evaluate)")),
        task(ask(
            json!({ "true": { "state": "keep" }, "false": { "end": "end" } }),
        )),
        task(keep(to("tell"))),
        task(tell(end())),
    ];
    let mut position = position.clone();
    for task in &tasks {
        position = bench.task(task, &position).await.expect("a position");
    }
    position
}

#[tokio::test]
async fn both_levels_leave_the_same() {
    let mut seen = Vec::new();
    for level in 0..2 {
        let bench = Bench::open().await;
        let customers = [json!({ "_id": "c1" }), json!({ "_id": "c2" })];
        bench
            .store()
            .load("acme", "customers", &customers)
            .await
            .expect("they load");
        let position = bench.begin(json!({ "count": 2 }), json!({})).await;
        let last = if level == 0 {
            one_by_one(&bench, &position).await
        } else {
            let last = riding_along(&bench, &position).await;
            assert_eq!(json!(last.routes), json!({ "ask": "end" }));
            last
        };
        assert_eq!(last.at.as_str(), "000005");
        let records: Vec<_> = bench
            .records()
            .await
            .iter()
            .map(|record| json!(record))
            .collect();
        let run = bench.run().await;
        assert_eq!(json!(run.status), json!("completed"));
        assert_eq!(
            bench.store().output(&run).await.expect("it"),
            json!({ "seen": 4, "asked": true })
        );
        seen.push(without_times(json!(records)));
    }
    assert_eq!(seen.first(), seen.last());
}

/// Simulated time moves by the pauses of retries only, yet a moment is no part of a result.
fn without_times(mut records: Value) -> Value {
    for record in records
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        record.remove("startedAt");
        record.remove("completedAt");
    }
    records
}

#[tokio::test]
async fn a_choice_leads_to_the_next_choice_or_state() {
    let bench = Bench::open().await;
    let position = bench.begin(json!({ "count": 0 }), json!({})).await;
    let inner = ask(json!({ "true": { "state": "send" }, "false": { "end": "end" } }));
    let inner = json!({ "step": { "step": "inner", "kind": "condition", "config": inner.get("config"), "choice": true,
        "then": inner.get("then") } });
    let through = keep(json!({ "success": inner }));
    let tree = ask(json!({ "true": { "step": through }, "false": { "end": "end" } }));
    // `keep` has no Choice here, so that `ask` leads to `inner`.
    let last = bench
        .task(&find(json!({ "success": { "step": tree } })), &position)
        .await
        .expect("a position");
    assert_eq!(
        json!(last.routes),
        json!({ "ask": "inner", "inner": "send" })
    );
    assert_eq!(last.at.as_str(), "000005");
}
