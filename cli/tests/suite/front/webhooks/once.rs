//! Deliveries that come twice, late, or all at once: each event is one run.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use pawl_store::Window;
use serde_json::{Value, json};

use super::listening;
use crate::front::Front;

/// How many events there are.
const EVENTS: usize = 500;

/// How often each is delivered.
const TIMES: usize = 6;

/// How many are on their way at once.
const AT_ONCE: usize = 20;

/// Numbers that look like chance and are the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).expect("a number") % end
    }
}

#[tokio::test]
async fn duplicates_in_any_order_start_exactly_the_right_runs() {
    let front = Front::open().await;
    let trigger = json!({ "path": "/many", "maxPerMinute": 100_000 });
    front.publish(listening("Many", &trigger)).await;
    let mut order: Vec<usize> = (0..EVENTS).flat_map(|event| [event; TIMES]).collect();
    let mut chance = Chance(7);
    for last in (1..order.len()).rev() {
        order.swap(last, chance.below(last + 1));
    }
    let mut runs: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for together in order.chunks(AT_ONCE) {
        let deliveries = together.iter().map(|event| {
            let front = &front;
            async move {
                let key = format!("event-{event}");
                let body = json!({ "event": event }).to_string();
                let headers = [("x-github-delivery", key.as_str())];
                (
                    *event,
                    front.deliver("/webhooks/many", &headers, body).await,
                )
            }
        });
        for (event, answer) in join_all(deliveries).await {
            *statuses.entry(answer.status.as_u16()).or_default() += 1;
            let run = answer.body["execution_id"].as_str().expect("a run");
            runs.entry(event).or_default().insert(run.to_owned());
        }
    }
    assert_eq!(
        statuses,
        BTreeMap::from([(202, EVENTS), (200, EVENTS * (TIMES - 1))])
    );
    front.settled().await;
    assert_eq!(runs.len(), EVENTS);
    let store = front.laptop.services.store();
    let (all, _) = store
        .page_of_runs(pawl::laptop::ORG, &Window::all(), |_| true)
        .await
        .expect("runs");
    let events: BTreeSet<u64> = all
        .iter()
        .filter_map(|run| run.input["event"].as_u64())
        .collect();
    assert_eq!((all.len(), events.len()), (EVENTS, EVENTS));
    assert!(
        all.iter()
            .all(|run| run.status == pawl_store::RunStatus::Completed)
    );
    for (event, ids) in &runs {
        assert_eq!(ids.len(), 1, "event {event} has the runs {ids:?}");
    }
}

/// A delivery's headers, its body, and the status that it is answered with.
type Row<'row> = (&'row [(&'row str, &'row str)], &'row str, u16);

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let front = Front::open().await;
    let id = front
        .publish(listening(
            "Keys",
            &json!({ "idempotencyHeader": "X-Order" }),
        ))
        .await;
    let deliver = async |headers: &[(&str, &str)], body: &str| {
        let answer = front
            .deliver("/webhooks/keys", headers, body.to_owned())
            .await;
        answer.status.as_u16()
    };
    let rows: [Row<'_>; 8] = [
        (&[("x-order", "7")], "{}", 202),
        (&[("x-order", "7")], "{}", 200),
        (&[("x-order", "7")], "[]", 409),
        // The header that the definition names counts before others.
        (&[("x-order", "7"), ("idempotency-key", "a")], "{}", 200),
        (&[("idempotency-key", "a")], "{}", 202),
        (&[("x-idempotency-key", "a")], "{}", 200),
        (&[("idempotency-key", "")], "{}", 400),
        (&[], "{}", 202),
    ];
    for (headers, body, status) in rows {
        assert_eq!(deliver(headers, body).await, status, "{headers:?} {body}");
    }
    // Another webhook's keys are others.
    front
        .publish(listening(
            "Others",
            &json!({ "idempotencyHeader": "X-Order" }),
        ))
        .await;
    let answer = front
        .deliver("/webhooks/others", &[("x-order", "7")], "[1]")
        .await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let outcomes: Vec<String> = front
        .deliveries(&id)
        .await
        .into_iter()
        .map(|(outcome, _)| outcome)
        .collect();
    let expected = [
        "accepted",
        "duplicate",
        "rejected",
        "duplicate",
        "accepted",
        "duplicate",
        "rejected",
        "accepted",
    ];
    assert_eq!(outcomes, expected);
    let log: Value = front
        .want(
            200,
            "GET",
            "/api/webhooks/keys/deliveries?limit=1",
            Value::Null,
        )
        .await;
    assert!(log["next_cursor"].is_string(), "{log}");
}
