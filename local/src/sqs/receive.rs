//! Receiving messages, and what a receiver does with them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::refusal::Refusal;

use super::message::Message;
use super::queue::{Queue, queue_name};
use super::requests::{ChangeVisibility, DeleteMessage, Receive};
use super::{MESSAGES, Sqs, State, nothing};

/// The longest that a message stays out of sight, in seconds.
const LONGEST_VISIBILITY: i64 = 43_200;

impl Sqs {
    /// How long the receiver is ready to wait, in seconds.
    pub(super) fn waiting_time(&self, request: &Receive) -> Result<u64, Refusal> {
        let state = self.state();
        let queue = state.queues.get(queue_name(&request.queue_url));
        let queue = queue.ok_or_else(Refusal::no_queue)?;
        let wait = request
            .wait_time_seconds
            .unwrap_or_else(|| queue.number("ReceiveMessageWaitTimeSeconds"));
        match u64::try_from(wait) {
            Ok(wait) if wait <= 20 => Ok(wait),
            _ => Err(Refusal::parameter(
                "InvalidParameterValue",
                format!(
                    "Value {wait} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."
                ),
            )),
        }
    }

    /// Receives what there is now.
    pub(super) fn receive_now(&self, request: &Receive) -> Result<Value, Refusal> {
        let most = request.max_number_of_messages.unwrap_or(1);
        if !(1..=10).contains(&most) {
            let message = format!(
                "Value {most} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."
            );
            return Err(Refusal::parameter("InvalidParameterValue", message));
        }
        if let Some(timeout) = request.visibility_timeout {
            check_visibility(timeout)?;
        }
        let name = queue_name(&request.queue_url);
        let now = self.clock.now();
        let mut state = self.state();
        let queue = state.queues.get(name).cloned();
        let queue = queue.ok_or_else(Refusal::no_queue)?;
        self.tidy(&mut state, &queue, now)?;
        let timeout = request.visibility_timeout.map_or_else(
            || queue.seconds("VisibilityTimeout"),
            SignedDuration::from_secs,
        );
        let messages = state.messages.entry(name.to_owned()).or_default();
        let mut shown = Vec::new();
        for number in receivable(&queue, messages, now) {
            if shown.len() == most {
                break;
            }
            let Some(message) = messages.get_mut(&number) else {
                continue;
            };
            let mut received = message.clone();
            received.receives += 1;
            received.first_received.get_or_insert(now);
            received.visible = now.saturating_add(timeout).unwrap_or(Timestamp::MAX);
            received.receipt = Some(format!("{number}.{}", self.names.uuid()));
            self.journal.put(MESSAGES, &received.key(), &received)?;
            shown.push(received.show(request));
            *message = received;
        }
        if shown.is_empty() {
            return Ok(nothing());
        }
        Ok(json!({ "Messages": shown }))
    }

    /// Forgets what is too old, and gives up what was received too often.
    fn tidy(&self, state: &mut State, queue: &Queue, now: Timestamp) -> Result<(), Refusal> {
        let retention = queue.seconds("MessageRetentionPeriod");
        let dead_letters = queue.dead_letters();
        let messages = state.messages.entry(queue.name.clone()).or_default();
        let mut dead = Vec::new();
        let mut gone = Vec::new();
        for message in messages.values() {
            let exhausted = dead_letters.as_ref().filter(|(_, most)| {
                message.receives >= *most && message.visible <= now && !message.is_deleted
            });
            if message.is_older_than(retention, now) {
                gone.push(message.number);
            } else if let Some((target, _)) = exhausted {
                dead.push((message.number, target.clone()));
            }
        }
        for number in gone {
            if let Some(message) = messages.get(&number) {
                self.journal.remove(MESSAGES, &message.key())?;
                messages.remove(&number);
            }
        }
        for (number, target) in dead {
            if !state.queues.contains_key(&target) {
                continue;
            }
            let messages = state.messages.entry(queue.name.clone()).or_default();
            let Some(message) = messages.get(&number).cloned() else {
                continue;
            };
            let moved = Message {
                queue: target.clone(),
                visible: now,
                receipt: None,
                dead_from: Some(queue.name.clone()),
                ..message.clone()
            };
            // There first and gone from here after: between the two it is twice there, and never nowhere.
            self.journal.put(MESSAGES, &moved.key(), &moved)?;
            self.journal.remove(MESSAGES, &message.key())?;
            messages.remove(&number);
            state
                .messages
                .entry(target)
                .or_default()
                .insert(number, moved);
        }
        Ok(())
    }

    pub(super) fn delete_message(&self, request: &DeleteMessage) -> Result<Value, Refusal> {
        let mut state = self.state();
        self.delete_in(&mut state, &request.queue_url, &request.receipt_handle)
    }

    pub(super) fn delete_in(
        &self,
        state: &mut State,
        queue_url: &str,
        handle: &str,
    ) -> Result<Value, Refusal> {
        let name = queue_name(queue_url);
        let queue = state.queues.get(name).ok_or_else(Refusal::no_queue)?;
        let number = message_number(handle)?;
        let messages = state.messages.entry(name.to_owned()).or_default();
        let held = messages
            .get_mut(&number)
            .filter(|message| message.receipt.as_deref() == Some(handle));
        // Who comes too late is told nothing: the message is somebody else's by now, or gone.
        if let Some(message) = held {
            if queue.is_fifo() {
                let mut deleted = message.clone();
                deleted.is_deleted = true;
                self.journal.put(MESSAGES, &deleted.key(), &deleted)?;
                *message = deleted;
            } else {
                self.journal.remove(MESSAGES, &message.key())?;
                messages.remove(&number);
            }
        }
        Ok(nothing())
    }

    pub(super) fn change_visibility(&self, request: &ChangeVisibility) -> Result<Value, Refusal> {
        let mut state = self.state();
        self.change_visibility_in(
            &mut state,
            &request.queue_url,
            &request.receipt_handle,
            request.visibility_timeout,
        )
    }

    pub(super) fn change_visibility_in(
        &self,
        state: &mut State,
        queue_url: &str,
        handle: &str,
        timeout: i64,
    ) -> Result<Value, Refusal> {
        check_visibility(timeout)?;
        let name = queue_name(queue_url);
        if !state.queues.contains_key(name) {
            return Err(Refusal::no_queue());
        }
        let now = self.clock.now();
        let number = message_number(handle)?;
        let messages = state.messages.entry(name.to_owned()).or_default();
        let held = messages.get_mut(&number).filter(|message| {
            message.receipt.as_deref() == Some(handle) && message.is_in_flight(now)
        });
        let Some(message) = held else {
            let message = format!(
                "Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change."
            );
            return Err(Refusal::new("MessageNotInflight", message));
        };
        let mut changed = message.clone();
        let timeout = SignedDuration::from_secs(timeout);
        changed.visible = now.saturating_add(timeout).unwrap_or(Timestamp::MAX);
        self.journal.put(MESSAGES, &changed.key(), &changed)?;
        *message = changed;
        self.arrived.notify_waiters();
        Ok(nothing())
    }
}

/// The messages that can be received, in order. In a FIFO queue a message holds up its whole group.
fn receivable(queue: &Queue, messages: &BTreeMap<u64, Message>, now: Timestamp) -> Vec<u64> {
    let mut held: BTreeSet<&Option<String>> = BTreeSet::new();
    let mut numbers = Vec::new();
    for message in messages.values().filter(|message| !message.is_deleted) {
        let is_held = queue.is_fifo() && held.contains(&message.group);
        if message.visible > now {
            held.insert(&message.group);
        } else if !is_held {
            numbers.push(message.number);
        }
    }
    numbers
}

/// The number of the message that a receipt is for.
fn message_number(handle: &str) -> Result<u64, Refusal> {
    let number = handle
        .split_once('.')
        .and_then(|(number, _)| number.parse().ok());
    number.ok_or_else(|| {
        let message =
            format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
        Refusal::new("ReceiptHandleIsInvalid", message)
    })
}

fn check_visibility(timeout: i64) -> Result<(), Refusal> {
    if (0..=LONGEST_VISIBILITY).contains(&timeout) {
        return Ok(());
    }
    let message = format!(
        "Value {timeout} for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200."
    );
    Err(Refusal::parameter("InvalidParameterValue", message))
}
