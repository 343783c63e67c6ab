//! Sending messages.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::refusal::Refusal;

use super::message::{Attribute, Message, digest, digest_attributes, hexadecimal};
use super::queue::{Queue, queue_name};
use super::requests::{NewMessage, Send};
use super::{MESSAGES, Sqs, State};

/// A message that a service sends, without asking as a client does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Letter {
    pub(crate) body: String,
    pub(crate) attributes: BTreeMap<String, Attribute>,
    /// The group in a FIFO queue.
    pub(crate) group: Option<String>,
    /// What keeps a FIFO queue from taking it twice.
    pub(crate) deduplication: Option<String>,
}

/// How long a FIFO queue remembers what it was sent.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(5);

impl Sqs {
    pub(super) fn send_message(&self, request: &Send) -> Result<Value, Refusal> {
        let mut state = self.state();
        self.send_in(&mut state, queue_name(&request.queue_url), &request.message)
    }

    /// Sends a letter to the queue of an ARN. It blocks on the disk.
    pub(crate) fn send(&self, arn: &str, letter: Letter) -> Result<(), Refusal> {
        let name = arn.rsplit_once(':').map_or(arn, |(_, name)| name);
        let message = NewMessage {
            message_body: letter.body,
            delay_seconds: None,
            message_attributes: letter.attributes,
            message_system_attributes: BTreeMap::new(),
            message_deduplication_id: letter.deduplication,
            message_group_id: letter.group,
        };
        self.send_in(&mut self.state(), name, &message).map(|_| ())
    }

    pub(super) fn send_in(
        &self,
        state: &mut State,
        name: &str,
        new: &NewMessage,
    ) -> Result<Value, Refusal> {
        let queue = state.queues.get(name).ok_or_else(Refusal::no_queue)?;
        check(queue, new)?;
        let deduplication = deduplication(queue, new)?;
        let now = self.clock.now();
        let messages = state.messages.entry(name.to_owned()).or_default();
        if let Some(sent) = &deduplication {
            let mut known = messages.values().rev();
            let twin = known.find(|message| {
                message.deduplication.as_ref() == Some(sent)
                    && now.duration_since(message.sent) < REMEMBERED
            });
            if let Some(twin) = twin {
                return Ok(sent_answer(twin));
            }
        }
        let delay = new
            .delay_seconds
            .map_or_else(|| queue.seconds("DelaySeconds"), SignedDuration::from_secs);
        state.last += 1;
        let message = Message {
            number: state.last,
            queue: name.to_owned(),
            id: self.names.uuid(),
            body: new.message_body.clone(),
            attributes: new.message_attributes.clone(),
            system_attributes: new.message_system_attributes.clone(),
            group: new.message_group_id.clone(),
            deduplication,
            sent: now,
            visible: now.saturating_add(delay).unwrap_or(now),
            receives: 0,
            first_received: None,
            receipt: None,
            dead_from: None,
            is_deleted: false,
        };
        self.journal.put(MESSAGES, &message.key(), &message)?;
        let answer = sent_answer(&message);
        messages.insert(message.number, message);
        self.arrived.notify_waiters();
        Ok(answer)
    }
}

/// Whether the queue takes the message.
fn check(queue: &Queue, new: &NewMessage) -> Result<(), Refusal> {
    if new.message_body.is_empty() {
        let message = "The request must contain the parameter MessageBody.";
        return Err(Refusal::parameter("MissingParameter", message));
    }
    let attributes = new.message_attributes.iter().map(|(name, attribute)| {
        let value = attribute
            .string_value
            .as_ref()
            .or(attribute.binary_value.as_ref());
        name.len() + attribute.data_type.len() + value.map_or(0, String::len)
    });
    let size = new.message_body.len() + attributes.sum::<usize>();
    let most = queue.number("MaximumMessageSize");
    if i64::try_from(size).unwrap_or(i64::MAX) > most {
        let message = format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."
        );
        return Err(Refusal::parameter("InvalidParameterValue", message));
    }
    let allowed = |character: char| matches!(character, '\u{9}' | '\u{a}' | '\u{d}' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if !new.message_body.chars().all(allowed) {
        let message = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";
        return Err(Refusal::new("InvalidMessageContents", message));
    }
    if let Some(delay) = new.delay_seconds.filter(|delay| !(0..=900).contains(delay)) {
        let message = format!(
            "Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
        );
        return Err(Refusal::parameter("InvalidParameterValue", message));
    }
    for (name, attribute) in &new.message_attributes {
        let base = attribute.data_type.split('.').next().unwrap_or_default();
        if !["String", "Number", "Binary"].contains(&base) {
            let message = format!(
                "The type of message (user) attribute '{name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String."
            );
            return Err(Refusal::parameter("InvalidParameterValue", message));
        }
        let has_value = match base {
            "Binary" => attribute.binary_value.is_some(),
            _ => attribute
                .string_value
                .as_ref()
                .is_some_and(|text| !text.is_empty()),
        };
        if !has_value {
            let message = format!(
                "The message (user) attribute '{name}' must contain a non-empty value of type '{base}'."
            );
            return Err(Refusal::parameter("InvalidParameterValue", message));
        }
    }
    Ok(())
}

/// What a FIFO queue knows the message by; others know none by anything.
fn deduplication(queue: &Queue, new: &NewMessage) -> Result<Option<String>, Refusal> {
    if !queue.is_fifo() {
        return Ok(None);
    }
    if new.message_group_id.is_none() {
        let message = "The request must contain the parameter MessageGroupId.";
        return Err(Refusal::parameter("MissingParameter", message));
    }
    if let Some(given) = &new.message_deduplication_id {
        return Ok(Some(given.clone()));
    }
    if queue.is_on("ContentBasedDeduplication") {
        let hash = Sha256::digest(new.message_body.as_bytes());
        return Ok(Some(hexadecimal(&hash)));
    }
    let message = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
    Err(Refusal::parameter("InvalidParameterValue", message))
}

fn sent_answer(message: &Message) -> Value {
    let mut answer = json!({
        "MessageId": message.id,
        "MD5OfMessageBody": digest(message.body.as_bytes()),
    });
    if let Some(answer) = answer.as_object_mut() {
        let mut add = |name: &str, value: String| answer.insert(name.to_owned(), value.into());
        if !message.attributes.is_empty() {
            add(
                "MD5OfMessageAttributes",
                digest_attributes(&message.attributes),
            );
        }
        if !message.system_attributes.is_empty() {
            let digest = digest_attributes(&message.system_attributes);
            add("MD5OfMessageSystemAttributes", digest);
        }
        if message.deduplication.is_some() {
            add("SequenceNumber", message.sequence());
        }
    }
    answer
}
