//! Agents, the prompts that feed them, tools, and approvals by people.

use pawl_contract::{catalogue, tools};

use super::super::Translation;
use super::super::build::{Object, list, number, text, value};
use super::policy;
use super::steps::Step;
use super::texts::{Names, Texts, answers_json};
use super::words::What;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Data, Entry, Node};

/// What an agent is asked where it has no question of its own and nothing comes before it: the message of the run.
const MESSAGE: &str = "{{input.current_message ?? input.message ?? input.query ?? input}}";

/// An agent, with what feeds it.
pub(super) fn agent(
    step: &Step<'_>,
    before: &[&Step<'_>],
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Object {
    let mut config = Object::of(step.get("agent_id").unwrap_or(step.node));
    let names = texts.names(step);
    let prompts = before
        .iter()
        .copied()
        .filter(|one| one.what == What::Prompt);
    let prompt = prompts.last();
    let overrides = prompt
        .and_then(|prompt| prompt.get("override_agent_prompt"))
        .is_none_or(|flag| flag.data != Data::Bool(false));
    let own = step.first(&["system_prompt", "prompt", "instructions"]);
    let fed = prompt.and_then(|prompt| Some((prompt.get("system_prompt")?, texts.names(prompt))));
    let system = match (own, fed) {
        (Some(own), Some((fed, prompt_names))) => {
            if overrides {
                Some((fed, prompt_names))
            } else {
                Some((own, names.clone()))
            }
        }
        (Some(own), None) => Some((own, names.clone())),
        (None, fed) => fed,
    };
    if let Some((node, names)) = system {
        config.put("systemPrompt", question(node, &names, texts));
    }
    let id = step.first(&[
        "agent_id",
        "agent_name",
        "agent_template_id",
        "a2a_agent_id",
        "agent",
    ]);
    if let Some(id) = id.filter(|id| id.as_str().is_some()) {
        config.put("agent_id", id.clone());
    }
    let asked = step.first(&["query", "user_prompt", "task", "message", "query_template"]);
    let fed = prompt.and_then(|prompt| {
        Some((
            prompt.first(&["query_template", "query"])?,
            texts.names(prompt),
        ))
    });
    let user = match (asked, fed) {
        (Some(asked), _) => question(asked, &names, texts),
        (None, Some((fed, names))) => question(fed, &names, texts),
        (None, None) => text(step.node, last_of(before)),
    };
    config.put("userPrompt", user);
    for (fields, native) in [
        (&["max_iterations", "max_steps"][..], "maxSteps"),
        (&["temperature"], "temperature"),
        (&["max_tokens"], "maxTokens"),
        (&["budget"], "budget"),
    ] {
        let found = step.first(fields);
        let found = found.or_else(|| prompt.and_then(|prompt| prompt.first(fields)));
        config.maybe(native, found.cloned());
    }
    config.maybe(
        "model",
        model(step).or_else(|| prompt.and_then(|prompt| model(prompt))),
    );
    if answers_json(step) {
        config.put("outputFormat", text(step.node, "json"));
    }
    let schema = step
        .get("output_schema")
        .filter(|schema| schema.is_object());
    config.maybe("outputSchema", schema.cloned());
    config.maybe("tools", given_tools(step, translation));
    if config.has("agent_id") && !config.has("systemPrompt") {
        translation.differs(
            "agents-by-id",
            id.unwrap_or(step.node),
            "the agent is looked for in the workflow's `config.agents`, then among the stored records `agents`",
        );
    }
    config
}

/// What comes before, as a question: the message of the run, or what the steps before gave.
fn last_of(before: &[&Step<'_>]) -> String {
    let gave: Vec<&str> = before
        .iter()
        .filter(|step| step.what.gives())
        .map(|step| step.slug.as_str())
        .collect();
    match gave.as_slice() {
        [] => MESSAGE.to_owned(),
        [slug] if before.len() == 1 => {
            format!("{{{{steps.{slug}.output.response ?? steps.{slug}.output}}}}")
        }
        // Of steps that exclude each other only one has run.
        slugs => {
            let each = slugs.iter().map(|slug| {
                format!("{{{{steps.{slug}.output.response ?? steps.{slug}.output ?? ''}}}}")
            });
            each.collect::<Vec<_>>().join("\n")
        }
    }
}

fn question(node: &Node, names: &Names, texts: &Texts<'_>) -> Node {
    match node.as_str() {
        Some(written) => text(node, texts.question(written, names)),
        None => texts.value(node, names),
    }
}

/// The model, with its provider before it.
fn model(step: &Step<'_>) -> Option<Node> {
    let node = step.first(&["model_name", "model"])?;
    let name = node.as_str()?;
    let provider = step.text("provider").filter(|_| !name.contains([':', '/']));
    let name = provider.map_or_else(|| name.to_owned(), |provider| format!("{provider}:{name}"));
    Some(text(node, name))
}

/// The tools that an agent may use. One that nothing here is called by cannot run yet, which a mock settles.
fn given_tools(step: &Step<'_>, translation: &mut Translation<'_>) -> Option<Node> {
    let given = step.get("tools")?;
    let mut found = Vec::new();
    for tool in given.elements() {
        let fields = ["name", "tool_name", "tool_id", "id"];
        let node = fields
            .iter()
            .find_map(|field| tool.get(field))
            .unwrap_or(tool);
        let Some(name) = node.as_str() else {
            let message = format!("a tool is named by a text, not by {}", node.noun());
            translation.say(Diagnostic::error(codes::INVALID_VALUE, message).on(node));
            continue;
        };
        let is_known = tools::find(name).is_some()
            || !tools::operations(name).is_empty()
            || catalogue::find(name, None).is_some();
        if is_known {
            found.push(node.clone());
            continue;
        }
        let message = format!(
            "step `{}` needs the tool `{name}`, which nothing here is",
            step.id
        );
        let mut diagnostic = Diagnostic::warning(codes::NOT_YET, message).on(node).help(format!(
            "use a tool that docs/formats.md lists, or mock the step to run the workflow: `{{ \"{}\": ... }}` in `mocks.json`",
            step.slug
        ));
        diagnostic.mockable = Some(step.slug.clone());
        translation.say(diagnostic);
    }
    Some(list(given, found))
}

/// A prompt that a step leads to: it gives what it says.
pub(super) fn prompt(step: &Step<'_>, texts: &Texts<'_>) -> Object {
    let names = texts.names(step);
    let mut says = Object::of(step.node);
    for field in ["system_prompt", "query_template", "query"] {
        if let Some(node) = step.get(field) {
            says.put(field, question(node, &names, texts));
        }
    }
    passing(step, says.build())
}

/// A transform that gives a value as it is.
pub(super) fn passing(step: &Step<'_>, gives: Node) -> Object {
    let mut config = Object::of(step.node);
    config.put("input", gives);
    config.put("operations", list(step.node, Vec::new()));
    config
}

/// The fields of a tool's step that are not for the tool.
const OF_STEP: [&str; 12] = [
    "tool_name",
    "tool_id",
    "tool",
    "operation",
    "param_mapping",
    "static_params",
    "parameters",
    "arguments",
    "tool_params",
    "timeout_seconds",
    "retry",
    "description",
];

/// A call of a tool: one of the actions here, or an operation of another system.
pub(super) fn tool(
    step: &Step<'_>,
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Object {
    let node = step.first(&["tool_name", "tool_id", "tool"]);
    let name = node.and_then(Node::as_str).unwrap_or_default();
    if name.is_empty() {
        translation.say(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("step `{}` has no `tool_name`", step.id),
            )
            .on(node.unwrap_or(step.node))
            .help("name the tool: `\"tool_name\": \"customer.get_by_id\"`"),
        );
    }
    let at = node.unwrap_or(step.node);
    let parameters = parameters(step, texts);
    let operation = step.text("operation");
    let mut config = Object::of(at);
    if catalogue::find(name, operation).is_some() || name.is_empty() {
        config.put("type", text(at, name));
        config.maybe("operation", step.get("operation").cloned());
        config.put("parameters", parameters);
        return config;
    }
    translation.differs(
        "tools-of-others",
        at,
        format!("no action here is called `{name}`: it is called as an integration of that name"),
    );
    let mut wrapped = Object::of(at);
    wrapped.put("name", text(at, name));
    wrapped.maybe("operation", step.get("operation").cloned());
    wrapped.put("params", parameters);
    config.put("type", text(at, "integration"));
    config.put("parameters", wrapped.build());
    config
}

/// What a tool is given.
fn parameters(step: &Step<'_>, texts: &Texts<'_>) -> Node {
    let names = texts.names(step);
    let mut parameters = Object::of(step.node);
    let mut put = |entries: &[Entry]| {
        for entry in entries {
            let node = texts.value(&entry.node, &names);
            parameters.rename(
                &Entry {
                    node,
                    ..entry.clone()
                },
                entry.key.clone(),
            );
        }
    };
    for block in ["parameters", "config"] {
        let entries = step.node.get(block).map(Node::entries).unwrap_or_default();
        let own: Vec<Entry> = entries
            .iter()
            .filter(|entry| !OF_STEP.contains(&entry.key.as_str()) && entry.key != "input_mapping")
            .cloned()
            .collect();
        put(&own);
        for field in ["parameters", "arguments", "tool_params", "static_params"] {
            let inner = step.node.get(block).and_then(|block| block.get(field));
            put(inner.map(Node::entries).unwrap_or_default());
        }
    }
    for field in ["input_mapping", "param_mapping"] {
        for entry in step.get(field).map(Node::entries).unwrap_or_default() {
            let expression = texts.deep(&entry.node);
            let node = if entry.node.as_str().is_some() {
                text(&entry.node, format!("{{{{{expression} ?? null}}}}"))
            } else {
                entry.node.clone()
            };
            parameters.rename(
                &Entry {
                    node,
                    ..entry.clone()
                },
                entry.key.clone(),
            );
        }
    }
    parameters.build()
}

/// A person who is asked.
pub(super) fn approval(step: &Step<'_>, texts: &Texts<'_>) -> Object {
    let names = texts.names(step);
    let mut config = Object::of(step.node);
    let message = step.first(&["message", "prompt", "question"]);
    let message = message.map(|node| texts.value(node, &names));
    config.put(
        "message",
        message.unwrap_or_else(|| text(step.node, format!("Approve `{}`?", step.id))),
    );
    config.maybe(
        "title",
        step.get("title").map(|node| texts.value(node, &names)),
    );
    let approvers = step.first(&["approvers", "approver_role", "approver"]);
    config.maybe("approvers", approvers.map(|node| texts.value(node, &names)));
    config.maybe("requireComment", step.get("require_comment").cloned());
    config.maybe("priority", step.get("priority").cloned());
    let payload = step.first(&["payload", "approval_metadata", "data"]);
    let mapped = step
        .get("input_mapping")
        .map(|mapping| mapping_of(mapping, texts));
    config.maybe(
        "payload",
        payload.map(|node| texts.value(node, &names)).or(mapped),
    );
    let (field, time) = policy::patience(step);
    config.put(field, time);
    config
}

/// An object whose fields are templates of what a mapping names.
pub(super) fn mapping_of(mapping: &Node, texts: &Texts<'_>) -> Node {
    let mut object = Object::of(mapping);
    for entry in mapping.entries() {
        let node = match entry.node.as_str() {
            Some(_) => text(
                &entry.node,
                format!("{{{{{} ?? null}}}}", texts.mapped(&entry.node)),
            ),
            None => entry.node.clone(),
        };
        object.rename(
            &Entry {
                node,
                ..entry.clone()
            },
            entry.key.clone(),
        );
    }
    object.build()
}

/// Another workflow.
pub(super) fn subflow(step: &Step<'_>, texts: &Texts<'_>) -> Object {
    let mut config = Object::of(step.node);
    let workflow = step.first(&["workflow_id", "workflow_name", "workflow", "subflow_id"]);
    config.maybe("workflow", workflow.cloned());
    let inherits = step
        .get("inherit_context")
        .is_none_or(|flag| flag.data != Data::Bool(false));
    let input = match step.first(&["input_mapping", "input", "inputs"]) {
        Some(mapping) if mapping.is_object() && !mapping.entries().is_empty() => {
            Some(mapping_of(mapping, texts))
        }
        Some(node) if node.as_str().is_some() => Some(texts.value(node, &Names::default())),
        _ if inherits => Some(value(step.node, &serde_json::json!("{{input}}"))),
        _ => None,
    };
    config.maybe("input", input);
    config
}

/// Some time.
pub(super) fn delay(step: &Step<'_>, texts: &Texts<'_>) -> Object {
    let names = texts.names(step);
    let mut config = Object::of(step.node);
    let fields = [
        (
            &[
                "seconds",
                "delay_seconds",
                "duration_seconds",
                "wait_seconds",
            ][..],
            "seconds",
        ),
        (&["minutes", "delay_minutes", "duration_minutes"], "minutes"),
        (&["hours", "delay_hours", "duration_hours"], "hours"),
        (&["days", "delay_days", "duration_days"], "days"),
        (&["until", "until_time", "resume_at"], "until"),
    ];
    for (written, native) in fields {
        config.maybe(
            native,
            step.first(written).map(|node| texts.value(node, &names)),
        );
    }
    if let Some(node) = step.first(&["duration", "delay"]) {
        let unit = step
            .first(&["unit", "duration_unit"])
            .and_then(Node::as_str);
        let unit = match unit.unwrap_or("seconds").trim_end_matches('s') {
            "minute" | "min" => "minutes",
            "hour" => "hours",
            "day" => "days",
            _ => "seconds",
        };
        match node.as_str().and_then(short_time) {
            Some((amount, unit)) => config.put(unit, number(node, amount)),
            None => config.put(unit, texts.value(node, &names)),
        };
    }
    config
}

/// `90s`, `15m`, `2h`, `1d`.
fn short_time(written: &str) -> Option<(u64, &'static str)> {
    let written = written.trim();
    let digits = written.trim_end_matches(|character: char| !character.is_ascii_digit());
    let unit = match written.get(digits.len()..)?.trim() {
        "s" | "sec" | "seconds" => "seconds",
        "m" | "min" | "minutes" => "minutes",
        "h" | "hours" => "hours",
        "d" | "days" => "days",
        _ => return None,
    };
    Some((digits.parse().ok()?, unit))
}
