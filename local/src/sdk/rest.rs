//! Calls of services whose operations are methods and paths.

use std::fmt::Write as _;

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::network::Service;
use crate::route::rest_place;

use super::{Call, Refused};

/// Parameters that stand in the query under another name than their own.
const IN_QUERY: [(&str, &str, &str); 5] = [
    ("GetSchedule", "GroupName", "groupName"),
    ("DeleteSchedule", "GroupName", "groupName"),
    ("DeleteSchedule", "ClientToken", "clientToken"),
    ("DeleteScheduleGroup", "ClientToken", "clientToken"),
    ("ListSchedules", "GroupName", "ScheduleGroup"),
];

/// Parameters of an invocation that are headers.
const HEADERS: [(&str, &str); 3] = [
    ("InvocationType", "x-amz-invocation-type"),
    ("LogType", "x-amz-log-type"),
    ("ClientContext", "x-amz-client-context"),
];

/// The request that a call is on the wire.
pub(super) fn request(call: &Call, arguments: &Value) -> Result<Request<Bytes>, Refused> {
    let operation = call.operation.as_str();
    let Some((method, pattern)) = rest_place(call.service, operation) else {
        let message = format!("There is no operation {operation}");
        return Err(Refused::invalid(message));
    };
    let mut fields = arguments.as_object().cloned().unwrap_or_default();
    let mut uri = String::new();
    let mut stars = path_parameters(call.service, pattern).into_iter();
    for part in pattern.split('/') {
        uri.push('/');
        if part != "*" {
            uri.push_str(part);
        } else if let Some(value) = stars.next().and_then(|name| fields.shift_remove(name)) {
            uri.push_str(&encoded(&plain(&value)));
        }
    }
    let is_invocation = operation == "Invoke";
    let mut separator = '?';
    let mut ask = |name: &str, value: &str| {
        write!(uri, "{separator}{name}={}", encoded(value))
            .expect("writing to a string cannot fail");
        separator = '&';
    };
    let has_body = matches!(method, "POST" | "PUT") && !is_invocation;
    if !has_body {
        for (name, value) in &fields {
            if is_invocation && name != "Qualifier" {
                continue;
            }
            let known = IN_QUERY
                .iter()
                .find(|(known, field, _)| (*known, *field) == (operation, name));
            let name = known.map_or(name.as_str(), |(_, _, name)| name);
            match value {
                Value::Array(items) => items.iter().for_each(|item| ask(name, &plain(item))),
                Value::Null => {}
                Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                    ask(name, &plain(value));
                }
            }
        }
    }
    let mut request = Request::builder().method(method).uri(uri);
    if is_invocation {
        for (name, header) in HEADERS {
            if let Some(value) = fields.get(name) {
                request = request.header(header, plain(value));
            }
        }
    }
    let body = match fields.get("Payload") {
        Some(payload) if is_invocation => plain(payload),
        _ if has_body => Value::Object(fields).to_string(),
        _ => String::new(),
    };
    let request = request.body(Bytes::from(body));
    request.map_err(|error| Refused::invalid(error.to_string()))
}

/// What an answer gives whoever called.
pub(super) fn answered(call: &Call, answer: &Answer) -> Result<Value, Refused> {
    let header = |name: &str| {
        let value = answer.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    if !answer.status().is_success() {
        let message = body.get("Message").or(body.get("message"));
        return Err(Refused {
            status: answer.status(),
            code: header("x-amzn-errortype").unwrap_or_default(),
            message: message.map(plain).unwrap_or_default(),
        });
    }
    if call.operation != "Invoke" {
        return Ok(if body.is_null() { json!({}) } else { body });
    }
    let mut result = Map::new();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            result.insert(name.to_owned(), value.into());
        }
    };
    add("ExecutedVersion", header("x-amz-executed-version"));
    add("FunctionError", header("x-amz-function-error"));
    add("LogResult", header("x-amz-log-result"));
    let payload = String::from_utf8_lossy(answer.body()).into_owned();
    add("Payload", Some(payload));
    result.insert("StatusCode".to_owned(), answer.status().as_u16().into());
    Ok(Value::Object(result))
}

/// The names of the parameters that stand in a path.
fn path_parameters(service: Service, pattern: &str) -> [&'static str; 2] {
    let is_tags = pattern.contains("tags/");
    match (service, is_tags) {
        (Service::Lambda, true) => ["Resource", ""],
        (Service::Lambda, false) if pattern.ends_with("policy/*") => {
            ["FunctionName", "StatementId"]
        }
        (Service::Lambda, false) => ["FunctionName", "Name"],
        (_, true) => ["ResourceArn", ""],
        (_, false) => ["Name", ""],
    }
}

/// A value as text that is no JSON.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Text as it can stand in an address.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
        }
        encoded
    })
}
