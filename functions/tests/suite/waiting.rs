//! Visits that ask, between one attempt of their Task and the next.

use pawl_contract::{At, Kind, Position, StepError};
use pawl_functions::{Closing, Decision, Function, close_waits, decide, handle};
use pawl_store::RecordStatus;
use serde_json::json;

use crate::bench::{Bench, ORG, RUN};

/// An attempt of a Task that waits for a decision.
async fn ask(bench: &Bench, position: &Position, token: &str) -> Result<(), StepError> {
    let plan = json!({
        "workflow": "test", "step": "ask", "kind": "approval", "config": { "message": "Go on?" },
        "then": { "approved": { "state": "next" } },
    });
    let payload =
        json!({ "position": position, "attempt": 0, "plan": plan.to_string(), "token": token });
    let function = Function::Step(Kind::Approval);
    handle(function, payload, &bench.services).await.map(|_| ())
}

#[tokio::test]
async fn a_failure_that_no_machine_has_heard_of_is_raised_by_the_next_attempt() {
    let bench = Bench::open().await;
    let position = bench.begin(json!({}), json!({})).await;
    ask(&bench, &position, "first").await.expect("it asks");
    ask(&bench, &position, "second").await.expect("it asks on");
    let wait = bench.records().await.pop().and_then(|record| record.wait);
    assert_eq!(wait.map(|wait| wait.token).as_deref(), Some("second"));
    // No machine waits on this bench, so nobody hears the answer.
    let no = Decision::default();
    let _ = decide(&bench.services, ORG, RUN, None, &no).await;
    let raised = ask(&bench, &position, "third").await;
    assert_eq!(raised.expect_err("it is raised").code, "APPROVAL_REJECTED");
    // It was heard now: who asks once more, after the run was resumed, asks anew.
    ask(&bench, &position, "fourth").await.expect("it asks");
    assert_eq!(bench.lines().await, ["000001 ask waiting -"]);
}

#[tokio::test]
async fn a_strand_that_is_given_up_asks_nothing_any_more() {
    let rows = [
        (Closing::Strand("000001"), true),
        (Closing::Strand("000002"), false),
        // The run is open, so nothing of it is closed for its end.
        (Closing::Run, false),
    ];
    for (closing, is_closed) in rows {
        let bench = Bench::open().await;
        let position = bench.begin(json!({}), json!({})).await;
        assert_eq!(position.at, At::first());
        ask(&bench, &position, "token").await.expect("it asks");
        let closed = close_waits(&bench.services, ORG, RUN, closing).await;
        assert_eq!(closed.expect("an answer"), usize::from(is_closed));
        let record = bench.records().await.pop().expect("a record");
        let expected = if is_closed {
            RecordStatus::Failed
        } else {
            RecordStatus::Waiting
        };
        assert_eq!(record.status, expected, "{closing:?}");
        assert_eq!(
            bench.store().waits(ORG).await.expect("waits").len(),
            usize::from(!is_closed)
        );
    }
}
