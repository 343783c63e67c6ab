//! What each kind of step may do.

use pawl_contract::catalogue::{self, Operation};
use pawl_contract::{Kind, SecretSource, event, tools};

use super::{Effect, May, What};
use crate::check::Checked;
use crate::definition::Step;
use crate::graph::StepId;
use crate::source::{Data, Node};
use crate::steps;

/// What a step may do.
pub(super) fn may(checked: &Checked, id: StepId) -> Vec<May> {
    let step = checked.step(id);
    let mut may = match step.kind {
        Kind::Llm => llm(step),
        Kind::Action => action(step),
        Kind::Request => request(step),
        Kind::Approval => approval(step),
        Kind::Signal => named(step, "signal", What::Signal, Effect::Read),
        Kind::Subflow => named(step, "workflow", What::Workflow, Effect::Irreversible),
        Kind::Trigger
        | Kind::Condition
        | Kind::Switch
        | Kind::Loop
        | Kind::Transform
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge => Vec::new(),
    };
    may.extend(secrets(checked, id));
    if steps::asks(step) {
        may.push(
            May::new(What::People, Effect::Read, "anybody who decides")
                .how("in the middle of its work"),
        );
    }
    may.sort();
    may.dedup();
    may
}

fn named(step: &Step, field: &str, what: What, effect: Effect) -> Vec<May> {
    let name = step.config.get(field).and_then(Node::as_str);
    name.map(|name| May::new(what, effect, format!("`{name}`")))
        .into_iter()
        .collect()
}

fn effect(operation: &Operation) -> Effect {
    match operation.effect {
        catalogue::Effect::Read => Effect::Read,
        catalogue::Effect::Write => Effect::Write,
        catalogue::Effect::Irreversible => Effect::Irreversible,
    }
}

fn action(step: &Step) -> Vec<May> {
    let Some(operation) = steps::operation(step) else {
        return Vec::new();
    };
    let parameter = |name: &str| {
        let config = &step.config;
        let among = config.get("parameters").and_then(|all| all.get(name));
        among.or_else(|| config.get(name))
    };
    if operation.permissions.contains(&"mail:send") {
        let to = parameter("to").map(shown);
        let to = to.unwrap_or_else(|| "somebody".to_owned());
        return vec![May::new(What::Mail, Effect::Irreversible, to)];
    }
    if effect(operation) == Effect::Irreversible {
        let name = parameter("name")
            .or_else(|| parameter("integration"))
            .map(shown);
        let target = name.map_or_else(|| operation.name(), |name| format!("`{name}`"));
        let how = parameter("operation").map(shown).unwrap_or_default();
        return vec![May::new(What::Act, Effect::Irreversible, target).how(how)];
    }
    let mut may = of_operation(operation);
    may.extend(events(operation));
    may
}

/// What an operation on records of ours does to which.
fn of_operation(operation: &Operation) -> Vec<May> {
    let name = operation.name();
    let permissions = operation.permissions.iter();
    let may = permissions.filter_map(|permission| {
        let (records, right) = permission.split_once(':')?;
        let may = if right == "read" {
            May::new(What::Read, Effect::Read, records)
        } else {
            May::new(What::Write, Effect::Write, records)
        };
        Some(may.how(name.as_str()))
    });
    let may: Vec<May> = may.collect();
    if !may.is_empty() || operation.action == "set_variables" {
        return may;
    }
    // What cannot run yet names no permissions.
    let (what, effect) = match effect(operation) {
        Effect::Read | Effect::Paid => (What::Read, Effect::Read),
        Effect::Write => (What::Write, Effect::Write),
        Effect::Irreversible => (What::Act, Effect::Irreversible),
    };
    vec![May::new(what, effect, operation.action).how(name)]
}

/// The events that tell of what an operation writes.
fn events(operation: &Operation) -> Option<May> {
    let happened = match operation.operation {
        name if name.starts_with("create") => "created",
        name if name.starts_with("update") => "updated",
        _ => return None,
    };
    let name = format!("{}.{happened}", operation.action);
    let known = event::find(&name).filter(|event| event.when.is_some())?;
    Some(May::new(
        What::Event,
        Effect::Write,
        format!("`{}`", known.name),
    ))
}

fn llm(step: &Step) -> Vec<May> {
    let given = |field: &str| {
        let node = step.config.get(field);
        node.filter(|node| !steps::llm::is_empty(node))
    };
    let one = given("model").map(|node| vec![shown(node)]);
    let chain = given("models").map(|node| node.elements().iter().map(shown).collect());
    let models: Vec<String> = one.or(chain).unwrap_or_default();
    let mut may: Vec<May> = models
        .into_iter()
        .map(|model| May::new(What::Model, Effect::Paid, format!("`{model}`")))
        .collect();
    if may.is_empty() {
        may.push(May::new(What::Model, Effect::Paid, "of the deployment"));
    }
    if let Some(agent) = given(steps::llm::AGENT) {
        let target = format!("whatever the stored agent `{}` names", shown(agent));
        may.push(May::new(What::Tool, Effect::Write, target));
    }
    for tool in given("tools").map(Node::elements).unwrap_or_default() {
        let Some(name) = tool.as_str() else { continue };
        let operations = tools::operations(name);
        let strongest = operations.iter().map(|operation| effect(operation)).max();
        let names: Vec<String> = operations
            .iter()
            .map(|operation| operation.name())
            .collect();
        let tool = May::new(
            What::Tool,
            strongest.unwrap_or(Effect::Read),
            format!("`{name}`"),
        );
        may.push(tool.how(names.join(", ")));
        may.extend(operations.into_iter().flat_map(of_operation));
    }
    may
}

fn request(step: &Step) -> Vec<May> {
    let config = &step.config;
    let method = config.get("method").and_then(Node::as_str);
    let method = method.unwrap_or("GET").to_uppercase();
    let mut may = Vec::new();
    if let Some(url) = config.get("url").and_then(Node::as_str) {
        let is_safe = ["GET", "HEAD", "OPTIONS"].contains(&method.as_str());
        let (what, effect) = if is_safe {
            (What::Fetch, Effect::Read)
        } else {
            (What::Call, Effect::Irreversible)
        };
        may.push(May::new(what, effect, host(url)).how(method));
    }
    let token = config.get("auth").and_then(|auth| auth.get("tokenUrl"));
    if let Some(url) = token.and_then(Node::as_str) {
        may.push(May::new(What::Call, Effect::Irreversible, host(url)).how("for a token"));
    }
    may
}

/// The host of an address, as far as it is known before a run.
pub(super) fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // A template may hold what ends a host.
    let end = match rest.find("{{") {
        Some(start) if start < end => {
            let close = rest.get(start..).and_then(|text| text.find("}}"));
            let close = close.map_or(rest.len(), |close| start + close + 2);
            let behind = rest.get(close..).unwrap_or_default();
            close + behind.find(['/', '?', '#']).unwrap_or(behind.len())
        }
        _ => end,
    };
    let host = rest.get(..end).unwrap_or(rest);
    if host.contains("{{") {
        return format!("a host that the run computes, `{host}`");
    }
    host.to_lowercase()
}

fn approval(step: &Step) -> Vec<May> {
    let config = &step.config;
    let approvers: Vec<String> = match config.get("approvers").map(|node| &node.data) {
        Some(Data::Array(elements)) => elements.iter().map(shown).collect(),
        Some(Data::String(text)) => text.split(',').map(|one| one.trim().to_owned()).collect(),
        _ => Vec::new(),
    };
    let approvers: Vec<String> = approvers
        .into_iter()
        .filter(|one| !one.is_empty())
        .collect();
    let delegate = config.get("delegateTo").map(shown);
    let who = if approvers.is_empty() {
        "anybody who decides".to_owned()
    } else {
        approvers.join(", ")
    };
    let mut may = vec![May::new(What::People, Effect::Read, who)];
    may.extend(
        delegate
            .iter()
            .map(|who| May::new(What::People, Effect::Read, who.as_str()).how("later")),
    );
    let is_told = config.get("notify").and_then(Node::as_str) != Some("none");
    let has_address = |who: &&String| who.contains('@') || who.contains("{{");
    let mails = approvers.iter().chain(&delegate).filter(has_address);
    may.extend(
        mails
            .filter(|_| is_told)
            .map(|who| May::new(What::Mail, Effect::Irreversible, who.as_str())),
    );
    may
}

/// The secrets that a step reads: where each comes from, and where it goes.
fn secrets(checked: &Checked, id: StepId) -> Vec<May> {
    let step = checked.step(id);
    let to = if step.kind == Kind::Request {
        let auth = step.config.get("auth");
        let token = auth.and_then(|auth| auth.get("tokenUrl"));
        let urls = [step.config.get("url"), token].into_iter().flatten();
        let hosts: Vec<String> = urls.filter_map(Node::as_str).map(host).collect();
        Some(hosts.join(" or "))
    } else {
        steps::operation(step).map(Operation::name)
    };
    let to = to.map(|to| format!(", sent to {to}")).unwrap_or_default();
    let declared = &checked.definition.settings.secrets;
    let read = checked.reads.get(id).map(|reads| &reads.secrets);
    let read = read.into_iter().flatten().map(|name| {
        let source = declared.get(name);
        let source = source.and_then(|node| serde_json::from_value(node.to_json()).ok());
        let from = match source {
            Some(SecretSource::Environment { env_var }) => format!("from the variable {env_var}"),
            Some(SecretSource::Encrypted { .. }) => "encrypted in the definition".to_owned(),
            Some(SecretSource::Stored { stored }) => {
                format!("from the organisation's secrets, {stored}")
            }
            Some(SecretSource::SecretsManager {
                secrets_manager, ..
            }) => format!("from Secrets Manager, {secrets_manager}"),
            Some(SecretSource::Ssm { ssm }) => format!("from the Parameter Store, {ssm}"),
            Some(SecretSource::Variable { .. }) | None => "from a secure variable".to_owned(),
        };
        May::new(What::Secret, Effect::Read, name.as_str()).how(format!("{from}{to}"))
    });
    read.collect()
}

/// A value as its author wrote it.
fn shown(node: &Node) -> String {
    node.as_str()
        .map_or_else(|| node.to_json().to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn hosts_are_what_the_address_says_before_a_run() {
        let rows = [
            ("https://api.example.com/orders?id=1", "api.example.com"),
            ("https://API.example.com:8443", "api.example.com:8443"),
            ("https://api.example.com/{{input.id}}", "api.example.com"),
            ("http://example.com?x={{a}}", "example.com"),
            (
                "{{input.url}}/orders",
                "a host that the run computes, `{{input.url}}`",
            ),
            (
                "https://{{input.shop}}.example.com/orders",
                "a host that the run computes, `{{input.shop}}.example.com`",
            ),
        ];
        for (url, expected) in rows {
            assert_eq!(host(url), expected, "{url}");
        }
    }
}
