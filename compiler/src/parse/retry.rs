//! `retryPolicy`: which failures are tried again, how often, and after which waits.
//!
//! ```json
//! { "maxRetries": 4, "backoffMs": 2000, "backoffRate": 3, "maxBackoffMs": 30000, "jitter": true, "on": ["RATE_LIMIT"] }
//! ```

use pawl_contract::code;

use crate::definition::Retry;
use crate::diagnostic::{Diagnostic, codes, near};
use crate::fields::{self, Field, Shape, Templates};
use crate::shape;
use crate::source::{Data, Node};

const FIELDS: [Field; 7] = [
    ("maxRetries", Shape::Between(0, 1000)),
    ("backoffMs", Shape::Between(0, 1_000_000_000)),
    ("maxBackoffMs", Shape::Between(1, 31_536_000_000)),
    ("backoffRate", Shape::Within(1, 10)),
    (
        "jitter",
        Shape::Either(&[Shape::Flag, Shape::OneOf(&["full", "none"])]),
    ),
    ("on", Shape::Texts),
    ("except", Shape::Texts),
];

/// The codes of failures that another attempt may not meet.
const RETRIED: [&str; 5] = [
    code::RATE_LIMIT,
    code::TIMEOUT,
    code::TOOL_ERROR,
    code::AGENT_ERROR,
    code::STORE_ERROR,
];

/// The codes of failures that every attempt would meet.
const FINAL: [&str; 5] = [
    code::VALIDATION_ERROR,
    code::APPROVAL_REJECTED,
    code::OUTCOME_UNKNOWN,
    code::OUTCOME_LOST,
    code::BUDGET_EXCEEDED,
];

/// Understands a policy.
pub(crate) fn retry(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Retry> {
    if !node.is_object() {
        if !node.is_null() {
            let message = format!("a retry policy is an object, not {}", node.noun());
            diagnostics.push(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .on(node)
                    .help("write `{ \"maxRetries\": 3, \"backoffMs\": 1000 }`"),
            );
        }
        return None;
    }
    fields::check(
        node,
        &FIELDS,
        "a retry policy",
        Templates::Refused,
        diagnostics,
    );
    linear(node, diagnostics);
    let whole = |field: &str| node.get(field).and_then(shape::whole);
    let usual = Retry::default();
    let policy = Retry {
        max_retries: whole("maxRetries").unwrap_or(usual.max_retries),
        backoff_ms: whole("backoffMs").unwrap_or(usual.backoff_ms),
        max_backoff_ms: whole("maxBackoffMs"),
        backoff_rate: rate(node).unwrap_or(usual.backoff_rate),
        jitter: jitter(node),
        on: listed(node, "on", diagnostics),
        except: listed(node, "except", diagnostics).unwrap_or_default(),
    };
    if let Some(most) = policy
        .max_backoff_ms
        .filter(|most| *most < policy.backoff_ms)
        && let Some(written) = node.get("maxBackoffMs")
    {
        let message = format!(
            "the first wait, of {} ms, is longer than the longest, of {most} ms",
            policy.backoff_ms
        );
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(written)
                .help("make `backoffMs` smaller, or `maxBackoffMs` larger"),
        );
    }
    Some(policy)
}

/// Waits that grow by the same time each are nothing that Step Functions knows.
fn linear(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let entries = node.entries().iter();
    let named = entries.filter(|entry| ["backoff", "strategy"].contains(&entry.key.as_str()));
    for entry in named {
        let is_linear = entry
            .node
            .as_str()
            .is_some_and(|word| word.starts_with("linear"));
        if !is_linear {
            continue;
        }
        diagnostics.retain(|found| found.pointer != entry.node.pointer);
        let message = "waits cannot grow by the same time each";
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(&entry.node)
                .help("leave it out: each wait is `backoffRate` times the one before, 2 without it, and 1 for equal waits"),
        );
    }
}

fn rate(node: &Node) -> Option<f64> {
    let Data::Number(rate) = &node.get("backoffRate")?.data else {
        return None;
    };
    rate.as_f64()
}

fn jitter(node: &Node) -> bool {
    let written = node.get("jitter");
    written.is_some_and(|jitter| jitter.data == Data::Bool(true) || jitter.as_str() == Some("full"))
}

/// The codes in a list; nothing where there is none.
fn listed(node: &Node, field: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<String>> {
    let list = node.get(field).filter(|list| !list.is_null())?;
    if field == "on" && matches!(&list.data, Data::Array(elements) if elements.is_empty()) {
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, "`on` names no code")
                .on(list)
                .help("leave it out to try again whatever happened, or write `\"maxRetries\": 0`"),
        );
    }
    let named = list
        .elements()
        .iter()
        .filter_map(|element| Some((element, element.as_str()?)));
    let mut found = Vec::new();
    for (element, name) in named {
        check_code(element, name, field, diagnostics);
        if !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    }
    Some(found)
}

fn check_code(element: &Node, name: &str, field: &str, diagnostics: &mut Vec<Diagnostic>) {
    let is_theirs = ["States.", "Lambda.", "Sandbox.", "Runtime."]
        .iter()
        .any(|prefix| name.starts_with(prefix));
    let is_word = !name.is_empty()
        && name.len() <= 100
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter));
    if is_theirs || !is_word {
        let message = format!("`{name}` is no code of a step's failure");
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(element)
                .help(format!("name codes such as {}", fields::list(&RETRIED))),
        );
    } else if FINAL.contains(&name) && field == "on" {
        let message = format!("`{name}` is never tried again: every attempt would meet it");
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(element)
                .help("leave it out, and handle it by the `error` port"),
        );
    } else if !RETRIED.contains(&name) && !FINAL.contains(&name) {
        // Other workflows, and mocks, may fail with codes of their own.
        let near = near(&name.to_uppercase(), RETRIED);
        if near.is_some() {
            let message = format!("no step fails with `{name}`");
            diagnostics.push(
                Diagnostic::warning(codes::INVALID_VALUE, message)
                    .on(element)
                    .perhaps_meant(name, near),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_field_is_documented() {
        crate::fields::assert_documented(&super::FIELDS);
    }
}
