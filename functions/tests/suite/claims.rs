//! What nothing can take back is claimed first, so that it never happens twice.

use pawl_contract::{At, Kind};
use pawl_store::{Record, RecordStatus};
use serde_json::{Value, json};

use crate::bench::{Bench, ORG, RUN, action};

fn send() -> Value {
    action(
        "send",
        json!({ "type": "email_send", "to": "ada@example.com", "subject": "Hi" }),
    )
}

/// The record of an invocation that claimed and then ended.
fn claim() -> Record {
    Record {
        at: At::first(),
        step: "send".to_owned(),
        name: None,
        kind: Some(Kind::Action),
        status: RecordStatus::Claimed,
        attempts: 1,
        visit: 1,
        input: Value::Null,
        output: Value::Null,
        meta: None,
        error: None,
        port: None,
        iteration: Vec::new(),
        mocked: false,
        started_at: String::new(),
        completed_at: None,
        result: None,
        wait: None,
        nonce: Some("another".to_owned()),
    }
}

#[tokio::test]
async fn a_claim_without_an_outcome_is_unknown_for_ever() {
    let bench = Bench::open().await;
    let position = bench.begin(json!({}), json!({})).await;
    assert!(
        bench
            .store()
            .claim(ORG, RUN, &claim(), "another")
            .await
            .expect("an answer")
    );
    for attempt in 1..4 {
        let error = bench
            .attempt(&send(), &position, attempt)
            .await
            .expect_err("nobody knows");
        assert_eq!(error.code, "OUTCOME_UNKNOWN");
    }
    assert_eq!(
        bench.lines().await,
        ["000001 send failed - OUTCOME_UNKNOWN"]
    );
    assert!(bench.mails().is_empty());
}

#[tokio::test]
async fn a_claim_is_taken_once() {
    let bench = Bench::open().await;
    bench.begin(json!({}), json!({})).await;
    let rows = [("another", true), ("mine", false), ("another", true)];
    for (nonce, expected) in rows {
        let record = Record {
            nonce: Some(nonce.to_owned()),
            ..claim()
        };
        let is_taken = bench
            .store()
            .claim(ORG, RUN, &record, nonce)
            .await
            .expect("an answer");
        assert_eq!(is_taken, expected, "{nonce}");
    }
}

#[tokio::test]
async fn two_invocations_of_one_visit_send_one_mail() {
    let bench = Bench::open().await;
    let position = bench.begin(json!({}), json!({})).await;
    let plan = send();
    let (one, other) = tokio::join!(bench.task(&plan, &position), bench.task(&plan, &position));
    assert_eq!(bench.mails().len(), 1);
    let errors: Vec<String> = [one, other]
        .into_iter()
        .filter_map(Result::err)
        .map(|error| error.code)
        .collect();
    assert!(
        errors.is_empty() || errors == ["OUTCOME_UNKNOWN"],
        "{errors:?}"
    );
}
