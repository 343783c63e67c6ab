//! Loops: started once, advanced item by item, nested, long and wrong.

use pawl_contract::Position;
use serde_json::{Value, json};

use crate::bench::Bench;

/// The head of a loop, as a Task of its own.
fn head(step: &str, mode: &str, items: &Value, loops: &Value) -> Value {
    let then = json!({ "next": { "state": "body" }, "done": { "state": "after" } });
    json!({
        "step": step, "kind": "loop", "mode": mode, "choice": true, "then": then, "loops": loops,
        "config": { "items": items }, "reads": { "loops": ["outer", "inner"] },
    })
}

/// A step that keeps what it sees of the loops around it.
fn body(text: &str, loops: &Value) -> Value {
    json!({
        "step": "body", "kind": "transform", "then": { "success": { "state": "head" } }, "loops": loops,
        "config": { "type": "set_variables", "parameters": { "seen": text } },
        "reads": { "loops": ["outer", "inner"] },
    })
}

/// Goes through a loop, with what `body` keeps at each item, until it is done.
async fn go(
    bench: &Bench,
    position: &mut Position,
    items: &Value,
    text: &str,
    loops: &Value,
) -> Vec<Value> {
    let mut seen = Vec::new();
    let step = loops
        .as_array()
        .and_then(|loops| loops.last()?.get("step")?.as_str())
        .expect("a loop");
    let mut mode = "start";
    loop {
        *position = bench
            .task(&head(step, mode, items, loops), position)
            .await
            .expect("a position");
        if position.routes.values().any(|route| route == "after") {
            return seen;
        }
        let at = position.at.clone();
        *position = bench
            .task(&body(text, loops), position)
            .await
            .expect("a position");
        seen.push(
            bench
                .output(at.as_str())
                .await
                .get("seen")
                .cloned()
                .expect("what it saw"),
        );
        mode = "advance";
    }
}

#[tokio::test]
async fn every_item_has_its_turn() {
    let loops = json!([{ "step": "outer", "item": "customer", "index": "number" }]);
    let rows = [
        (
            json!(["a", "b"]),
            "{{customer}}{{number}}",
            json!(["a0", "b1"]),
        ),
        (json!(["a", null]), "{{loop.item}}", json!(["a", null])),
        (
            json!("{{input.list}}"),
            "{{loop.index + 1}} of {{loop.state.totalItems}}",
            json!(["1 of 2", "2 of 2"]),
        ),
        (json!([]), "{{customer}}", json!([])),
        (
            json!([[1], { "a": 2 }]),
            "{{loop.item}}",
            json!([[1], { "a": 2 }]),
        ),
    ];
    for (items, text, expected) in rows {
        let bench = Bench::open().await;
        let mut position = bench.begin(json!({ "list": [1, 2] }), json!({})).await;
        let seen = go(&bench, &mut position, &items, text, &loops).await;
        assert_eq!(json!(seen), expected, "{items}");
    }
}

#[tokio::test]
async fn a_long_list_lies_in_s3_and_one_chunk_is_read_at_a_time() {
    let bench = Bench::open().await;
    let items: Vec<Value> = (0..205)
        .map(|number| json!({ "number": number, "text": "x".repeat(200) }))
        .collect();
    let mut position = bench.begin(json!({ "list": items }), json!({})).await;
    let loops = json!([{ "step": "outer" }]);
    let before = gets(&bench);
    let seen = go(
        &bench,
        &mut position,
        &json!("{{input.list}}"),
        "{{loop.item.number}}",
        &loops,
    )
    .await;
    assert_eq!(json!(seen), json!((0..205).collect::<Vec<_>>()));
    // The run's input is long too, and only the first of the 411 Tasks reads it; each of the 204 further items is one
    // chunk.
    assert_eq!(gets(&bench) - before, 1 + 204);
}

fn gets(bench: &Bench) -> usize {
    bench
        .local
        .calls()
        .iter()
        .filter(|call| call.operation == "GetObject")
        .count()
}

#[tokio::test]
async fn an_inner_loop_sees_the_outer_one_and_starts_anew() {
    let bench = Bench::open().await;
    let mut position = bench.begin(json!({}), json!({})).await;
    let outer = json!([{ "step": "outer" }]);
    let both = json!([{ "step": "outer" }, { "step": "inner" }]);
    let items = json!([["a", "b"], ["c"]]);
    let mut seen = Vec::new();
    for mode in ["start", "advance"] {
        position = bench
            .task(&head("outer", mode, &items, &outer), &position)
            .await
            .expect("a position");
        let text = "{{loop.parent.index}}{{loop.item}}{{loop.ownerStepSlug}}";
        seen.extend(go(&bench, &mut position, &json!("{{loop.item}}"), text, &both).await);
    }
    position = bench
        .task(&head("outer", "advance", &items, &outer), &position)
        .await
        .expect("a position");
    assert_eq!(json!(position.routes), json!({ "outer": "after" }));
    assert_eq!(json!(seen), json!(["0ainner", "0binner", "1cinner"]));
    let iterations: Vec<_> = bench
        .records()
        .await
        .into_iter()
        .map(|record| json!(record.iteration))
        .collect();
    // outer; inner, body, inner, body, inner; outer; inner, body, inner; outer.
    let expected = json!([[], [0], [0, 0], [0], [0, 1], [0], [], [1], [1, 0], [1], []]);
    assert_eq!(json!(iterations), expected);
}

#[tokio::test]
async fn a_loop_that_cannot_go_on_says_why() {
    let loops = json!([{ "step": "outer" }]);
    let mut limited = head("outer", "start", &json!([1, 2, 3]), &loops);
    limited
        .pointer_mut("/config")
        .and_then(Value::as_object_mut)
        .expect("a config")
        .insert("maxIterations".to_owned(), json!(2));
    let rows = [
        (
            head("outer", "start", &json!("{{input}}"), &loops),
            "`items` is an object, not a list",
        ),
        (
            head("outer", "start", &json!("{{input.missing}}"), &loops),
            "missing",
        ),
        (
            head("outer", "advance", &json!([]), &loops),
            "before it has started",
        ),
        (limited, "`maxIterations` allows 2"),
    ];
    for (plan, expected) in rows {
        let bench = Bench::open().await;
        let position = bench.begin(json!({}), json!({})).await;
        assert_eq!(bench.code(&plan, &position).await, "STOP");
        let error = bench.run().await.error.expect("an error");
        assert_eq!(error.code, "VALIDATION_ERROR");
        assert!(error.message.contains(expected), "{}", error.message);
    }
}
