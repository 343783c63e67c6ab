//! What runs wait for: a person, another workflow, time.

use super::super::build::{Object, number, text, value};
use super::policy;
use super::steps::Step;
use super::texts::{MAPPING, Names, Texts};
use super::words::What;
use crate::source::{Data, Node};

/// A person who is asked.
pub(super) fn approval(step: &Step<'_>, texts: &Texts<'_>) -> Object {
    let names = texts.names(step);
    let mut config = Object::of(step.node);
    let message = step.first(&["message", "prompt", "question"]);
    let message = message.map(|node| texts.value(node, &names));
    config.put(
        "message",
        message.unwrap_or_else(|| text(step.node, format!("Approve `{}`?", step.id))),
    );
    config.maybe(
        "title",
        step.get("title").map(|node| texts.value(node, &names)),
    );
    let approvers = step.first(&["approvers", "approver_role", "approver"]);
    config.maybe("approvers", approvers.map(|node| texts.value(node, &names)));
    if texts.denies {
        config.put("rejectedAs", text(step.node, "denied"));
    }
    config.maybe("requireComment", step.get("require_comment").cloned());
    config.maybe("priority", step.get("priority").cloned());
    let payload = step.first(&["payload", "approval_metadata", "data"]);
    let mapped = step
        .get("input_mapping")
        .map(|mapping| texts.mapping(mapping, &Names::default(), MAPPING));
    config.maybe(
        "payload",
        payload.map(|node| texts.value(node, &names)).or(mapped),
    );
    let (field, time) = policy::patience(step);
    config.put(field, time);
    config
}

/// The workflow that a subflow runs.
pub(super) fn workflow_of<'a>(step: &Step<'a>) -> Option<&'a Node> {
    let fields = ["workflow_id", "workflow_name", "workflow", "subflow_id"];
    (step.what == What::Subflow)
        .then(|| step.first(&fields))
        .flatten()
}

/// What a subflow is given, where its author says so.
pub(super) fn mapped<'a>(step: &Step<'a>) -> Option<&'a Node> {
    let node = step.first(&["input_mapping", "input", "inputs"])?;
    let is_given = node.as_str().is_some() || !node.entries().is_empty();
    is_given.then_some(node)
}

/// Another workflow.
pub(super) fn subflow(step: &Step<'_>, texts: &Texts<'_>) -> Object {
    let mut config = Object::of(step.node);
    config.maybe("workflow", workflow_of(step).cloned());
    let inherits = step
        .get("inherit_context")
        .is_none_or(|flag| flag.data != Data::Bool(false));
    let input = match mapped(step) {
        Some(mapping) if mapping.is_object() => {
            Some(texts.mapping(mapping, &Names::default(), MAPPING))
        }
        Some(node) => Some(texts.value(node, &Names::default())),
        None if inherits => Some(value(step.node, &serde_json::json!("{{input}}"))),
        None => None,
    };
    config.maybe("input", input);
    if let Some((field, time)) = policy::written_patience(step) {
        config.put(field, time);
    }
    config
}

/// Some time.
pub(super) fn delay(step: &Step<'_>, texts: &Texts<'_>) -> Object {
    let names = texts.names(step);
    let mut config = Object::of(step.node);
    let fields = [
        (
            &[
                "seconds",
                "delay_seconds",
                "duration_seconds",
                "wait_seconds",
            ][..],
            "seconds",
        ),
        (&["minutes", "delay_minutes", "duration_minutes"], "minutes"),
        (&["hours", "delay_hours", "duration_hours"], "hours"),
        (&["days", "delay_days", "duration_days"], "days"),
        (&["until", "until_time", "resume_at"], "until"),
    ];
    for (written, native) in fields {
        config.maybe(
            native,
            step.first(written).map(|node| texts.value(node, &names)),
        );
    }
    if let Some(node) = step.first(&["duration", "delay"]) {
        let unit = step
            .first(&["unit", "duration_unit"])
            .and_then(Node::as_str);
        let unit = match unit.unwrap_or("seconds").trim_end_matches('s') {
            "minute" | "min" => "minutes",
            "hour" => "hours",
            "day" => "days",
            _ => "seconds",
        };
        match node.as_str().and_then(short_time) {
            Some((amount, unit)) => config.put(unit, number(node, amount)),
            None => config.put(unit, texts.value(node, &names)),
        };
    }
    config
}

/// `90s`, `15m`, `2h`, `1d`.
fn short_time(written: &str) -> Option<(u64, &'static str)> {
    let written = written.trim();
    let digits = written.trim_end_matches(|character: char| !character.is_ascii_digit());
    let unit = match written.get(digits.len()..)?.trim() {
        "s" | "sec" | "seconds" => "seconds",
        "m" | "min" | "minutes" => "minutes",
        "h" | "hours" => "hours",
        "d" | "days" => "days",
        _ => return None,
    };
    Some((digits.parse().ok()?, unit))
}
