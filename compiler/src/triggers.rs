//! How runs of a workflow begin without anybody starting them, in the words of AWS.
//!
//! `{ "type": "schedule", "schedule": "0 9 * * 1", "timezone": "Europe/Berlin" }` is an expression of EventBridge
//! Scheduler, `cron(0 9 ? * MON *)`, with the time zone beside it; an event is a pattern of EventBridge; a webhook is a
//! path. Pure data: publishing and the template make schedules, rules and routes of it.

pub mod cron;
mod event;
mod verify;
mod webhook;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::check::Checked;
use crate::definition::{Definition, Place, Step};
use crate::diagnostic::{Diagnostic, codes};
use crate::schedule;
use crate::source::Node;

pub use verify::{Algorithm, Provider, Verify};
pub use webhook::address;

pub(crate) use event::check as check_filter;
pub(crate) use verify::{check as check_verify, check_header, check_secret, secret};
pub(crate) use webhook::check as check_path;

/// What begins a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Trigger {
    /// Time.
    Schedule(Schedule),
    /// A request from outside.
    Webhook(Webhook),
    /// Something that happened.
    Event(Event),
}

/// Times at which runs begin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Schedule {
    /// The trigger step; none where the workflow's `config` says it.
    pub step: Option<String>,
    /// What the author wrote.
    pub written: String,
    /// Expressions of EventBridge Scheduler. Where there are several, a minute that more than one of them names is one
    /// run.
    pub expressions: Vec<String>,
    /// The time zone in which they are meant, by its IANA name.
    pub timezone: String,
    /// About how many runs that is in a month.
    #[serde(rename = "runsPerMonth")]
    pub runs_per_month: f64,
}

/// A path at which runs are asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// The trigger step.
    pub step: String,
    /// The path, from its first slash on.
    pub path: String,
    /// How requests are verified; not at all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<Verify>,
    /// The header that makes two requests one, in small letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_header: Option<String>,
    /// What a request is answered with.
    #[serde(default, skip_serializing_if = "Respond::is_accepted")]
    pub respond: Respond,
    /// How many requests a minute may ask for runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_minute: Option<u64>,
    /// Where it stands in the definition.
    #[serde(skip)]
    pub place: Place,
}

/// What a request to a webhook is answered with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Respond {
    /// That there is a run.
    #[default]
    Accepted,
    /// What the run gave, if that does not take long.
    Sync,
}

impl Respond {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks with a reference"
    )]
    fn is_accepted(&self) -> bool {
        *self == Self::Accepted
    }
}

impl Webhook {
    /// The path below that of all webhooks: `/webhooks/orders` and `/orders` are one.
    pub fn address(&self) -> &str {
        webhook::below(&self.path)
    }
}

/// An event that begins runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The trigger step.
    pub step: String,
    /// The event's name.
    pub event_type: String,
    /// The pattern of EventBridge that it must match.
    pub pattern: Value,
}

/// The triggers of a definition: those of its first trigger step, and the schedule of its `config`; none where it is
/// not enabled.
pub fn of(checked: &Checked) -> Vec<Trigger> {
    let definition = &checked.definition;
    if !definition.is_enabled {
        return Vec::new();
    }
    let own = definition.settings.schedule.as_ref();
    let own = own.and_then(|node| timetable(None, node, None));
    let step = checked.trigger();
    let given = step.and_then(|step| of_step(definition, step));
    let mut triggers: Vec<Trigger> = own.into_iter().collect();
    // Written twice, in both places, it is one schedule.
    let is_new = |trigger: &Trigger| match (trigger, triggers.first()) {
        (Trigger::Schedule(one), Some(Trigger::Schedule(other))) => {
            one.expressions != other.expressions || one.timezone != other.timezone
        }
        _ => true,
    };
    let given: Vec<Trigger> = given.filter(is_new).into_iter().collect();
    triggers.extend(given);
    triggers
}

fn of_step(definition: &Definition, step: &Step) -> Option<Trigger> {
    match step.config.get("type")?.as_str()? {
        "schedule" | "scheduled" => {
            let timezone = step.config.get("timezone");
            timetable(Some(step), step.config.get("schedule")?, timezone)
        }
        "webhook" => Some(Trigger::Webhook(webhook::of(definition, step))),
        "event" => event::of(step).map(Trigger::Event),
        _ => None,
    }
}

fn timetable(step: Option<&Step>, node: &Node, timezone: Option<&Node>) -> Option<Trigger> {
    // What there is to say of it was said when it was checked.
    let read = schedule::read(node, timezone, &mut Vec::new())?;
    Some(Trigger::Schedule(Schedule {
        step: step.map(|step| step.slug.clone()),
        written: read.written,
        expressions: read.expressions,
        timezone: read.timezone,
        runs_per_month: read.runs_per_month,
    }))
}

/// Refuses a path that a definition before this one has already.
///
/// `taken` says for paths whose they are; what is free is taken.
pub fn claim(
    triggers: &[Trigger],
    name: &str,
    taken: &mut std::collections::BTreeMap<String, String>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for trigger in triggers {
        let Trigger::Webhook(webhook) = trigger else {
            continue;
        };
        if let Some(owner) = taken.get(webhook.address()) {
            let message = format!("`{owner}` has the webhook `{}` already", webhook.path);
            let place = &webhook.place;
            found.push(
                Diagnostic::error(codes::DUPLICATE_WEBHOOK, message)
                    .at(place.pointer.clone(), place.span.clone())
                    .help("give one of them another `path`"),
            );
        } else {
            taken.insert(webhook.address().to_owned(), name.to_owned());
        }
    }
    found
}
