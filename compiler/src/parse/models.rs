//! What the workflow says for all of its llm steps: agents by id, models, a budget.

use pawl_contract::Kind;

use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Templates};
use crate::source::{Data, Entry, Node};
use crate::steps::llm;

/// Gives each llm step what it leaves out and the workflow says for it.
///
/// An inherited value keeps its place in the text, so that what is said of it points there.
pub(super) fn inherit(
    config: Option<&Node>,
    steps: &mut [Step],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let given = |field: &str| {
        let entries = config.map(Node::entries).unwrap_or_default();
        entries
            .iter()
            .find(|entry| entry.key == field && !llm::is_empty(&entry.node))
    };
    let agents = given("agents").map(|entry| &entry.node);
    for agent in agents.map(Node::entries).unwrap_or_default() {
        let what = format!("agent `{}`", agent.key);
        fields::check(
            &agent.node,
            llm::FIELDS,
            &what,
            Templates::Allowed,
            diagnostics,
        );
    }
    let (models, budget) = (given("models"), given("budget"));
    if let Some(budget) = budget {
        llm::check_run_budget(&budget.node, diagnostics);
    }
    let budget = budget.and_then(|entry| {
        Some(Entry {
            node: llm::run_budget(&entry.node)?,
            ..entry.clone()
        })
    });
    for step in steps {
        if step.kind == Kind::Llm && !step.has_refused_config {
            inherit_one(step, agents, models, budget.as_ref(), diagnostics);
        }
    }
}

fn inherit_one(
    step: &mut Step,
    agents: Option<&Node>,
    models: Option<&Entry>,
    budget: Option<&Entry>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Data::Object(entries) = &mut step.config.data else {
        return;
    };
    let is_given = |entries: &[Entry], field: &str| {
        entries
            .iter()
            .any(|entry| entry.key == field && !llm::is_empty(&entry.node))
    };
    let take = |entries: &mut Vec<Entry>, entry: &Entry, key: &str| {
        entries.retain(|given| given.key != key);
        entries.push(Entry {
            key: key.to_owned(),
            ..entry.clone()
        });
    };
    let named = entries.iter().position(|entry| entry.key == llm::AGENT);
    let id = named.and_then(|index| entries.get(index)?.node.as_str());
    let agent = id.and_then(|id| agents?.get(id));
    if let (Some(agent), Some(index)) = (agent, named) {
        // It is all here now; only an agent that nobody here knows is looked for in a run.
        entries.remove(index);
        for entry in agent.entries() {
            if !is_given(entries, &entry.key) {
                take(entries, entry, &entry.key);
            }
        }
    } else if let (Some(id), Some(agents), Some(index)) = (id, agents, named) {
        let known = agents.entries().iter().map(|entry| entry.key.as_str());
        if let Some(near) = crate::shape::near_ours(id, known) {
            let message = format!("the workflow has no agent `{id}`; a stored one is asked for");
            if let Some(entry) = entries.get(index) {
                diagnostics.push(
                    Diagnostic::warning(codes::INVALID_VALUE, message)
                        .on(&entry.node)
                        .help(format!("did you mean `{near}`?")),
                );
            }
        }
    }
    if let Some(models) = models
        && !is_given(entries, "model")
        && !is_given(entries, "models")
    {
        take(entries, models, "models");
    }
    if let Some(budget) = budget {
        take(entries, budget, llm::RUN_BUDGET);
    }
}
