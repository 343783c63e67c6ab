//! One step of the native format.

use indexmap::IndexMap;
use pawl_contract::Kind;

use super::settings::retry;
use crate::definition::{Edge, LONGEST_STEP_SECONDS, Place, Step};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::fields::{self, Field, Shape, Templates};
use crate::shape;
use crate::source::{Data, Entry, Node};

const FIELDS: [Field; 9] = [
    ("stepSlug", Shape::Any),
    ("name", Shape::Text),
    ("description", Shape::Text),
    ("stepType", Shape::Any),
    ("order", Shape::Whole),
    ("config", Shape::Any),
    ("nextSteps", Shape::Any),
    ("position", Shape::Any),
    ("metadata", Shape::Any),
];

/// The step types of the native format.
const TYPES: [&str; 7] = [
    "trigger",
    "start",
    "llm",
    "condition",
    "action",
    "loop",
    "output",
];

/// Step types that are known and come later.
const LATER: [&str; 10] = [
    "approval",
    "human_approval",
    "delay",
    "merge",
    "parallel",
    "request",
    "api_call",
    "subflow",
    "workflow",
    "data_transform",
];

/// Longer slugs would leave no room for what is put behind them in a state's name.
const LONGEST_SLUG: usize = 56;

/// Understands one step; a step that cannot be understood leaves its slug in `refused`.
pub(super) fn step(
    node: &Node,
    refused: &mut Vec<String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Step> {
    if !node.is_object() {
        let message = format!("a step is an object, not {}", node.noun());
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(node));
        return None;
    }
    fields::check(node, &FIELDS, "a step", Templates::Refused, diagnostics);
    let slug = slug(node, diagnostics)?;
    let empty = Node {
        data: Data::Object(Vec::new()),
        span: node.span.clone(),
        pointer: format!("{}/config", node.pointer),
    };
    let config = node
        .get("config")
        .filter(|config| !config.is_null())
        .unwrap_or(&empty);
    let Some(kind) = kind(node, config, diagnostics) else {
        refused.push(slug);
        return None;
    };
    if !config.is_object() {
        let message = format!("`config` is an object, not {}", config.noun());
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(config));
        refused.push(slug);
        return None;
    }
    let known = diagnostics.len();
    let ports = ports(node, kind, &slug, diagnostics);
    let has_refused_port = diagnostics.len() > known;
    let text = |field: &str| node.get(field).and_then(Node::as_str).map(str::to_owned);
    Some(Step {
        name: text("name"),
        description: text("description"),
        order: node.get("order").and_then(Node::as_u64),
        slug_place: node.get("stepSlug").map(Place::from).unwrap_or_default(),
        ports,
        has_refused_port,
        retry: config
            .get("retryPolicy")
            .and_then(|policy| retry(policy, diagnostics)),
        timeout_seconds: timeout(config, diagnostics),
        config: own_config(config, kind),
        kind,
        slug,
    })
}

/// The step's own deadline, if it has one.
fn timeout(config: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<u64> {
    let node = config.get("timeoutSeconds")?;
    let shape = Shape::Between(1, LONGEST_STEP_SECONDS);
    let misfit = (!node.is_null() && !shape::fits(&shape, node))
        .then(|| shape::misfit("timeoutSeconds", shape, node));
    let is_long = node.as_u64().is_some_and(|seconds| seconds > 0);
    diagnostics.extend(misfit.map(|misfit| {
        if is_long {
            misfit.help("divide the work: a Lambda runs for at most 15 minutes")
        } else {
            misfit
        }
    }));
    node.as_u64()
}

/// The slug: the word by which other steps, templates and the machine name this one.
fn slug(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let Some(value) = node.get("stepSlug") else {
        diagnostics.push(
            Diagnostic::error(codes::MISSING_FIELD, "the step has no `stepSlug`")
                .on(node)
                .help("add a `stepSlug` such as `send_email`"),
        );
        return None;
    };
    let slug = value.as_str().filter(|slug| {
        let mut bytes = slug.bytes();
        slug.len() <= LONGEST_SLUG
            && bytes
                .next()
                .is_some_and(|byte| byte.is_ascii_alphanumeric())
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    });
    if slug.is_none() {
        let message = format!(
            "a slug is 1 to {LONGEST_SLUG} letters, digits, `_` and `-`, beginning with a letter or digit"
        );
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(value));
    }
    slug.map(str::to_owned)
}

fn kind(node: &Node, config: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Kind> {
    let Some(step_type) = node.get("stepType") else {
        diagnostics.push(
            Diagnostic::error(codes::MISSING_FIELD, "the step has no `stepType`")
                .on(node)
                .help(format!("add one of {}", fields::list(&TYPES))),
        );
        return None;
    };
    let sets_variables = config.get("type").and_then(Node::as_str) == Some("set_variables");
    match step_type.as_str() {
        Some("trigger" | "start") => Some(Kind::Trigger),
        Some("llm" | "agent") => Some(Kind::Llm),
        Some("condition") => Some(Kind::Condition),
        Some("action") if sets_variables => Some(Kind::Transform),
        Some("action") => Some(Kind::Action),
        Some("loop") => Some(Kind::Loop),
        Some("output") => Some(Kind::Transform),
        Some(word) if LATER.contains(&word) => {
            let message = format!("steps of type `{word}` cannot be compiled yet");
            diagnostics.push(Diagnostic::error(codes::NOT_YET, message).on(step_type));
            None
        }
        Some("code_execution") => {
            let message = "steps do not run code of their own";
            diagnostics.push(
                Diagnostic::error(codes::UNKNOWN_STEP_TYPE, message)
                    .on(step_type)
                    .help("compute with `set_variables`, or call a service that runs the code"),
            );
            None
        }
        Some(word) => {
            let diagnostic = Diagnostic::error(
                codes::UNKNOWN_STEP_TYPE,
                format!("there is no step type `{word}`"),
            );
            diagnostics.push(
                diagnostic
                    .on(step_type)
                    .help(format!("the step types are {}", fields::list(&TYPES)))
                    .meant(word, near(word, TYPES)),
            );
            None
        }
        None => {
            let message = format!("`stepType` is a string, not {}", step_type.noun());
            diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(step_type));
            None
        }
    }
}

/// The configuration as the step's Lambda gets it: unwrapped, without what the machine itself uses.
fn own_config(config: &Node, kind: Kind) -> Node {
    let inner = config
        .get("llmNode")
        .filter(|inner| kind == Kind::Llm && inner.is_object())
        .unwrap_or(config);
    let mine = |entry: &&Entry| !["retryPolicy", "timeoutSeconds"].contains(&entry.key.as_str());
    Node {
        data: Data::Object(inner.entries().iter().filter(mine).cloned().collect()),
        ..inner.clone()
    }
}

fn ports(
    node: &Node,
    kind: Kind,
    slug: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> IndexMap<String, Edge> {
    let mut ports = IndexMap::new();
    let Some(next) = node.get("nextSteps").filter(|next| !next.is_null()) else {
        return ports;
    };
    if !next.is_object() {
        diagnostics.push(
            Diagnostic::error(
                codes::INVALID_VALUE,
                format!("`nextSteps` is an object of ports, not {}", next.noun()),
            )
            .on(next)
            .help("write `{ \"success\": \"next_step\" }`"),
        );
    }
    for entry in next.entries() {
        let port = canonical(&entry.key, kind);
        if !kind.ports().contains(&port) {
            let message = format!(
                "step `{slug}` is of kind `{}` and has no port `{}`",
                kind.name(),
                entry.key
            );
            let absent = kind.ports().iter().filter(|port| next.get(port).is_none());
            diagnostics.push(
                Diagnostic::error(codes::UNKNOWN_PORT, message)
                    .at(entry.node.pointer.clone(), entry.key_span.clone())
                    .help(format!("its ports are {}", fields::list(kind.ports())))
                    .meant(&entry.key, near(&entry.key, absent.copied())),
            );
            continue;
        }
        let place = Place::from(&entry.node);
        let target = match &entry.node.data {
            Data::String(target) if target.is_empty() => None,
            Data::String(target) => Some(target.clone()),
            Data::Null => None,
            Data::Object(entries) if entries.is_empty() => None,
            Data::Bool(_) | Data::Number(_) | Data::Array(_) | Data::Object(_) => {
                let message = format!(
                    "port `{}` leads to a step's slug, not to {}",
                    entry.key,
                    entry.node.noun()
                );
                diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(&entry.node));
                continue;
            }
        };
        let edge = Edge {
            target,
            port: (entry.key.clone(), entry.key_span.clone()),
            place,
        };
        if ports.insert(port.to_owned(), edge).is_some() {
            let message = format!("step `{slug}` has the port `{port}` twice");
            diagnostics.push(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .at(entry.node.pointer.clone(), entry.key_span.clone()),
            );
        }
    }
    ports
}

/// The name of a port, whichever of its spellings an author uses.
fn canonical(port: &str, kind: Kind) -> &str {
    match (port, kind) {
        ("loop", Kind::Loop) => "next",
        ("default", Kind::Trigger | Kind::Llm | Kind::Action | Kind::Transform) => "success",
        _ => port,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_field_is_documented() {
        crate::fields::assert_documented(&super::FIELDS);
    }
}
