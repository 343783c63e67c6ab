//! `trigger` and `start`: how a run begins.

mod input;

use std::collections::BTreeMap;

use pawl_contract::{Kind, event};

use crate::definition::{Definition, Step};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::fields::{Field, Shape};
use crate::shape::near_ours;
use crate::source::{Data, Node};
use crate::{schedule, schema, triggers};

/// A way to start runs: its name, and the fields of its own.
struct Type {
    name: &'static str,
    fields: &'static [&'static str],
}

const TYPES: [Type; 7] = [
    kind("manual", &[]),
    kind("api", &[]),
    kind("chat", &[]),
    kind("schedule", &["schedule", "timezone"]),
    kind("scheduled", &["schedule", "timezone"]),
    kind(
        "webhook",
        &[
            "path",
            "webhookData",
            "headers",
            "verify",
            "idempotencyHeader",
            "respond",
            "maxPerMinute",
        ],
    ),
    kind("event", &["eventType", "eventData", "eventFilter"]),
];

const fn kind(name: &'static str, fields: &'static [&'static str]) -> Type {
    Type { name, fields }
}

/// The fields of a trigger's configuration.
pub(super) const FIELDS: &[Field] = &[
    ("type", Shape::Any),
    ("description", Shape::Text),
    ("data", Shape::Any),
    ("context", Shape::Any),
    ("inputs", Shape::List),
    ("inputSchema", Shape::Any),
    ("schedule", Shape::Any),
    ("timezone", Shape::Text),
    ("path", Shape::Text),
    ("webhookData", Shape::Any),
    ("headers", Shape::Object),
    ("verify", Shape::Object),
    ("idempotencyHeader", Shape::Text),
    ("respond", Shape::OneOf(&["accepted", "sync"])),
    ("maxPerMinute", Shape::Between(1, 100_000)),
    ("eventType", Shape::Text),
    ("eventData", Shape::Any),
    ("eventFilter", Shape::Object),
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let inputs = step.config.get("inputs").map(Node::elements);
    input::check(inputs.unwrap_or_default(), diagnostics);
    if let Some(node) = step
        .config
        .get("inputSchema")
        .filter(|node| !node.is_null())
    {
        schema::check_root(node, "`inputSchema`", diagnostics);
    }
    let Some(node) = step.config.get("type").filter(|node| !node.is_null()) else {
        return;
    };
    let word = node.as_str().unwrap_or_default();
    let Some(found) = TYPES.iter().find(|known| known.name == word) else {
        let names = TYPES.iter().map(|known| known.name);
        diagnostics.push(
            Diagnostic::error(
                codes::INVALID_VALUE,
                format!("there is no trigger type `{word}`"),
            )
            .on(node)
            .help("use `manual`, `api`, `chat`, `schedule`, `webhook` or `event`")
            .meant(word, near_ours(word, names)),
        );
        return;
    };
    strangers(step, found, diagnostics);
    match found.name {
        "schedule" | "scheduled" => check_schedule(step, diagnostics),
        "event" => check_event(step, diagnostics),
        "webhook" => {
            if let Some(path) = step.config.get("path") {
                triggers::check_path(path, diagnostics);
            }
            if let Some(verify) = step.config.get("verify") {
                triggers::check_verify(verify, diagnostics);
            }
            if let Some(header) = step.config.get("idempotencyHeader") {
                triggers::check_header("idempotencyHeader", header, diagnostics);
            }
        }
        _ => {}
    }
}

/// Warns of fields that triggers of other types have.
fn strangers(step: &Step, found: &Type, diagnostics: &mut Vec<Diagnostic>) {
    for entry in step.config.entries() {
        let field = entry.key.as_str();
        let owner = TYPES.iter().find(|other| other.fields.contains(&field));
        let Some(owner) = owner.filter(|_| !found.fields.contains(&field)) else {
            continue;
        };
        let message = format!("a `{}` trigger has no `{field}`; it is ignored", found.name);
        diagnostics.push(
            Diagnostic::warning(codes::UNKNOWN_FIELD, message)
                .at(entry.node.pointer.clone(), entry.key_span.clone())
                .help(format!("that is a field of type `{}`", owner.name)),
        );
    }
}

/// A schedule stands as text beside `timezone`, or as an object.
fn check_schedule(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let Some(given) = step.config.get("schedule").filter(|node| !node.is_null()) else {
        return;
    };
    if given.as_str().is_none() && !given.is_object() {
        let message = format!("`schedule` is a text of five fields, not {}", given.noun());
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(given));
        return;
    }
    schedule::read(given, step.config.get("timezone"), diagnostics);
}

/// Refuses a trigger by schedule for which there is none, neither of its own nor in the workflow's `config`, and warns
/// of one beside another.
pub(super) fn check_when(
    definition: &Definition,
    trigger: &Step,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let given = |field: &str| trigger.config.get(field).filter(|node| !node.is_null());
    let kind = given("type").and_then(Node::as_str);
    let is_scheduled = matches!(kind, Some("schedule" | "scheduled"));
    let other = definition.settings.schedule.as_ref();
    if let Some((own, other)) = given("schedule").filter(|_| is_scheduled).zip(other) {
        // What else there is to say of either was said when it was checked.
        let own_time = schedule::read(own, given("timezone"), &mut Vec::new());
        let time = schedule::read(other, None, &mut Vec::new());
        if let Some((own_time, time)) = own_time.zip(time)
            && (&own_time.expressions, &own_time.timezone) != (&time.expressions, &time.timezone)
        {
            let message = format!(
                "the workflow has two schedules, and runs begin by both: `{}` ({}) of step `{}`, and `{}` ({}) in the workflow's `config`",
                own_time.written, own_time.timezone, trigger.slug, time.written, time.timezone
            );
            diagnostics.push(
                Diagnostic::warning(codes::AMBIGUOUS_SCHEDULE, message)
                    .on(own)
                    .help("keep one of them, unless both are meant"),
            );
        }
    }
    if is_scheduled && given("schedule").is_none() && other.is_none() {
        diagnostics.push(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("step `{}` has no `schedule`", trigger.slug),
            )
            .on(&trigger.config)
            .help("add five fields of cron, such as `\"schedule\": \"0 9 * * *\"`, here or in the workflow's `config`"),
        );
    }
}

fn check_event(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let given = step.config.get("eventType").filter(|node| !node.is_null());
    let Some(node) = given else {
        diagnostics.push(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("step `{}` has no `eventType`", step.slug),
            )
            .on(&step.config)
            .help("name the event, such as `\"eventType\": \"customer.created\"`"),
        );
        return;
    };
    let word = node.as_str().unwrap_or_default();
    if let Some(filter) = step.config.get("eventFilter") {
        triggers::check_filter(word, filter, diagnostics);
    }
    // Events of others may have any name; one that is nearly ours is probably ours.
    let known = event::find(word);
    let names = event::EVENTS.iter().map(|event| event.name);
    let nearly = near(word, names).filter(|_| known.is_none());
    let is_untold = known.is_some_and(|event| event.when.is_none());
    if nearly.is_some() || is_untold {
        let message = format!("nothing here raises the event `{word}`");
        diagnostics.push(
            Diagnostic::warning(codes::INVALID_VALUE, message)
                .on(node)
                .perhaps_meant(word, nearly),
        );
    }
}

/// The inputs that the trigger declares, and whether each is always there; they can be read without `input.` before them.
pub fn inputs(definition: &Definition) -> BTreeMap<&str, bool> {
    let mut steps = definition.steps.iter();
    let Some(trigger) = steps.find(|step| step.kind == Kind::Trigger) else {
        return BTreeMap::new();
    };
    let is_true = |node: &Node, field: &str| {
        node.get(field)
            .is_some_and(|flag| flag.data == Data::Bool(true))
    };
    let has_default = |node: &Node| node.get("default").is_some_and(|node| !node.is_null());
    let is_given = |node: &Node| is_true(node, "required") || has_default(node);
    let listed = trigger.config.get("inputs").map(Node::elements);
    let listed = listed.unwrap_or_default().iter();
    let listed = listed.filter_map(|input| Some((input.get("name")?.as_str()?, is_given(input))));
    let schema = trigger.config.get("inputSchema");
    let required = schema.and_then(|schema| schema.get("required"));
    let required = required.map(Node::elements).unwrap_or_default();
    let properties = schema.and_then(|schema| schema.get("properties"));
    let properties = properties.map(Node::entries).unwrap_or_default().iter();
    let properties = properties.map(|entry| {
        let is_required = required
            .iter()
            .any(|name| name.as_str() == Some(&entry.key));
        (entry.key.as_str(), is_required || is_given(&entry.node))
    });
    listed.chain(properties).collect()
}

/// The inputs without which a run is refused.
pub fn required_inputs(definition: &Definition) -> Vec<&str> {
    let mut steps = definition.steps.iter();
    let Some(trigger) = steps.find(|step| step.kind == Kind::Trigger) else {
        return Vec::new();
    };
    let has_default = |node: &Node| node.get("default").is_some_and(|node| !node.is_null());
    let listed = trigger.config.get("inputs").map(Node::elements);
    let listed = listed.unwrap_or_default().iter().filter(|input| {
        let flag = input.get("required").map(|flag| &flag.data);
        flag == Some(&Data::Bool(true)) && !has_default(input)
    });
    let listed = listed.filter_map(|input| input.get("name")?.as_str());
    let schema = trigger.config.get("inputSchema");
    let field = |name: &str| schema.and_then(|schema| schema.get(name));
    let required = field("required").map(Node::elements).unwrap_or_default();
    let is_missing = |name: &&str| {
        let property = field("properties").and_then(|properties| properties.get(name));
        !property.is_some_and(has_default)
    };
    let required = required.iter().filter_map(Node::as_str).filter(is_missing);
    listed.chain(required).collect()
}

/// Whether runs begin with what others send, and the trigger does not declare what that is. A trigger that says no
/// type is a newer one, which gives nothing but `input`.
pub fn is_input_open(definition: &Definition) -> bool {
    let mut steps = definition.steps.iter();
    let trigger = steps.find(|step| step.kind == Kind::Trigger);
    let kind = trigger.and_then(|trigger| trigger.config.get("type")?.as_str());
    let is_typed = TYPES.iter().any(|known| Some(known.name) == kind);
    is_typed && inputs(definition).is_empty()
}
