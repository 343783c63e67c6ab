//! Conditions that are steps of their own.

use super::super::Translation;
use super::super::build::{Object, text};
use super::conditions;
use super::steps::Step;
use super::texts::Texts;
use crate::source::Data;

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
        config.put(
            "expression",
            conditions::expression(&whole, &names, texts, translation),
        );
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
