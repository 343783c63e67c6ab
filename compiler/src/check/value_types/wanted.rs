//! What a value is wanted for: a parameter of an operation, the list of a loop.

use pawl_contract::{Kind, Shape};
use pawl_expression::Type;

use super::items::goes_through;
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Node;
use crate::steps;

/// What is wrong with a value for the place where it is used.
pub(super) fn misfit(step: &Step, node: &Node, found: &Type) -> Option<Diagnostic> {
    let text = node.as_str()?;
    // A text with more in it than one value is a text whatever stands in it.
    let is_one = text.matches("{{").count() == 1 && !text.starts_with("{{#");
    if !(is_one && text.starts_with("{{") && text.ends_with("}}")) {
        return None;
    }
    let (name, shape) = wanted(step, node)?;
    if !found.never(|one| fits(one, &shape)) {
        return None;
    }
    let message = format!("`{name}` is {shape}, and this gives {found}");
    Some(Diagnostic::error(codes::WRONG_TYPE, message).on(node))
}

/// The parameter that a value is, and its shape.
fn wanted<'step>(step: &'step Step, node: &Node) -> Option<(&'step str, Shape)> {
    match step.kind {
        Kind::Loop if goes_through(step, node) => Some(("items", Shape::List)),
        Kind::Action => {
            let operation = steps::operation(step)?;
            let parameters = step.config.get("parameters").unwrap_or(&step.config);
            let mut entries = parameters.entries().iter();
            let entry = entries.find(|entry| entry.node.pointer == node.pointer)?;
            // Its key has the same place.
            (entry.node.span == node.span).then_some(())?;
            let parameter = operation.parameter(&entry.key)?;
            Some((entry.key.as_str(), parameter.shape))
        }
        Kind::Trigger
        | Kind::Llm
        | Kind::Request
        | Kind::Condition
        | Kind::Switch
        | Kind::Loop
        | Kind::Transform
        | Kind::Approval
        | Kind::Signal
        | Kind::Subflow
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge => None,
    }
}

/// Whether a value of a type may have a shape. A null is left out, so it fits everywhere.
fn fits(found: &Type, shape: &Shape) -> bool {
    let is_text = matches!(found, Type::Text | Type::Words(_));
    if matches!(
        found,
        Type::Any | Type::Null | Type::Given(_) | Type::Either(_)
    ) {
        return true;
    }
    match shape {
        Shape::Any => true,
        Shape::Text | Shape::Usually(_) | Shape::Expression => is_text,
        Shape::OneOf(words) => {
            let Type::Words(some) = found else {
                return is_text;
            };
            some.iter().any(|word| words.contains(&word.as_str()))
        }
        Shape::Number
        | Shape::Integer
        | Shape::FromZero
        | Shape::Within(..)
        | Shape::Between(..)
        | Shape::Whole
        | Shape::Count => *found == Type::Number,
        Shape::Flag => *found == Type::Flag,
        Shape::List | Shape::Texts => matches!(found, Type::List(_)),
        Shape::Object | Shape::Fields(_) => matches!(found, Type::Object(_)),
        Shape::Either(shapes) => shapes.iter().any(|shape| fits(found, shape)),
    }
}
