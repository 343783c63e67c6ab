//! `set_variables` and `output`: compute values for later steps, or the run's result.

use pawl_contract::reference::ROOTS;

use super::r#loop::is_name;
use super::wrong;
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Data, Entry, Node};

/// So many writes fit a transaction beside what else a step may write in it.
const MOST_VARIABLES: usize = 40;

/// The fields of an output step's configuration.
pub(super) const OUTPUT_FIELDS: &[&str] = &["mapping", "outputMapping", "description"];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    if step.config.get("type").is_none() {
        output(step, diagnostics);
        return;
    }
    let set = variables(step);
    if set.is_empty() {
        diagnostics.push(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("step `{}` sets no variable", step.slug),
            )
            .on(&step.config)
            .help("write `\"parameters\": { \"name\": \"{{value}}\" }`"),
        );
    }
    if set.len() > MOST_VARIABLES {
        let message = format!(
            "a step sets at most {MOST_VARIABLES} variables, `{}` sets {}",
            step.slug,
            set.len()
        );
        diagnostics.push(
            Diagnostic::error(codes::MACHINE_LIMIT, message)
                .on(&step.config)
                .help("set an object, or use two steps"),
        );
    }
    for (name, node) in set {
        if ROOTS.contains(&name) || !is_name(name) {
            diagnostics.push(
                Diagnostic::error(
                    codes::INVALID_VALUE,
                    format!("`{name}` cannot be the name of a variable"),
                )
                .on(node)
                .help("use a word of letters, digits and `_` that has no meaning yet"),
            );
        }
    }
    for entry in listed(step).iter().filter(|entry| {
        entry
            .get("secure")
            .is_some_and(|node| node.data == Data::Bool(true))
    }) {
        diagnostics.push(super::not_yet(step, entry, "a secure variable"));
    }
}

fn output(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let Some(mapping) = step
        .config
        .get("mapping")
        .or_else(|| step.config.get("outputMapping"))
    else {
        diagnostics.push(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("step `{}` has no `mapping`", step.slug),
            )
            .on(&step.config)
            .help("write `\"mapping\": { \"name\": \"{{steps.<slug>.output}}\" }`"),
        );
        return;
    };
    if !mapping.is_object() {
        diagnostics.push(wrong(mapping, "`mapping` is an object"));
    }
}

/// The variables that a step sets: a plain object of them, a list, or the fields beside `type`.
pub(super) fn variables(step: &Step) -> Vec<(&str, &Node)> {
    if step.config.get("type").is_none() {
        return Vec::new();
    }
    if !listed(step).is_empty() {
        return listed(step)
            .iter()
            .filter_map(|entry| Some((entry.get("name")?.as_str()?, entry)))
            .collect();
    }
    if let Some(parameters) = step.config.get("parameters") {
        return named(parameters.entries(), &[]);
    }
    named(step.config.entries(), &["type", "operation", "description"])
}

/// Entries as variables, except those that mean something else.
fn named<'step>(entries: &'step [Entry], own: &[&str]) -> Vec<(&'step str, &'step Node)> {
    entries
        .iter()
        .filter(|entry| !own.contains(&entry.key.as_str()))
        .map(|entry| (entry.key.as_str(), &entry.node))
        .collect()
}

/// The entries of the list form `{variables: [{name, value}]}`.
fn listed(step: &Step) -> &[Node] {
    let parameters = step.config.get("parameters").unwrap_or(&step.config);
    parameters
        .get("variables")
        .map(Node::elements)
        .unwrap_or_default()
}
