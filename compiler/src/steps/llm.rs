//! `llm`: asks a language model.

use pawl_contract::{MOST_WAITS, catalogue, tools};

use super::not_yet;
use crate::cost::BUDGET_FIELDS;
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::schema;
use crate::shape::near_ours;
use crate::source::{Data, Entry, Node};

/// What an llm step can be asked for and cannot do yet.
const LATER: [(&str, &str); 2] = [
    ("mcpServerIds", "MCP servers"),
    ("knowledgeFileIds", "knowledge files"),
];

/// The field for tools that nothing here is called by.
const ELSEWHERE: &str = "toolsElsewhere";

/// The field that names an agent.
pub(crate) const AGENT: &str = "agent_id";

/// The field in which a step gets its workflow's budget.
pub(crate) const RUN_BUDGET: &str = "runBudget";

/// The fields of a budget.
const BUDGET: &[Field] = &[
    ("tokens", Shape::Count),
    ("usd", Shape::FromZero),
    ("onExceeded", Shape::OneOf(&["warn", "stop", "ask"])),
];

/// The fields of an llm step's configuration.
pub(crate) const FIELDS: &[Field] = &[
    ("name", Shape::Text),
    ("description", Shape::Text),
    ("systemPrompt", Shape::Text),
    ("userPrompt", Shape::Text),
    ("model", Shape::Text),
    ("models", Shape::Texts),
    ("temperature", Shape::Within(0, 2)),
    ("maxTokens", Shape::Count),
    ("maxSteps", Shape::Count),
    ("max_iterations", Shape::Count),
    (AGENT, Shape::Text),
    ("budget", Shape::Object),
    (RUN_BUDGET, Shape::Object),
    ("concurrency", Shape::Between(1, 1000)),
    ("outputFormat", Shape::OneOf(&["text", "json"])),
    ("outputSchema", Shape::Object),
    ("conversational", Shape::Flag),
    ("tools", Shape::Texts),
    // Tools that a definition of another format names and nothing here is.
    (ELSEWHERE, Shape::Texts),
    // What was said before, where whoever starts the run knows it: a list of `{ role, content }`.
    ("history", Shape::Any),
    ("mcpServerIds", Shape::Texts),
    // A list of ids, or a template that gives one.
    ("knowledgeFileIds", Shape::Texts),
    ("contextVariables", Shape::Any),
    ("cache", Shape::Object),
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let given = |field: &str| step.config.get(field).filter(|node| !is_empty(node));
    let prompts = ["systemPrompt", "userPrompt", AGENT];
    if prompts.into_iter().find_map(given).is_none() {
        diagnostics.push(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("step `{}` has no `systemPrompt`", step.slug),
            )
            .on(&step.config)
            .help("say what the model is to do"),
        );
    }
    if let (Some(_), Some(models)) = (given("model"), given("models")) {
        diagnostics.push(
            Diagnostic::error(
                codes::INVALID_VALUE,
                format!("step `{}` names both `model` and `models`", step.slug),
            )
            .on(models)
            .help("put the model first in `models`, or leave `models` out"),
        );
    }
    if let Some(schema) = given("outputSchema").filter(|schema| schema.is_object()) {
        schema::check_root(schema, "`outputSchema`", diagnostics);
    }
    let tools = step.config.get("tools").map(Node::elements);
    check_tools(step, tools.unwrap_or_default(), diagnostics);
    for tool in given(ELSEWHERE).map(Node::elements).unwrap_or_default() {
        let name = tool.as_str().unwrap_or_default();
        diagnostics.push(not_yet(step, tool, &format!("the tool `{name}`")));
    }
    if let Some(budget) = given("budget") {
        check_budget(budget, diagnostics);
    }
    for (field, what) in LATER {
        if let Some(node) = given(field) {
            diagnostics.push(not_yet(step, node, what));
        }
    }
}

/// Turns that use tools, where the step does not say; the function thinks the same.
const USUAL_TURNS: u64 = 10;

/// The most invocations in which a step may go on: each turn may begin in a new one, and only a step with tools has more
/// than one; and any step may wait until a model may be asked.
pub(super) fn most_turns(step: &Step) -> u64 {
    let given = |field: &str| step.config.get(field).filter(|node| !is_empty(node));
    let turns = given("tools").or(given(AGENT)).map_or(0, |_| {
        let own = given("maxSteps").or(given("max_iterations"));
        own.and_then(Node::as_u64).unwrap_or(USUAL_TURNS)
    });
    turns.saturating_add(MOST_WAITS.into())
}

/// Whether a budget of the step, or of its workflow, is one that asks.
pub(super) fn asks(step: &Step) -> bool {
    let asks = |field: &str| {
        let exceeded = step.config.get(field)?.get("onExceeded")?;
        exceeded.as_str()
    };
    ["budget", RUN_BUDGET]
        .into_iter()
        .any(|field| asks(field) == Some("ask"))
}

/// Checks the budget of a step.
pub(super) fn check_budget(budget: &Node, diagnostics: &mut Vec<Diagnostic>) {
    check_limits(budget, BUDGET, diagnostics);
}

/// Checks the budget of a workflow, which bounds more than its models.
pub(crate) fn check_run_budget(budget: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let fields = [BUDGET, &BUDGET_FIELDS].concat();
    check_limits(budget, &fields, diagnostics);
}

/// What of a workflow's budget its llm steps keep to; nothing where it does not bound models.
pub(crate) fn run_budget(budget: &Node) -> Option<Node> {
    let is_kept = |entry: &&Entry| BUDGET.iter().any(|(name, _)| *name == entry.key);
    let kept = budget.entries().iter().filter(is_kept);
    let bounds = ["tokens", "usd"].into_iter().any(|field| {
        let node = budget.get(field);
        node.is_some_and(|node| !node.is_null())
    });
    bounds.then(|| Node {
        data: Data::Object(kept.cloned().collect()),
        ..budget.clone()
    })
}

fn check_limits(budget: &Node, table: &[Field], diagnostics: &mut Vec<Diagnostic>) {
    fields::check(budget, table, "a budget", Templates::Refused, diagnostics);
    let limits = || {
        table
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| *name != "onExceeded")
    };
    let has_limit = limits().any(|field| budget.get(field).is_some_and(|node| !node.is_null()));
    let is_misspelt = |field| fields::is_misspelt(budget, field, diagnostics);
    if budget.is_object() && !has_limit && !limits().any(is_misspelt) {
        let message = "the budget has no limit";
        diagnostics.push(
            Diagnostic::error(codes::MISSING_FIELD, message)
                .on(budget)
                .help("give it `tokens`, `usd` or both"),
        );
    }
}

/// Checks the tools that are named, and says once which of them cannot run yet.
fn check_tools(step: &Step, tools: &[Node], diagnostics: &mut Vec<Diagnostic>) {
    let later: Vec<&Node> = tools
        .iter()
        .filter(|tool| !check_tool(tool, diagnostics))
        .collect();
    let names: Vec<String> = later
        .iter()
        .filter_map(|tool| Some(format!("`{}`", tool.as_str()?)))
        .collect();
    match (later.first(), names.as_slice()) {
        (Some(tool), [name]) => {
            diagnostics.push(not_yet(step, tool, &format!("the tool {name}")));
        }
        (Some(tool), names) => {
            let what = format!("the tools {}", names.join(", "));
            diagnostics.push(not_yet(step, tool, &what));
        }
        (None, _) => {}
    }
}

/// Checks one tool. `false` where it is known and cannot run yet.
fn check_tool(tool: &Node, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let Some(name) = tool.as_str() else {
        // The table says that the list holds strings.
        return true;
    };
    if name.contains("{{") {
        let message = "a tool is named in the definition, not computed in a run";
        diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(tool));
        return true;
    }
    if !tools::operations(name).is_empty() {
        return true;
    }
    if tools::find(name).is_some() {
        return false;
    }
    let operation = catalogue::find(name, None);
    if operation.is_some_and(|operation| operation.effect == catalogue::Effect::Irreversible) {
        let message = format!("`{name}` is no tool: a model cannot take back what it does");
        diagnostics.push(
            Diagnostic::error(codes::UNKNOWN_TOOL, message)
                .on(tool)
                .help("let a step of its own do it, with what the model answers"),
        );
        return true;
    }
    if operation.is_some() {
        return false;
    }
    diagnostics.push(
        Diagnostic::error(codes::UNKNOWN_TOOL, format!("there is no tool `{name}`"))
            .on(tool)
            .help("the tools are listed in docs/formats.md")
            .meant(name, near_ours(name, tools::names())),
    );
    true
}

/// Whether a field asks for nothing.
pub(crate) fn is_empty(node: &Node) -> bool {
    match &node.data {
        Data::Null => true,
        Data::Array(elements) => elements.is_empty(),
        Data::Object(entries) => entries.is_empty(),
        Data::String(text) => text.is_empty(),
        Data::Bool(_) | Data::Number(_) => false,
    }
}
