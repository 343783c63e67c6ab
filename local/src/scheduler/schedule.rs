//! Schedules: what is kept of one, and what can be done with them.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Aws;
use crate::delivery::{UNIVERSAL, is_supported, moment};
use crate::jobs::{Job, JobWork};
use crate::refusal::Refusal;
use crate::timetable::{Timed, Timetable, zone};

use super::firing::{Firing, Stage};
use super::requests::{PutSchedule, Target};
use super::{
    DEFAULT, Query, SCHEDULES, Scheduler, State, check_name, conflict, not_found, schedule_arn,
    seconds,
};

/// A schedule as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Schedule {
    pub(super) name: String,
    pub(super) group: String,
    /// What its author asked for, as the latest request had it.
    pub(super) put: PutSchedule,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// A new name for every change after which an earlier firing must not go on.
    pub(super) revision: String,
}

impl Schedule {
    pub(super) fn arn(&self) -> String {
        schedule_arn(&self.group, &self.name)
    }

    fn is_enabled(&self) -> bool {
        self.put.state.as_deref() != Some("DISABLED")
    }

    /// Whether it is deleted after its last firing.
    pub(super) fn is_deleted_after(&self) -> bool {
        self.put.action_after_completion.as_deref() == Some("DELETE")
    }

    fn start(&self) -> Option<Timestamp> {
        self.put.start_date.as_ref().and_then(moment)
    }

    fn end(&self) -> Option<Timestamp> {
        self.put.end_date.as_ref().and_then(moment)
    }

    fn zone_name(&self) -> &str {
        self.put
            .schedule_expression_timezone
            .as_deref()
            .unwrap_or("UTC")
    }

    /// When it fires.
    pub(super) fn timed(&self) -> Option<Timed> {
        Some(Timed {
            timetable: Timetable::parse(&self.put.schedule_expression)?,
            zone: zone(self.zone_name())?,
            anchor: self.start().unwrap_or_else(|| whole(self.modified)),
        })
    }

    /// The first firing from a moment on, or after it.
    fn firing(&self, next: impl Fn(&Timed) -> Option<Timestamp>) -> Option<Job> {
        let timed = self.timed().filter(|_| self.is_enabled())?;
        let due = next(&timed)?;
        // Start and end are for what happens again and again.
        let is_once = matches!(timed.timetable, Timetable::At(_));
        if !is_once && self.end().is_some_and(|end| due > end) {
            return None;
        }
        let firing = Firing {
            schedule_arn: self.arn(),
            revision: self.revision.clone(),
            stage: Stage::Fire { due },
        };
        let work = JobWork::Schedule(firing);
        Some(Job { due, work })
    }

    /// The first of all firings.
    pub(super) fn first_firing(&self, now: Timestamp) -> Option<Job> {
        self.firing(|timed| match timed.timetable {
            Timetable::At(_) => timed.not_before(now),
            Timetable::Cron(_) => {
                timed.not_before(self.start().map_or(now, |start| start.max(now)))
            }
            Timetable::Rate(_) => {
                let now = whole(now);
                timed.not_before(self.start().map_or(now, |start| start.max(now)))
            }
        })
    }

    /// The firing after another one.
    pub(super) fn next_firing(&self, fired: Timestamp) -> Option<Job> {
        self.firing(|timed| timed.after(fired))
    }

    /// The last moment at which it may fire, up to `now`.
    pub(super) fn until(&self, now: Timestamp) -> Timestamp {
        self.end().map_or(now, |end| end.min(now))
    }

    fn show(&self) -> Value {
        let mut shown = Map::new();
        let mut add = |name: &str, value: Value| {
            if !value.is_null() {
                shown.insert(name.to_owned(), value);
            }
        };
        let put = &self.put;
        let text = |text: &Option<String>, default: &str| {
            Value::from(text.clone().unwrap_or_else(|| default.to_owned()))
        };
        add("Arn", self.arn().into());
        add("GroupName", self.group.clone().into());
        add("Name", self.name.clone().into());
        add("ScheduleExpression", put.schedule_expression.clone().into());
        add("ScheduleExpressionTimezone", self.zone_name().into());
        add("StartDate", self.start().map(seconds).unwrap_or_default());
        add("EndDate", self.end().map(seconds).unwrap_or_default());
        add("Description", json!(put.description));
        add("State", text(&put.state, "ENABLED"));
        add("CreationDate", seconds(self.created));
        add("LastModificationDate", seconds(self.modified));
        add("KmsKeyArn", json!(put.kms_key_arn));
        add("Target", json!(put.target));
        add("FlexibleTimeWindow", json!(put.flexible_time_window));
        add(
            "ActionAfterCompletion",
            text(&put.action_after_completion, "NONE"),
        );
        Value::Object(shown)
    }

    fn summarise(&self) -> Value {
        json!({
            "Arn": self.arn(),
            "Name": self.name,
            "GroupName": self.group,
            "State": if self.is_enabled() { "ENABLED" } else { "DISABLED" },
            "CreationDate": seconds(self.created),
            "LastModificationDate": seconds(self.modified),
            "Target": { "Arn": self.put.target.arn },
        })
    }
}

impl State {
    fn schedule(&self, group: &str, name: &str) -> Result<&Schedule, Refusal> {
        let schedule = self.schedules.get(&schedule_arn(group, name));
        schedule.ok_or_else(|| not_found(format!("Schedule {name} does not exist.")))
    }
}

impl Scheduler {
    pub(super) fn create(
        &self,
        aws: &Aws,
        name: &str,
        request: PutSchedule,
    ) -> Result<Value, Refusal> {
        let now = self.clock.now();
        let group = check(name, &request, now)?;
        let mut state = self.state();
        state.group(&group)?;
        if let Ok(known) = state.schedule(&group, name) {
            // A request that was answered already is answered the same way.
            if known.put.client_token.is_some() && known.put == request {
                return Ok(json!({ "ScheduleArn": known.arn() }));
            }
            return Err(conflict(format!("Schedule {name} already exists.")));
        }
        let schedule = Schedule {
            name: name.to_owned(),
            group,
            put: request,
            created: now,
            modified: now,
            revision: self.names.uuid(),
        };
        self.keep(aws, &mut state, schedule)
    }

    pub(super) fn update(
        &self,
        aws: &Aws,
        name: &str,
        request: PutSchedule,
    ) -> Result<Value, Refusal> {
        let now = self.clock.now();
        let group = check(name, &request, now)?;
        let mut state = self.state();
        state.group(&group)?;
        let schedule = Schedule {
            put: request,
            modified: now,
            revision: self.names.uuid(),
            ..state.schedule(&group, name)?.clone()
        };
        self.keep(aws, &mut state, schedule)
    }

    fn keep(&self, aws: &Aws, state: &mut State, schedule: Schedule) -> Result<Value, Refusal> {
        let arn = schedule.arn();
        // The firing first: without its schedule it does nothing, while a schedule without it would do nothing for ever.
        let first = schedule.first_firing(schedule.modified);
        aws.step_functions
            .engine
            .add_jobs(first.into_iter().collect())?;
        self.journal.put(SCHEDULES, &arn, &schedule)?;
        state.schedules.insert(arn.clone(), schedule);
        Ok(json!({ "ScheduleArn": arn }))
    }

    pub(super) fn get(&self, name: &str, group: Option<&str>) -> Result<Value, Refusal> {
        let state = self.state();
        let group = group.unwrap_or(DEFAULT);
        state.group(group)?;
        state.schedule(group, name).map(Schedule::show)
    }

    pub(super) fn delete(&self, name: &str, group: Option<&str>) -> Result<Value, Refusal> {
        let mut state = self.state();
        let group = group.unwrap_or(DEFAULT);
        state.group(group)?;
        let arn = state.schedule(group, name)?.arn();
        self.journal.remove(SCHEDULES, &arn)?;
        state.schedules.remove(&arn);
        Ok(json!({}))
    }

    /// Deletes a schedule that has fired for the last time. It blocks on the disk.
    pub(super) fn complete(&self, arn: &str, revision: &str) -> Result<(), Refusal> {
        let mut state = self.state();
        let known = state.schedules.get(arn);
        if known.is_some_and(|known| known.revision == revision) {
            self.journal.remove(SCHEDULES, arn)?;
            state.schedules.remove(arn);
        }
        Ok(())
    }

    pub(super) fn list(&self, query: &Query) -> Result<Value, Refusal> {
        let state = self.state();
        let group = query.text("ScheduleGroup");
        if let Some(group) = group {
            state.group(group)?;
        }
        let prefix = query.text("NamePrefix").unwrap_or_default();
        let wanted = query.text("State");
        let schedules = state.schedules.values().filter(|schedule| {
            let is_wanted =
                wanted.is_none_or(|wanted| (wanted == "ENABLED") == schedule.is_enabled());
            group.is_none_or(|group| schedule.group == group)
                && schedule.name.starts_with(prefix)
                && is_wanted
        });
        let schedules: Vec<Value> = schedules.map(Schedule::summarise).collect();
        query.page("Schedules", &schedules)
    }
}

/// How far back a schedule may begin.
const LATEST_START: SignedDuration = SignedDuration::from_mins(5);

/// Whether AWS would take the schedule; its group.
fn check(name: &str, put: &PutSchedule, now: Timestamp) -> Result<String, Refusal> {
    check_name(name, "name")?;
    let group = put.group_name.clone().unwrap_or_else(|| DEFAULT.to_owned());
    check_name(&group, "groupName")?;
    let expression = &put.schedule_expression;
    if expression.len() > 256 || Timetable::parse(expression).is_none() {
        return Err(Refusal::invalid(format!(
            "Invalid Schedule Expression {expression}."
        )));
    }
    if let Some(name) = &put.schedule_expression_timezone
        && zone(name).is_none()
    {
        return Err(Refusal::invalid(format!(
            "Invalid ScheduleExpressionTimezone {name}."
        )));
    }
    check_choice("state", put.state.as_ref(), &["ENABLED", "DISABLED"])?;
    check_choice(
        "actionAfterCompletion",
        put.action_after_completion.as_ref(),
        &["NONE", "DELETE"],
    )?;
    check_dates(put, now)?;
    let window = &put.flexible_time_window;
    let minutes = window.maximum_window_in_minutes;
    check_choice(
        "flexibleTimeWindow.mode",
        Some(&window.mode),
        &["OFF", "FLEXIBLE"],
    )?;
    match (window.mode.as_str(), minutes) {
        ("FLEXIBLE", Some(1..=1440)) | ("OFF", None) => {}
        ("FLEXIBLE", None) => {
            let message =
                "MaximumWindowInMinutes must be set when FlexibleTimeWindow Mode is FLEXIBLE.";
            return Err(Refusal::invalid(message));
        }
        ("OFF", Some(_)) => {
            let message =
                "MaximumWindowInMinutes must not be set when FlexibleTimeWindow Mode is OFF.";
            return Err(Refusal::invalid(message));
        }
        _ => {
            let message = "1 validation error detected: Value at 'flexibleTimeWindow.maximumWindowInMinutes' failed to satisfy constraint: Member must be between 1 and 1440, inclusive";
            return Err(Refusal::invalid(message));
        }
    }
    check_target(&put.target)?;
    Ok(group)
}

/// A moment without the part of its second: a rate counts from there.
fn whole(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

fn check_choice(name: &str, value: Option<&String>, choices: &[&str]) -> Result<(), Refusal> {
    match value {
        Some(value) if !choices.contains(&value.as_str()) => Err(Refusal::invalid(format!(
            "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
            choices.join(", ")
        ))),
        Some(_) | None => Ok(()),
    }
}

fn check_dates(put: &PutSchedule, now: Timestamp) -> Result<(), Refusal> {
    let read = |name: &str, value: &Option<Value>| match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let refused =
                || Refusal::invalid(format!("The {name} you specify is not a timestamp."));
            moment(value).map(Some).ok_or_else(refused)
        }
    };
    let start = read("StartDate", &put.start_date)?;
    let end = read("EndDate", &put.end_date)?;
    if start.is_some_and(|start| now.duration_since(start) > LATEST_START) {
        let message = "The StartDate you specify cannot be earlier than 5 minutes ago.";
        return Err(Refusal::invalid(message));
    }
    if end.is_some_and(|end| end <= now) {
        return Err(Refusal::invalid(
            "The EndDate you specify must be in the future.",
        ));
    }
    if start.zip(end).is_some_and(|(start, end)| start >= end) {
        let message = "The EndDate you specify must come after the StartDate.";
        return Err(Refusal::invalid(message));
    }
    Ok(())
}

/// Operations that only look at something: a schedule cannot do anything with what they find.
const LOOKS: [&str; 5] = ["describe", "get", "list", "search", "scan"];

fn check_target(target: &Target) -> Result<(), Refusal> {
    let arn = &target.arn;
    if !target.role_arn.starts_with("arn:") {
        let message = format!(
            "1 validation error detected: Value '{}' at 'target.roleArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws[a-z-]*:iam::\\d{{12}}:role\\/[\\w+=,.@\\/-]+",
            target.role_arn
        );
        return Err(Refusal::invalid(message));
    }
    if !is_supported(arn) {
        let message = format!("Provided Arn {arn} is not a target of this Scheduler.");
        return Err(Refusal::invalid(message));
    }
    if !target.retry_policy.is_allowed() {
        let message = "1 validation error detected: Value at 'target.retryPolicy' failed to satisfy constraint: 0 to 185 attempts, 60 to 86400 seconds";
        return Err(Refusal::invalid(message));
    }
    if arn.contains(":event-bus/") && target.event_bridge_parameters.is_none() {
        let message = "EventBridgeParameters must be set for a target that is an event bus.";
        return Err(Refusal::invalid(message));
    }
    let is_json = |input: &String| serde_json::from_str::<Value>(input).is_ok();
    if let Some(operation) = arn.strip_prefix(UNIVERSAL) {
        let (_, action) = operation.split_once(':').unwrap_or((operation, ""));
        if LOOKS.iter().any(|look| action.starts_with(look)) {
            let message = format!("The operation {action} is not supported as a target.");
            return Err(Refusal::invalid(message));
        }
        if !target.input.as_ref().is_some_and(is_json) {
            return Err(Refusal::invalid(
                "Invalid RequestJson provided. Reason: it must be a JSON object.",
            ));
        }
    }
    let takes_json = ["lambda", "states", "events"].map(|service| format!(":{service}:"));
    if takes_json.iter().any(|service| arn.contains(service))
        && target.input.as_ref().is_some_and(|input| !is_json(input))
    {
        let message = "The Input of this target must be well-formed JSON.";
        return Err(Refusal::invalid(message));
    }
    Ok(())
}
