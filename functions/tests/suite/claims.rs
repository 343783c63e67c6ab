//! What nothing can take back is claimed first, so that it never happens twice.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use pawl_contract::{At, Kind};
use pawl_functions::Mail;
use pawl_local::Faults;
use pawl_store::{Record, RecordStatus};
use serde_json::{Value, json};

use crate::bench::{Bench, ORG, RUN, action};
use crate::server::{serve, smtp};

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
        scope: pawl_store::key::ROOT.to_owned(),
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

/// A mail whose author has decided what becomes of it where nobody knows whether it is out.
fn decided(policy: Option<&str>) -> Value {
    let mut config = json!({ "type": "email_send", "to": "ada@example.com", "subject": "Hi" });
    if let (Some(policy), Some(config)) = (policy, config.as_object_mut()) {
        config.insert("onUnknown".to_owned(), policy.into());
    }
    action("send", config)
}

/// A claim as an attempt leaves it that knew what to send.
fn left_behind(plan: &Value) -> Record {
    Record {
        input: plan.get("config").cloned().unwrap_or_default(),
        ..claim()
    }
}

#[tokio::test]
async fn the_author_decides_what_becomes_of_an_unknown_outcome() {
    const FINE: &str = "250 fine";
    let skipped = json!({ "skipped": true, "outcome": "unknown" });
    let rows = [
        (None, "OUTCOME_UNKNOWN", 0, Value::Null),
        (Some("ask"), "OUTCOME_UNKNOWN", 0, Value::Null),
        (Some("skip"), "", 0, skipped),
        (
            Some("retry"),
            "",
            1,
            json!({ "messageId": "<run-1.000001@localhost>", "to": ["ada@example.com"], "sent": true }),
        ),
    ];
    for (policy, code, mails, output) in rows {
        let (port, sessions) = serve(|stream| smtp(stream, [FINE, FINE, "354 go on", FINE]));
        let url = Mail::Smtp(format!("smtp://127.0.0.1:{port}"));
        let bench = Bench::set(Faults::none(), |settings| settings.mail = url).await;
        let position = bench.begin(json!({}), json!({})).await;
        let plan = decided(policy);
        let store = bench.store();
        let claimed = store.claim(ORG, RUN, &left_behind(&plan), "another").await;
        assert!(claimed.expect("an answer"));
        assert_eq!(bench.code(&plan, &position).await, code, "{policy:?}");
        assert_eq!(bench.output("000001").await, output, "{policy:?}");
        // However often it is asked again.
        assert_eq!(bench.code(&plan, &position).await, code, "{policy:?}");
        assert_eq!(told(&sessions), mails, "{policy:?}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_is_an_unknown_outcome() {
    const FINE: &str = "250 fine";
    let rows = [
        (None, "OUTCOME_UNKNOWN", 1),
        (Some("skip"), "", 1),
        (Some("retry"), "OUTCOME_UNKNOWN", 3),
    ];
    for (policy, code, mails) in rows {
        // It takes the mail and hangs up.
        let (port, sessions) = serve(|stream| smtp(stream, [FINE, FINE, "354 go on", ""]));
        let url = Mail::Smtp(format!("smtp://127.0.0.1:{port}"));
        let bench = Bench::set(Faults::none(), |settings| settings.mail = url).await;
        let position = bench.begin(json!({}), json!({})).await;
        let plan = decided(policy);
        assert_eq!(bench.code(&plan, &position).await, code, "{policy:?}");
        assert_eq!(told(&sessions), mails, "{policy:?}");
    }
}

/// How many mails a server took.
fn told(sessions: &Receiver<String>) -> usize {
    let mut mails = 0;
    while let Ok(said) = sessions.recv_timeout(Duration::from_millis(500)) {
        mails += usize::from(said.contains("Message-ID"));
    }
    mails
}

#[tokio::test]
async fn an_outbox_that_has_the_mail_says_so() {
    for policy in [None, Some("ask"), Some("skip"), Some("retry")] {
        let bench = Bench::open().await;
        let position = bench.begin(json!({}), json!({})).await;
        let plan = decided(policy);
        let store = bench.store();
        let claimed = store.claim(ORG, RUN, &left_behind(&plan), "another").await;
        assert!(claimed.expect("an answer"));
        // The attempt ended after the mail was out, and before it was recorded.
        std::fs::write(bench.outbox().join("run-1.000001.eml"), "Hi").expect("a mail");
        assert_eq!(bench.code(&plan, &position).await, "", "{policy:?}");
        let sent = bench.output("000001").await.get("sent").cloned();
        assert_eq!(sent, Some(json!(true)), "{policy:?}");
        assert_eq!(bench.mails().len(), 1, "{policy:?}");
    }
}
