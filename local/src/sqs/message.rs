//! A message as it is kept and as it is shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_smithy_types::base64;
use jiff::{SignedDuration, Timestamp};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::requests::Receive;

/// A message of a queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    /// Its place among the messages of all queues.
    pub(super) number: u64,
    pub(super) queue: String,
    pub(super) id: String,
    pub(super) body: String,
    pub(super) attributes: BTreeMap<String, Attribute>,
    pub(super) system_attributes: BTreeMap<String, Attribute>,
    pub(super) group: Option<String>,
    pub(super) deduplication: Option<String>,
    pub(super) sent: Timestamp,
    /// Nobody receives it before.
    pub(super) visible: Timestamp,
    pub(super) receives: u64,
    pub(super) first_received: Option<Timestamp>,
    /// What the latest receiver knows it by.
    pub(super) receipt: Option<String>,
    /// The queue that it was in before it was given up.
    pub(super) dead_from: Option<String>,
    /// Received and deleted; it is kept so that the same is not sent again.
    pub(super) is_deleted: bool,
}

/// A typed value that travels beside a message's body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Attribute {
    pub(crate) data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) string_value: Option<String>,
    /// In base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) binary_value: Option<String>,
}

impl Attribute {
    /// A text.
    pub(crate) fn text(value: impl Into<String>) -> Self {
        Self::typed("String", value)
    }

    /// A number.
    pub(crate) fn number(value: i64) -> Self {
        Self::typed("Number", value.to_string())
    }

    fn typed(data_type: &str, value: impl Into<String>) -> Self {
        Self {
            data_type: data_type.to_owned(),
            string_value: Some(value.into()),
            binary_value: None,
        }
    }
}

impl Message {
    /// The key that it is kept under.
    pub(super) fn key(&self) -> String {
        format!("{}/{:020}", self.queue, self.number)
    }

    /// Whether somebody has received it and may still be at it.
    pub(super) fn is_in_flight(&self, now: Timestamp) -> bool {
        self.receives > 0 && self.visible > now && !self.is_deleted
    }

    /// Whether its queue has kept it for longer than it keeps anything.
    pub(super) fn is_older_than(&self, retention: SignedDuration, now: Timestamp) -> bool {
        now.duration_since(self.sent) >= retention
    }

    /// The message as a receiver sees it.
    pub(super) fn show(&self, request: &Receive) -> Value {
        let mut shown = json!({
            "MessageId": self.id,
            "ReceiptHandle": self.receipt,
            "MD5OfBody": digest(self.body.as_bytes()),
            "Body": self.body,
        });
        let mut add = |name: &str, value: Value| {
            if let Some(shown) = shown.as_object_mut() {
                shown.insert(name.to_owned(), value);
            }
        };
        let names: Vec<&String> = request
            .attribute_names
            .iter()
            .chain(&request.message_system_attribute_names)
            .collect();
        let wanted = |name: &str| {
            names
                .iter()
                .any(|wanted| *wanted == "All" || *wanted == name)
        };
        let mut system = self.facts();
        system.retain(|name, _| wanted(name));
        if !system.is_empty() {
            add("Attributes", json!(system));
        }
        let wanted = |name: &str| {
            request.message_attribute_names.iter().any(|wanted| {
                wanted == "All"
                    || wanted == ".*"
                    || wanted == name
                    || wanted
                        .strip_suffix(".*")
                        .is_some_and(|prefix| name.starts_with(prefix))
            })
        };
        let mut attributes = self.attributes.clone();
        attributes.retain(|name, _| wanted(name));
        if !attributes.is_empty() {
            add(
                "MD5OfMessageAttributes",
                digest_attributes(&attributes).into(),
            );
            add("MessageAttributes", json!(attributes));
        }
        shown
    }

    /// What SQS itself says of it.
    fn facts(&self) -> BTreeMap<&str, String> {
        let milliseconds = |moment: Timestamp| moment.as_millisecond().to_string();
        let mut facts = BTreeMap::from([
            ("SenderId", crate::step_functions::ACCOUNT.to_owned()),
            ("SentTimestamp", milliseconds(self.sent)),
            ("ApproximateReceiveCount", self.receives.to_string()),
        ]);
        if let Some(first) = self.first_received {
            facts.insert("ApproximateFirstReceiveTimestamp", milliseconds(first));
        }
        if let Some(group) = &self.group {
            facts.insert("MessageGroupId", group.clone());
        }
        if let Some(deduplication) = &self.deduplication {
            facts.insert("MessageDeduplicationId", deduplication.clone());
            facts.insert("SequenceNumber", self.sequence());
        }
        if let Some(queue) = &self.dead_from {
            facts.insert("DeadLetterQueueSourceArn", super::queue_arn(queue));
        }
        let trace = self.system_attributes.get("AWSTraceHeader");
        if let Some(trace) = trace.and_then(|trace| trace.string_value.clone()) {
            facts.insert("AWSTraceHeader", trace);
        }
        facts
    }

    /// Its place among the messages of a FIFO queue.
    pub(super) fn sequence(&self) -> String {
        format!("{:020}", self.number)
    }
}

/// The MD5 of bytes, by which a client sees that nothing was lost.
pub(super) fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Md5::digest(bytes))
}

/// The MD5 of attributes: names in order, each part after its length.
pub(super) fn digest_attributes(attributes: &BTreeMap<String, Attribute>) -> String {
    let mut whole = Vec::new();
    let sized = |bytes: &[u8], whole: &mut Vec<u8>| {
        whole.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        whole.extend(bytes);
    };
    for (name, attribute) in attributes {
        sized(name.as_bytes(), &mut whole);
        sized(attribute.data_type.as_bytes(), &mut whole);
        if attribute.data_type.starts_with("Binary") {
            whole.push(2);
            let binary = attribute.binary_value.as_deref().unwrap_or_default();
            sized(&base64::decode(binary).unwrap_or_default(), &mut whole);
        } else {
            whole.push(1);
            let text = attribute.string_value.as_deref().unwrap_or_default();
            sized(text.as_bytes(), &mut whole);
        }
    }
    digest(&whole)
}

/// Bytes in hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text
}
