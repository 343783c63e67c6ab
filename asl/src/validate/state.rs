//! A single state: the fields of its kind and of its language.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::{Problems, errors, pointer, text};
use crate::limits::{CAUSE_CHARACTERS, ERROR_CHARACTERS, LABEL_CHARACTERS, SECONDS};
use crate::{
    Choice, Dynamic, Fail, Fields, Map, ProcessorMode, QueryLanguage, State, Task, Wait, expression,
};

/// Checks a state; the states inside it are not looked at.
pub(super) fn check(state: &State, language: QueryLanguage, place: &str, problems: &mut Problems) {
    errors::check(state, place, problems);
    match state {
        State::Task(task) => check_task(task, place, problems),
        State::Choice(choice) => check_choice(choice, language, place, problems),
        State::Wait(wait) => check_wait(wait, language, place, problems),
        State::Fail(fail) => check_fail(fail, place, problems),
        State::Parallel(parallel) => {
            if parallel.branches.is_empty() {
                problems.add(&pointer(place, "Branches"), "at least one branch is needed");
            }
        }
        State::Map(map) => check_map(map, language, place, problems),
        State::Pass(_) | State::Succeed(_) => {}
    }
    match language {
        QueryLanguage::Jsonata => check_jsonata(state, place, problems),
        QueryLanguage::JsonPath => check_json_path(state, place, problems),
    }
}

const TIME: RangeInclusive<u64> = 1..=SECONDS;

fn check_task(task: &Task, place: &str, problems: &mut Problems) {
    if !task.resource.starts_with("arn:") {
        problems.add(
            &pointer(place, "Resource"),
            format!("`{}` is not an ARN", task.resource),
        );
    }
    text::number(
        task.timeout_seconds.as_ref(),
        TIME,
        &pointer(place, "TimeoutSeconds"),
        problems,
    );
    text::number(
        task.heartbeat_seconds.as_ref(),
        TIME,
        &pointer(place, "HeartbeatSeconds"),
        problems,
    );
    if let (Some(Dynamic::Fixed(timeout)), Some(Dynamic::Fixed(heartbeat))) =
        (&task.timeout_seconds, &task.heartbeat_seconds)
        && heartbeat >= timeout
    {
        problems.add(
            &pointer(place, "HeartbeatSeconds"),
            "must be less than `TimeoutSeconds`",
        );
    }
}

fn check_choice(choice: &Choice, language: QueryLanguage, place: &str, problems: &mut Problems) {
    let place = pointer(place, "Choices");
    if choice.choices.is_empty() {
        problems.add(&place, "at least one rule is needed");
    }
    if language == QueryLanguage::JsonPath {
        return;
    }
    for (index, rule) in choice.choices.iter().enumerate() {
        let place = format!("{place}/{index}");
        match &rule.condition {
            None => problems.add(&place, "the rule has no `Condition`"),
            Some(Dynamic::Expression(text)) => {
                text::only_expression(text, &pointer(&place, "Condition"), problems);
            }
            Some(Dynamic::Fixed(_)) => {}
        }
        unknown(&rule.other, "a rule in JSONata mode", &place, problems);
    }
}

fn check_wait(wait: &Wait, language: QueryLanguage, place: &str, problems: &mut Problems) {
    text::number(
        wait.seconds.as_ref(),
        0..=SECONDS,
        &pointer(place, "Seconds"),
        problems,
    );
    // In JSONPath mode a path may stand for either.
    if language == QueryLanguage::Jsonata && wait.seconds.is_some() == wait.timestamp.is_some() {
        problems.add(place, "the state needs either `Seconds` or `Timestamp`");
    }
}

fn check_fail(fail: &Fail, place: &str, problems: &mut Problems) {
    let rows = [
        ("Error", &fail.error, ERROR_CHARACTERS),
        ("Cause", &fail.cause, CAUSE_CHARACTERS),
    ];
    for (field, value, most) in rows {
        let written = value.as_deref().filter(|text| expression(text).is_none());
        let characters = written.map_or(0, |text| text.chars().count());
        if characters > most {
            problems.add(
                &pointer(place, field),
                format!("{characters} characters; {most} are allowed"),
            );
        }
    }
}

fn check_map(map: &Map, language: QueryLanguage, place: &str, problems: &mut Problems) {
    let Some(processor) = &map.item_processor else {
        if language == QueryLanguage::Jsonata {
            problems.add(place, "the state has no `ItemProcessor`");
        }
        return;
    };
    text::number(
        map.max_concurrency.as_ref(),
        0..=SECONDS,
        &pointer(place, "MaxConcurrency"),
        problems,
    );
    text::number(
        map.tolerated_failure_count.as_ref(),
        0..=u64::MAX,
        &pointer(place, "ToleratedFailureCount"),
        problems,
    );
    check_percentage(map, &pointer(place, "ToleratedFailurePercentage"), problems);
    let mode = processor
        .processor_config
        .as_ref()
        .and_then(|config| config.mode);
    if mode == Some(ProcessorMode::Distributed) {
        return check_label(map, &pointer(place, "Label"), problems);
    }
    // AWS takes the thresholds of failures anywhere, as recorded there, though only a distributed Map heeds them.
    let rows = [
        ("ItemReader", map.item_reader.is_some()),
        ("ItemBatcher", map.item_batcher.is_some()),
        ("ResultWriter", map.result_writer.is_some()),
        ("Label", map.label.is_some()),
    ];
    for (field, _) in rows.into_iter().filter(|(_, is_set)| *is_set) {
        problems.add(
            &pointer(place, field),
            format!("`{field}` is only for a distributed Map"),
        );
    }
}

fn check_percentage(map: &Map, place: &str, problems: &mut Problems) {
    match &map.tolerated_failure_percentage {
        Some(Dynamic::Fixed(percentage)) if !(0.0..=100.0).contains(percentage) => {
            problems.add(place, format!("{percentage} is not from 0 to 100"));
        }
        Some(Dynamic::Expression(text)) => text::only_expression(text, place, problems),
        Some(Dynamic::Fixed(_)) | None => {}
    }
}

/// The label of a distributed Map stands in ARNs.
fn check_label(map: &Map, place: &str, problems: &mut Problems) {
    let Some(label) = &map.label else {
        return;
    };
    let forbidden = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || "?*<>{}[]\"#%\\^|~`$&,;:/".contains(character)
    };
    if label.is_empty() || label.chars().count() > LABEL_CHARACTERS {
        problems.add(
            place,
            format!("a label has 1 to {LABEL_CHARACTERS} characters"),
        );
    } else if let Some(character) = label.chars().find(|character| forbidden(*character)) {
        problems.add(place, format!("a label cannot hold `{character}`"));
    }
}

/// In JSONata mode every text may be an expression, and fields of the other language are refused.
fn check_jsonata(state: &State, place: &str, problems: &mut Problems) {
    let kind = format!("a {} in JSONata mode", state.kind());
    unknown(state.other(), &kind, place, problems);
    for (index, catcher) in state.catch().iter().enumerate() {
        unknown(
            &catcher.other,
            "a catcher in JSONata mode",
            &format!("{place}/Catch/{index}"),
            problems,
        );
    }
    let Ok(Value::Object(members)) = serde_json::to_value(state) else {
        return;
    };
    let not_templates = [
        "Branches",
        "ItemProcessor",
        "Comment",
        "Resource",
        "Next",
        "Default",
        "Retry",
    ];
    for (name, member) in members
        .iter()
        .filter(|(name, _)| !not_templates.contains(&name.as_str()))
    {
        text::template(member, &pointer(place, name), problems);
    }
}

/// In JSONPath mode the fields of JSONata mode are refused; its own are not looked at.
fn check_json_path(state: &State, place: &str, problems: &mut Problems) {
    let Ok(Value::Object(members)) = serde_json::to_value(state) else {
        return;
    };
    for field in ["Arguments", "Output", "Items"]
        .iter()
        .filter(|field| members.contains_key(**field))
    {
        problems.add(
            &pointer(place, field),
            format!("`{field}` is only for JSONata mode"),
        );
    }
}

fn unknown(fields: &Fields, holder: &str, place: &str, problems: &mut Problems) {
    for field in fields.keys() {
        problems.add(
            &pointer(place, field),
            format!("{holder} has no field `{field}`"),
        );
    }
}
