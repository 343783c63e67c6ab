//! Events on their way in: whether they are events, and which targets they are for.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Aws;
use crate::delivery::{Delivery, Origin, moment, whole_seconds};
use crate::jobs::{Job, JobWork};
use crate::random::derived;
use crate::refusal::Refusal;
use crate::step_functions::{ACCOUNT, REGION};

use super::input::{Surroundings, render};
use super::rule::{Rule, read_pattern};
use super::{EventBridge, bus_name};

/// `PutEvents`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutEvents {
    entries: Vec<Entry>,
}

/// An event as a client writes it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entry {
    #[serde(default)]
    time: Option<Value>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    detail_type: Option<String>,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    event_bus_name: Option<String>,
}

/// `TestEventPattern`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TestPattern {
    event_pattern: String,
    event: String,
}

/// What all entries of a request can have together, in bytes.
const LARGEST: usize = 1_048_576;

/// Why an entry is not taken: AWS's name for it, and what is wrong.
type Rejection = (&'static str, String);

impl Entry {
    /// How AWS measures an entry.
    fn size(&self) -> usize {
        let texts = [&self.source, &self.detail_type, &self.detail];
        let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
        let resources = self.resources.iter().map(String::len).sum::<usize>();
        texts + resources + if self.time.is_some() { 14 } else { 0 }
    }

    /// The event that it is.
    fn event(&self, id: &str, now: Timestamp) -> Result<Value, Rejection> {
        let required = |name: &str, value: &Option<String>| {
            let value = value.clone().filter(|value| !value.is_empty());
            value.ok_or_else(|| {
                let message = format!(
                    "Parameter {name} is not valid. Reason: {name} is a required argument."
                );
                ("InvalidArgument", message)
            })
        };
        let source = required("Source", &self.source)?;
        let detail_type = required("DetailType", &self.detail_type)?;
        let detail = required("Detail", &self.detail)?;
        if source.starts_with("aws.") {
            let message = "Not authorized for the source.".to_owned();
            return Err(("NotAuthorizedForSourceException", message));
        }
        let detail = serde_json::from_str::<Value>(&detail).ok();
        let Some(detail) = detail.filter(Value::is_object) else {
            return Err(("MalformedDetail", "Detail is malformed.".to_owned()));
        };
        let time = self.time.as_ref().and_then(moment).unwrap_or(now);
        Ok(json!({
            "version": "0",
            "id": id,
            "detail-type": detail_type,
            "source": source,
            "account": ACCOUNT,
            "time": whole_seconds(time),
            "region": REGION,
            "resources": self.resources,
            "detail": detail,
        }))
    }
}

/// Whether an event is one that a pattern is for.
pub(super) fn test(request: &TestPattern) -> Result<Value, Refusal> {
    const REQUIRED: [&str; 7] = [
        "id",
        "account",
        "source",
        "time",
        "region",
        "resources",
        "detail-type",
    ];
    let pattern = read_pattern(&request.event_pattern)?;
    let event = serde_json::from_str::<Value>(&request.event).ok();
    let is_whole =
        |event: &Value| event.is_object() && REQUIRED.iter().all(|name| event.get(name).is_some());
    let event = event
        .filter(is_whole)
        .ok_or_else(|| Refusal::invalid("Parameter Event is not valid."))?;
    Ok(json!({ "Result": pattern.matches(&event) }))
}

impl EventBridge {
    pub(super) fn put_events(&self, aws: &Aws, request: PutEvents) -> Result<Value, Refusal> {
        let count = request.entries.len();
        if !(1..=10).contains(&count) {
            let bound = if count == 0 {
                "greater than or equal to 1"
            } else {
                "less than or equal to 10"
            };
            let message = format!(
                "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length {bound}"
            );
            return Err(Refusal::invalid(message));
        }
        if request.entries.iter().map(Entry::size).sum::<usize>() > LARGEST {
            let message = "Total size of the entries in the request is over the limit.";
            return Err(Refusal::invalid(message));
        }
        let now = self.clock.now();
        let mut failed = 0;
        let mut answers = Vec::with_capacity(count);
        let mut jobs = Vec::new();
        for entry in request.entries {
            let id = self.names.uuid();
            match entry.event(&id, now) {
                Ok(event) => {
                    // A bus that is not there takes everything, and nobody hears of it.
                    let bus = bus_name(entry.event_bus_name.as_deref());
                    jobs.extend(self.deliveries(bus, &event));
                    answers.push(json!({ "EventId": id }));
                }
                Err((code, message)) => {
                    failed += 1;
                    answers.push(json!({ "ErrorCode": code, "ErrorMessage": message }));
                }
            }
        }
        aws.step_functions.engine.add_jobs(jobs)?;
        Ok(json!({ "FailedEntryCount": failed, "Entries": answers }))
    }

    /// Takes one event for a schedule. It blocks on the disk.
    pub(crate) fn put_one(
        &self,
        aws: &Aws,
        bus: &str,
        id: &str,
        source: &str,
        detail_type: &str,
        detail: &str,
    ) -> Result<(), Refusal> {
        self.state().bus_name(Some(bus))?;
        let entry = Entry {
            source: Some(source.to_owned()),
            detail_type: Some(detail_type.to_owned()),
            detail: Some(detail.to_owned()),
            ..Entry::default()
        };
        let event = entry.event(id, self.clock.now());
        let event = event.map_err(|(code, message)| Refusal::new(code, message))?;
        let jobs = self.deliveries(bus, &event);
        aws.step_functions.engine.add_jobs(jobs)?;
        Ok(())
    }

    /// What an event of AWS itself leads to.
    pub(crate) fn deliveries(&self, bus: &str, event: &Value) -> Vec<Job> {
        self.deliveries_of(bus, event, false)
    }

    /// Takes an event from another bus. It blocks on the disk.
    pub(crate) fn forward(&self, aws: &Aws, bus: &str, event: &Value) -> Result<(), Refusal> {
        let bus = self.state().bus_name(Some(bus))?;
        let jobs = self.deliveries_of(&bus, event, true);
        aws.step_functions.engine.add_jobs(jobs)?;
        Ok(())
    }

    /// A delivery to every target of every rule that is for an event.
    fn deliveries_of(&self, bus: &str, event: &Value, is_forwarded: bool) -> Vec<Job> {
        let now = self.clock.now();
        let state = self.state();
        let rules = state.rules.values().filter(|kept| {
            let pattern = kept.pattern.as_ref();
            kept.rule.bus == bus
                && kept.rule.is_enabled()
                && pattern.is_some_and(|pattern| pattern.matches(event))
        });
        rules
            .flat_map(|kept| rule_deliveries(&kept.rule, event, now, is_forwarded))
            .collect()
    }
}

/// A delivery to every target of a rule.
pub(super) fn rule_deliveries(
    rule: &Rule,
    event: &Value,
    now: Timestamp,
    is_forwarded: bool,
) -> Vec<Job> {
    let rule_arn = rule.arn();
    let surroundings = Surroundings {
        rule_arn: &rule_arn,
        rule_name: &rule.name,
        ingested: whole_seconds(now),
    };
    let targets = rule.targets.values();
    targets
        .map(|target| {
            let dead_letters = target.dead_letter_config.as_ref();
            let group = target.sqs_parameters.as_ref();
            let delivery = Delivery {
                name: delivery_name(event, &rule_arn, &target.id),
                target_arn: target.arn.clone(),
                input: render(target, event, &surroundings),
                group: group.and_then(|group| group.message_group_id.clone()),
                begun: now,
                attempts: 0,
                policy: target.retry_policy.unwrap_or_default(),
                dead_letters: dead_letters.and_then(|config| config.arn.clone()),
                origin: Origin::Rule {
                    rule_arn: rule_arn.clone(),
                    event: event.clone(),
                    is_forwarded,
                },
            };
            Job {
                due: now,
                work: JobWork::Deliver(Box::new(delivery)),
            }
        })
        .collect()
}

/// A name that every delivery of this event to this target has. It begins with the event's id where that is short.
fn delivery_name(event: &Value, rule_arn: &str, target: &str) -> String {
    let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
    let name = derived(&[id, rule_arn, target]);
    if id.len() == name.len() {
        format!("{id}_{name}")
    } else {
        name
    }
}
