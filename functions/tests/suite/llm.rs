//! Language models, as servers on this machine play them.

mod agent;
mod answers;
mod bedrock;
mod budget;
mod thread;
mod turnstile;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use pawl_functions::LlmSettings;
use pawl_local::Faults;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::server::{answer, hear, serve};

/// What a provider answers to one request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Parts of a stream, to its end.
    Stream(Vec<Value>),
    /// Parts of a stream that breaks off.
    Broken(Vec<Value>),
    /// A status, headers and a body.
    Refusal(u16, &'static str, &'static str),
    /// A whole answer, from a provider that does not stream.
    Whole(String),
    /// Another reply, after a while.
    Late(Duration, Box<Reply>),
}

/// A stream that says a text, in two parts, and what it took.
pub(crate) fn says(text: &str) -> Reply {
    let (head, tail) = text.split_at(text.len() / 2);
    let part =
        |text: &str| json!({ "model": "m-1", "choices": [{ "delta": { "content": text } }] });
    Reply::Stream(vec![part(head), part(tail), end("stop"), usage(10, 5)])
}

/// A stream that asks for tools.
pub(crate) fn calls(tools: &[(&str, Value)]) -> Reply {
    let mut parts = Vec::new();
    for (index, (tool, arguments)) in tools.iter().enumerate() {
        let arguments = arguments.to_string();
        let (head, tail) = arguments.split_at(arguments.len() / 2);
        let call = json!({ "index": index, "id": format!("call_{index}"), "function": { "name": tool, "arguments": head } });
        let rest = json!({ "index": index, "function": { "arguments": tail } });
        for call in [call, rest] {
            parts.push(
                json!({ "model": "m-1", "choices": [{ "delta": { "tool_calls": [call] } }] }),
            );
        }
    }
    parts.push(end("tool_calls"));
    parts.push(usage(20, 7));
    Reply::Stream(parts)
}

fn end(reason: &str) -> Value {
    json!({ "choices": [{ "delta": {}, "finish_reason": reason }] })
}

fn usage(input: u64, output: u64) -> Value {
    json!({ "choices": [], "usage": { "prompt_tokens": input, "completion_tokens": output } })
}

/// A provider that gives these replies one after the other, the last one again and again: its port, and what it hears.
pub(crate) fn provider(replies: impl IntoIterator<Item = Reply>) -> (u16, Receiver<String>) {
    let replies = Mutex::new(replies.into_iter().collect::<VecDeque<_>>());
    serve(move |stream| {
        let request = hear(stream)?;
        let mut replies = replies.lock().expect("nobody panics");
        let reply = if replies.len() > 1 {
            replies.pop_front()
        } else {
            replies.front().cloned()
        };
        give(stream, reply.expect("a reply"))?;
        Ok(request)
    })
}

fn give(stream: &mut std::io::BufReader<std::net::TcpStream>, reply: Reply) -> std::io::Result<()> {
    let sse = "Content-Type: text/event-stream\r\n";
    let text = |parts: Vec<Value>| {
        let lines = parts.iter().map(|part| format!("data: {part}\n\n"));
        lines.collect::<String>()
    };
    match reply {
        Reply::Stream(parts) => {
            let body = text(parts) + "data: [DONE]\n\n";
            answer(stream, 200, sse, body.as_bytes())
        }
        Reply::Broken(parts) => answer(stream, 200, sse, text(parts).as_bytes()),
        Reply::Refusal(status, headers, body) => answer(stream, status, headers, body.as_bytes()),
        Reply::Whole(body) => answer(stream, 200, "", body.as_bytes()),
        Reply::Late(wait, reply) => {
            std::thread::sleep(wait);
            give(stream, *reply)
        }
    }
}

/// A bench with a provider that gives these replies, and what it hears.
pub(crate) async fn bench(replies: impl IntoIterator<Item = Reply>) -> (Bench, Receiver<String>) {
    let (port, heard) = provider(replies);
    let bench = at(Some(format!("http://127.0.0.1:{port}/v1"))).await;
    (bench, heard)
}

/// A bench with a provider at an address.
async fn at(base_url: Option<String>) -> Bench {
    Bench::set(Faults::none(), |settings| {
        settings.llm = base_url.map(|base_url| LlmSettings {
            base_url,
            api_key: Some("key".to_owned()),
        });
        settings.model = Some("m".to_owned());
    })
    .await
}

/// The plan of a step that asks a model.
pub(crate) fn ask(config: Value) -> Value {
    json!({ "step": "ask", "kind": "llm", "config": config, "then": { "success": { "state": "next" } } })
}

/// A request that was heard.
pub(crate) fn request(heard: &Receiver<String>) -> Value {
    serde_json::from_str(&heard.recv().expect("a request")).expect("it is JSON")
}

/// The last record's facts about the model.
pub(crate) async fn facts(bench: &Bench) -> Value {
    let record = bench.records().await.pop().expect("a record");
    record
        .meta
        .and_then(|meta| meta.get("llm").cloned())
        .expect("facts")
}

/// A member of a value, by its JSON Pointer.
pub(crate) fn member<'value>(value: &'value Value, pointer: &str) -> &'value Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}
