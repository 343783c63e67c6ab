//! The envelope: `{name, config, steps}`, or `{workflowConfig: {name, config}, stepsConfig}`.

use indexmap::IndexMap;
use pawl_contract::reference::ROOTS;

use super::step;
use crate::definition::{Definition, Place, Retry, Settings};
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::source::Node;

/// The fields of an envelope; both spellings may stand in one.
const FIELDS: [&str; 13] = [
    "name",
    "description",
    "version",
    "config",
    "metadata",
    "requires",
    "enabled",
    "workflowType",
    "steps",
    "stepsConfig",
    "workflowConfig",
    "$schema",
    "lints",
];

/// Understands the whole definition.
pub(super) fn definition(root: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Definition> {
    if !root.is_object() {
        let message = format!("a definition is an object, not {}", root.noun());
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(root));
        return None;
    }
    unknown_fields(root, &FIELDS, "a definition", diagnostics);
    let head = root
        .get("workflowConfig")
        .filter(|head| head.is_object())
        .unwrap_or(root);
    let steps = root
        .get("stepsConfig")
        .or_else(|| root.get("steps"))
        .or_else(|| head.get("steps"));
    let Some(steps) = steps else {
        let mut found = root.entries().iter().map(|entry| entry.key.as_str());
        let near = found.find_map(|key| did_you_mean(key, ["steps", "stepsConfig"]));
        diagnostics.push(
            Diagnostic::error(codes::MISSING_FIELD, "the definition has no `steps`")
                .on(root)
                .help(near.unwrap_or_else(|| "add a list named `steps`".to_owned())),
        );
        return None;
    };
    if !matches!(steps.data, crate::source::Data::Array(_)) {
        let message = format!("`steps` is a list of steps, not {}", steps.noun());
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(steps));
        return None;
    }
    if steps.elements().is_empty() {
        diagnostics.push(
            Diagnostic::error(codes::MISSING_FIELD, "the definition has no step")
                .on(steps)
                .help("add a step, such as an action"),
        );
        return None;
    }
    let name = text(head, "name", diagnostics);
    if name.as_deref().is_none_or(|name| name.trim().is_empty())
        && head.get("name").is_none_or(|node| node.as_str().is_some())
    {
        diagnostics.push(
            Diagnostic::error(codes::MISSING_FIELD, "the definition has no `name`")
                .on(head.get("name").unwrap_or(head))
                .help("add a `name` that says what the workflow does"),
        );
    }
    let mut refused = Vec::new();
    let understood = steps
        .elements()
        .iter()
        .filter_map(|node| step::step(node, &mut refused, diagnostics))
        .collect();
    Some(Definition {
        name: name.unwrap_or_default(),
        description: text(head, "description", diagnostics),
        version: text(head, "version", diagnostics),
        settings: head
            .get("config")
            .map(|config| settings(config, diagnostics))
            .unwrap_or_default(),
        steps: understood,
        refused,
        place: Place::from(root),
    })
}

fn settings(config: &Node, diagnostics: &mut Vec<Diagnostic>) -> Settings {
    if !config.is_object() && !config.is_null() {
        let message = format!("`config` is an object, not {}", config.noun());
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(config));
    }
    for entry in config.entries() {
        let reason = match entry.key.as_str() {
            "models" => "the workflow's `models` are not used yet",
            "schedule" => "schedules do not start runs yet",
            _ => continue,
        };
        diagnostics.push(
            Diagnostic::warning(codes::NOT_YET, reason)
                .at(entry.node.pointer.clone(), entry.key_span.clone())
                .help("runs started by hand work without it"),
        );
    }
    let known = [
        "timeout",
        "retryPolicy",
        "variables",
        "secrets",
        "models",
        "schedule",
    ];
    unknown_fields(config, &known, "the workflow's `config`", diagnostics);
    let shadowed = config
        .get("variables")
        .map(Node::entries)
        .unwrap_or_default();
    for entry in shadowed
        .iter()
        .filter(|entry| ROOTS.contains(&entry.key.as_str()))
    {
        let message = format!("`{}` means something else already", entry.key);
        diagnostics.push(
            Diagnostic::warning(codes::INVALID_VALUE, message)
                .at(entry.node.pointer.clone(), entry.key_span.clone())
                .help(format!(
                    "read the variable as `variables.{}`, or give it another name",
                    entry.key
                )),
        );
    }
    let variables = config
        .get("variables")
        .map(Node::entries)
        .unwrap_or_default();
    Settings {
        timeout_ms: config
            .get("timeout")
            .and_then(|node| positive(node, "`timeout`", "milliseconds", diagnostics)),
        retry: config
            .get("retryPolicy")
            .and_then(|node| retry(node, diagnostics)),
        variables: variables
            .iter()
            .map(|entry| (entry.key.clone(), entry.node.clone()))
            .collect::<IndexMap<_, _>>(),
    }
}

/// Reads `{maxRetries, backoffMs}`.
pub(super) fn retry(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Retry> {
    if !node.is_object() {
        let message = format!("a retry policy is an object, not {}", node.noun());
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(node)
                .help("write `{ \"maxRetries\": 3, \"backoffMs\": 1000 }`"),
        );
        return None;
    }
    unknown_fields(
        node,
        &["maxRetries", "backoffMs"],
        "a retry policy",
        diagnostics,
    );
    let mut whole = |field: &str| match node.get(field) {
        None => None,
        Some(value) => value
            .as_u64()
            .filter(|number| *number <= 1_000_000_000)
            .or_else(|| {
                let message = format!("`{field}` is a whole number, zero or more");
                diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(value));
                None
            }),
    };
    Some(Retry {
        max_retries: whole("maxRetries").unwrap_or(3),
        backoff_ms: whole("backoffMs").unwrap_or(1000),
    })
}

/// Reads a number that must be above zero.
pub(super) fn positive(
    node: &Node,
    name: &str,
    unit: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<u64> {
    let number = node.as_u64().filter(|number| *number > 0);
    if number.is_none() {
        let message = format!("{name} is a whole number of {unit} above zero");
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(node));
    }
    number
}

/// Reads a field that is text where it is present.
pub(super) fn text(node: &Node, field: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let value = node.get(field).filter(|value| !value.is_null())?;
    if value.as_str().is_none() {
        let message = format!("`{field}` is a string, not {}", value.noun());
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(value));
    }
    value.as_str().map(str::to_owned)
}

/// Warns of fields that nothing reads, with a near name.
pub(crate) fn unknown_fields(
    node: &Node,
    known: &[&str],
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for entry in node
        .entries()
        .iter()
        .filter(|entry| !known.contains(&entry.key.as_str()))
    {
        diagnostics.push(
            Diagnostic::warning(
                codes::UNKNOWN_FIELD,
                format!("{what} has no field `{}`; it is ignored", entry.key),
            )
            .at(entry.node.pointer.clone(), entry.key_span.clone())
            .maybe_help(did_you_mean(&entry.key, known.iter().copied())),
        );
    }
}
