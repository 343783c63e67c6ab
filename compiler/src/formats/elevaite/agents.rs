//! Agents, the prompts that feed them, tools, and approvals by people.

use super::super::Translation;
use super::super::build::{Object, list, text};
use super::super::tools::put_tools;
use super::steps::Step;
use super::texts::{Names, Texts, answers_json};
use super::words::What;
use crate::source::{Data, Node};

/// What an agent is asked where it has no question of its own and nothing comes before it: the message of the run.
const MESSAGE: &str = "{{input.current_message ?? input.message ?? input.query ?? input}}";

/// What was said before, where whoever starts a run knows it.
const HISTORY: &str = "{{input.history ?? []}}";

/// An agent, with what feeds it.
pub(super) fn agent(
    step: &Step<'_>,
    before: &[&Step<'_>],
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Object {
    let mut config = Object::of(step.get("agent_id").unwrap_or(step.node));
    let names = texts.names(step);
    let mut prompts = before
        .iter()
        .copied()
        .filter(|one| one.what == What::Prompt);
    let prompt = prompts.next_back();
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
        (Some(asked), None) => question(asked, &names, texts),
        (Some(asked), Some(_)) if !overrides => question(asked, &names, texts),
        (_, Some((fed, names))) => question(fed, &names, texts),
        (None, None) => text(step.node, last_of(before)),
    };
    config.put("userPrompt", user);
    if texts.has_history {
        config.put("history", text(step.node, HISTORY));
    }
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
    if let Some(given) = step.get("tools") {
        let fields = ["name", "tool_name", "tool_id", "id"];
        put_tools(&mut config, given, &fields, translation);
    }
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
    let Some(name) = node.as_str() else {
        return Some(node.clone());
    };
    let provider = step.text("provider").filter(|_| !name.contains([':', '/']));
    let name = provider.map_or_else(|| name.to_owned(), |provider| format!("{provider}:{name}"));
    Some(text(node, name))
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
