//! How many requests to AWS a step of each kind makes, through a machine; the table stands in docs/performance.md.

use std::fmt::Write;

use pawl::laptop::ORG;
use pawl_compiler::Level;
use pawl_store::Published;
use serde_json::{Value, json};

use crate::corpus::root;
use crate::stage::{Stage, calls, publish, says, with_model};
use crate::web::{Web, json as in_json};

/// A step, the function that does it, and what somebody answers.
struct Row {
    what: &'static str,
    function: &'static str,
    step: Value,
    answer: Option<Answer>,
}

/// What somebody says to a step that waits.
#[derive(Clone, Copy)]
enum Answer {
    Approve,
    Signal,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a configuration is written where it is used, and reads better without borrows"
)]
fn row(what: &'static str, function: &'static str, kind: &str, config: Value) -> Row {
    let step = json!({ "stepSlug": "it", "stepType": kind, "config": config, "nextSteps": {} });
    Row {
        what,
        function,
        step,
        answer: None,
    }
}

fn answered(what: &'static str, answer: Answer, kind: &str, config: Value) -> Row {
    Row {
        answer: Some(answer),
        ..row(what, "", kind, config)
    }
}

fn rows(web: &str) -> Vec<Row> {
    let order = |more: Value| {
        let mut config = json!({ "url": format!("{web}/orders") });
        if let (Some(config), Some(more)) = (config.as_object_mut(), more.as_object()) {
            config.extend(more.clone());
        }
        config
    };
    let customer = |operation: &str, more: Value| {
        let mut parameters = json!({ "operation": operation });
        if let (Some(parameters), Some(more)) = (parameters.as_object_mut(), more.as_object()) {
            parameters.extend(more.clone());
        }
        json!({ "type": "customer", "parameters": parameters })
    };
    let ask = |more: Value| {
        let mut config = json!({ "systemPrompt": "Be brief.", "userPrompt": "Hi" });
        if let (Some(config), Some(more)) = (config.as_object_mut(), more.as_object()) {
            config.extend(more.clone());
        }
        config
    };
    let message = || json!({ "message": "Go on?" });
    let signal = || json!({ "signal": "paid" });
    vec![
        row(
            "action that writes a record",
            "action",
            "action",
            customer("create", json!({ "name": "Ada", "status": "active" })),
        ),
        row(
            "action that reads one",
            "action",
            "action",
            customer("query", json!({})),
        ),
        row(
            "mail",
            "action",
            "action",
            json!({ "type": "email_send", "parameters": { "to": "ada@example.com", "subject": "Hi" } }),
        ),
        row(
            "request that may be repeated",
            "request",
            "request",
            order(json!({})),
        ),
        row(
            "request that may not",
            "request",
            "request",
            order(json!({ "method": "POST" })),
        ),
        row(
            "request that is kept",
            "request",
            "request",
            order(json!({ "cache": { "ttl": "1h" } })),
        ),
        row("llm", "llm", "llm", ask(json!({}))),
        row(
            "llm that uses a tool",
            "llm",
            "llm",
            ask(json!({ "userPrompt": "Use it", "tools": ["customer_get"] })),
        ),
        row(
            "llm with a `concurrency`",
            "llm",
            "llm",
            ask(json!({ "concurrency": 2 })),
        ),
        row("approval", "approval", "approval", message()),
        answered("its decision", Answer::Approve, "approval", message()),
        row("signal", "signal", "signal", signal()),
        answered("its message", Answer::Signal, "signal", signal()),
        row(
            "subflow",
            "subflow",
            "subflow",
            json!({ "workflow": "Child" }),
        ),
        row("delay", "transform", "delay", json!({ "seconds": 1 })),
    ]
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::print_stdout,
    reason = "figures for whoever asks with --nocapture"
)]
async fn the_calls_of_every_kind_are_as_documented() {
    let mut table = String::from("| step | calls | |\n|---|---|---|\n");
    let web = Web::serve(|asked, _| {
        let is_first = asked.body.contains("Use it") && !asked.body.contains("tool_call_id");
        match asked.line.as_str() {
            "POST /chat/completions" if is_first => {
                calls("customer_get", &json!({ "customerId": "c1" }))
            }
            "POST /chat/completions" => says("Hello"),
            _ => in_json(200, &json!({ "ok": true })),
        }
    });
    for row in rows(&web.url) {
        let made = Box::pin(made(&row, &web)).await;
        let mut counted: Vec<(String, usize)> = Vec::new();
        for call in &made {
            match counted.last_mut() {
                Some((last, count)) if last == call => *count += 1,
                _ => counted.push((call.clone(), 1)),
            }
        }
        let words: Vec<String> = counted
            .into_iter()
            .map(|(call, count)| {
                if count > 1 {
                    format!("{count} {call}")
                } else {
                    call
                }
            })
            .collect();
        let (what, count) = (row.what, made.len());
        writeln!(table, "| {what} | {count} | {} |", words.join(", "))
            .expect("writing to a string cannot fail");
    }
    println!("{table}");
    let page = std::fs::read_to_string(root().join("docs/performance.md")).expect("the page");
    assert!(
        page.contains(&table),
        "docs/performance.md has another table than\n{table}"
    );
}

/// The operations that a step asks for, in order.
async fn made(row: &Row, web: &Web) -> Vec<String> {
    let workflow = json!({ "name": "Calls", "steps": [row.step] });
    let stage = Stage::set(&workflow, Level::O1, |settings| with_model(settings, web)).await;
    let child = json!({ "name": "Child", "steps": [
        { "stepSlug": "ask", "stepType": "approval", "config": { "message": "?" }, "nextSteps": { "approved": "end" } },
    ] });
    let child = publish(&stage.laptop, &child, Level::O1).await;
    let store = stage.laptop.services.store();
    let published = store
        .publish_workflow(ORG, "child", &Published::on(&child))
        .await;
    published.expect("it is published");
    let run = stage.start(json!({})).await;
    stage.laptop.local.settled().await;
    let before = stage.laptop.local.calls().len();
    let services = &stage.laptop.services;
    match row.answer {
        None => {}
        Some(Answer::Approve) => {
            let yes = pawl_functions::Decision {
                approved: true,
                ..pawl_functions::Decision::default()
            };
            let decided = pawl_functions::decide(services, ORG, &run.run, None, &yes).await;
            decided.expect("a decision");
        }
        Some(Answer::Signal) => {
            let sent =
                pawl_functions::send(services, ORG, &run.run, "paid", &json!({}), None).await;
            sent.expect("a message");
        }
    }
    let all = stage.laptop.local.calls();
    let names = |calls: &mut dyn Iterator<Item = &pawl_local::Call>| {
        calls.map(|call| call.operation.clone()).collect()
    };
    if row.answer.is_some() {
        // Whoever answers asks from outside; what the machine does then is not theirs.
        let mut outside = all
            .iter()
            .skip(before)
            .filter(|call| call.invocation.is_none());
        return names(&mut outside);
    }
    let first = all
        .iter()
        .filter_map(|call| call.invocation.as_ref())
        .find(|invocation| invocation.function == row.function)
        .unwrap_or_else(|| panic!("{} is not invoked", row.function));
    let mut own = all
        .iter()
        .filter(|call| call.invocation.as_ref() == Some(first));
    names(&mut own)
}
