//! Rules: which events, or when, and whether at all.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Aws;
use crate::jobs::{Job, JobWork};
use crate::refusal::Refusal;
use crate::timetable::{Timed, Timetable};

use super::firing::Firing;
use super::pattern::{self, Pattern};
use super::target::Target;
use super::{DEFAULT_BUS, EventBridge, RULES, Tag, check_name, page, rule_arn};

/// A rule as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) bus: String,
    pub(super) event_pattern: Option<String>,
    pub(super) schedule: Option<String>,
    /// As AWS names it: `ENABLED`, `DISABLED` and the like.
    pub(super) state: String,
    pub(super) description: Option<String>,
    pub(super) role_arn: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) targets: BTreeMap<String, Target>,
    /// When it was last put or switched on; a rate counts from there.
    pub(super) begun: Timestamp,
    /// A new name for every change after which an earlier firing must not go on.
    pub(super) revision: String,
}

/// `PutRule`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutRule {
    name: String,
    #[serde(default)]
    schedule_expression: Option<String>,
    #[serde(default)]
    event_pattern: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    role_arn: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    event_bus_name: Option<String>,
}

/// `DescribeRule`, `DeleteRule`, `EnableRule` and `DisableRule`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NamedRule {
    name: String,
    #[serde(default)]
    event_bus_name: Option<String>,
}

/// `ListRules`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListRules {
    #[serde(default)]
    name_prefix: String,
    #[serde(default)]
    event_bus_name: Option<String>,
    #[serde(default)]
    next_token: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
}

const STATES: [&str; 3] = [
    "DISABLED",
    "ENABLED",
    "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
];

impl Rule {
    pub(super) fn arn(&self) -> String {
        rule_arn(&self.bus, &self.name)
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.state != "DISABLED"
    }

    /// When it fires by itself.
    pub(super) fn timed(&self) -> Option<Timed> {
        let timetable = Timetable::parse_for_rule(self.schedule.as_deref()?)?;
        Some(Timed {
            timetable,
            zone: jiff::tz::TimeZone::UTC,
            anchor: self.begun,
        })
    }

    /// The next firing after a moment.
    pub(super) fn next_firing(&self, moment: Timestamp) -> Option<Job> {
        let due = self.timed().filter(|_| self.is_enabled())?.after(moment)?;
        let firing = Firing {
            rule_arn: self.arn(),
            revision: self.revision.clone(),
            due,
        };
        let work = JobWork::Rule(firing);
        Some(Job { due, work })
    }

    fn show(&self) -> Value {
        let mut shown = Map::new();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                shown.insert(name.to_owned(), value.into());
            }
        };
        add("Name", Some(self.name.clone()));
        add("Arn", Some(self.arn()));
        add("EventPattern", self.event_pattern.clone());
        add("ScheduleExpression", self.schedule.clone());
        add("State", Some(self.state.clone()));
        add("Description", self.description.clone());
        add("RoleArn", self.role_arn.clone());
        add("EventBusName", Some(self.bus.clone()));
        Value::Object(shown)
    }
}

/// Whether a pattern is one; the text of the refusal is the same wherever one is given.
pub(super) fn read_pattern(text: &str) -> Result<Pattern, Refusal> {
    let refused = |reason: String| {
        let message = format!("Event pattern is not valid. Reason: {reason}");
        Refusal::new("InvalidEventPatternException", message)
    };
    if text.chars().count() > pattern::LONGEST {
        let message = format!(
            "1 validation error detected: Value at 'eventPattern' failed to satisfy constraint: Member must have length less than or equal to {}",
            pattern::LONGEST
        );
        return Err(Refusal::invalid(message));
    }
    Pattern::parse(text).map_err(refused)
}

impl EventBridge {
    pub(super) fn put_rule(&self, aws: &Aws, request: PutRule) -> Result<Value, Refusal> {
        check_name(&request.name, "name", 64, ".-_")?;
        let event_pattern = request.event_pattern.filter(|pattern| !pattern.is_empty());
        let schedule = request
            .schedule_expression
            .filter(|schedule| !schedule.is_empty());
        if event_pattern.is_none() && schedule.is_none() {
            let message = "Parameter(s) EventPattern or ScheduleExpression must be specified.";
            return Err(Refusal::invalid(message));
        }
        let state_name = request.state.unwrap_or_else(|| "ENABLED".to_owned());
        if !STATES.contains(&state_name.as_str()) {
            let message = format!(
                "1 validation error detected: Value '{state_name}' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
                STATES.join(", ")
            );
            return Err(Refusal::invalid(message));
        }
        let mut state = self.state();
        let bus = state.bus_name(request.event_bus_name.as_deref())?;
        if let Some(pattern) = &event_pattern {
            read_pattern(pattern)?;
        }
        if let Some(schedule) = &schedule {
            if bus != DEFAULT_BUS {
                let message = "ScheduleExpression is supported only on the default event bus.";
                return Err(Refusal::invalid(message));
            }
            if Timetable::parse_for_rule(schedule).is_none() {
                let message = "Parameter ScheduleExpression is not valid.";
                return Err(Refusal::invalid(message));
            }
        }
        let known = state.rules.get(&rule_arn(&bus, &request.name));
        let known = known.map(|kept| kept.rule.clone());
        let new_tags = request.tags.into_iter().map(|tag| (tag.key, tag.value));
        let (tags, targets) = match known {
            Some(known) => (known.tags, known.targets),
            None => (new_tags.collect(), BTreeMap::new()),
        };
        let rule = Rule {
            name: request.name,
            bus,
            event_pattern,
            schedule,
            state: state_name,
            description: request.description,
            role_arn: request.role_arn,
            tags,
            targets,
            begun: self.clock.now(),
            revision: self.names.uuid(),
        };
        let arn = rule.arn();
        let first = rule.next_firing(rule.begun);
        // The firing first: without its rule it does nothing, while a rule without it would do nothing for ever.
        aws.step_functions
            .engine
            .add_jobs(first.into_iter().collect())?;
        self.keep_rule(&mut state, rule)?;
        Ok(json!({ "RuleArn": arn }))
    }

    pub(super) fn describe_rule(&self, request: &NamedRule) -> Result<Value, Refusal> {
        let state = self.state();
        let rule = state.rule(request.event_bus_name.as_deref(), &request.name)?;
        let mut shown = rule.show();
        if let Some(shown) = shown.as_object_mut() {
            shown.insert(
                "CreatedBy".to_owned(),
                crate::step_functions::ACCOUNT.into(),
            );
        }
        Ok(shown)
    }

    pub(super) fn list_rules(&self, request: &ListRules) -> Result<Value, Refusal> {
        let state = self.state();
        let bus = state.bus_name(request.event_bus_name.as_deref())?;
        let rules = state.rules.values().map(|kept| &kept.rule);
        let rules: Vec<Value> = rules
            .filter(|rule| rule.bus == bus && rule.name.starts_with(&request.name_prefix))
            .map(Rule::show)
            .collect();
        page(
            "Rules",
            &rules,
            request.limit,
            request.next_token.as_deref(),
        )
    }

    /// Deletes a rule; one that is not there is deleted already.
    pub(super) fn delete_rule(&self, request: &NamedRule) -> Result<Value, Refusal> {
        let mut state = self.state();
        let bus = state.bus_name(request.event_bus_name.as_deref())?;
        let arn = rule_arn(&bus, &request.name);
        let has_targets = state
            .rules
            .get(&arn)
            .is_some_and(|kept| !kept.rule.targets.is_empty());
        if has_targets {
            let message = "Rule can't be deleted since it has targets.";
            return Err(Refusal::invalid(message));
        }
        self.journal.remove(RULES, &arn)?;
        state.rules.remove(&arn);
        self.audience.seat_rules(state.listens());
        Ok(Value::Null)
    }

    /// Switches a rule on or off.
    pub(super) fn switch_rule(
        &self,
        aws: &Aws,
        request: &NamedRule,
        to: &str,
    ) -> Result<Value, Refusal> {
        let mut state = self.state();
        let mut rule = state
            .rule(request.event_bus_name.as_deref(), &request.name)?
            .clone();
        if rule.state == to {
            return Ok(Value::Null);
        }
        to.clone_into(&mut rule.state);
        rule.begun = self.clock.now();
        rule.revision = self.names.uuid();
        let first = rule.next_firing(rule.begun);
        // The firing first: without its rule it does nothing, while a rule without it would do nothing for ever.
        aws.step_functions
            .engine
            .add_jobs(first.into_iter().collect())?;
        self.keep_rule(&mut state, rule)?;
        Ok(Value::Null)
    }
}
