//! The way of an event or a schedule to its target: tried, tried again, and given up into a queue.
//!
//! A delivery is a job, so it outlives the process. It may happen twice; an execution is named after its delivery,
//! so that a second one starts nothing.

mod target;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::task::spawn_blocking;

use crate::Aws;
use crate::jobs::{Job, JobWork, Next};
use crate::sqs::{Attribute, Letter};

use target::deliver;
pub(crate) use target::{UNIVERSAL, is_supported};

/// Something that is on its way to a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delivery {
    /// What it is known by: whoever makes the same delivery again gives it the same name.
    pub(crate) name: String,
    pub(crate) target_arn: String,
    pub(crate) input: String,
    /// The group in a FIFO queue.
    pub(crate) group: Option<String>,
    pub(crate) begun: Timestamp,
    /// How often it was tried already.
    pub(crate) attempts: u32,
    pub(crate) policy: Policy,
    /// The ARN of the queue that it ends in if nothing helps.
    pub(crate) dead_letters: Option<String>,
    pub(crate) origin: Origin,
}

/// For how long something is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Policy {
    #[serde(default = "most_retries")]
    pub(crate) maximum_retry_attempts: u32,
    #[serde(default = "longest_age")]
    pub(crate) maximum_event_age_in_seconds: u32,
}

fn most_retries() -> u32 {
    185
}

fn longest_age() -> u32 {
    86_400
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            maximum_retry_attempts: most_retries(),
            maximum_event_age_in_seconds: longest_age(),
        }
    }
}

impl Policy {
    /// Whether AWS takes these numbers.
    pub(crate) fn is_allowed(self) -> bool {
        self.maximum_retry_attempts <= most_retries()
            && (60..=longest_age()).contains(&self.maximum_event_age_in_seconds)
    }
}

/// The queue for what could not be delivered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeadLetterConfig {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) arn: Option<String>,
}

/// The group of a FIFO queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SqsParameters {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message_group_id: Option<String>,
}

/// Where a delivery comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// An event that a rule is for.
    Rule {
        rule_arn: String,
        event: Value,
        /// It came from another bus, and goes to no third one.
        is_forwarded: bool,
    },
    /// A firing of a schedule.
    Schedule {
        schedule_arn: String,
        scheduled: Timestamp,
        /// Source and detail type, if the target is an event bus.
        event: Option<(String, String)>,
    },
}

/// What came of one try.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Delivered,
    /// The target has it, and other work follows.
    Then(Vec<Job>),
    Failed(Failure),
}

/// Why a target was not reached.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    /// AWS's name for it.
    pub(crate) code: String,
    pub(crate) message: String,
    /// Whether to try again would be of no use.
    pub(crate) is_final: bool,
}

/// What to do after a try that failed.
#[derive(Debug, PartialEq)]
enum Verdict {
    Again(Job),
    /// It is given up, for this reason if it could have gone on otherwise.
    GiveUp(Option<&'static str>),
}

/// Tries once, and says what comes after.
pub(crate) async fn perform(aws: &Arc<Aws>, delivery: Delivery) -> Next {
    match deliver(aws, &delivery).await {
        Outcome::Delivered => Next::Done,
        Outcome::Then(jobs) => Next::Then(jobs),
        Outcome::Failed(failure) => match verdict(&delivery, &failure, aws.clock.now()) {
            Verdict::Again(job) => Next::Then(vec![job]),
            Verdict::GiveUp(condition) => {
                give_up(aws, delivery, &failure, condition).await;
                Next::Done
            }
        },
    }
}

/// Whether and when a failed delivery is tried again.
fn verdict(delivery: &Delivery, failure: &Failure, now: Timestamp) -> Verdict {
    if failure.is_final {
        return Verdict::GiveUp(None);
    }
    if delivery.attempts >= delivery.policy.maximum_retry_attempts {
        return Verdict::GiveUp(Some("MaximumRetryAttempts"));
    }
    let due = now.saturating_add(pause(delivery.attempts)).unwrap_or(now);
    let age = i64::from(delivery.policy.maximum_event_age_in_seconds);
    if due.duration_since(delivery.begun) > SignedDuration::from_secs(age) {
        return Verdict::GiveUp(Some("MaximumEventAgeInSeconds"));
    }
    let mut again = delivery.clone();
    again.attempts += 1;
    Verdict::Again(Job {
        due,
        work: JobWork::Deliver(Box::new(again)),
    })
}

/// How long to wait after so many tries. AWS does not say; these pauses let 185 retries fit into its 24 hours.
fn pause(attempts: u32) -> SignedDuration {
    SignedDuration::from_secs((1 << attempts.min(9)).min(480))
}

/// Puts a delivery into its queue for dead letters, if it has one.
async fn give_up(
    aws: &Arc<Aws>,
    delivery: Delivery,
    failure: &Failure,
    condition: Option<&'static str>,
) {
    let Some(queue) = delivery.dead_letters.clone() else {
        tracing::warn!(
            target = delivery.target_arn,
            code = failure.code,
            "a delivery was given up"
        );
        return;
    };
    let letter = dead_letter(&delivery, failure, condition);
    let aws = Arc::clone(aws);
    let sent = spawn_blocking(move || aws.sqs.send(&queue, letter)).await;
    if !matches!(sent, Ok(Ok(()))) {
        tracing::warn!(?sent, "a dead letter could not be kept");
    }
}

/// What stands in the queue: what should have been delivered, and beside it why it was not.
fn dead_letter(delivery: &Delivery, failure: &Failure, condition: Option<&str>) -> Letter {
    let code = match &delivery.origin {
        Origin::Rule { .. } => rule_code(failure),
        Origin::Schedule { .. } => &failure.code,
    };
    let mut facts = vec![
        ("ERROR_CODE", Attribute::text(code)),
        ("ERROR_MESSAGE", Attribute::text(&failure.message)),
        (
            "RETRY_ATTEMPTS",
            Attribute::number(i64::from(delivery.attempts)),
        ),
        ("TARGET_ARN", Attribute::text(&delivery.target_arn)),
    ];
    if let Some(condition) = condition {
        facts.push(("EXHAUSTED_RETRY_CONDITION", Attribute::text(condition)));
    }
    let body = match &delivery.origin {
        Origin::Rule {
            rule_arn, event, ..
        } => {
            facts.push(("RULE_ARN", Attribute::text(rule_arn)));
            event.to_string()
        }
        Origin::Schedule {
            schedule_arn,
            scheduled,
            ..
        } => {
            facts.push(("EXECUTION_ID", Attribute::text(&delivery.name)));
            facts.push(("IS_PAYLOAD_TRUNCATED", Attribute::text("false")));
            facts.push(("SCHEDULED_TIME", Attribute::text(whole_seconds(*scheduled))));
            facts.push(("SCHEDULE_ARN", Attribute::text(schedule_arn)));
            target::rendered(delivery)
        }
    };
    let attributes: BTreeMap<String, Attribute> = facts
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Letter {
        body,
        attributes,
        group: None,
        deduplication: None,
    }
}

/// What EventBridge calls a failure. Scheduler has the target's own name for it.
fn rule_code(failure: &Failure) -> &'static str {
    let code = failure.code.as_str();
    let has = |parts: &[&str]| parts.iter().any(|part| code.contains(part));
    if has(&["DoesNotExist", "NotFound"]) {
        "NO_RESOURCE"
    } else if has(&["Throttl", "LimitExceeded", "ThroughputExceeded"]) {
        "THROTTLING"
    } else if code == "InvalidRequestContentException" {
        "INVALID_JSON"
    } else if failure.is_final {
        "INVALID_PARAMETER"
    } else {
        "ERROR_FROM_TARGET"
    }
}

/// A moment without the part of its second, as events and schedules have it.
pub(crate) fn whole_seconds(moment: Timestamp) -> String {
    Timestamp::from_second(moment.as_second())
        .unwrap_or(moment)
        .to_string()
}

/// A moment as clients write it: seconds, or text.
pub(crate) fn moment(value: &Value) -> Option<Timestamp> {
    if let Some(text) = value.as_str() {
        return text.parse().ok();
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float beyond all timestamps becomes the last number, which is none either"
    )]
    let milliseconds = (value.as_f64()? * 1000.0).round() as i64;
    Timestamp::from_millisecond(milliseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(attempts: u32, retries: u32, age: u32) -> Delivery {
        Delivery {
            name: "one".to_owned(),
            target_arn: "arn:aws:sqs:us-east-1:000000000000:queue".to_owned(),
            input: "{}".to_owned(),
            group: None,
            begun: Timestamp::UNIX_EPOCH,
            attempts,
            policy: Policy {
                maximum_retry_attempts: retries,
                maximum_event_age_in_seconds: age,
            },
            dead_letters: None,
            origin: Origin::Schedule {
                schedule_arn: String::new(),
                scheduled: Timestamp::UNIX_EPOCH,
                event: None,
            },
        }
    }

    #[test]
    fn a_delivery_is_tried_again_until_its_policy_ends_it() {
        // Tries so far, retries allowed, seconds allowed, seconds passed, whether it is final; seconds to the next try.
        let rows = [
            (0, 185, 86_400, 0, false, Ok(1)),
            (3, 185, 86_400, 10, false, Ok(8)),
            (60, 185, 86_400, 10, false, Ok(480)),
            (184, 185, 86_400, 85_000, false, Ok(480)),
            (
                185,
                185,
                86_400,
                85_000,
                false,
                Err(Some("MaximumRetryAttempts")),
            ),
            (0, 0, 86_400, 0, false, Err(Some("MaximumRetryAttempts"))),
            (6, 185, 60, 10, false, Err(Some("MaximumEventAgeInSeconds"))),
            (0, 185, 86_400, 0, true, Err(None)),
        ];
        for (attempts, retries, age, passed, is_final, expected) in rows {
            let failure = Failure {
                code: String::new(),
                message: String::new(),
                is_final,
            };
            let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(passed);
            let found = match verdict(&delivery(attempts, retries, age), &failure, now) {
                Verdict::Again(job) => Ok(job.due.duration_since(now).as_secs()),
                Verdict::GiveUp(condition) => Err(condition),
            };
            assert_eq!(
                found, expected,
                "{attempts} of {retries}, {passed} of {age} s"
            );
        }
    }

    #[test]
    fn all_retries_fit_into_a_day() {
        let total: i64 = (0..most_retries())
            .map(|attempts| pause(attempts).as_secs())
            .sum();
        assert!((80_000..86_400).contains(&total), "{total}");
    }
}
