//! A step that cannot go on without an answer asks, as an approval does, and goes on with it.

use pawl::report::Report;
use pawl_compiler::Level;
use serde_json::{Value, json};

use crate::corpus::{assert_same, normal};
use crate::stage::{Stage, calls, says, with_model};
use crate::web::{Web, json as in_json};

const LEVELS: [Level; 2] = [Level::O0, Level::O1];

/// A run in lines: `000003 send completed success`.
fn lines(report: &Report) -> Vec<String> {
    let steps = report.steps.iter().map(|visit| {
        let port = visit.port.as_deref().unwrap_or("-");
        let Value::String(status) = json!(visit.status) else {
            return String::new();
        };
        let error = visit.error.as_ref();
        let error = error.map(|error| format!(" {}", error.code));
        let error = error.unwrap_or_default();
        format!("{} {} {status} {port}{error}", visit.at, visit.step)
    });
    steps.collect()
}

/// A loop that orders what cannot be ordered twice, behind a gateway that does not always know.
fn ordering(url: &str) -> Value {
    json!({
        "name": "Ordering",
        "config": { "retryPolicy": { "maxRetries": 3 }, "variables": { "last": null } },
        "steps": [
            { "stepSlug": "each", "stepType": "loop", "config": { "items": "{{input.orders}}", "itemVariable": "order" },
              "nextSteps": { "next": "send", "done": "report" } },
            { "stepSlug": "send", "stepType": "request", "config": {
                "url": format!("{url}/orders"), "method": "POST", "body": { "order": "{{order}}" },
                "onUnknown": "ask", "timeoutSeconds": 30
            }, "nextSteps": { "success": "note", "error": "note" } },
            { "stepSlug": "note", "stepType": "action", "config": { "type": "set_variables", "parameters": { "variables": [
                { "name": "last", "value": "{{steps.send.status}}" }
            ] } }, "nextSteps": { "success": "each" } },
            { "stepSlug": "report", "stepType": "output", "config": { "mapping": { "last": "{{last}}" } } },
        ],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_decides_what_becomes_of_an_unknown_outcome() {
    let mut reports = Vec::new();
    for level in LEVELS {
        // The first call for each order gets no answer that says anything.
        let shop = Web::serve(|asked, before| {
            let is_again = before == 1;
            if is_again {
                in_json(200, &json!({ "got": asked.body }))
            } else {
                in_json(502, &json!({ "error": "upstream is gone" }))
            }
        });
        let stage = Stage::set(&ordering(&shop.url), level, |_| {}).await;
        let run = stage.start(json!({ "orders": [1, 2, 3] })).await;
        let waits = stage.waits().await;
        let asked = &waits.first().expect("a question").record;
        assert_eq!(asked.step, "send (ask)");
        let message = asked.input.get("message").and_then(Value::as_str);
        let message = message.unwrap_or_default();
        assert!(
            message.starts_with("Nobody knows whether step `send` has acted:"),
            "{message}"
        );
        assert!(message.contains("answered 502"), "{message}");
        assert_eq!(shop.asked().len(), 1, "nothing acts again unasked");
        stage
            .decide(&run, json!({ "approved": true, "by": "ada" }))
            .await;
        let skip = json!({ "approved": true, "form": { "choice": "skip" } });
        stage.decide(&run, skip).await;
        let no = json!({ "approved": false, "by": "ada", "comment": "call them" });
        stage.decide(&run, no).await;
        let report = stage.report(&run).await;
        let expected = [
            "000000 trigger completed success",
            "000001 each completed next",
            "000002 send completed success",
            "000002/999999/000001 send (ask) completed approved",
            "000003 note completed success",
            "000004 each completed next",
            "000005 send completed success",
            "000005/999999/000001 send (ask) completed approved",
            "000006 note completed success",
            "000007 each completed next",
            "000008 send failed error OUTCOME_UNKNOWN",
            "000008/999999/000001 send (ask) completed rejected",
            "000009 note completed success",
            "000010 each completed done",
            "000011 report completed success",
        ];
        assert_eq!(lines(&report), expected);
        let asked = report.steps.get(7).expect("a question");
        assert_eq!(asked.iteration, [1]);
        let skipped = report.steps.get(6).expect("a visit");
        let expected = json!({ "skipped": true, "outcome": "unknown" });
        assert_eq!(skipped.output, expected);
        let refused = report.steps.get(10).and_then(|visit| visit.error.as_ref());
        let message = refused.map(|error| error.message.as_str());
        let expected = "the step may or may not have acted, and ada said no: call them";
        assert_eq!(message, Some(expected));
        // One order was sent twice, because somebody said so; two were not.
        assert_eq!(shop.asked().len(), 4);
        assert!(stage.waits().await.is_empty());
        reports.push(without_names(&normal(&report)));
    }
    let [apart, together] = reports.try_into().expect("two runs");
    assert_same(&apart, &together, "at -O0 and -O1");
}

/// A report without the port of the server and the names of invocations, which are others for each run.
fn without_names(report: &Value) -> Value {
    let is_name = |character: char| character.is_ascii_hexdigit() || character == '-';
    let mut text = report.to_string();
    for before in ["http://127.0.0.1:", "\"unknown\":\""] {
        let mut parts = text.split(before);
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            whole.push_str(before);
            whole.push_str(part.trim_start_matches(is_name));
        }
        text = whole;
    }
    serde_json::from_str(&text).expect("JSON")
}

fn thinking(budget: &Value) -> Value {
    json!({
        "name": "Thinking",
        "config": { "retryPolicy": { "maxRetries": 3 } },
        "steps": [
            { "stepSlug": "think", "stepType": "llm", "config": {
                "systemPrompt": "Think.", "userPrompt": "How is c1?", "tools": ["customer_get"], "budget": budget,
                "timeoutSeconds": 30
            }, "nextSteps": { "success": "report" } },
            { "stepSlug": "report", "stepType": "output", "config": { "mapping": { "text": "{{steps.think.output}}" } } },
        ],
    })
}

/// A model that looks the same customer up so often before it answers.
fn model(looks: usize) -> Web {
    Web::serve(move |_, before| {
        if before < looks {
            calls("customer_get", &json!({ "customerId": "c1" }))
        } else {
            says("Fine.")
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_decides_whether_an_agent_may_spend_more() {
    let budget = json!({ "tokens": 50, "onExceeded": "ask" });
    let yes = || json!({ "approved": true, "by": "ada" });
    let no = || json!({ "approved": false, "by": "ada" });
    // Two turns use 54 tokens up; with as much again, the fourth does.
    let rows = [
        (2, vec![yes()], "completed", "", 3),
        (4, vec![yes(), yes()], "completed", "", 5),
        (
            4,
            vec![yes(), no()],
            "failed",
            "the step's budget is used up: 108 of 100 tokens, and ada said no",
            4,
        ),
        (
            2,
            vec![no()],
            "failed",
            "the step's budget is used up: 54 of 50 tokens, and ada said no",
            2,
        ),
    ];
    for (level, (looks, decisions, status, message, turns)) in LEVELS
        .into_iter()
        .flat_map(|level| rows.clone().map(|row| (level, row)))
    {
        let model = model(looks);
        let workflow = thinking(&budget);
        let stage = Stage::set(&workflow, level, |settings| with_model(settings, &model));
        let stage = stage.await;
        let run = stage.start(json!({})).await;
        for decision in decisions {
            let waits = stage.waits().await;
            let asked = &waits.first().expect("a question").record;
            let message = asked.input.get("message").and_then(Value::as_str);
            let message = message.unwrap_or_default();
            assert!(
                message.starts_with("Step `think` cannot go on: the step's budget is used up: "),
                "{message}"
            );
            stage.decide(&run, decision).await;
        }
        let report = stage.report(&run).await;
        assert_eq!(report.status.name(), status, "{:?}", lines(&report));
        let error = report.error.as_ref().map(|error| error.message.as_str());
        assert_eq!(error.unwrap_or_default(), message);
        // No turn was asked for twice, and none was forgotten.
        let asked = model.asked();
        assert_eq!(asked.len(), turns, "{status}");
        for (turn, asked) in asked.iter().enumerate() {
            let asked: Value = serde_json::from_str(&asked.body).expect("JSON");
            let messages = asked.get("messages").and_then(Value::as_array);
            // What the system says and the prompt; a call and its result for each turn before.
            assert_eq!(messages.map(Vec::len), Some(2 + 2 * turn));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_granted_to_a_run_is_granted_to_all_of_its_steps() {
    let think = |slug: &str, next: &str| {
        json!({ "stepSlug": slug, "stepType": "llm", "config": {
            "systemPrompt": "Think.", "userPrompt": slug, "timeoutSeconds": 30
        }, "nextSteps": { "success": next } })
    };
    let workflow = json!({
        "name": "Together",
        "config": { "budget": { "tokens": 30, "onExceeded": "ask" } },
        "steps": [
            think("one", "two"), think("two", "three"), think("three", "four"), think("four", "five"),
            think("five", "report"),
            { "stepSlug": "report", "stepType": "output", "config": { "mapping": { "last": "{{steps.five.output}}" } } },
        ],
    });
    let model = model(0);
    let stage = Stage::set(&workflow, Level::O1, |settings| {
        with_model(settings, &model);
    })
    .await;
    let run = stage.start(json!({})).await;
    // 15 tokens each: the third step asks, and with 60 tokens the fifth.
    for step in ["three (ask)", "five (ask)"] {
        let waits = stage.waits().await;
        assert_eq!(
            waits.first().map(|waiting| waiting.record.step.as_str()),
            Some(step)
        );
        stage.decide(&run, json!({ "approved": true })).await;
    }
    let report = stage.report(&run).await;
    assert_eq!(report.output, json!({ "last": "Fine." }));
    assert_eq!(model.asked().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_stops_an_agent_is_not_tried_again() {
    let rows = [
        (
            json!({ "tokens": 50 }),
            "the step's budget is used up: 54 of 50 tokens",
            2,
        ),
        (
            json!({ "tokens": 20, "usd": 1 }),
            "the step's budget is used up: 27 of 20 tokens",
            1,
        ),
        (
            json!({ "usd": 0.0003 }),
            "the step's budget is used up: 0.0003 of 0.0003 US dollars",
            3,
        ),
    ];
    for (budget, message, turns) in rows {
        let model = model(9);
        let workflow = thinking(&budget);
        let stage = Stage::set(&workflow, Level::O1, |settings| {
            with_model(settings, &model);
            let price = pawl_functions::Price {
                input: 4.0,
                output: 4.0,
            };
            settings.prices.insert("m".to_owned(), price);
        });
        let stage = stage.await;
        let run = stage.start(json!({})).await;
        let report = stage.report(&run).await;
        let error = report.error.as_ref().expect("an error");
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            ("BUDGET_EXCEEDED", message)
        );
        assert_eq!(model.asked().len(), turns, "no policy repeats it");
        // What was spent is known, though the step gives nothing.
        let models = report.models.as_ref().expect("models");
        let tokens = 27 * u64::try_from(turns).expect("few");
        assert_eq!((models.turns, models.total_tokens), (tokens / 27, tokens));
        let text = pawl::report::text(&report, None);
        let turns = if turns == 1 {
            "1 turn"
        } else {
            &format!("{turns} turns")
        };
        let line = format!("  models: {turns}, {tokens} tokens, ");
        assert!(text.contains(&line), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn iterations_that_run_side_by_side_ask_each_for_itself() {
    for level in LEVELS {
        let taken = std::sync::Mutex::new(std::collections::BTreeSet::new());
        let shop = Web::serve(move |asked, _| {
            // The first call for each order gets no answer that says anything.
            let is_first = taken.lock().expect("no panic").insert(asked.body.clone());
            if is_first {
                in_json(502, &json!({ "error": "upstream is gone" }))
            } else {
                in_json(200, &json!({ "ok": true }))
            }
        });
        let workflow = json!({ "name": "Side by side", "steps": [
            { "stepSlug": "each", "stepType": "loop",
              "config": { "items": "{{input.orders}}", "itemVariable": "order", "concurrency": 3 },
              "nextSteps": { "next": "send", "done": "report" } },
            { "stepSlug": "send", "stepType": "request", "config": {
                "url": format!("{}/orders", shop.url), "method": "POST", "body": { "order": "{{order}}" },
                "onUnknown": "ask", "timeoutSeconds": 30
            }, "nextSteps": { "success": "each" } },
            { "stepSlug": "report", "stepType": "output", "config": { "mapping": {
                "all": "{{steps.each.output.results}}"
            } } },
        ] });
        let stage = Stage::set(&workflow, level, |_| {}).await;
        let run = stage.start(json!({ "orders": [1, 2, 3] })).await;
        let waits = stage.waits().await;
        assert_eq!(waits.len(), 3);
        for (number, waiting) in waits.iter().enumerate() {
            let form = (number == 1).then(|| json!({ "choice": "skip" }));
            let yes = json!({ "approved": true, "form": form });
            stage
                .decide_at(&run, Some(waiting.record.at.as_str()), yes)
                .await;
        }
        let report = stage.report(&run).await;
        assert_eq!(report.status.name(), "completed", "{:?}", lines(&report));
        // Two orders were sent again, and one was left.
        assert_eq!(shop.asked().len(), 5);
        let skipped = report
            .steps
            .iter()
            .filter(|visit| visit.output.get("skipped").is_some());
        assert_eq!(skipped.count(), 1, "{:?}", lines(&report));
        assert!(stage.waits().await.is_empty());
    }
}
