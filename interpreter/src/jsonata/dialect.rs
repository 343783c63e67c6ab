//! What AWS refuses in an expression before any execution: there is no context item, and the dialect is JSONata 2.0.6.

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};
use jsonata_core::value::with_stack;

/// What a name means where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    /// A member of nothing: the expression's own level.
    Top,
    /// A member of what the path before it gives.
    Item,
}

/// Refuses what AWS does; the error is AWS's message, where there is one.
pub(super) fn check(node: &AstNode) -> Result<(), String> {
    walk(node, Context::Top)
}

fn walk(node: &AstNode, context: Context) -> Result<(), String> {
    with_stack(|| match node {
        AstNode::Name(name) if context == Context::Top => Err(format!(
            "Reference to '{name}' at the top level is not supported."
        )),
        AstNode::ParentVariable(_) => Err("Reference to '$$' is not supported.".to_owned()),
        AstNode::Binary {
            op: BinaryOp::Coalesce | BinaryOp::Default,
            ..
        } => Err("The operators '??' and '?:' are not supported.".to_owned()),
        AstNode::Path { steps } => path(steps, context),
        AstNode::Binary { lhs, rhs, .. } => {
            walk(lhs, context)?;
            walk(rhs, context)
        }
        AstNode::Unary { operand: inner, .. } | AstNode::FunctionApplication(inner) => {
            walk(inner, context)
        }
        AstNode::Lambda { body, .. } => walk(body, context),
        AstNode::Function { args: nodes, .. }
        | AstNode::Array(nodes)
        | AstNode::ArrayGroup(nodes)
        | AstNode::Block(nodes) => all(nodes, context),
        AstNode::Call { procedure, args } => {
            walk(procedure, context)?;
            all(args, context)
        }
        AstNode::Object(pairs) => all_pairs(pairs, context),
        AstNode::ObjectTransform { input, pattern } => {
            walk(input, context)?;
            all_pairs(pattern, Context::Item)
        }
        AstNode::Conditional {
            condition,
            then_branch,
            else_branch,
        } => {
            walk(condition, context)?;
            walk(then_branch, context)?;
            else_branch
                .as_deref()
                .map_or(Ok(()), |branch| walk(branch, context))
        }
        AstNode::Sort { input, terms } => {
            walk(input, context)?;
            terms
                .iter()
                .try_for_each(|(term, _)| walk(term, Context::Item))
        }
        // A transformation is a function: what it is applied to becomes its context.
        AstNode::Transform {
            location,
            update,
            delete,
        } => {
            walk(location, Context::Item)?;
            walk(update, Context::Item)?;
            delete
                .as_deref()
                .map_or(Ok(()), |delete| walk(delete, Context::Item))
        }
        AstNode::Name(_)
        | AstNode::String(_)
        | AstNode::Number(_)
        | AstNode::Boolean(_)
        | AstNode::Null
        | AstNode::Undefined
        | AstNode::Placeholder
        | AstNode::Regex { .. }
        | AstNode::Variable(_)
        | AstNode::Wildcard
        | AstNode::Descendant
        | AstNode::Parent(_) => Ok(()),
    })
}

/// Only the first step of a path is at the path's own level.
fn path(steps: &[PathStep], context: Context) -> Result<(), String> {
    steps.iter().enumerate().try_for_each(|(index, step)| {
        walk(&step.node, if index == 0 { context } else { Context::Item })?;
        step.stages.iter().try_for_each(|stage| match stage {
            Stage::Filter(filter) => walk(filter, Context::Item),
            Stage::KeepArray | Stage::Index(_) => Ok(()),
        })
    })
}

fn all(nodes: &[AstNode], context: Context) -> Result<(), String> {
    nodes.iter().try_for_each(|node| walk(node, context))
}

fn all_pairs(pairs: &[(AstNode, AstNode)], context: Context) -> Result<(), String> {
    pairs.iter().try_for_each(|(key, value)| {
        walk(key, context)?;
        walk(value, context)
    })
}

#[cfg(test)]
mod tests {
    use super::super::check;

    #[test]
    fn a_name_has_to_begin_at_a_variable() {
        let top = |name: &str| {
            Some(format!(
                "Reference to '{name}' at the top level is not supported."
            ))
        };
        let rows = [
            ("$states.input.items[value > 3].name", None),
            (
                "$states.input.items^(>price, name){group: $sum(price)}",
                None,
            ),
            ("$map($states.input.a, function($x){ $x.b })", None),
            ("$states.input.{'a': b, 'c': $d}", None),
            ("$states.input ~> |items|{'x': price}|", None),
            ("{'a': 1, 'b': [true, null, 'c']}", None),
            ("phone", top("phone")),
            ("$states.input.a + b.c", top("b")),
            ("$map($states.input.a, function($x){ b })", top("b")),
            ("$x ? a : 1", top("a")),
            ("{'a': b}", top("b")),
            (
                "$$.a",
                Some("Reference to '$$' is not supported.".to_owned()),
            ),
            (
                "$a ?? 1",
                Some("The operators '??' and '?:' are not supported.".to_owned()),
            ),
            (
                "$a ?: 1",
                Some("The operators '??' and '?:' are not supported.".to_owned()),
            ),
        ];
        for (source, expected) in rows {
            assert_eq!(check(source).err(), expected, "{source}");
        }
    }
}
