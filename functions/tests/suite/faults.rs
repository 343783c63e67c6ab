//! Whatever goes wrong on the way to the services, a chain of steps leaves the same, and does nothing twice.

use pawl_contract::{Position, StepError};
use pawl_local::{Fault, Faults};
use serde_json::{Value, json};

use crate::bench::{Bench, ORG, RUN, action};

/// More often than anywhere, so that also the third try of a client fails now and then.
const RATES: [(Fault, f64); 7] = [
    (Fault::Unreachable, 0.1),
    (Fault::Throttled, 0.1),
    (Fault::ServerError, 0.1),
    (Fault::LostResponse, 0.1),
    (Fault::Conflict, 0.15),
    (Fault::Unprocessed, 0.3),
    (Fault::Stale, 0.3),
];

/// Asks the store until it answers.
async fn patiently<T>(mut ask: impl AsyncFnMut() -> Result<T, pawl_store::Error>) -> T {
    loop {
        if let Ok(answer) = ask().await {
            return answer;
        }
    }
}

/// Creates a customer, sends it a mail, counts it, and ends.
fn chain() -> Vec<Value> {
    let count = json!({
        "step": "count", "kind": "transform", "then": { "success": { "state": "more" } },
        "config": { "type": "set_variables", "parameters": { "count": "{{(variables.count ?: 0) + 1}}" } },
    });
    let mut create = action(
        "create",
        json!({ "type": "customer", "operation": "create", "name": "Ada" }),
    );
    let members = create.as_object_mut().expect("a plan");
    members.insert("then".to_owned(), json!({ "success": { "step": count } }));
    members.insert("reads".to_owned(), json!({ "variables": ["count"] }));
    let send = json!({ "type": "email_send", "to": "ada@example.com", "subject": "Hi" });
    let mut update = action(
        "update",
        json!({ "type": "customer", "operation": "update", "customerId": "{{steps.create.output._id}}",
            "count": "{{count}}" }),
    );
    let members = update.as_object_mut().expect("a plan");
    members.insert(
        "reads".to_owned(),
        json!({ "variables": ["count"], "steps": [{ "slug": "create" }] }),
    );
    members.insert("then".to_owned(), json!({ "success": { "end": "end" } }));
    vec![create.clone(), create, action("send", send), update]
}

/// Invokes a Task as a machine with a Retry does.
async fn retried(bench: &Bench, plan: &Value, position: &Position) -> Result<Position, StepError> {
    let mut attempt = 0;
    loop {
        match bench.attempt(plan, position, attempt).await {
            Err(error) if error.code == "STORE_ERROR" && attempt < 20 => attempt += 1,
            done => return done,
        }
    }
}

#[tokio::test]
async fn faults_change_nothing_and_repeat_nothing() {
    let (mut unknown, mut repeated) = (0, 0);
    for seed in 0..60 {
        let bench = Bench::with(Faults::rates(seed, &RATES)).await;
        let mut position = bench.begin(json!({}), json!({})).await;
        let mut failure = None;
        for plan in chain() {
            match retried(&bench, &plan, &position).await {
                Ok(next) => position = next,
                Err(error) => failure = Some(error),
            }
            if failure.is_some() {
                break;
            }
        }
        assert!(bench.mails().len() <= 1, "seed {seed}");
        if let Some(error) = failure {
            // The one honest way to fail: nobody knows whether the mail is out.
            assert_eq!(error.code, "OUTCOME_UNKNOWN", "seed {seed}");
            unknown += 1;
            continue;
        }
        assert_eq!(bench.mails().len(), 1, "seed {seed}");
        let records = patiently(async || bench.store().records(ORG, RUN).await).await;
        let mut sends = records.iter().filter(|record| record.step == "send");
        repeated += usize::from(sends.any(|record| record.attempts > 1));
        let all = async || bench.store().collection(ORG, "customers").await;
        let made = patiently(all).await.into_iter();
        let mut counts: Vec<Value> = made
            .map(|record| record.get("count").cloned().unwrap_or_default())
            .collect();
        counts.sort_by_key(ToString::to_string);
        assert_eq!(json!(counts), json!([2, null]), "seed {seed}");
        let run = patiently(async || bench.store().run(ORG, RUN).await)
            .await
            .expect("the run");
        assert_eq!(json!(run.status), json!("completed"), "seed {seed}");
    }
    // Faults must be rare enough for most chains to end, and often enough to be met.
    assert!(unknown < 20, "{unknown}");
    assert!(
        repeated > 0,
        "no mail was sent by an attempt that did not record it"
    );
}
