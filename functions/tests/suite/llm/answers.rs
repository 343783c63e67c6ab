//! What becomes of a model's answer.

use serde_json::{Value, json};

use super::{Reply, ask, at, bench, facts, member, request, says};

#[tokio::test]
async fn answers_and_refusals_become_outputs_and_codes() {
    let whole = |content: &str| {
        let usage = json!({ "prompt_tokens": 3, "completion_tokens": 4 });
        Reply::Whole(json!({ "model": "m-1", "choices": [{ "message": { "content": content } }], "usage": usage }).to_string())
    };
    let text = json!({ "systemPrompt": "Be brief.", "userPrompt": "Hi {{input.name}}" });
    let json = json!({ "llmNode": { "systemPrompt": "Answer in JSON.", "outputFormat": "json" } });
    let rows = [
        (text.clone(), says("Hello"), Ok(json!("Hello"))),
        (text.clone(), whole("Hello"), Ok(json!("Hello"))),
        (
            json.clone(),
            says("```json\n{\"a\": 1}\n```"),
            Ok(json!({ "a": 1 })),
        ),
        (
            json,
            says("Hello"),
            Err(("AGENT_ERROR", "twice: it should be JSON")),
        ),
        (
            text.clone(),
            Reply::Refusal(429, "", "{}"),
            Err(("RATE_LIMIT", "429")),
        ),
        (
            text.clone(),
            Reply::Refusal(500, "", ""),
            Err(("AGENT_ERROR", "500: it gave no reason")),
        ),
        (
            text.clone(),
            Reply::Refusal(401, "", "{\"error\":{\"message\":\"who are you?\"}}"),
            Err(("AGENT_ERROR", "who are you?")),
        ),
        (
            text.clone(),
            Reply::Whole("<html>".to_owned()),
            Err(("AGENT_ERROR", "is not JSON")),
        ),
        (text, says(""), Err(("AGENT_ERROR", "holds no text"))),
    ];
    for (config, reply, expected) in rows {
        let (bench, heard) = bench([reply]).await;
        let position = bench.begin(json!({ "name": "Ada" }), json!({})).await;
        let done = bench.task(&ask(config), &position).await;
        let request = request(&heard);
        assert_eq!(request.get("model"), Some(&json!("m")));
        assert_eq!(request.get("stream"), Some(&json!(true)));
        let record = bench.records().await.pop().expect("a record");
        match expected {
            Ok(output) => {
                done.expect("a position");
                assert_eq!(record.output, output);
                let facts = facts(&bench).await;
                assert_eq!(facts.get("model"), Some(&json!("m-1")));
                assert!(member(&facts, "/usage/totalTokens").as_u64() > Some(0));
            }
            Err((code, message)) => {
                assert_eq!(done.expect_err("an error").code, code);
                let error = record.error.expect("an error");
                assert!(error.message.contains(message), "{}", error.message);
            }
        }
    }
}

#[tokio::test]
async fn a_request_holds_what_the_step_gives() {
    let system = json!({ "role": "system", "content": "Be brief." });
    let rows = [
        (
            json!({ "systemPrompt": "Be brief." }),
            json!({ "model": "m", "messages": [system] }),
        ),
        (
            json!({ "systemPrompt": "Be brief.", "userPrompt": { "a": 1 }, "model": "openai:gpt", "temperature": 0.2, "maxTokens": 9 }),
            json!({ "model": "gpt", "messages": [system, { "role": "user", "content": "{\"a\":1}" }], "temperature": 0.2, "max_tokens": 9 }),
        ),
        (
            json!({ "userPrompt": "Which?", "outputFormat": "json" }),
            json!({
                "model": "m",
                "messages": [
                    { "role": "system", "content": "Answer with one JSON value and nothing else." },
                    { "role": "user", "content": "Which?" },
                ],
                "response_format": { "type": "json_object" },
            }),
        ),
    ];
    for (config, expected) in rows {
        let (bench, heard) = bench([says("{}")]).await;
        let position = bench.begin(json!({}), json!({})).await;
        bench
            .task(&ask(config), &position)
            .await
            .expect("a position");
        let mut request = request(&heard);
        let fields = request.as_object_mut().expect("an object");
        fields.remove("stream");
        fields.remove("stream_options");
        assert_eq!(request, expected);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_asked_for_once_more() {
    let schema = json!({ "type": "object", "required": ["score"], "properties": { "score": { "type": "integer" } } });
    let config = json!({ "systemPrompt": "Score it.", "outputSchema": schema });
    let rows = [
        (says("{\"score\": 7}"), Ok(json!({ "score": 7 }))),
        (
            says("{\"score\": \"seven\"}"),
            Err("is not of type \"integer\" at /score"),
        ),
    ];
    for (second, expected) in rows {
        let (bench, heard) = bench([says("{}"), second]).await;
        let position = bench.begin(json!({}), json!({})).await;
        let done = bench.task(&ask(config.clone()), &position).await;
        let first = request(&heard);
        let system = member(&first, "/messages/0/content").as_str();
        assert!(system.is_some_and(|text| text.contains("\"required\":[\"score\"]")));
        let second = request(&heard);
        assert_eq!(member(&second, "/messages/1/content"), &json!("{}"));
        let repair = member(&second, "/messages/2/content").as_str();
        let reason = "\"score\" is a required property";
        assert!(repair.is_some_and(|text| text.contains(reason)), "{second}");
        let record = bench.records().await.pop().expect("a record");
        match expected {
            Ok(output) => {
                done.expect("a position");
                assert_eq!(record.output, output);
            }
            Err(reason) => {
                assert_eq!(done.expect_err("an error").code, "AGENT_ERROR");
                let message = record.error.expect("an error").message;
                assert!(message.contains(reason), "{message}");
            }
        }
    }
}

#[tokio::test]
async fn a_signal_to_end_is_noted() {
    let signal = json!({ "shouldTerminate": true, "reason": "nobody there", "terminationType": "NO_DATA_FOUND" });
    let (bench, _heard) = bench([says(&signal.to_string())]).await;
    let position = bench.begin(json!({}), json!({})).await;
    let plan = ask(json!({ "systemPrompt": "Look.", "outputFormat": "json" }));
    bench.task(&plan, &position).await.expect("a position");
    assert_eq!(facts(&bench).await.get("termination"), Some(&signal));
}

#[tokio::test]
async fn what_cannot_be_asked_is_said() {
    // Nothing listens at a port that was just given back.
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    let text = json!({ "systemPrompt": "Be brief." });
    let rows = [
        (None, text.clone(), "AGENT_ERROR", "PAWL_LLM_URL"),
        (
            None,
            json!({ "systemPrompt": "x", "model": "bedrock:nova" }),
            "AGENT_ERROR",
            "PAWL_BEDROCK_REGION",
        ),
        (
            None,
            json!({ "systemPrompt": "x", "tools": ["rag_search"] }),
            "VALIDATION_ERROR",
            "`rag_search` is not available yet",
        ),
        (
            None,
            json!({ "systemPrompt": "x", "agent_id": "nobody" }),
            "VALIDATION_ERROR",
            "there is no agent `nobody`",
        ),
        (
            Some(format!("http://127.0.0.1:{closed}")),
            text,
            "AGENT_ERROR",
            "did not answer",
        ),
    ];
    for (base_url, config, code, message) in rows {
        let bench = at(base_url).await;
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
    let late = Reply::Late(std::time::Duration::from_secs(5), Box::new(says("Hello")));
    let (bench, _heard) = bench([late]).await;
    let position = bench.begin(json!({}), json!({})).await;
    let mut plan = ask(json!({ "systemPrompt": "Be brief." }));
    plan.as_object_mut()
        .expect("a plan")
        .insert("timeoutSeconds".to_owned(), json!(1));
    assert_eq!(bench.code(&plan, &position).await, "TIMEOUT");
}

#[tokio::test]
async fn a_busy_model_is_asked_again_and_then_the_next_one() {
    let busy = Reply::Refusal(429, "Retry-After: 7\r\n", "{}");
    let broken = Reply::Broken(vec![
        json!({ "choices": [{ "delta": { "content": "Hel" } }] }),
    ]);
    let unknown = Reply::Refusal(404, "", "{\"error\":{\"message\":\"no such model\"}}");
    let rows = [
        (vec![busy.clone(), says("Hello")], vec!["a", "a"], 7),
        (vec![broken, says("Hello")], vec!["a", "a"], 1),
        (vec![unknown, says("Hello")], vec!["a", "b"], 0),
        (
            vec![busy.clone(), busy.clone(), busy, says("Hello")],
            vec!["a", "a", "a", "b"],
            14,
        ),
        (
            vec![
                Reply::Refusal(429, "Retry-After: 3600\r\n", "{}"),
                says("Hello"),
            ],
            vec!["a", "b"],
            0,
        ),
    ];
    for (replies, models, waited) in rows {
        let (bench, heard) = bench(replies).await;
        let position = bench.begin(json!({}), json!({})).await;
        let before = bench.services_now();
        let plan = ask(json!({ "systemPrompt": "Greet.", "models": ["a", "b"] }));
        bench.task(&plan, &position).await.expect("a position");
        assert_eq!(bench.output("000001").await, json!("Hello"));
        let passed = (bench.services_now() - before).total(jiff::Unit::Second);
        let passed = passed.expect("a span of time");
        assert!(
            (passed - f64::from(waited)).abs() < 0.5,
            "{passed} {models:?}"
        );
        let asked: Vec<Value> = models
            .iter()
            .map(|_| member(&request(&heard), "/model").clone())
            .collect();
        assert_eq!(asked, models);
        let refusals = facts(&bench).await;
        let refusals = member(&refusals, "/refusals").as_array().map(Vec::len);
        assert_eq!(refusals, Some(models.len() - 1));
        // What a broken try has said is not shown twice.
        let shown = bench.shown().await;
        assert_eq!(shown, ["ask 1: says Hello"]);
    }
}
