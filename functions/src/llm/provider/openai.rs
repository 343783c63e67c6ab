//! OpenAI's chat completions, which many other providers speak too.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;

use bytes::Bytes;
use eventsource_stream::{EventStream, Eventsource};
use futures_util::{Stream, StreamExt, stream};
use pawl_contract::{Message, ToolCall, Usage};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use serde_json::{Map, Value, json};

use super::{Heard, Reason, Refusal, Request, result_text, without_tools};
use crate::Services;
use crate::clock::Moment;

type Parts = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

/// An answer that comes in parts.
pub(crate) struct Reply {
    events: EventStream<Parts>,
    /// What was read and not passed on yet.
    heard: VecDeque<Heard>,
    /// Calls of tools in the making, by their place in the answer.
    calls: BTreeMap<u64, Call>,
    /// Whether the provider has said why the answer ends.
    is_ended: bool,
    model: Option<String>,
    is_over: bool,
}

#[derive(Default)]
struct Call {
    id: String,
    tool: String,
    arguments: String,
}

/// Asks.
pub(super) async fn ask(
    request: &Request<'_>,
    services: &Services,
) -> Result<super::Reply, Refusal> {
    let Some(provider) = &services.settings().llm else {
        return Err(Refusal::new(
            Reason::Final,
            "no language model is set: set PAWL_LLM_URL, PAWL_LLM_API_KEY and PAWL_LLM_MODEL, \
             or PAWL_BEDROCK_REGION, or mock the step in `mocks.json`",
        ));
    };
    let post = services
        .http()
        .post(format!("{}/chat/completions", provider.base_url))
        .json(&body(request));
    let post = match &provider.api_key {
        Some(key) => post.bearer_auth(key),
        None => post,
    };
    let response = post.send().await.map_err(|error| broken(&error))?;
    let status = response.status().as_u16();
    if !response.status().is_success() {
        let wait = wait(response.headers(), services.now());
        let body = response.text().await.unwrap_or_default();
        return Err(Refusal {
            wait,
            ..refusal(status, &serde_json::from_str(&body).unwrap_or_default())
        });
    }
    let kind = response.headers().get(CONTENT_TYPE);
    let is_stream = kind
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/event-stream"));
    if !is_stream {
        let body = response.bytes().await.map_err(|error| broken(&error))?;
        return Ok(super::Reply::Whole(whole(&body)?));
    }
    let parts = stream::unfold(Some(response), async |response| {
        let mut response = response?;
        match response.chunk().await {
            Ok(part) => Some((Ok(part?), Some(response))),
            Err(error) => Some((Err(error), None)),
        }
    });
    let parts: Parts = Box::pin(parts);
    Ok(super::Reply::OpenAi(Box::new(Reply {
        events: parts.eventsource(),
        heard: VecDeque::new(),
        calls: BTreeMap::new(),
        is_ended: false,
        model: None,
        is_over: false,
    })))
}

/// The request's body.
fn body(request: &Request<'_>) -> Value {
    let system = (!request.system.is_empty())
        .then(|| json!({ "role": "system", "content": request.system }));
    let plain;
    let messages = if request.tools.is_empty() {
        plain = without_tools(request.messages);
        &plain
    } else {
        request.messages
    };
    let messages: Vec<Value> = system
        .into_iter()
        .chain(messages.iter().map(message))
        .collect();
    let mut body = Map::new();
    body.insert("model".to_owned(), request.model.into());
    body.insert("messages".to_owned(), messages.into());
    body.insert("stream".to_owned(), true.into());
    body.insert(
        "stream_options".to_owned(),
        json!({ "include_usage": true }),
    );
    if let Some(temperature) = request.temperature {
        body.insert("temperature".to_owned(), temperature.into());
    }
    if let Some(most) = request.max_tokens {
        body.insert("max_tokens".to_owned(), most.into());
    }
    if request.json {
        body.insert(
            "response_format".to_owned(),
            json!({ "type": "json_object" }),
        );
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|tool| {
            let function =
                json!({ "name": tool.name, "description": tool.about, "parameters": tool.schema });
            json!({ "type": "function", "function": function })
        });
        body.insert("tools".to_owned(), tools.collect());
    }
    Value::Object(body)
}

fn message(message: &Message) -> Value {
    match message {
        Message::User { text } => json!({ "role": "user", "content": text }),
        Message::Assistant { text, calls, .. } if calls.is_empty() => {
            json!({ "role": "assistant", "content": text })
        }
        Message::Assistant { text, calls, .. } => {
            let calls: Vec<Value> = calls
                .iter()
                .map(|call| {
                    let arguments = call.arguments.to_string();
                    let function = json!({ "name": call.tool, "arguments": arguments });
                    json!({ "id": call.id, "type": "function", "function": function })
                })
                .collect();
            let content = (!text.is_empty()).then_some(text);
            json!({ "role": "assistant", "content": content, "tool_calls": calls })
        }
        Message::Tool { id, result, .. } => {
            json!({ "role": "tool", "tool_call_id": id, "content": result_text(result) })
        }
    }
}

/// An answer that came in one piece, as providers give it that do not stream.
fn whole(body: &[u8]) -> Result<VecDeque<Heard>, Refusal> {
    let wrong =
        |what: &str| Refusal::new(Reason::Final, format!("the language model's answer {what}"));
    let body: Value = serde_json::from_slice(body).map_err(|_| wrong("is not JSON"))?;
    let message = body.pointer("/choices/0/message");
    let message = message.ok_or_else(|| wrong("holds no message"))?;
    let mut heard = VecDeque::new();
    heard.extend(named(&body).map(Heard::Model));
    if let Some(text) = message.get("content").and_then(Value::as_str) {
        heard.push_back(Heard::Text(text.to_owned()));
    }
    let calls = message.get("tool_calls").and_then(Value::as_array);
    for call in calls.into_iter().flatten() {
        let text = |pointer: &str| {
            let text = call.pointer(pointer).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        heard.push_back(Heard::Call(ToolCall {
            id: text("/id"),
            tool: text("/function/name"),
            arguments: arguments(&text("/function/arguments")),
        }));
    }
    heard.extend(body.get("usage").and_then(usage).map(Heard::Usage));
    let end = body.pointer("/choices/0/finish_reason");
    let end = end.and_then(Value::as_str).unwrap_or("stop");
    heard.push_back(Heard::End(end.to_owned()));
    Ok(heard)
}

impl Reply {
    pub(super) async fn next(&mut self) -> Result<Option<Heard>, Refusal> {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Ok(Some(heard));
            }
            if self.is_over {
                return Ok(None);
            }
            match self.events.next().await {
                Some(Ok(event)) if event.data.trim() == "[DONE]" => self.is_over = true,
                Some(Ok(event)) => self.read(&event.data)?,
                // Some providers leave the last line out, but none the reason.
                None if self.is_ended => self.is_over = true,
                Some(Err(_)) | None => return Err(cut_off()),
            }
            if self.is_over {
                self.complete_calls();
            }
        }
    }

    /// Reads one part of the answer.
    fn read(&mut self, data: &str) -> Result<(), Refusal> {
        let Ok(part) = serde_json::from_str::<Value>(data) else {
            return Err(cut_off());
        };
        if let Some(error) = part.get("error").filter(|error| !error.is_null()) {
            let status = error.get("code").and_then(Value::as_u64).unwrap_or(500);
            return Err(refusal(u16::try_from(status).unwrap_or(500), &part));
        }
        if self.model.is_none() {
            self.model = named(&part);
            self.heard.extend(self.model.clone().map(Heard::Model));
        }
        self.heard
            .extend(part.get("usage").and_then(usage).map(Heard::Usage));
        let Some(choice) = part.pointer("/choices/0") else {
            return Ok(());
        };
        let text = choice.pointer("/delta/content").and_then(Value::as_str);
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.heard.push_back(Heard::Text(text.to_owned()));
        }
        let calls = choice
            .pointer("/delta/tool_calls")
            .and_then(Value::as_array);
        for part in calls.into_iter().flatten() {
            self.add(part);
        }
        if let Some(end) = choice.get("finish_reason").and_then(Value::as_str) {
            self.is_ended = true;
            self.complete_calls();
            self.heard.push_back(Heard::End(end.to_owned()));
        }
        Ok(())
    }

    /// Adds a part of a call: the id and the name come once, the arguments in pieces.
    fn add(&mut self, part: &Value) {
        let index = part.get("index").and_then(Value::as_u64).unwrap_or(0);
        let call = self.calls.entry(index).or_default();
        let text = |pointer: &str| part.pointer(pointer).and_then(Value::as_str);
        if let Some(id) = text("/id").filter(|_| call.id.is_empty()) {
            id.clone_into(&mut call.id);
        }
        if let Some(tool) = text("/function/name").filter(|_| call.tool.is_empty()) {
            tool.clone_into(&mut call.tool);
        }
        call.arguments
            .push_str(text("/function/arguments").unwrap_or_default());
    }

    fn complete_calls(&mut self) {
        for call in std::mem::take(&mut self.calls).into_values() {
            self.heard.push_back(Heard::Call(ToolCall {
                id: call.id,
                tool: call.tool,
                arguments: arguments(&call.arguments),
            }));
        }
    }
}

/// A call's arguments: JSON in a text, and nothing where a tool takes nothing.
pub(super) fn arguments(text: &str) -> Value {
    if text.trim().is_empty() {
        return Value::Object(Map::new());
    }
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

fn named(body: &Value) -> Option<String> {
    body.get("model")?.as_str().map(str::to_owned)
}

fn usage(usage: &Value) -> Option<Usage> {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    let input = count("prompt_tokens");
    let output = count("completion_tokens");
    (input.is_some() || output.is_some()).then(|| Usage {
        input_tokens: input.unwrap_or(0),
        output_tokens: output.unwrap_or(0),
    })
}

fn cut_off() -> Refusal {
    Refusal::new(
        Reason::Broken,
        "the language model did not answer to the end: the connection broke",
    )
}

fn broken(error: &reqwest::Error) -> Refusal {
    // The address may hold what should not stand in a record.
    let reason = if error.is_connect() {
        "it could not be reached"
    } else {
        "the connection broke"
    };
    Refusal::new(
        Reason::Broken,
        format!("the language model did not answer: {reason}"),
    )
}

/// What a provider's status means.
fn refusal(status: u16, body: &Value) -> Refusal {
    let reason = body
        .pointer("/error/message")
        .or_else(|| body.get("error"))
        .and_then(Value::as_str)
        .unwrap_or("it gave no reason");
    let means = match status {
        429 => Reason::Busy,
        408 | 409 | 425 | 500..=599 => Reason::Broken,
        _ => Reason::Final,
    };
    Refusal::new(
        means,
        format!("the language model answered {status}: {reason}"),
    )
}

/// How long the provider asks to wait: seconds, or until a date.
fn wait(headers: &HeaderMap, now: Moment) -> Option<std::time::Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = text.trim().parse::<f64>() {
        return std::time::Duration::try_from_secs_f64(seconds).ok();
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    until.duration_since(now.0).try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_reason() {
        let body = json!({ "error": { "message": "slow down" } });
        let rows = [
            (429, &body, Reason::Busy, "429: slow down"),
            (500, &Value::Null, Reason::Broken, "500: it gave no reason"),
            (529, &body, Reason::Broken, "529"),
            (401, &json!({ "error": "who?" }), Reason::Final, "401: who?"),
        ];
        for (status, body, reason, message) in rows {
            let refusal = refusal(status, body);
            assert_eq!(refusal.reason, reason, "{status}");
            assert!(refusal.message.contains(message), "{}", refusal.message);
        }
    }

    #[test]
    fn waits_are_seconds_or_dates() {
        let now = Moment("2026-11-21T08:00:00Z".parse().expect("a moment"));
        let rows = [
            ("2", Some(2.0)),
            ("0.5", Some(0.5)),
            ("Sat, 21 Nov 2026 08:00:30 GMT", Some(30.0)),
            ("soon", None),
            ("-1", None),
        ];
        for (text, expected) in rows {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().expect("a header"));
            let found = wait(&headers, now).map(|wait| wait.as_secs_f64());
            assert_eq!(found, expected, "{text}");
        }
    }
}
