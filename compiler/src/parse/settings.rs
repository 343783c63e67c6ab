//! What `config` and `requires` say of the whole workflow.

use indexmap::IndexMap;
use pawl_contract::reference::ROOTS;
use pawl_contract::secret::may_be_read;

use super::follow_up::follow_ups;
use super::retry::retry;
use crate::definition::{Integration, Settings};
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::schedule;
use crate::shape::with_whole_numbers;
use crate::source::Node;
use crate::steps::RESERVED;

const CONFIG: [Field; 10] = [
    ("timeout", Shape::Count),
    ("retryPolicy", Shape::Any),
    ("variables", Shape::Object),
    ("secrets", Shape::Object),
    ("models", Shape::Texts),
    ("agents", Shape::Object),
    ("budget", Shape::Object),
    ("schedule", Shape::Any),
    ("onComplete", Shape::Any),
    ("onError", Shape::Any),
];

/// A year; nobody means more.
const MOST_MILLISECONDS: u64 = 365 * 24 * 60 * 60 * 1000;

/// Understands `config` and `requires` of the workflow of this name.
pub(super) fn settings(
    config: Option<&Node>,
    requires: Option<&Node>,
    name: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Settings {
    let requires = requires
        .map(|node| integrations(node, diagnostics))
        .unwrap_or_default();
    let Some(config) = config.filter(|config| config.is_object()) else {
        return Settings {
            requires,
            ..Settings::default()
        };
    };
    let config = &with_whole_numbers(config);
    fields::check(
        config,
        &CONFIG,
        "the workflow's `config`",
        Templates::Refused,
        diagnostics,
    );
    if let Some(node) = config.get("schedule").filter(|node| !node.is_null()) {
        workflow_schedule(node, diagnostics);
    }
    shadowed(config, diagnostics);
    let object = |field: &str| config.get(field).map(Node::entries).unwrap_or_default();
    for entry in object("secrets") {
        secret(&entry.key, &entry.node, diagnostics);
    }
    let owned = |field: &str| -> IndexMap<String, Node> {
        let entries = object(field).iter();
        entries
            .map(|entry| (entry.key.clone(), entry.node.clone()))
            .collect()
    };
    let timeout = config.get("timeout");
    if let Some(node) = timeout {
        brief(node, diagnostics);
    }
    Settings {
        timeout_ms: timeout
            .and_then(Node::as_u64)
            .map(|timeout| timeout.clamp(1, MOST_MILLISECONDS)),
        follow_ups: follow_ups(config, name, diagnostics),
        retry: config
            .get("retryPolicy")
            .and_then(|node| retry(node, diagnostics)),
        variables: owned("variables"),
        secrets: owned("secrets"),
        requires,
        budget: config
            .get("budget")
            .filter(|node| node.is_object())
            .cloned(),
        schedule: config
            .get("schedule")
            .filter(|node| node.is_object())
            .cloned(),
    }
}

/// Warns of a timeout that is probably meant in seconds.
fn brief(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some(timeout) = node.as_u64().filter(|timeout| (1..1000).contains(timeout)) else {
        return;
    };
    let message = format!("a run may take {timeout} milliseconds, less than a second");
    let help = format!("`timeout` is in milliseconds: write `{timeout}000` for {timeout} seconds");
    diagnostics.push(
        Diagnostic::warning(codes::INVALID_VALUE, message)
            .on(node)
            .help(help),
    );
}

/// `{cron, timezone}`: the shorthand for a trigger step of type `schedule`.
fn workflow_schedule(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    if !node.is_object() {
        let message = format!("`schedule` is an object, not {}", node.noun());
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(node)
                .help("write `{ \"cron\": \"0 9 * * *\", \"timezone\": \"UTC\" }`"),
        );
        return;
    }
    schedule::read(node, None, diagnostics);
}

/// Variables whose name is a word of ours can be read only behind `variables.`.
fn shadowed(config: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let variables = config.get("variables").map(Node::entries);
    for entry in variables.unwrap_or_default() {
        let name = entry.key.as_str();
        if !ROOTS.contains(&name) && !RESERVED.contains(&name) {
            continue;
        }
        let message = format!("`{}` means something else already", entry.key);
        let help = format!(
            "read the variable as `variables.{}`, or give it another name",
            entry.key
        );
        diagnostics.push(
            Diagnostic::warning(codes::SHADOWED_NAME, message)
                .at(entry.node.pointer.clone(), entry.key_span.clone())
                .help(help),
        );
    }
}

/// The ways to say where a secret is, each by the field that it cannot do without.
const SECRETS: [(&str, &[Field]); 5] = [
    ("envVar", &[("envVar", Shape::Text)]),
    (
        "secretsManager",
        &[("secretsManager", Shape::Text), ("key", Shape::Text)],
    ),
    ("ssm", &[("ssm", Shape::Text)]),
    ("stored", &[("stored", Shape::Text)]),
    (
        "cipherText",
        &[
            ("kind", Shape::Text),
            ("cipherText", Shape::Text),
            ("keyId", Shape::Text),
        ],
    ),
];

/// A secret is where it can be found, never what it is.
fn secret(name: &str, node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    const HELP: &str = "write `{ \"envVar\": \"NAME\" }`, or encrypt it with `pawl secrets set`";
    if node.as_str().is_some() {
        let message = format!("secret `{name}` stands in the definition for all to read");
        diagnostics.push(
            Diagnostic::error(codes::HARD_CODED_KEY, message)
                .on(node)
                .help(HELP),
        );
        return;
    }
    let what = format!("secret `{name}`");
    let given = |field: &str| node.get(field).filter(|value| !value.is_null());
    let found = SECRETS.iter().find(|(field, _)| given(field).is_some());
    let Some((_, fields)) = found.filter(|_| node.is_object()) else {
        let message = format!("{what} does not say where it is");
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(node)
                .help(HELP),
        );
        return;
    };
    fields::check(node, fields, &what, Templates::Refused, diagnostics);
    if let Some(kind) = node
        .get("kind")
        .filter(|kind| kind.as_str() != Some("inlineEncrypted"))
    {
        let message = format!("{what} is of a kind that does not exist");
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(kind)
                .help("write `inlineEncrypted`"),
        );
    }
    let variable = given("envVar").and_then(|node| Some((node, node.as_str()?)));
    if let Some((node, variable)) = variable
        && !may_be_read(variable)
    {
        let message =
            format!("`{variable}` belongs to the functions, and is no secret of a workflow");
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(node)
                .help("give the variable another name"),
        );
    }
}

/// `requires.integrations`: what must be installed where the workflow runs.
fn integrations(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Integration>> {
    const REQUIRES: [Field; 1] = [("integrations", Shape::List)];
    const INTEGRATION: [Field; 3] = [
        ("name", Shape::Text),
        ("operations", Shape::Texts),
        ("minVersion", Shape::Text),
    ];
    fields::check(
        node,
        &REQUIRES,
        "`requires`",
        Templates::Refused,
        diagnostics,
    );
    let listed = node.get("integrations")?.elements();
    let mut found = Vec::new();
    for entry in listed {
        fields::check(
            entry,
            &INTEGRATION,
            "a required integration",
            Templates::Refused,
            diagnostics,
        );
        let Some(name) = entry.get("name").and_then(Node::as_str) else {
            diagnostics.push(
                Diagnostic::error(codes::MISSING_FIELD, "the integration has no `name`")
                    .on(entry)
                    .help("write `{ \"name\": \"shopify\" }`"),
            );
            continue;
        };
        let operations = entry.get("operations").map(Node::elements);
        found.push(Integration {
            name: name.to_owned(),
            operations: operations.map(|names| {
                let names = names.iter().filter_map(Node::as_str);
                names.map(str::to_owned).collect()
            }),
        });
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_field_is_documented() {
        crate::fields::assert_documented(&super::CONFIG);
        crate::fields::assert_documented(&crate::schedule::FIELDS);
        crate::fields::assert_documented(&crate::cost::BUDGET_FIELDS);
    }
}
