//! How runs begin: the trigger, and inputs that stand for one.

use super::super::Translation;
use super::super::build::{Object, text};
use super::given;
use super::steps::Step;
use super::words::What;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Data, Node};
use crate::triggers::cron::convert;

/// The configuration of the step with which runs begin.
pub(super) fn trigger(step: &Step<'_>, translation: &mut Translation<'_>) -> Node {
    let mut config = Object::of(step.get("kind").unwrap_or(step.node));
    let kind = step.get("kind").or_else(|| step.get("trigger_type"));
    let word = kind.and_then(Node::as_str).unwrap_or("manual");
    let native = match word {
        "chat" | "api" | "webhook" | "schedule" | "manual" => word,
        "cron" | "scheduled" => "schedule",
        "form" => "manual",
        "file" => "api",
        "gmail" | "slack" => {
            translation.differs(
                "messages-come-by-webhook",
                kind.unwrap_or(step.node),
                format!(
                    "nothing here watches {word}: whoever does sends each message to the webhook"
                ),
            );
            "webhook"
        }
        // Whatever else stands there is refused as a type of trigger.
        other => other,
    };
    let schedule = step.get("schedule").filter(|schedule| is_on(schedule));
    let native = begun_by(native, word, schedule, step, translation);
    config.put("type", text(kind.unwrap_or(step.node), native));
    if native == "schedule" {
        let schedule = schedule.unwrap_or(step.node);
        let cron = cron(schedule, step, translation);
        config.maybe("schedule", cron);
        let timezone = given(schedule, "timezone").or_else(|| step.get("timezone"));
        config.maybe("timezone", timezone.cloned());
    }
    if native == "webhook" {
        config.maybe("path", step.first(&["webhook_path", "path"]).cloned());
    }
    let schema = step.first(&["schema", "input_schema"]);
    config.maybe(
        "inputSchema",
        schema.filter(|schema| schema.is_object()).cloned(),
    );
    config.maybe("description", step.get("description").cloned());
    config.build()
}

/// The step of a definition with which its runs begin.
pub(super) fn first(steps: &[Step<'_>]) -> Option<usize> {
    let position = |what| steps.iter().position(|step| step.what == what);
    position(What::Trigger).or_else(|| position(What::Input))
}

/// The trigger whose schedule begins runs as well, beside the one with which they begin: a workflow has one such.
fn second(steps: &[Step<'_>]) -> Option<usize> {
    let first = first(steps)?;
    let mut others = steps.iter().enumerate().filter(|(at, _)| *at != first);
    others
        .find(|(_, step)| step.what.begins() && timetable(step).is_some())
        .map(|(at, _)| at)
}

/// When a trigger begins runs, where it says so and is not off.
fn timetable<'a>(step: &Step<'a>) -> Option<&'a Node> {
    match step.get("schedule") {
        Some(schedule) => Some(schedule).filter(|schedule| is_on(schedule)),
        None => step.get("cron"),
    }
}

/// The schedule of the workflow, which stands in another trigger than the one with which its runs begin.
pub(super) fn beside(steps: &[Step<'_>], translation: &mut Translation<'_>) -> Option<Node> {
    let step = steps.get(second(steps)?)?;
    let schedule = timetable(step)?;
    let when = cron(schedule, step, translation)?;
    let mut config = Object::of(schedule);
    if when.is_object() {
        config.maybe("intervalSeconds", when.get("intervalSeconds").cloned());
    } else {
        config.put("cron", when);
    }
    let timezone = given(schedule, "timezone").or_else(|| step.get("timezone"));
    config.maybe("timezone", timezone.cloned());
    Some(config.build())
}

/// Says what becomes of a trigger that is not the one with which runs begin.
pub(super) fn other(at: usize, steps: &[Step<'_>], translation: &mut Translation<'_>) {
    let Some(step) = steps.get(at) else {
        return;
    };
    let id = &step.id;
    let kind = step.get("kind").or_else(|| step.get("trigger_type"));
    let listens = kind
        .and_then(Node::as_str)
        .is_some_and(|word| ["webhook", "gmail", "slack"].contains(&word));
    let alone = "move it to a workflow of its own, which runs this one by a `subflow`";
    let begins = if second(steps) == Some(at) {
        format!("runs begin with the first trigger, and by the schedule of `{id}`")
    } else if timetable(step).is_some() {
        format!(
            "runs begin with the first trigger, and the schedule of `{id}` begins none: {alone}"
        )
    } else if listens {
        format!("runs begin with the first trigger, and the webhook of `{id}` begins none: {alone}")
    } else {
        "runs begin with the first trigger".to_owned()
    };
    let message = format!("{begins}; `{id}` gives the run's input, whoever started it");
    translation.differs("several-inputs", step.node, message);
}

/// The type of a trigger, beside which a schedule may stand: a workflow that people start may have one as well, and one
/// that others' requests start may not.
fn begun_by<'w>(
    native: &'w str,
    word: &str,
    schedule: Option<&Node>,
    step: &Step<'_>,
    translation: &mut Translation<'_>,
) -> &'w str {
    let is_schedule = native == "schedule";
    let is_off = schedule.is_none() && step.get("schedule").is_some();
    let beside = step.get("cron").filter(|_| !is_off);
    let Some(schedule) = schedule.or(beside) else {
        if let Some(off) = step.get("schedule") {
            let message = if is_schedule {
                "the schedule is off, so runs are started by hand".to_owned()
            } else {
                format!("the schedule is off, so runs begin by `{word}` alone")
            };
            translation.differs("a-schedule-that-is-off", off, message);
        } else if is_schedule {
            let message = format!("step `{}` has no `schedule`, so nothing starts it", step.id);
            translation.say(
                Diagnostic::warning(codes::MISSING_FIELD, message)
                    .on(step.node)
                    .help("add one, such as `\"schedule\": { \"cron\": \"0 9 * * *\" }`"),
            );
        }
        return if is_schedule { "manual" } else { native };
    };
    match native {
        "webhook" => {
            let message = format!("a trigger of the kind `{word}` has no schedule beside it");
            translation.say(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .on(schedule)
                    .help("move the schedule to a workflow of its own, which runs this one by a `subflow`; or take it out"),
            );
            native
        }
        "chat" | "api" | "manual" => "schedule",
        _ => native,
    }
}

fn is_on(schedule: &Node) -> bool {
    given(schedule, "enabled").is_none_or(|flag| flag.data != Data::Bool(false))
}

/// An interval, or five fields of cron: of one with seconds, these must be 0.
fn cron(schedule: &Node, step: &Step<'_>, translation: &mut Translation<'_>) -> Option<Node> {
    if let Some(text) = schedule.as_str() {
        return Some(super::super::build::text(schedule, text));
    }
    let mode = given(schedule, "mode").and_then(Node::as_str);
    if let Some(seconds) = given(schedule, "interval_seconds")
        && (given(schedule, "cron").is_none() || mode == Some("interval"))
    {
        let mut interval = Object::of(seconds);
        interval.put("intervalSeconds", seconds.clone());
        return Some(interval.build());
    }
    let node = given(schedule, "cron").or_else(|| step.get("cron"))?;
    let written = node.as_str().unwrap_or_default();
    let fields: Vec<&str> = written.split_whitespace().collect();
    let is_first =
        given(schedule, "seconds_at_beginning").is_some_and(|flag| flag.data == Data::Bool(true));
    let [rest @ .., last] = fields.as_slice() else {
        return Some(node.clone());
    };
    if fields.len() != 6 {
        return Some(node.clone());
    }
    let (seconds, minutes) = if is_first {
        let [first, others @ ..] = fields.as_slice() else {
            return Some(node.clone());
        };
        (*first, others.to_vec())
    } else {
        (*last, rest.to_vec())
    };
    if seconds != "0" && seconds != "00" {
        let message = format!(
            "schedules begin runs to the minute, and this one says `{seconds}` for the seconds"
        );
        // Where the first field is zero and the others are five of cron, the seconds probably stand first.
        let may_be_first = !is_first
            && matches!(fields.as_slice(), ["0" | "00", others @ ..] if convert(&others.join(" "), None).is_ok());
        let help = if may_be_first {
            "add `seconds_at_beginning: true` beside it if the seconds come first, or leave them out"
        } else {
            "write `0` for the seconds, or leave them out"
        };
        translation.say(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(node)
                .help(help),
        );
    }
    Some(text(node, minutes.join(" ")))
}
