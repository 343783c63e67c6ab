//! EventBridge: buses, rules and targets behind EventBridge's own protocol.
//!
//! An event is on its way to every target, and kept, before `PutEvents` answers; how it gets there is `delivery.rs`.

mod bus;
mod firing;
mod input;
mod path;
mod pattern;
mod put;
mod rule;
mod target;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, answer};
use crate::audience::Audience;
use crate::journal::Journal;
use crate::network::Service;
use crate::random::Names;
use crate::refusal::{Refusal, read};
use crate::step_functions::{ACCOUNT, REGION};
use crate::{Aws, Clock, Error};

use bus::Bus;
pub(crate) use firing::{Firing, fire};
use pattern::Pattern;
use rule::Rule;

/// Where buses are kept, and where rules are.
const BUSES: &str = "event-buses";
const RULES: &str = "event-rules";

/// The bus that every account has.
pub(crate) const DEFAULT_BUS: &str = "default";

/// The buses and rules of this AWS.
pub(crate) struct EventBridge {
    journal: Arc<Journal>,
    clock: Clock,
    names: Names,
    audience: Arc<Audience>,
    state: Mutex<State>,
}

/// Everything that changes.
#[derive(Default)]
struct State {
    buses: BTreeMap<String, Bus>,
    /// The rules of all buses, by ARN.
    rules: BTreeMap<String, Kept>,
}

/// A rule, and its pattern ready for use.
struct Kept {
    rule: Rule,
    pattern: Option<Pattern>,
}

/// A key and a value on a bus or a rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

impl EventBridge {
    /// Opens the buses and rules that are kept.
    pub(crate) fn open(
        journal: Arc<Journal>,
        clock: Clock,
        names: Names,
        audience: Arc<Audience>,
    ) -> Result<Self, Error> {
        let mut buses: BTreeMap<String, Bus> = journal.documents(BUSES)?;
        buses
            .entry(DEFAULT_BUS.to_owned())
            .or_insert_with(|| Bus::new(DEFAULT_BUS, clock.now()));
        let rules = journal.documents::<Rule>(RULES)?.into_iter();
        let rules = rules.map(|(arn, rule)| (arn, Kept::new(rule))).collect();
        let state = State { buses, rules };
        audience.seat_rules(state.listens());
        Ok(Self {
            journal,
            clock,
            names,
            audience,
            state: Mutex::new(state),
        })
    }

    /// Answers one request. It blocks on the disk.
    pub(crate) fn answer(&self, aws: &Aws, operation: &str, body: &[u8]) -> Answer {
        match self.perform(aws, operation, body) {
            Ok(body) => answer(
                StatusCode::OK,
                "application/x-amz-json-1.1",
                if body.is_null() {
                    String::new()
                } else {
                    body.to_string()
                },
            ),
            Err(refusal) => refusal.answer(Service::EventBridge),
        }
    }

    fn perform(&self, aws: &Aws, operation: &str, body: &[u8]) -> Result<Value, Refusal> {
        match operation {
            "CreateEventBus" => self.create_bus(read(body)?),
            "DescribeEventBus" => self.describe_bus(&read(body)?),
            "UpdateEventBus" => self.update_bus(read(body)?),
            "ListEventBuses" => self.list_buses(&read(body)?),
            "DeleteEventBus" => self.delete_bus(&read(body)?),
            "PutRule" => self.put_rule(aws, read(body)?),
            "DescribeRule" => self.describe_rule(&read(body)?),
            "ListRules" => self.list_rules(&read(body)?),
            "DeleteRule" => self.delete_rule(&read(body)?),
            "EnableRule" => self.switch_rule(aws, &read(body)?, "ENABLED"),
            "DisableRule" => self.switch_rule(aws, &read(body)?, "DISABLED"),
            "PutTargets" => self.put_targets(read(body)?),
            "ListTargetsByRule" => self.list_targets(&read(body)?),
            "RemoveTargets" => self.remove_targets(&read(body)?),
            "ListRuleNamesByTarget" => self.list_rule_names(&read(body)?),
            "PutEvents" => self.put_events(aws, read(body)?),
            "TestEventPattern" => put::test(&read(body)?),
            "TagResource" => self.tag(&read(body)?),
            "UntagResource" => self.untag(&read(body)?),
            "ListTagsForResource" => self.list_tags(&read(body)?),
            unknown => Err(Refusal::new(
                "UnknownOperationException",
                format!("the local EventBridge has no operation `{unknown}`"),
            )),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep_bus(&self, state: &mut State, bus: Bus) -> Result<(), Refusal> {
        self.journal.put(BUSES, &bus.name, &bus)?;
        state.buses.insert(bus.name.clone(), bus);
        Ok(())
    }

    fn keep_rule(&self, state: &mut State, rule: Rule) -> Result<(), Refusal> {
        let arn = rule.arn();
        self.journal.put(RULES, &arn, &rule)?;
        state.rules.insert(arn, Kept::new(rule));
        self.audience.seat_rules(state.listens());
        Ok(())
    }
}

impl Kept {
    fn new(rule: Rule) -> Self {
        let pattern = rule.event_pattern.as_deref();
        // What is kept was read once before.
        let pattern = pattern.and_then(|pattern| Pattern::parse(pattern).ok());
        Self { rule, pattern }
    }
}

impl State {
    /// Whether there are rules that events of the default bus may be for.
    fn listens(&self) -> bool {
        let mut rules = self.rules.values();
        rules.any(|Kept { rule, pattern }| {
            rule.bus == DEFAULT_BUS && rule.is_enabled() && pattern.is_some()
        })
    }

    /// The name of the bus that a request names by name, by ARN or not at all.
    fn bus_name(&self, named: Option<&str>) -> Result<String, Refusal> {
        let name = bus_name(named);
        if self.buses.contains_key(name) {
            return Ok(name.to_owned());
        }
        Err(not_found(format!("Event bus {name} does not exist.")))
    }

    /// The rule that a request names.
    fn rule(&self, bus: Option<&str>, name: &str) -> Result<&Rule, Refusal> {
        let bus = self.bus_name(bus)?;
        let kept = self.rules.get(&rule_arn(&bus, name));
        kept.map(|kept| &kept.rule)
            .ok_or_else(|| not_found(format!("Rule {name} does not exist on EventBus {bus}.")))
    }
}

fn bus_name(named: Option<&str>) -> &str {
    let named = named.unwrap_or(DEFAULT_BUS);
    named
        .split_once(":event-bus/")
        .map_or(named, |(_, name)| name)
}

fn bus_arn(name: &str) -> String {
    format!("arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{name}")
}

fn rule_arn(bus: &str, name: &str) -> String {
    let bus = if bus == DEFAULT_BUS {
        String::new()
    } else {
        format!("{bus}/")
    };
    format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{bus}{name}")
}

fn not_found(message: String) -> Refusal {
    Refusal::new("ResourceNotFoundException", message)
}

/// Cuts a page out of a list, under the list's name in the answer. A token is the place where a page begins.
fn page(
    name: &str,
    items: &[Value],
    limit: Option<usize>,
    token: Option<&str>,
) -> Result<Value, Refusal> {
    let begin: usize = token.map_or(Ok(0), |token| {
        token
            .parse()
            .map_err(|_| Refusal::invalid("Parameter NextToken is not valid."))
    })?;
    let limit = limit.unwrap_or(100);
    if !(1..=100).contains(&limit) {
        let message = format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100"
        );
        return Err(Refusal::invalid(message));
    }
    let page: Vec<&Value> = items.iter().skip(begin).take(limit).collect();
    let end = begin.saturating_add(limit);
    let mut answer = json!({ name: page });
    if let Some(answer) = answer.as_object_mut()
        && end < items.len()
    {
        answer.insert("NextToken".to_owned(), end.to_string().into());
    }
    Ok(answer)
}

/// Whether a name has the characters and the length that AWS takes.
fn check_name(name: &str, parameter: &str, longest: usize, more: &str) -> Result<(), Refusal> {
    let fits = |character: char| character.is_ascii_alphanumeric() || more.contains(character);
    if (1..=longest).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    let message = format!(
        "1 validation error detected: Value '{name}' at '{parameter}' failed to satisfy constraint: Member must satisfy regular expression pattern: [{more}A-Za-z0-9]+"
    );
    Err(Refusal::invalid(message))
}
