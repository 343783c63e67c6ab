//! What the bus hears of what steps write and of how runs end: what happened, and only that.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use pawl_functions::{Function, handle};
use pawl_local::{Fault, Faults};
use serde_json::{Value, json};

use crate::bench::{Bench, ORG, action};

type Heard = Arc<Mutex<Vec<Value>>>;

/// A bench whose bus is listened to.
async fn listening(faults: Faults) -> (Bench, Heard) {
    let bench = Bench::set(faults, |settings| {
        settings.bus = Some("default".to_owned());
    })
    .await;
    let heard = Heard::default();
    let ears = Arc::clone(&heard);
    bench.local.install(Arc::new(move |_: &str, event: Bytes| {
        let event = serde_json::from_slice(&event).expect("an event");
        ears.lock().expect("nobody panicked").push(event);
        Box::pin(async { Ok(Bytes::from_static(b"{}")) })
    }));
    let events = aws_sdk_eventbridge::Client::new(&bench.local.sdk_config());
    let pattern = json!({ "source": ["pawl"] }).to_string();
    let rule = events.put_rule().name("heard").event_pattern(pattern);
    rule.send().await.expect("a rule");
    let target = aws_sdk_eventbridge::types::Target::builder()
        .id("heard")
        .arn("arn:aws:lambda:us-east-1:000000000000:function:listener:1");
    let target = target.build().expect("a target");
    let targets = events.put_targets().rule("heard").targets(target);
    targets.send().await.expect("targets");
    (bench, heard)
}

/// The events that were heard, as `name: record` in the order of the alphabet.
async fn names(bench: &Bench, heard: &Heard) -> Vec<String> {
    bench.local.settled().await;
    let heard = heard.lock().expect("nobody panicked");
    let line = |event: &Value| {
        let text = |path: &str| {
            let text = event.pointer(path).and_then(Value::as_str);
            text.unwrap_or("?").to_owned()
        };
        format!("{}: {}", text("/detail-type"), text("/detail/recordId"))
    };
    let mut names: Vec<String> = heard.iter().map(line).collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_a_step_writes_is_told() {
    let mail =
        json!({ "messageId": "<1@example.com>", "from": "new@example.com", "subject": "Hi" });
    let rows = [
        (
            json!({ "type": "customer_create", "parameters": { "_id": "c2", "name": "Bob" } }),
            vec!["customer.created: c2"],
        ),
        (
            json!({ "type": "customer_update", "parameters": { "customerId": "c1", "vip": true } }),
            vec!["customer.updated: c1"],
        ),
        (
            json!({ "type": "product_create", "parameters": { "_id": "p2", "name": "Cup" } }),
            vec!["product.created: p2"],
        ),
        (
            json!({ "type": "conversation_update", "parameters": { "conversationId": "v1", "status": "closed" } }),
            vec!["conversation.closed: v1"],
        ),
        (
            json!({ "type": "conversation_update", "parameters": { "conversationId": "v1", "subject": "x" } }),
            vec![],
        ),
        (
            json!({ "type": "customer_get", "parameters": { "customerId": "c1" } }),
            vec![],
        ),
        (
            json!({ "type": "conversation_create_from_email", "parameters": { "emails": [mail] } }),
            vec![
                "conversation.created: conversation_",
                "conversation.message_received: message_",
                "customer.created: customer_",
            ],
        ),
    ];
    for (config, expected) in rows {
        let (bench, heard) = listening(Faults::none()).await;
        let store = bench.store();
        for (collection, id) in [("customers", "c1"), ("conversations", "v1")] {
            let records = [json!({ "_id": id, "status": "open" })];
            store
                .load(ORG, collection, &records)
                .await
                .expect("they load");
        }
        let position = bench.begin(json!({}), json!({})).await;
        let plan = action("it", config.clone());
        bench.task(&plan, &position).await.expect("a position");
        // The same task once more tells nothing more.
        bench
            .task(&plan, &position)
            .await
            .expect("the same position");
        let names = names(&bench, &heard).await;
        assert_eq!(names.len(), expected.len(), "{config}: {names:?}");
        for (name, expected) in names.iter().zip(expected) {
            assert!(name.starts_with(expected), "{config}: {names:?}");
        }
    }
}

#[tokio::test]
async fn a_run_whose_execution_ends_by_itself_is_told_as_what_it_is() {
    let rows = [
        ("ABORTED", "workflow.cancelled", "cancelled"),
        ("TIMED_OUT", "workflow.failed", "timeout"),
        ("FAILED", "workflow.failed", "failed"),
    ];
    for (status, name, expected) in rows {
        let (bench, heard) = listening(Faults::none()).await;
        let position = bench.begin(json!({}), json!({})).await;
        let detail = json!({
            "executionArn": "arn", "stateMachineArn": position.machine.trim_end_matches(":1"), "name": "run-1",
            "status": status, "input": json!(position).to_string(),
        });
        let event = json!({ "source": "aws.states", "detail": detail });
        handle(Function::Recorder, event, &bench.services)
            .await
            .expect("an answer");
        bench.local.settled().await;
        let heard = heard.lock().expect("nobody panicked").clone();
        let told: Vec<_> = heard
            .iter()
            .map(|event| (event.get("detail-type"), event.pointer("/detail/status")))
            .collect();
        assert_eq!(
            told,
            [(Some(&json!(name)), Some(&json!(expected)))],
            "{status}"
        );
        let known = pawl_contract::event::find(name);
        assert!(known.is_some_and(|known| known.when.is_some()), "{name}");
    }
}

#[tokio::test]
async fn a_run_that_ends_is_told_without_what_only_its_record_should_hold() {
    let end = json!({ "step": "end", "kind": "trigger" });
    let failing =
        json!({ "step": "it", "kind": "condition", "config": { "expression": "missing" } });
    let rows = [
        (
            end,
            "workflow.completed",
            json!({ "status": "completed", "error": null }),
        ),
        (
            failing,
            "workflow.failed",
            json!({ "status": "failed", "error": { "code": "VALIDATION_ERROR", "step": "it" } }),
        ),
    ];
    for (plan, name, expected) in rows {
        let (bench, heard) = listening(Faults::none()).await;
        let position = bench.begin(json!({}), json!({})).await;
        let _ = bench.task(&plan, &position).await;
        bench.local.settled().await;
        let heard = heard.lock().expect("nobody panicked").clone();
        assert_eq!(heard.len(), 1, "{heard:?}");
        for event in heard {
            assert_eq!(event.get("detail-type"), Some(&json!(name)));
            for (field, value) in expected.as_object().expect("an object") {
                let detail = event.pointer(&format!("/detail/{field}"));
                assert_eq!(detail, Some(value), "{event}");
            }
            let run = event.pointer("/detail/execution/executionId");
            assert_eq!(run, Some(&json!("run-1")));
            assert_eq!(event.pointer("/detail/organizationId"), Some(&json!(ORG)));
        }
    }
}

#[tokio::test]
async fn what_could_not_be_told_is_told_later_under_the_same_id() {
    // An answer that got lost is no answer: what was told is told again.
    for (fault, times) in [(Fault::ServerError, 1), (Fault::LostResponse, 2)] {
        let is_broken = Arc::new(AtomicBool::new(true));
        let breaks = Arc::clone(&is_broken);
        let faults = Faults::new(move |call| {
            let is_hit = call.operation == "PutEvents" && breaks.load(Ordering::Relaxed);
            is_hit.then_some(fault)
        });
        let (bench, heard) = listening(faults).await;
        let position = bench.begin(json!({}), json!({})).await;
        let create = action("it", json!({ "type": "customer_create", "name": "Ada" }));
        // A bus that does not answer stops no step.
        bench.task(&create, &position).await.expect("a position");
        is_broken.store(false, Ordering::Relaxed);
        let asked = json!({ "source": "aws.events", "detail-type": "Scheduled Event" });
        let ask = async || handle(Function::Recorder, asked.clone(), &bench.services).await;
        // Whoever wrote it has a minute to tell it.
        assert_eq!(ask().await, Ok(json!({ "told": 0 })));
        bench.pass(Duration::from_mins(2)).await;
        assert_eq!(ask().await, Ok(json!({ "told": 1 })));
        assert_eq!(ask().await, Ok(json!({ "told": 0 })));
        bench.local.settled().await;
        let heard = heard.lock().expect("nobody panicked").clone();
        let told: BTreeSet<&str> = heard
            .iter()
            .filter_map(|event| event.pointer("/detail/id")?.as_str())
            .collect();
        assert_eq!(told.len(), 1, "{fault:?}: {heard:?}");
        // The SDK tries again by itself, and each lost answer is an event that was heard.
        assert!(heard.len() >= times, "{fault:?}: {heard:?}");
    }
}
