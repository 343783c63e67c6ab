//! `loop`: goes through a list, one item after the other.

use pawl_contract::reference::ROOTS;
use pawl_expression::Template;

use super::{required, wrong};
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{Field, Shape};
use crate::source::Data;

/// The fields of a loop's configuration.
pub(super) const FIELDS: &[Field] = &[
    ("items", Shape::Any),
    ("itemVariable", Shape::Text),
    ("indexVariable", Shape::Text),
    ("maxIterations", Shape::Count),
    ("continueOnError", Shape::Flag),
    ("description", Shape::Text),
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let help = "add the list to go through: `\"items\": \"{{steps.find.output.page}}\"`";
    if let Some(items) = required(step, "items", help, diagnostics)
        && !matches!(items.data, Data::String(_) | Data::Array(_))
    {
        diagnostics.push(wrong(
            items,
            "`items` is a list, or a template that gives one",
        ));
    }
    let items = step.config.get("items");
    if let Some((items, text)) = items.and_then(|items| Some((items, items.as_str()?)))
        && Template::parse(text).is_ok_and(|template| template.is_literal())
    {
        diagnostics.push(
            Diagnostic::error(
                codes::INVALID_VALUE,
                "`items` is a text, which is never a list",
            )
            .on(items)
            .help(format!(
                "write `{{{{{text}}}}}` if that is where the list is"
            )),
        );
    }
    for field in ["itemVariable", "indexVariable"] {
        let node = step.config.get(field);
        let Some((node, name)) = node.and_then(|node| Some((node, node.as_str()?))) else {
            continue;
        };
        // The words that mean the item anyway may be said.
        if [("itemVariable", "item"), ("indexVariable", "index")].contains(&(field, name)) {
            continue;
        }
        if ROOTS.contains(&name) || !is_name(name) {
            diagnostics.push(
                Diagnostic::error(
                    codes::INVALID_VALUE,
                    format!("`{name}` cannot be the name of an item"),
                )
                .on(node)
                .help("use a word of letters, digits and `_` that has no meaning yet"),
            );
        }
    }
}

/// Whether a word can be written as a root of an expression.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_' || first == '$')
        && name.chars().all(|character| {
            character.is_ascii_alphanumeric() || character == '_' || character == '$'
        })
}
