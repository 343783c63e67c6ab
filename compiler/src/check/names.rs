//! Names that authors give: each means one thing.

use std::collections::{BTreeMap, BTreeSet};

use pawl_contract::Kind;
use pawl_expression::Reference;

use super::references::name_at;
use super::texts::Text;
use crate::definition::{Definition, Step};
use crate::diagnostic::{Diagnostic, codes};
use crate::graph::StepId;
use crate::source::Node;
use crate::steps;

/// Speaks of names that hide each other, and of writes of which one is lost.
pub(super) fn check(
    definition: &Definition,
    variables: &BTreeMap<String, Vec<StepId>>,
    texts: &[Text<'_>],
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (id, step) in definition.steps.iter().enumerate() {
        if step.kind == Kind::Loop {
            bound(step, variables, diagnostics);
        }
        let own = texts.iter().filter(|text| text.step == Some(id));
        twice(step, &own.collect::<Vec<_>>(), diagnostics);
    }
}

/// What a loop binds must differ, and hides variables.
fn bound(
    step: &Step,
    variables: &BTreeMap<String, Vec<StepId>>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let named = |field: &str| {
        step.config
            .get(field)
            .filter(|node| node.as_str().is_some())
    };
    let (item, index) = (named("itemVariable"), named("indexVariable"));
    if let (Some(item), Some(index)) = (item, index)
        && item.as_str() == index.as_str()
        && item.as_str().is_some_and(steps::can_be_bound)
    {
        diagnostics.push(
            Diagnostic::error(
                codes::SHADOWED_NAME,
                "the item and its index cannot have the same name",
            )
            .on(index)
            .help("give the index a name of its own, such as `index`"),
        );
    }
    for node in [item, index].into_iter().flatten() {
        let name = node.as_str().unwrap_or_default();
        if variables.contains_key(name) {
            let message = format!(
                "in loop `{}`, `{name}` is no longer the variable",
                step.slug
            );
            diagnostics.push(
                Diagnostic::warning(codes::SHADOWED_NAME, message)
                    .on(node)
                    .help(format!(
                        "give one of them another name, or read the variable as `variables.{name}`"
                    )),
            );
        }
    }
}

/// Of two writes of one variable in one step, only the last remains, unless what comes between them reads the first.
fn twice(step: &Step, texts: &[&Text<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let mut unread: BTreeSet<&str> = BTreeSet::new();
    for (name, node) in steps::variables_set(step) {
        let own = texts.iter().filter(|text| node.holds(&text.node.pointer));
        for reference in own.flat_map(|text| &text.references) {
            unread.retain(|name| !reads(reference, name));
        }
        if unread.insert(name) {
            continue;
        }
        let message = format!(
            "step `{}` sets `{name}` again, so the value before it is lost",
            step.slug
        );
        let node: &Node = node.get("name").unwrap_or(node);
        diagnostics.push(
            Diagnostic::warning(codes::LOST_WRITE, message)
                .on(node)
                .help("keep one of them, or give the other one another name"),
        );
    }
}

/// Whether a reference is one to a variable.
fn reads(reference: &Reference, variable: &str) -> bool {
    let name = |at| name_at(reference, at);
    let is_root = matches!(name(0), Some("variables" | "config"));
    // What names none, or computes the name, may read any.
    name(0) == Some(variable) || (is_root && name(1).is_none_or(|name| name == variable))
}
