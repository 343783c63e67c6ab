//! Events as EventBridge matches them: by their name and by what their detail holds.

mod operator;

use pawl_contract::event;
use serde_json::{Map, Value, json};

use super::Event;
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Data, Node};

/// The longest pattern that EventBridge takes.
const LONGEST: usize = 4096;

/// What our events of records hold beside the record.
const AROUND: [&str; 6] = [
    "id",
    "organizationId",
    "execution",
    "collection",
    "recordId",
    "record",
];

/// The event that a trigger step waits for.
pub(super) fn of(step: &Step) -> Option<Event> {
    let event_type = step.config.get("eventType")?.as_str()?;
    Some(Event {
        step: step.slug.clone(),
        event_type: event_type.to_owned(),
        pattern: pattern(event_type, step.config.get("eventFilter")),
    })
}

/// Refuses a filter that no pattern says, or whose pattern is too long.
pub(crate) fn check(event_type: &str, filter: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let before = diagnostics.len();
    let mut paths: Vec<Vec<&str>> = Vec::new();
    for entry in filter.entries() {
        check_value(&entry.node, diagnostics);
        let path: Vec<&str> = entry.key.split('.').collect();
        let overlaps = |other: &Vec<&str>| path.starts_with(other) || other.starts_with(&path);
        let wrong = if path.contains(&"") || entry.key.starts_with('$') {
            Some(format!("`{}` is no field of an event", entry.key))
        } else if paths.iter().any(overlaps) {
            Some(format!(
                "`{}` and another field of the filter are parts of each other",
                entry.key
            ))
        } else {
            None
        };
        diagnostics.extend(wrong.map(|message| {
            Diagnostic::error(codes::INVALID_VALUE, message)
                .at(entry.node.pointer.clone(), entry.key_span.clone())
                .help("name each field once, by its path: `\"customer.status\"`")
        }));
        paths.push(path);
    }
    if diagnostics.len() > before {
        return;
    }
    let length = pattern(event_type, Some(filter)).to_string().len();
    if length > LONGEST {
        let message =
            format!("the event's pattern has {length} characters; EventBridge takes {LONGEST}");
        diagnostics.push(
            Diagnostic::error(codes::MACHINE_LIMIT, message)
                .on(filter)
                .help("ask for the rest by a condition"),
        );
    }
}

fn check_value(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let refuse = |message: &str, help: &str| {
        Diagnostic::error(codes::INVALID_VALUE, message)
            .on(node)
            .help(help)
    };
    match &node.data {
        Data::String(text) if text.contains("{{") => diagnostics.push(refuse(
            "a filter is compared before there is a run, so it has no template",
            "write the value itself, or ask by a condition",
        )),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => {}
        Data::Object(entries) if entries.is_empty() => diagnostics.push(refuse(
            "an empty object matches nothing",
            "name the fields of it that must have a value",
        )),
        Data::Object(entries) => {
            for entry in entries {
                check_value(&entry.node, diagnostics);
            }
        }
        Data::Array(elements) if elements.is_empty() => diagnostics.push(refuse(
            "of no values none can match",
            "list the values that the field may have",
        )),
        Data::Array(elements) => {
            for element in elements {
                let is_nested = element.is_object() || matches!(element.data, Data::Array(_));
                if let [only] = element.entries() {
                    diagnostics.extend(operator::problem(only));
                } else if is_nested {
                    diagnostics.push(
                        Diagnostic::error(
                            codes::INVALID_VALUE,
                            "a list in a filter holds values, any of which matches",
                        )
                        .on(element)
                        .help("write texts, numbers and flags, or `{ \"prefix\": \"A\" }` and what else EventBridge compares by"),
                    );
                } else {
                    check_value(element, diagnostics);
                }
            }
        }
    }
}

/// The pattern: the event's name and, where somebody here tells it, its source; and what its detail must hold.
///
/// The fields of a record stand in `detail.record`; what is told around it is found where it is.
fn pattern(event_type: &str, filter: Option<&Node>) -> Value {
    let is_ours = event::find(event_type).is_some();
    let is_of_record = is_ours && !event_type.starts_with("workflow.");
    let mut detail = Map::new();
    for entry in filter.map(Node::entries).unwrap_or_default() {
        let mut path: Vec<&str> = entry
            .key
            .split('.')
            .filter(|part| !part.is_empty())
            .collect();
        // Some write where it stands in the event, some where it stands in its detail.
        if path.len() > 1 && path.first() == Some(&"detail") {
            path.remove(0);
        }
        let is_around = path.first().is_some_and(|first| AROUND.contains(first));
        if is_of_record && !is_around {
            path.insert(0, "record");
        }
        insert(&mut detail, &path, matching(&entry.node));
    }
    let mut pattern = Map::new();
    if is_ours {
        pattern.insert("source".to_owned(), json!(["pawl"]));
    }
    pattern.insert("detail-type".to_owned(), json!([event_type]));
    if !detail.is_empty() {
        pattern.insert("detail".to_owned(), Value::Object(detail));
    }
    Value::Object(pattern)
}

/// What a value must be, as a pattern says it: a list of values of which one must be there.
fn matching(node: &Node) -> Value {
    match &node.data {
        Data::Array(_) => node.to_json(),
        Data::Object(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), matching(&entry.node)))
            .collect::<Map<_, _>>()
            .into(),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => json!([node.to_json()]),
    }
}

/// Puts a value at a path; two filters of one object stand in it together.
fn insert(object: &mut Map<String, Value>, path: &[&str], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        match (object.get_mut(*first), value) {
            (Some(Value::Object(there)), Value::Object(more)) => there.extend(more),
            (_, value) => {
                object.insert((*first).to_owned(), value);
            }
        }
        return;
    }
    let inner = object
        .entry((*first).to_owned())
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        insert(inner, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::pattern;
    use crate::Notation;
    use crate::source::read;

    #[test]
    fn a_filter_becomes_a_pattern() {
        let rows = [
            (
                "customer.created",
                "{}",
                json!({ "source": ["pawl"], "detail-type": ["customer.created"] }),
            ),
            (
                "customer.updated",
                r#"{ "status": "churned", "address.country": ["DE", "AT"] }"#,
                json!({
                    "source": ["pawl"],
                    "detail-type": ["customer.updated"],
                    "detail": { "record": { "status": ["churned"], "address": { "country": ["DE", "AT"] } } },
                }),
            ),
            (
                "customer.updated",
                r#"{ "recordId": "c-1", "record": { "age": 30 }, "detail.collection": "customers" }"#,
                json!({
                    "source": ["pawl"],
                    "detail-type": ["customer.updated"],
                    "detail": { "recordId": ["c-1"], "record": { "age": [30] }, "collection": ["customers"] },
                }),
            ),
            (
                "workflow.failed",
                r#"{ "error.code": "TIMEOUT" }"#,
                json!({
                    "source": ["pawl"],
                    "detail-type": ["workflow.failed"],
                    "detail": { "error": { "code": ["TIMEOUT"] } },
                }),
            ),
            (
                "order.paid",
                r#"{ "total": [{ "numeric": [">", 100] }], "test": false, "note": null }"#,
                json!({
                    "detail-type": ["order.paid"],
                    "detail": { "total": [{ "numeric": [">", 100] }], "test": [false], "note": [null] },
                }),
            ),
        ];
        for (event_type, filter, expected) in rows {
            let node = read(filter, Notation::Json).expect(filter);
            assert_eq!(
                pattern(event_type, Some(&node)),
                expected,
                "{event_type} {filter}"
            );
        }
    }
}
