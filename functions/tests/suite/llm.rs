//! A language model, as a server on this machine plays it.

use pawl_functions::LlmSettings;
use pawl_local::Faults;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::server::{http, serve};

fn ask(config: Value) -> Value {
    json!({ "step": "ask", "kind": "llm", "config": config, "then": { "success": { "state": "next" } } })
}

async fn bench(base_url: Option<String>) -> Bench {
    let llm = base_url.map(|base_url| LlmSettings {
        base_url,
        api_key: Some("key".to_owned()),
        model: Some("m".to_owned()),
    });
    Bench::set(Faults::none(), |settings| settings.llm = llm).await
}

#[tokio::test]
async fn answers_and_refusals_become_outputs_and_codes() {
    let answer = |content: &str| {
        let usage = json!({ "total_tokens": 7 });
        json!({ "model": "m-1", "choices": [{ "message": { "content": content } }], "usage": usage }).to_string()
    };
    let text = json!({ "systemPrompt": "Be brief.", "userPrompt": "Hi {{input.name}}" });
    let json = json!({ "llmNode": { "systemPrompt": "Answer in JSON.", "outputFormat": "json" } });
    let rows = [
        (text.clone(), 200, answer("Hello"), Ok(json!("Hello"))),
        (
            json.clone(),
            200,
            answer("```json\n{\"a\": 1}\n```"),
            Ok(json!({ "a": 1 })),
        ),
        (json, 200, answer("Hello"), Err("AGENT_ERROR")),
        (text.clone(), 429, "{}".to_owned(), Err("RATE_LIMIT")),
        (text.clone(), 500, String::new(), Err("AGENT_ERROR")),
        (text, 200, "<html>".to_owned(), Err("AGENT_ERROR")),
    ];
    for (config, status, body, expected) in rows {
        let reply = body.clone();
        let (port, requests) = serve(move |stream| http(stream, status, &reply));
        let bench = bench(Some(format!("http://127.0.0.1:{port}/v1"))).await;
        let position = bench.begin(json!({ "name": "Ada" }), json!({})).await;
        let done = bench
            .task(&ask(config), &position)
            .await
            .map_err(|error| error.code);
        let request: Value =
            serde_json::from_str(&requests.recv().expect("a request")).expect("it is JSON");
        assert_eq!(request.get("model"), Some(&json!("m")));
        match expected {
            Ok(output) => {
                done.expect("a position");
                let record = bench.records().await.pop().expect("a record");
                assert_eq!(record.output, output);
                let meta = json!({ "llm": { "model": "m-1", "usage": { "total_tokens": 7 } } });
                assert_eq!(record.meta, Some(meta));
            }
            Err(code) => assert_eq!(done.expect_err("an error"), code, "{status} {body}"),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_said() {
    // Nothing listens at a port that was just given back.
    let (closed, _) = serve(|_| Ok(String::new()));
    let text = json!({ "systemPrompt": "Be brief." });
    let rows = [
        (None, text.clone(), "AGENT_ERROR", "PAWL_LLM_URL"),
        (
            None,
            json!({ "systemPrompt": "x", "tools": ["customer_get"] }),
            "VALIDATION_ERROR",
            "needs tools",
        ),
        (
            Some(format!("http://127.0.0.1:{closed}")),
            text,
            "AGENT_ERROR",
            "did not answer",
        ),
    ];
    for (base_url, config, code, message) in rows {
        let bench = bench(base_url).await;
        let position = bench.begin(json!({}), json!({})).await;
        assert_eq!(bench.code(&ask(config), &position).await, code);
        let error = bench
            .records()
            .await
            .pop()
            .and_then(|record| record.error)
            .expect("an error");
        assert!(error.message.contains(message), "{}", error.message);
    }
}

#[tokio::test]
async fn a_model_that_takes_too_long_times_out() {
    let (port, _requests) = serve(|_| {
        std::thread::sleep(std::time::Duration::from_secs(5));
        Ok(String::new())
    });
    let bench = bench(Some(format!("http://127.0.0.1:{port}"))).await;
    let position = bench.begin(json!({}), json!({})).await;
    let mut plan = ask(json!({ "systemPrompt": "Be brief." }));
    plan.as_object_mut()
        .expect("a plan")
        .insert("timeoutSeconds".to_owned(), json!(1));
    assert_eq!(bench.code(&plan, &position).await, "TIMEOUT");
}
