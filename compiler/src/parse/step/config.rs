//! A step's configuration: what the machine itself uses of it, and what the step's Lambda gets.

use pawl_contract::Kind;

use crate::definition::LONGEST_STEP_SECONDS;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::Shape;
use crate::shape::{self, with_whole_numbers};
use crate::source::{Data, Entry, Node};
use crate::steps::LONGEST_WAIT_SECONDS;

/// What may stand beside `llmNode` and is read there.
const BESIDE_LLM_NODE: [&str; 5] = [
    "llmNode",
    "name",
    "description",
    "retryPolicy",
    "timeoutSeconds",
];

/// A field that the machine itself uses; it may stand beside `llmNode` or in it.
pub(super) fn of_machine<'node>(
    config: &'node Node,
    field: &str,
    kind: Kind,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<&'node Node> {
    let given = |node: &'node Node| node.get(field).filter(|value| !value.is_null());
    let inside = llm_node(config, kind).and_then(given);
    let outside = given(config);
    if let (Some(outside), Some(inside)) = (outside, inside)
        && outside.to_json() != inside.to_json()
    {
        let message = format!("this `{field}` is ignored: another stands beside `llmNode`");
        diagnostics.push(
            Diagnostic::warning(codes::INVALID_VALUE, message)
                .on(inside)
                .help("keep one of them"),
        );
    }
    outside.or(inside)
}

/// The step's own deadline, if it has one.
pub(super) fn timeout(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<u64> {
    let shape = Shape::Between(1, LONGEST_STEP_SECONDS);
    let misfit = (!node.is_null() && !shape::fits(&shape, node))
        .then(|| shape::misfit("timeoutSeconds", shape, node));
    let is_long = shape::whole(node).is_some_and(|seconds| seconds > 0);
    diagnostics.extend(misfit.map(|misfit| {
        if is_long {
            misfit.help("divide the work: a Lambda runs for at most 15 minutes")
        } else {
            misfit
        }
    }));
    shape::whole(node)
}

/// The fields that say how long a waiting step waits, and the seconds that one of each is.
const WAITS: [(&str, u64); 4] = [
    ("timeoutSeconds", 1),
    ("timeoutMinutes", 60),
    ("timeoutHours", 3_600),
    ("timeoutDays", 86_400),
];

/// How long a step that waits for somebody waits, if not for ever.
pub(super) fn patience(config: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<u64> {
    let mut total = None;
    for (field, seconds) in WAITS {
        let Some(node) = config.get(field).filter(|node| !node.is_null()) else {
            continue;
        };
        let shape = Shape::Between(1, LONGEST_WAIT_SECONDS / seconds);
        if !shape::fits(&shape, node) {
            diagnostics.push(
                shape::misfit(field, shape, node)
                    .help("an execution lasts for at most a year; leave it out to wait as long"),
            );
        }
        let given = shape::whole(node).map(|number| number.saturating_mul(seconds));
        total = given
            .map(|given| given.saturating_add(total.unwrap_or(0)))
            .or(total);
    }
    total.map(|total| total.min(LONGEST_WAIT_SECONDS))
}

/// The configuration of an llm step where it is wrapped.
fn llm_node(config: &Node, kind: Kind) -> Option<&Node> {
    config
        .get("llmNode")
        .filter(|inner| kind == Kind::Llm && inner.is_object())
}

/// The configuration as the step's Lambda gets it: unwrapped, without what the machine itself uses.
pub(super) fn own_config(config: &Node, kind: Kind, diagnostics: &mut Vec<Diagnostic>) -> Node {
    let wrapped = llm_node(config, kind);
    let lost = |entry: &&Entry| wrapped.is_some() && !BESIDE_LLM_NODE.contains(&entry.key.as_str());
    for entry in config.entries().iter().filter(lost) {
        let message = format!("`{}` stands beside `llmNode`; it is ignored", entry.key);
        diagnostics.push(
            Diagnostic::warning(codes::UNKNOWN_FIELD, message)
                .at(entry.node.pointer.clone(), entry.key_span.clone())
                .help("put it into `llmNode`"),
        );
    }
    let inner = wrapped.unwrap_or(config);
    let is_mine = |entry: &&Entry| {
        let is_absent = entry.key == "operation" && entry.node.is_null();
        let is_patience = kind.waits() && WAITS.iter().any(|(field, _)| *field == entry.key);
        // Where branches begin is for the machine.
        let is_branches = kind == Kind::Parallel && entry.key == "branches";
        let is_default = kind == Kind::Switch && entry.key == "default";
        !is_absent
            && !is_patience
            && !is_default
            && !is_branches
            && !["retryPolicy", "timeoutSeconds"].contains(&entry.key.as_str())
    };
    let entries = inner.entries().iter().filter(is_mine);
    let entries = entries.map(|entry| {
        let is_cases = kind == Kind::Switch && entry.key == "cases";
        let node = entry.with(with_whole_numbers);
        if is_cases { questions(node) } else { node }
    });
    inner.with(Data::Object(entries.collect()))
}

/// The cases of a switch without where each leads, which is for the machine.
fn questions(mut cases: Entry) -> Entry {
    if let Data::Array(elements) = &mut cases.node.data {
        for case in elements {
            if let Data::Object(entries) = &mut case.data {
                entries.retain(|entry| entry.key != "next");
            }
        }
    }
    cases
}
