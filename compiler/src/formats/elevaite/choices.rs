//! Conditions that are steps of their own.

use super::super::Translation;
use super::super::build::{Object, text};
use super::agents::passing;
use super::configs::own_condition;
use super::edges::words;
use super::steps::Step;
use super::texts::Texts;
use super::words::What;
use super::{conditions, given};
use crate::source::{Data, Node};

/// Whether something holds, for those that ask.
pub(super) fn verdict(
    step: &Step<'_>,
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Object {
    let condition = condition(step, texts, translation);
    let expression = condition.field("expression");
    let written = expression.and_then(Node::as_str).unwrap_or("false");
    let mut gives = Object::of(step.node);
    let of = expression.unwrap_or(step.node);
    gives.put(
        "passed",
        text(of, format!("{{{{({written}) ? true : false}}}}")),
    );
    passing(step, gives.build())
}

/// Finds the conditions that do not choose: among steps that depend on others, those behind which steps say themselves
/// whether they run.
pub(super) fn verdicts(root: &Node, steps: &mut [Step<'_>]) {
    let leads = |step: &Step<'_>| {
        let fields = ["next_steps", "next_step", "else_steps", "error_steps"].iter();
        let mut given = fields.filter_map(|field| given(step.node, field));
        given.any(|node| !words(node).is_empty())
    };
    let is_drawn = given(root, "connections").is_some_and(|node| !node.elements().is_empty());
    if is_drawn || steps.iter().any(leads) {
        return;
    }
    let is_verdict = |one: &Step<'_>| {
        let depends = |step: &&Step<'_>| step.before().contains(&one.id.as_str());
        let behind = || steps.iter().filter(depends);
        let asks = |step: &Step<'_>| {
            own_condition(step).is_some_and(|condition| mentions(condition, &one.id))
        };
        let decides = |step: &Step<'_>| own_condition(step).is_some();
        behind().any(asks) || (behind().next().is_some() && behind().all(decides))
    };
    let found: Vec<bool> = steps.iter().map(is_verdict).collect();
    for (step, is_asked) in steps.iter_mut().zip(found) {
        if is_asked && step.what == What::Condition {
            step.what = What::Verdict;
        }
    }
}

/// Whether a condition reads what a step came to.
fn mentions(condition: &Node, id: &str) -> bool {
    let mut mentions = false;
    condition.each_string(&mut |_, text| {
        let is_of_path = |letter: char| letter.is_alphanumeric() || "_-.".contains(letter);
        let mut paths = text.split(|letter| !is_of_path(letter));
        mentions |= paths.any(|path| {
            let path = path.strip_prefix("steps.").unwrap_or(path);
            let rest = path.strip_prefix(id);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
    });
    mentions
}

/// A choice between two ways.
pub(super) fn condition(
    step: &Step<'_>,
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Object {
    let mut config = Object::of(step.node);
    config.put("onError", text(step.node, "false"));
    let node = step.first(&["condition", "conditions", "expression", "rules"]);
    // The record shows it as its author wrote it.
    let written = node.filter(|node| node.as_str().is_some());
    config.maybe("description", written.cloned());
    if let Some(node) = node {
        let word = step.first(&conditions::OPERATOR_KEYS);
        let whole = if word.is_some() && matches!(node.data, Data::Array(_)) {
            // The word that joins them stands beside the list.
            let mut joined = Object::of(node);
            joined.maybe("operator", word.cloned());
            joined.put("conditions", node.clone());
            joined.build()
        } else {
            node.clone()
        };
        let names = texts.names(step);
        let mut expression = conditions::expression(&whole, &names, texts, translation);
        // It has a condition, and is one: whatever it is asked does not hold where it does not run.
        let own = given(step.node, "conditions").filter(|own| own.span != node.span);
        if let Some(own) = own {
            let own = conditions::expression(own, &names, texts, translation);
            let both = [&own, &expression].map(|node| node.as_str().unwrap_or("false"));
            expression = text(node, format!("({}) && ({})", both[0], both[1]));
        }
        config.put("expression", expression);
    } else if let Some(block) = ["parameters", "config"].iter().find_map(|block| {
        let block = step.node.get(block)?;
        ["field", "left", "variable"]
            .iter()
            .any(|field| block.get(field).is_some())
            .then_some(block)
    }) {
        let mut comparison = Object::of(block);
        let entries = block.entries().iter();
        for entry in entries.filter(|entry| conditions::is_of_comparison(&entry.key)) {
            comparison.rename(entry, entry.key.clone());
        }
        let names = texts.names(step);
        let comparison = comparison.build();
        config.put(
            "expression",
            conditions::expression(&comparison, &names, texts, translation),
        );
    }
    config
}
