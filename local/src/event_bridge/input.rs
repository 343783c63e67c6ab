//! What a target is given: the event, a part of it, a constant, or a template filled with parts of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::refusal::Refusal;

use super::path::Path;
use super::target::Target;

/// Names for parts of the event, and a template that they go into.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InputTransformer {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) input_paths_map: BTreeMap<String, String>,
    pub(super) input_template: String,
}

/// What a template can name without having been told.
#[derive(Debug, Clone)]
pub(super) struct Surroundings<'rule> {
    pub(super) rule_arn: &'rule str,
    pub(super) rule_name: &'rule str,
    pub(super) ingested: String,
}

/// How many parts of the event a template can have.
const MOST_PATHS: usize = 100;

/// The names that every template knows.
const RESERVED: [&str; 5] = [
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
];

/// What a target is given for an event.
pub(super) fn render(target: &Target, event: &Value, surroundings: &Surroundings<'_>) -> String {
    if let Some(input) = &target.input {
        return input.clone();
    }
    if let Some(path) = target.input_path.as_deref() {
        let found = Path::parse(path).and_then(|path| path.find(event));
        return found.unwrap_or_default().to_string();
    }
    match &target.input_transformer {
        None => event.to_string(),
        Some(transformer) => fill(&transformer.input_template, &|name| {
            variable(transformer, event, surroundings, name)
        }),
    }
}

/// The value of a name in a template; `None` if the template may not name it.
fn variable(
    transformer: &InputTransformer,
    event: &Value,
    surroundings: &Surroundings<'_>,
    name: &str,
) -> Option<Value> {
    match name {
        "aws.events.rule-arn" => Some(surroundings.rule_arn.into()),
        "aws.events.rule-name" => Some(surroundings.rule_name.into()),
        "aws.events.event.ingestion-time" => Some(surroundings.ingested.clone().into()),
        "aws.events.event.json" => Some(event.clone()),
        "aws.events.event" => {
            let mut event = event.clone();
            if let Some(fields) = event.as_object_mut() {
                fields.shift_remove("detail");
            }
            Some(event)
        }
        name => {
            let path = transformer.input_paths_map.get(name)?;
            let found = Path::parse(path).and_then(|path| path.find(event));
            // What is not there leaves nothing behind.
            Some(found.unwrap_or_else(|| Value::from("")))
        }
    }
}

/// Puts values in place of the names of a template. In JSON a value stands as JSON, unless it is inside a string.
fn fill(template: &str, value: &dyn Fn(&str) -> Option<Value>) -> String {
    let is_json = template.trim_start().starts_with(['{', '[', '<']);
    let mut filled = String::with_capacity(template.len());
    let mut is_quoted = false;
    let mut rest = template;
    while let Some(character) = rest.chars().next() {
        let named = (character == '<').then(|| name(rest)).flatten();
        if let Some((name, tail)) = named
            && let Some(value) = value(name)
        {
            match (is_quoted, is_json) {
                (true, _) => filled.push_str(&inside_quotes(&value)),
                (false, true) => filled.push_str(&value.to_string()),
                (false, false) => filled.push_str(&plain(&value)),
            }
            rest = tail;
            continue;
        }
        let length = match character {
            '\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            other => other.len_utf8(),
        };
        is_quoted ^= character == '"';
        let (head, tail) = rest.split_at(length);
        filled.push_str(head);
        rest = tail;
    }
    filled
}

/// The name in `<name>...`, and what comes after it.
fn name(text: &str) -> Option<(&str, &str)> {
    let (name, tail) = text.strip_prefix('<')?.split_once('>')?;
    let fits = |character: char| character.is_ascii_alphanumeric() || ".-_".contains(character);
    (!name.is_empty() && name.chars().all(fits)).then_some((name, tail))
}

/// A value inside a string of a template: an object or a list loses its quotes there.
fn inside_quotes(value: &Value) -> String {
    let text = if value.is_object() || value.is_array() {
        value.to_string().replace('"', "")
    } else {
        plain(value)
    };
    let quoted = Value::from(text).to_string();
    quoted
        .strip_prefix('"')
        .and_then(|quoted| quoted.strip_suffix('"'))
        .unwrap_or(&quoted)
        .to_owned()
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether AWS would take what a target says about its input.
pub(super) fn check_input(target: &Target) -> Result<(), Refusal> {
    let ways = [
        target.input.is_some(),
        target.input_path.is_some(),
        target.input_transformer.is_some(),
    ];
    if ways.into_iter().filter(|given| *given).count() > 1 {
        let message = format!(
            "Only one of Input, InputPath, or InputTransformer must be provided for target {}.",
            target.id
        );
        return Err(Refusal::invalid(message));
    }
    if let Some(input) = &target.input
        && serde_json::from_str::<Value>(input).is_err()
    {
        let message = format!("JSON syntax error in input for target {}.", target.id);
        return Err(Refusal::invalid(message));
    }
    if let Some(path) = &target.input_path
        && Path::parse(path).is_none()
    {
        let message = format!("Parameter InputPath is not valid for target {}.", target.id);
        return Err(Refusal::invalid(message));
    }
    target
        .input_transformer
        .as_ref()
        .map_or(Ok(()), |transformer| {
            check_transformer(&target.id, transformer)
        })
}

fn check_transformer(id: &str, transformer: &InputTransformer) -> Result<(), Refusal> {
    let paths = &transformer.input_paths_map;
    if paths.len() > MOST_PATHS {
        return Err(Refusal::invalid(format!(
            "InputTransformer for target {id} has too many InputPathsMap entries."
        )));
    }
    for (name, path) in paths {
        if name.starts_with("AWS") || Path::parse(path).is_none() {
            let message = format!("Invalid InputPath for target {id}: {name}.");
            return Err(Refusal::invalid(message));
        }
    }
    let template = &transformer.input_template;
    let has_length = (1..=8192).contains(&template.chars().count());
    // Filled with anything, a template of JSON has to be JSON.
    let known = |name: &str| {
        let is_known = paths.contains_key(name) || RESERVED.contains(&name);
        is_known.then(|| Value::from("x"))
    };
    let is_text = !template.trim_start().starts_with(['{', '[']);
    if has_length && (is_text || serde_json::from_str::<Value>(&fill(template, &known)).is_ok()) {
        return Ok(());
    }
    let message =
        format!("Invalid InputTemplate for target {id} : [Source: (String)\"{template}\"]");
    Err(Refusal::invalid(message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn target(fields: &Value) -> Target {
        let mut target = json!({ "Id": "one", "Arn": "arn:aws:sqs:us-east-1:000000000000:queue" });
        if let (Some(target), Some(fields)) = (target.as_object_mut(), fields.as_object()) {
            target.extend(fields.clone());
        }
        serde_json::from_value(target).expect("a target")
    }

    #[test]
    fn a_target_is_given_what_it_asks_for() {
        let event = json!({
            "source": "shop",
            "detail": { "id": 7, "name": "say \"hi\"", "open": true, "tags": ["a", "b"], "by": { "who": "Ada" }, "none": null },
        });
        let paths = json!({
            "id": "$.detail.id", "name": "$.detail.name", "open": "$.detail.open", "tags": "$.detail.tags",
            "by": "$.detail.by", "none": "$.detail.none", "missing": "$.detail.missing",
        });
        let transformed = |template: &str| json!({ "InputTransformer": { "InputPathsMap": paths, "InputTemplate": template } });
        let rows = [
            (json!({}), event.to_string()),
            (json!({ "Input": "{\"a\": 1}" }), "{\"a\": 1}".to_owned()),
            (
                json!({ "InputPath": "$.detail.by" }),
                r#"{"who":"Ada"}"#.to_owned(),
            ),
            (json!({ "InputPath": "$.nothing" }), "null".to_owned()),
            (
                transformed(r#"{"id": <id>, "name": <name>, "open": <open>}"#),
                r#"{"id": 7, "name": "say \"hi\"", "open": true}"#.to_owned(),
            ),
            (
                transformed(r#"{"text": "<id>: <name>, <open>"}"#),
                r#"{"text": "7: say \"hi\", true"}"#.to_owned(),
            ),
            (
                transformed(r#"{"by": <by>, "tags": <tags>, "none": <none>}"#),
                r#"{"by": {"who":"Ada"}, "tags": ["a","b"], "none": null}"#.to_owned(),
            ),
            (
                transformed(r#"{"by": "from <by>"}"#),
                r#"{"by": "from {who:Ada}"}"#.to_owned(),
            ),
            (
                transformed(r#"{"missing": <missing>, "text": "<missing>."}"#),
                r#"{"missing": "", "text": "."}"#.to_owned(),
            ),
            (
                transformed(r#""<id> is open""#),
                r#""7 is open""#.to_owned(),
            ),
            (
                transformed("<id> by <name>"),
                "7 by \"say \\\"hi\\\"\"".to_owned(),
            ),
            (
                transformed("number <id> by <name>"),
                "number 7 by say \"hi\"".to_owned(),
            ),
            (
                transformed("<id> < 8 and <unknown>"),
                "7 < 8 and <unknown>".to_owned(),
            ),
            (
                transformed(
                    r#"{"rule": <aws.events.rule-name>, "arn": "<aws.events.rule-arn>", "at": <aws.events.event.ingestion-time>}"#,
                ),
                r#"{"rule": "mine", "arn": "arn:rule", "at": "2026-01-01T00:00:00Z"}"#.to_owned(),
            ),
            (
                transformed("{\"e\": <aws.events.event>}"),
                r#"{"e": {"source":"shop"}}"#.to_owned(),
            ),
            (
                transformed("{\"e\": <aws.events.event.json>}"),
                format!("{{\"e\": {event}}}"),
            ),
        ];
        let surroundings = Surroundings {
            rule_arn: "arn:rule",
            rule_name: "mine",
            ingested: "2026-01-01T00:00:00Z".to_owned(),
        };
        for (fields, expected) in rows {
            let target = target(&fields);
            assert_eq!(check_input(&target), Ok(()), "{fields}");
            assert_eq!(render(&target, &event, &surroundings), expected, "{fields}");
        }
    }

    #[test]
    fn what_makes_no_input_is_refused() {
        let rows = [
            (
                json!({ "Input": "{}", "InputPath": "$" }),
                "Only one of Input, InputPath, or InputTransformer must be provided for target one.",
            ),
            (
                json!({ "Input": "not json" }),
                "JSON syntax error in input for target one.",
            ),
            (
                json!({ "InputPath": "detail" }),
                "Parameter InputPath is not valid for target one.",
            ),
            (
                json!({ "InputTransformer": { "InputPathsMap": { "a": "b" }, "InputTemplate": "{}" } }),
                "Invalid InputPath for target one: a.",
            ),
            (
                json!({ "InputTransformer": { "InputTemplate": "{\"a\": <b>}" } }),
                "Invalid InputTemplate for target one : [Source: (String)\"{\"a\": <b>}\"]",
            ),
        ];
        for (fields, message) in rows {
            let refusal = check_input(&target(&fields)).expect_err("it is refused");
            assert_eq!(refusal.message, message);
        }
    }
}
