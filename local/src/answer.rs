//! How the services write their answers: JSON for most, XML for S3.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::network::Service;

/// An answer whose body is complete.
pub(crate) type Answer = Response<Bytes>;

/// An answer with a body of a content type.
pub(crate) fn answer(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Answer {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    let content_type = http::HeaderValue::from_static(content_type);
    answer
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, content_type);
    answer
}

/// An answer in AWS's JSON protocol.
pub(crate) fn json_answer(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    answer(status, "application/x-amz-json-1.0", body)
}

/// An error in the protocol of a service.
pub(crate) fn refuse(service: Service, status: StatusCode, code: &str, message: &str) -> Answer {
    match service {
        Service::DynamoDb | Service::StepFunctions => {
            let body: Value = json!({ "__type": code, "message": message });
            json_answer(status, body.to_string())
        }
        Service::S3 => answer(
            status,
            "application/xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message></Error>",
                escape(code),
                escape(message)
            ),
        ),
    }
}

/// Text as it stands in XML.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // A parser would turn a bare carriage return into a line feed, and a key with it into another key.
            control if control.is_control() => {
                write!(escaped, "&#{};", u32::from(control))
                    .expect("writing to a string cannot fail");
            }
            other => escaped.push(other),
        }
    }
    escaped
}
