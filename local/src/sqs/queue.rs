//! A queue, its attributes, and what can be done with queues.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::step_functions::{ACCOUNT, REGION};

use super::requests::{Create, GetAttributes, List, Named, OfQueue, SetAttributes, Tag, Untag};
use super::{MESSAGES, QUEUES, Sqs, nothing};

/// A queue as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// What was set; what was not has its default.
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
}

/// Attributes that are numbers: their default and what they may be.
const NUMBERS: [(&str, i64, i64, i64); 5] = [
    ("DelaySeconds", 0, 0, 900),
    ("MaximumMessageSize", 1_048_576, 1024, 1_048_576),
    ("MessageRetentionPeriod", 345_600, 60, 1_209_600),
    ("ReceiveMessageWaitTimeSeconds", 0, 0, 20),
    ("VisibilityTimeout", 30, 0, 43_200),
];

/// Attributes that are kept as they are.
const OTHERS: [&str; 10] = [
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "Policy",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
];

/// Where a queue sends what was received too often.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedrivePolicy {
    dead_letter_target_arn: String,
    max_receive_count: Value,
}

/// The ARN of a queue.
pub(crate) fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

/// The name of the queue that a URL leads to.
pub(super) fn queue_name(url: &str) -> &str {
    url.rsplit_once('/').map_or(url, |(_, name)| name)
}

impl Queue {
    /// An attribute that is a number.
    pub(super) fn number(&self, name: &str) -> i64 {
        let set = self.attributes.get(name).and_then(|text| text.parse().ok());
        let default = NUMBERS.iter().find(|(known, ..)| *known == name);
        set.or(default.map(|(_, default, ..)| *default))
            .unwrap_or_default()
    }

    /// An attribute that is a number of seconds.
    pub(super) fn seconds(&self, name: &str) -> SignedDuration {
        SignedDuration::from_secs(self.number(name))
    }

    pub(super) fn is_fifo(&self) -> bool {
        self.is_on("FifoQueue")
    }

    pub(super) fn is_on(&self, name: &str) -> bool {
        self.attributes.get(name).is_some_and(|text| text == "true")
    }

    /// The queue for what was received too often, and how often that is.
    pub(super) fn dead_letters(&self) -> Option<(String, u64)> {
        let policy: RedrivePolicy =
            serde_json::from_str(self.attributes.get("RedrivePolicy")?).ok()?;
        let name = policy.dead_letter_target_arn.rsplit_once(':')?.1.to_owned();
        let count = &policy.max_receive_count;
        let count = count.as_u64().or_else(|| count.as_str()?.parse().ok())?;
        Some((name, count))
    }
}

/// Whether attributes are what AWS takes.
fn check(attributes: &BTreeMap<String, String>) -> Result<(), Refusal> {
    for (name, value) in attributes {
        let number = NUMBERS.iter().find(|(known, ..)| known == name);
        let fits = match number {
            Some((_, _, least, most)) => value
                .parse::<i64>()
                .is_ok_and(|value| (*least..=*most).contains(&value)),
            None if name == "RedrivePolicy" => {
                value.is_empty() || serde_json::from_str::<RedrivePolicy>(value).is_ok()
            }
            None if OTHERS.contains(&name.as_str()) => true,
            None => {
                let message = format!("Unknown Attribute {name}.");
                return Err(Refusal::new("InvalidAttributeName", message));
            }
        };
        if !fits {
            let message = format!("Invalid value for the parameter {name}.");
            return Err(Refusal::new("InvalidAttributeValue", message));
        }
    }
    Ok(())
}

fn check_name(name: &str, is_fifo: bool) -> Result<(), Refusal> {
    let plain = name.strip_suffix(".fifo").unwrap_or(name);
    let fits = (1..=80).contains(&name.len())
        && plain
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && is_fifo == name.strip_suffix(".fifo").is_some();
    if fits {
        return Ok(());
    }
    let message =
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
    Err(Refusal::parameter("InvalidParameterValue", message))
}

impl Sqs {
    pub(super) fn create(&self, request: &Create, origin: &str) -> Result<Value, Refusal> {
        let mut attributes = request.attributes.clone();
        check(&attributes)?;
        let is_fifo = attributes
            .get("FifoQueue")
            .is_some_and(|text| text == "true");
        check_name(&request.queue_name, is_fifo)?;
        attributes.retain(|name, value| !(value.is_empty() || name == "FifoQueue" && !is_fifo));
        let mut state = self.state();
        if let Some(known) = state.queues.get(&request.queue_name) {
            let differs = request.attributes.iter().find(|(name, value)| {
                let same_number = value.parse() == Ok(known.number(name));
                known.attributes.get(*name) != Some(*value) && !same_number
            });
            if let Some((name, _)) = differs {
                let message = format!(
                    "A queue already exists with the same name and a different value for attribute {name}"
                );
                return Err(Refusal::new("QueueNameExists", message));
            }
        } else {
            let now = self.clock.now();
            let queue = Queue {
                name: request.queue_name.clone(),
                created: now,
                modified: now,
                attributes,
                tags: request.tags.clone(),
            };
            self.journal.put(QUEUES, &queue.name, &queue)?;
            state.queues.insert(queue.name.clone(), queue);
        }
        Ok(json!({ "QueueUrl": queue_url(origin, &request.queue_name) }))
    }

    pub(super) fn url(&self, request: &Named, origin: &str) -> Result<Value, Refusal> {
        let state = self.state();
        let queue = state.queues.get(&request.queue_name);
        let queue = queue.ok_or_else(Refusal::no_queue)?;
        Ok(json!({ "QueueUrl": queue_url(origin, &queue.name) }))
    }

    pub(super) fn list(&self, request: &List, origin: &str) -> Value {
        let limit = request.max_results.unwrap_or(1000).clamp(1, 1000);
        let state = self.state();
        let mut names = state.queues.keys().filter(|name| {
            name.starts_with(&request.queue_name_prefix)
                && request.next_token.as_ref().is_none_or(|last| *name > last)
        });
        let page: Vec<&String> = names.by_ref().take(limit).collect();
        let mut answer = nothing();
        if let Some(answer) = answer.as_object_mut() {
            if !page.is_empty() {
                let urls: Vec<String> = page.iter().map(|name| queue_url(origin, name)).collect();
                answer.insert("QueueUrls".to_owned(), urls.into());
            }
            // Without a limit of its own a request is told no token.
            if request.max_results.is_some() && names.next().is_some() {
                answer.insert("NextToken".to_owned(), json!(page.last()));
            }
        }
        answer
    }

    pub(super) fn delete(&self, request: &OfQueue) -> Result<Value, Refusal> {
        let name = queue_name(&request.queue_url);
        let mut state = self.state();
        if !state.queues.contains_key(name) {
            return Err(Refusal::no_queue());
        }
        self.forget_messages(state.messages.remove(name).unwrap_or_default().values())?;
        self.journal.remove(QUEUES, name)?;
        state.queues.remove(name);
        Ok(nothing())
    }

    pub(super) fn purge(&self, request: &OfQueue) -> Result<Value, Refusal> {
        let name = queue_name(&request.queue_url);
        let mut state = self.state();
        if !state.queues.contains_key(name) {
            return Err(Refusal::no_queue());
        }
        self.forget_messages(state.messages.remove(name).unwrap_or_default().values())?;
        Ok(nothing())
    }

    fn forget_messages<'message>(
        &self,
        messages: impl Iterator<Item = &'message super::Message>,
    ) -> Result<(), Refusal> {
        for message in messages {
            self.journal.remove(MESSAGES, &message.key())?;
        }
        Ok(())
    }

    pub(super) fn attributes(&self, request: &GetAttributes) -> Result<Value, Refusal> {
        let now = self.clock.now();
        let state = self.state();
        let name = queue_name(&request.queue_url);
        let queue = state.queues.get(name).ok_or_else(Refusal::no_queue)?;
        let mut all = queue.attributes.clone();
        for (number, ..) in NUMBERS {
            all.insert(number.to_owned(), queue.number(number).to_string());
        }
        let (mut waiting, mut in_flight, mut delayed) = (0, 0, 0);
        for message in state
            .messages
            .get(name)
            .into_iter()
            .flat_map(BTreeMap::values)
        {
            if message.is_deleted {
                continue;
            }
            match message.visible > now {
                true if message.receives > 0 => in_flight += 1,
                true => delayed += 1,
                false => waiting += 1,
            }
        }
        let facts = [
            ("ApproximateNumberOfMessages", waiting.to_string()),
            (
                "ApproximateNumberOfMessagesNotVisible",
                in_flight.to_string(),
            ),
            ("ApproximateNumberOfMessagesDelayed", delayed.to_string()),
            ("CreatedTimestamp", queue.created.as_second().to_string()),
            (
                "LastModifiedTimestamp",
                queue.modified.as_second().to_string(),
            ),
            ("QueueArn", queue_arn(name)),
        ];
        all.extend(facts.map(|(name, value)| (name.to_owned(), value)));
        all.entry("SqsManagedSseEnabled".to_owned())
            .or_insert_with(|| "true".to_owned());
        for wanted in &request.attribute_names {
            let is_known =
                wanted == "All" || all.contains_key(wanted) || OTHERS.contains(&wanted.as_str());
            if !is_known {
                let message = format!("Unknown Attribute {wanted}.");
                return Err(Refusal::new("InvalidAttributeName", message));
            }
        }
        let names = &request.attribute_names;
        all.retain(|name, _| names.iter().any(|wanted| wanted == "All" || wanted == name));
        if all.is_empty() {
            return Ok(nothing());
        }
        Ok(json!({ "Attributes": all }))
    }

    pub(super) fn set_attributes(&self, request: &SetAttributes) -> Result<Value, Refusal> {
        check(&request.attributes)?;
        self.change(&request.queue_url, |queue| {
            for (name, value) in &request.attributes {
                if value.is_empty() {
                    queue.attributes.remove(name);
                } else {
                    queue.attributes.insert(name.clone(), value.clone());
                }
            }
        })
    }

    pub(super) fn tags(&self, request: &OfQueue) -> Result<Value, Refusal> {
        let state = self.state();
        let queue = state.queues.get(queue_name(&request.queue_url));
        let queue = queue.ok_or_else(Refusal::no_queue)?;
        if queue.tags.is_empty() {
            return Ok(nothing());
        }
        Ok(json!({ "Tags": queue.tags }))
    }

    pub(super) fn tag(&self, request: &Tag) -> Result<Value, Refusal> {
        self.change(&request.queue_url, |queue| {
            queue.tags.extend(request.tags.clone());
        })
    }

    pub(super) fn untag(&self, request: &Untag) -> Result<Value, Refusal> {
        self.change(&request.queue_url, |queue| {
            queue
                .tags
                .retain(|name, _| !request.tag_keys.contains(name));
        })
    }

    fn change(&self, url: &str, change: impl FnOnce(&mut Queue)) -> Result<Value, Refusal> {
        let mut state = self.state();
        let queue = state.queues.get_mut(queue_name(url));
        let queue = queue.ok_or_else(Refusal::no_queue)?;
        let mut changed = queue.clone();
        change(&mut changed);
        changed.modified = self.clock.now();
        self.journal.put(QUEUES, &changed.name, &changed)?;
        *queue = changed;
        Ok(nothing())
    }
}

fn queue_url(origin: &str, name: &str) -> String {
    format!("{origin}/{ACCOUNT}/{name}")
}
