//! What the older integrations say of the transport beside a result: status, headers and the request's id.

use std::fmt::Display;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::engine::about::Parent;
use crate::random::derived;

/// The answer to a Task's request as it came over the wire.
#[derive(Debug)]
pub(super) struct Transport {
    /// The id of the request, the same however often the task is begun.
    pub(super) request: String,
    pub(super) status: u16,
    headers: Vec<(&'static str, String)>,
}

impl Transport {
    /// An answer of a status, with a body of a length.
    pub(super) fn new(
        task: Parent,
        status: u16,
        content_type: &'static str,
        bytes: usize,
        now: Timestamp,
    ) -> Self {
        let request = request_id(task);
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let headers = vec![
            ("Connection", "keep-alive".to_owned()),
            ("Content-Length", bytes.to_string()),
            ("Content-Type", content_type.to_owned()),
            ("Date", date),
            ("x-amzn-RequestId", request.clone()),
        ];
        Self {
            request,
            status,
            headers,
        }
    }

    /// Adds a header.
    pub(super) fn with(mut self, name: &'static str, value: impl Display) -> Self {
        self.headers.push((name, value.to_string()));
        self.headers
            .sort_by_key(|(name, _)| name.to_ascii_lowercase());
        self
    }

    /// A result with what is said of the transport, its members in the order of their names.
    pub(super) fn describe(&self, result: Value) -> Value {
        let Value::Object(mut fields) = result else {
            return result;
        };
        let all: Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!([value])))
            .collect();
        let first: Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        let http = json!({
            "AllHttpHeaders": all,
            "HttpHeaders": first,
            "HttpStatusCode": self.status,
        });
        fields.insert("SdkHttpMetadata".to_owned(), http);
        let response = json!({ "RequestId": self.request });
        fields.insert("SdkResponseMetadata".to_owned(), response);
        fields.sort_keys();
        Value::Object(fields)
    }
}

/// The id of a Task's request.
pub(super) fn request_id(Parent { execution, task }: Parent) -> String {
    derived(&["request", &execution.to_string(), &task.0.to_string()])
}
