//! What a request sends: a text, JSON, a form, or several parts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use pawl_contract::StepError;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::call::{each, entries, header, invalid, plain, text};
use crate::work::Context;
use crate::{Error, id};

/// A body and its type.
#[derive(Debug)]
pub(super) struct Body {
    pub bytes: Bytes,
    pub kind: String,
}

/// The body that a configuration describes, if any.
pub(super) async fn of(context: &Context<'_>) -> Result<Option<Body>, Error> {
    let config = context.input;
    let given = |field: &str| config.get(field).filter(|value| !value.is_null());
    let body = |bytes: String, kind: &str| {
        let kind = kind.to_owned();
        Ok(Some(Body {
            bytes: bytes.into(),
            kind,
        }))
    };
    if given("multipart").is_some() {
        return multipart(context).await.map(Some);
    }
    if given("form").is_some() {
        return body(form(config)?, "application/x-www-form-urlencoded");
    }
    match given("body") {
        None => Ok(None),
        Some(Value::String(text)) => body(text.clone(), "text/plain; charset=utf-8"),
        Some(value) => body(value.to_string(), "application/json"),
    }
}

fn form(config: &Value) -> Result<String, StepError> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in entries(config, "form")? {
        for value in each(value) {
            if let Some(value) = plain(name, value)? {
                form.append_pair(name, &value);
            }
        }
    }
    Ok(form.finish())
}

/// One part of a body of several.
struct Part {
    /// The lines before its content.
    head: String,
    content: Bytes,
}

async fn multipart(context: &Context<'_>) -> Result<Body, Error> {
    let mut parts = Vec::new();
    for (name, value) in entries(context.input, "multipart")? {
        for value in each(value) {
            if !value.is_null() {
                parts.push(part(name, value, context).await?);
            }
        }
    }
    // Made of what it separates, so that every attempt sends the same bytes and no part holds it but by ill will.
    let digest = parts.iter().fold(Sha256::new(), |digest, part| {
        digest.chain_update(&part.head).chain_update(&part.content)
    });
    let digest = digest.chain_update(context.idempotency_key()).finalize();
    let boundary = format!("pawl-{}", id::hexadecimal(&digest));
    let mut bytes = Vec::new();
    for part in &parts {
        bytes.extend_from_slice(format!("--{boundary}\r\n{}\r\n", part.head).as_bytes());
        bytes.extend_from_slice(&part.content);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok(Body {
        bytes: bytes.into(),
        kind: format!("multipart/form-data; boundary={boundary}"),
    })
}

async fn part(name: &str, value: &Value, context: &Context<'_>) -> Result<Part, Error> {
    if !value.is_object() {
        let text = plain(name, value)?.unwrap_or_default();
        return Ok(Part {
            head: head(name, None, None)?,
            content: text.into(),
        });
    }
    let mut filename = text(value, "filename")?.map(str::to_owned);
    let mut kind = text(value, "contentType")?.map(str::to_owned);
    let given = |field: &str| value.get(field).filter(|value| !value.is_null());
    let bytes: Bytes = match (given("text"), given("base64"), given("file")) {
        (Some(text), None, None) => plain("text", text)?.unwrap_or_default().into(),
        (None, Some(_), None) => {
            let encoded = text(value, "base64")?.unwrap_or_default();
            let decoded = STANDARD.decode(encoded.trim());
            let wrong = |_| invalid(&format!("part `{name}`: `base64` holds what is no base64"));
            decoded.map_err(wrong)?.into()
        }
        (None, None, Some(file)) => {
            let wrong = || {
                invalid(&format!(
                    "part `{name}`: `file` is no file that a step kept"
                ))
            };
            let sha256 = text(file, "sha256")?.ok_or_else(wrong)?;
            // The organisation is the run's, whatever the value says.
            let kept = context.store().file(context.org(), sha256).await?;
            kind = kind.or(text(file, "contentType")?.map(str::to_owned));
            filename = filename.or(text(file, "name")?.map(str::to_owned));
            filename = filename.or_else(|| Some(name.to_owned()));
            kept.ok_or_else(wrong)?.into()
        }
        _ => {
            let message = format!("part `{name}` has one of `text`, `base64` and `file`");
            return Err(invalid(&message).into());
        }
    };
    Ok(Part {
        head: head(name, filename.as_deref(), kind.as_deref())?,
        content: bytes,
    })
}

/// The lines before a part's content.
fn head(name: &str, filename: Option<&str>, kind: Option<&str>) -> Result<String, StepError> {
    let mut head = format!("Content-Disposition: form-data; name=\"{}\"", quoted(name));
    if let Some(filename) = filename {
        head = format!("{head}; filename=\"{}\"", quoted(filename));
    }
    head.push_str("\r\n");
    let is_file = filename.is_some();
    if let Some(kind) = kind.or(is_file.then_some("application/octet-stream")) {
        header("contentType", kind)?;
        head = format!("{head}Content-Type: {kind}\r\n");
    }
    Ok(head)
}

/// A name between quotes, as browsers write it.
fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}
