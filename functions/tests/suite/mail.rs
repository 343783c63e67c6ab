//! Mail by SMTP, as a server on this machine takes it or does not.

use std::time::Duration;

use pawl_functions::Mail;
use pawl_local::Faults;
use serde_json::json;

use crate::bench::{Bench, action};
use crate::server::{serve, smtp};

#[tokio::test]
async fn what_the_server_says_decides_the_outcome() {
    const FINE: &str = "250 fine";
    let rows = [
        ([FINE, FINE, "354 go on", FINE], "", true),
        (["550 no", FINE, "354 go on", FINE], "TOOL_ERROR", false),
        ([FINE, "450 later", "354 go on", FINE], "TOOL_ERROR", false),
        ([FINE, FINE, "354 go on", "554 spam"], "TOOL_ERROR", true),
        // It took the mail and hung up: the mail may be out.
        ([FINE, FINE, "354 go on", ""], "OUTCOME_UNKNOWN", true),
    ];
    for (answers, code, is_told) in rows {
        let (port, sessions) = serve(move |stream| smtp(stream, answers));
        let url = Mail::Smtp(format!("smtp://127.0.0.1:{port}"));
        let bench = Bench::set(Faults::none(), |settings| settings.mail = url).await;
        let position = bench.begin(json!({}), json!({})).await;
        let config = json!({ "type": "email_send", "to": "ada@example.com", "subject": "Hi", "text": "x", "html": "<b>" });
        let plan = action("send", config);
        let raised = bench.code(&plan, &position).await;
        let error = bench.records().await.pop().and_then(|record| record.error);
        assert_eq!(raised, code, "{answers:?}: {error:?}");
        // One session looks whether the server is there, the other one sends.
        let wait = Duration::from_secs(2);
        let told: Vec<String> = (0..2)
            .filter_map(|_| sessions.recv_timeout(wait).ok())
            .collect();
        let told = told
            .iter()
            .any(|mail| mail.contains("Message-ID: <run-1.000001@localhost>"));
        assert_eq!(told, is_told, "{answers:?}");
        if code == "OUTCOME_UNKNOWN" {
            assert_eq!(bench.code(&plan, &position).await, code);
            assert_eq!(sessions.try_iter().count(), 0, "it is not tried again");
        }
    }
}

#[tokio::test]
async fn mail_that_cannot_go_anywhere_says_so() {
    let rows = [
        (Mail::None, "set PAWL_SMTP_URL"),
        (Mail::Smtp("nonsense".to_owned()), "is not an address"),
        (
            Mail::Smtp("smtp://127.0.0.1:1".to_owned()),
            "did not take the mail",
        ),
    ];
    for (mail, expected) in rows {
        let bench = Bench::set(Faults::none(), |settings| settings.mail = mail).await;
        let position = bench.begin(json!({}), json!({})).await;
        let plan = action(
            "send",
            json!({ "type": "email_send", "to": "a@example.com", "subject": "Hi" }),
        );
        assert_eq!(bench.code(&plan, &position).await, "TOOL_ERROR");
        let error = bench
            .records()
            .await
            .pop()
            .and_then(|record| record.error)
            .expect("an error");
        assert!(error.message.contains(expected), "{}", error.message);
    }
}
