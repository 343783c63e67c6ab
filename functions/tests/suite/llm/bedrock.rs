//! Amazon Bedrock's Converse, as a server on this machine plays it: signed requests in, frames of an event stream out.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::mpsc::Receiver;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use pawl_functions::BedrockSettings;
use pawl_local::Faults;
use serde_json::{Value, json};

use super::{ask, facts, member};
use crate::bench::{Bench, ORG};
use crate::server::{answer, hear_whole, serve};

/// What Bedrock answers: frames, or an error's name.
#[derive(Clone)]
enum Reply {
    Frames(Vec<(&'static str, Value)>),
    Error(u16, &'static str),
}

/// An event as Bedrock frames it.
fn frame(kind: &str, payload: &Value) -> Vec<u8> {
    let text = |text: &str| HeaderValue::String(text.to_owned().into());
    let message = Message::new(payload.to_string())
        .add_header(Header::new(":message-type", text("event")))
        .add_header(Header::new(":event-type", text(kind)))
        .add_header(Header::new(":content-type", text("application/json")));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).expect("a frame");
    bytes
}

fn ends(reason: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("messageStop", json!({ "stopReason": reason })),
        (
            "metadata",
            json!({ "usage": { "inputTokens": 30, "outputTokens": 4, "totalTokens": 34 }, "metrics": { "latencyMs": 7 } }),
        ),
    ]
}

fn says(text: &str) -> Reply {
    let (head, tail) = text.split_at(text.len() / 2);
    let delta = |text: &str| {
        (
            "contentBlockDelta",
            json!({ "contentBlockIndex": 0, "delta": { "text": text } }),
        )
    };
    let mut frames = vec![("messageStart", json!({ "role": "assistant" }))];
    frames.extend([delta(head), delta(tail)]);
    frames.push(("contentBlockStop", json!({ "contentBlockIndex": 0 })));
    frames.extend(ends("end_turn"));
    Reply::Frames(frames)
}

fn calls(tool: &str, arguments: &Value) -> Reply {
    let start = json!({ "toolUse": { "toolUseId": "tooluse_1", "name": tool } });
    let arguments = arguments.to_string();
    let (head, tail) = arguments.split_at(arguments.len() / 2);
    let delta = |input: &str| {
        (
            "contentBlockDelta",
            json!({ "contentBlockIndex": 0, "delta": { "toolUse": { "input": input } } }),
        )
    };
    let mut frames = vec![
        ("messageStart", json!({ "role": "assistant" })),
        (
            "contentBlockStart",
            json!({ "contentBlockIndex": 0, "start": start }),
        ),
        delta(head),
        delta(tail),
        ("contentBlockStop", json!({ "contentBlockIndex": 0 })),
    ];
    frames.extend(ends("tool_use"));
    Reply::Frames(frames)
}

async fn bench(replies: Vec<Reply>) -> (Bench, Receiver<String>) {
    let replies = Mutex::new(VecDeque::from(replies));
    let (port, heard) = serve(move |stream| {
        let request = hear_whole(stream)?;
        let mut replies = replies.lock().expect("nobody panics");
        let reply = if replies.len() > 1 {
            replies.pop_front()
        } else {
            replies.front().cloned()
        };
        match reply.expect("a reply") {
            Reply::Frames(frames) => {
                let frames = frames.iter().flat_map(|(kind, event)| frame(kind, event));
                let frames: Vec<u8> = frames.collect();
                let kind = "Content-Type: application/vnd.amazon.eventstream\r\n";
                answer(stream, 200, kind, &frames)?;
            }
            Reply::Error(status, name) => {
                let headers = format!("x-amzn-ErrorType: {name}\r\n");
                answer(stream, status, &headers, b"{\"message\":\"because\"}")?;
            }
        }
        Ok(request)
    });
    let bench = Bench::set(Faults::none(), |settings| {
        settings.bedrock = Some(BedrockSettings {
            region: "eu-central-1".to_owned(),
            url: Some(format!("http://127.0.0.1:{port}")),
        });
    })
    .await;
    (bench, heard)
}

/// The body of a request, after its head.
fn body(request: &str) -> Value {
    let (_, body) = request.split_once("\n\n").expect("a body");
    serde_json::from_str(body).expect("it is JSON")
}

#[tokio::test]
async fn an_agent_on_bedrock_uses_tools_and_answers() {
    let (bench, heard) = bench(vec![
        calls("customer_get", &json!({ "customerId": "c1" })),
        says("Ada is active."),
    ])
    .await;
    let customers = [json!({ "_id": "c1", "name": "Ada" })];
    let loaded = bench.store().load(ORG, "customers", &customers).await;
    loaded.expect("it loads");
    let position = bench.begin(json!({}), json!({})).await;
    let plan = ask(json!({
        "systemPrompt": "You know customers.",
        "userPrompt": "How is c1?",
        "model": "bedrock:amazon.nova-lite-v1:0",
        "temperature": 0.5,
        "maxTokens": 99,
        "tools": ["customer_get"],
    }));
    bench.task(&plan, &position).await.expect("a position");
    assert_eq!(bench.output("000001").await, json!("Ada is active."));

    let first = heard.recv().expect("a request");
    assert!(
        first.starts_with("POST /model/amazon.nova-lite-v1%3A0/converse-stream "),
        "{first}"
    );
    let scope = "/eu-central-1/bedrock/aws4_request";
    assert!(first.contains(scope), "{first}");
    let first = body(&first);
    assert_eq!(
        first.get("messages"),
        Some(&json!([{ "role": "user", "content": [{ "text": "How is c1?" }] }]))
    );
    assert_eq!(
        first.get("system"),
        Some(&json!([{ "text": "You know customers." }]))
    );
    assert_eq!(
        first.get("inferenceConfig"),
        Some(&json!({ "maxTokens": 99, "temperature": 0.5 }))
    );
    let tool = member(&first, "/toolConfig/tools/0/toolSpec");
    assert_eq!(member(tool, "/name"), "customer_get");
    let required = member(tool, "/inputSchema/json/required");
    assert_eq!(required, &json!(["customerId"]));
    let second = body(&heard.recv().expect("a request"));
    let used = json!({ "toolUseId": "tooluse_1", "name": "customer_get", "input": { "customerId": "c1" } });
    assert_eq!(member(&second, "/messages/1/content/0/toolUse"), &used);
    let result = member(&second, "/messages/2/content/0/toolResult");
    assert_eq!(member(result, "/status"), "success");
    let text = member(result, "/content/0/text").as_str();
    assert!(text.is_some_and(|text| text.contains("Ada")), "{result}");

    let facts = facts(&bench).await;
    assert_eq!(member(&facts, "/usage/totalTokens"), &json!(68));
    assert_eq!(facts.get("finishReason"), Some(&json!("end_turn")));
    // 60 tokens read at 0.06 dollars and 8 written at 0.24 for a million.
    assert_eq!(facts.get("costUsd"), Some(&json!(0.000_005_52)));
}

#[tokio::test]
async fn what_bedrock_refuses_is_tried_again_or_not() {
    let mut cut = Vec::new();
    if let Reply::Frames(frames) = says("Hello") {
        cut.extend(frames.into_iter().take(2));
    }
    let rows = [
        (
            vec![Reply::Error(429, "ThrottlingException"), says("Hello")],
            Ok(2),
        ),
        (
            vec![
                Reply::Error(503, "ServiceUnavailableException"),
                says("Hello"),
            ],
            Ok(2),
        ),
        (vec![Reply::Frames(cut), says("Hello")], Ok(2)),
        (
            vec![Reply::Error(429, "ThrottlingException")],
            Err("RATE_LIMIT"),
        ),
        (
            vec![Reply::Error(403, "AccessDeniedException")],
            Err("AGENT_ERROR"),
        ),
    ];
    for (replies, expected) in rows {
        let (bench, heard) = bench(replies).await;
        let position = bench.begin(json!({}), json!({})).await;
        let plan = ask(json!({ "systemPrompt": "Greet.", "model": "nova" }));
        let done = bench.task(&plan, &position).await;
        match expected {
            Ok(asked) => {
                done.expect("a position");
                assert_eq!(bench.output("000001").await, json!("Hello"));
                assert_eq!(heard.try_iter().count(), asked);
            }
            Err(code) => {
                assert_eq!(done.expect_err("an error").code, code);
                let record = bench.records().await.pop().expect("a record");
                let message = record.error.expect("an error").message;
                assert!(message.contains("because"), "{message}");
            }
        }
    }
}
