//! How the services write their answers: JSON for most, XML for S3 and STS.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
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

/// An answer of a service whose operations are methods and paths, in JSON.
pub(crate) fn rest_answer(status: StatusCode, body: &Value) -> Answer {
    answer(status, "application/json", body.to_string())
}

/// An error in the protocol of a service.
pub(crate) fn refuse(service: Service, status: StatusCode, code: &str, message: &str) -> Answer {
    match service {
        Service::DynamoDb | Service::StepFunctions | Service::EventBridge | Service::Sqs => {
            let body: Value = json!({ "__type": code, "message": message });
            json_answer(status, body.to_string())
        }
        Service::Lambda | Service::Scheduler => refuse_rest(status, code, message),
        Service::S3 => answer(
            status,
            "application/xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message></Error>",
                escape(code),
                escape(message)
            ),
        ),
        Service::Sts => refuse_query(status, code, message),
    }
}

/// An error where operations are methods and paths: a header names it.
pub(crate) fn refuse_rest(status: StatusCode, code: &str, message: &str) -> Answer {
    let side = if status.is_server_error() {
        "Service"
    } else {
        "User"
    };
    let mut answer = rest_answer(status, &json!({ "Type": side, "Message": message }));
    if let Ok(code) = HeaderValue::from_str(code) {
        answer.headers_mut().insert("x-amzn-errortype", code);
    }
    answer
}

/// An error in the protocol of forms and XML.
pub(crate) fn refuse_query(status: StatusCode, code: &str, message: &str) -> Answer {
    answer(
        status,
        "text/xml",
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>",
            escape(code),
            escape(message)
        ),
    )
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
