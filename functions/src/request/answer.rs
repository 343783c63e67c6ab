//! What a step gives of an answer: its status, its headers, and its body as JSON, as text or as a file.

use pawl_contract::StepError;
use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};

use super::call::{Call, Response};
use super::exchange::Answer;
use crate::Error;
use crate::work::Context;

/// Reads an answer as the step wants it.
pub(super) async fn read(
    answer: Answer,
    call: &Call,
    context: &Context<'_>,
) -> Result<Value, Error> {
    let kind = answer.headers.get("content-type");
    let kind = kind.and_then(|kind| kind.to_str().ok()).map(str::to_owned);
    let (body, file) = match form(call.response, kind.as_deref(), answer.body.is_empty()) {
        Form::Nothing => (Value::Null, Value::Null),
        Form::Json => (parse(&answer.body, call)?, Value::Null),
        Form::Text => (text(&answer.body), Value::Null),
        Form::File => (Value::Null, keep(&answer, kind.as_deref(), context).await?),
    };
    Ok(json!({
        "status": answer.status.as_u16(),
        "headers": headers(&answer.headers),
        "body": body,
        "file": file,
        "contentType": kind,
        "url": answer.url.as_str(),
    }))
}

enum Form {
    Nothing,
    Json,
    Text,
    File,
}

fn form(wanted: Response, kind: Option<&str>, is_empty: bool) -> Form {
    let essence = kind
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    let is_json = essence == "application/json" || essence.ends_with("+json");
    let is_text = essence.starts_with("text/")
        || essence.ends_with("+xml")
        || [
            "application/xml",
            "application/javascript",
            "application/x-www-form-urlencoded",
            "application/x-ndjson",
            "application/yaml",
        ]
        .contains(&essence.as_str());
    match wanted {
        Response::Text => Form::Text,
        Response::Json | Response::Auto if is_empty => Form::Nothing,
        Response::Json => Form::Json,
        Response::Auto if is_json => Form::Json,
        Response::Auto if is_text => Form::Text,
        Response::File | Response::Auto => Form::File,
    }
}

fn parse(body: &[u8], call: &Call) -> Result<Value, StepError> {
    serde_json::from_slice(body).map_err(|_| {
        let message = format!(
            "{} answered with what should be JSON, and is not",
            call.name()
        );
        StepError::new(call.done(), message)
    })
}

fn text(body: &[u8]) -> Value {
    String::from_utf8_lossy(body).into_owned().into()
}

/// Keeps a body as a file, and says what it is.
async fn keep(answer: &Answer, kind: Option<&str>, context: &Context<'_>) -> Result<Value, Error> {
    let kind = kind.unwrap_or("application/octet-stream");
    // Nothing is kept that holds a secret.
    let body = context.mask.bytes(&answer.body);
    let bytes = body.len();
    let sha256 = context
        .store()
        .keep_file(context.org(), body.into_owned(), kind)
        .await?;
    let mut segments = answer.url.path_segments().into_iter().flatten();
    let name = segments.next_back().filter(|name| !name.is_empty());
    Ok(json!({ "sha256": sha256, "bytes": bytes, "contentType": kind, "name": name }))
}

/// Headers by name in small letters; one that came more than once is a list.
fn headers(headers: &HeaderMap) -> Value {
    let mut found = Map::new();
    for name in headers.keys() {
        let values = headers.get_all(name).iter();
        let mut values: Vec<Value> = values
            .map(|value| {
                String::from_utf8_lossy(value.as_bytes())
                    .into_owned()
                    .into()
            })
            .collect();
        let value = match values.len() {
            1 => values.pop().unwrap_or_default(),
            _ => values.into(),
        };
        found.insert(name.as_str().to_owned(), value);
    }
    found.into()
}
