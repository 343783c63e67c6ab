//! What stands in a node of an expression: the shape of the language's tree, for whoever walks it.

use std::collections::BTreeSet;

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};
use jsonata_core::value::with_stack;

/// Where a node stands, seen from the one that it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Under {
    /// It sees the same context.
    Beside,
    /// It sees each item of what stands before it.
    Each,
}

/// Gives every node that stands directly in a node, in the order of the source.
pub(super) fn under<'n>(node: &'n AstNode, found: &mut dyn FnMut(&'n AstNode, Under)) {
    match node {
        AstNode::Path { steps } => path(steps, found),
        AstNode::Binary { lhs, rhs, .. } => {
            found(lhs, Under::Beside);
            found(rhs, Under::Beside);
        }
        // What is applied in a path sees each item; AWS takes a bare name there only as a later step.
        AstNode::Unary { operand: inner, .. }
        | AstNode::FunctionApplication(inner)
        | AstNode::Lambda { body: inner, .. } => found(inner, Under::Beside),
        AstNode::Function { args: nodes, .. }
        | AstNode::Array(nodes)
        | AstNode::ArrayGroup(nodes)
        | AstNode::Block(nodes) => all(nodes, found),
        AstNode::Call { procedure, args } => {
            found(procedure, Under::Beside);
            all(args, found);
        }
        AstNode::Object(pairs) => all_pairs(pairs, Under::Beside, found),
        AstNode::ObjectTransform { input, pattern } => {
            found(input, Under::Beside);
            all_pairs(pattern, Under::Each, found);
        }
        AstNode::Conditional {
            condition,
            then_branch,
            else_branch,
        } => {
            found(condition, Under::Beside);
            found(then_branch, Under::Beside);
            if let Some(branch) = else_branch {
                found(branch, Under::Beside);
            }
        }
        AstNode::Sort { input, terms } => {
            found(input, Under::Beside);
            for (term, _) in terms {
                found(term, Under::Each);
            }
        }
        // A transformation is a function: what it is applied to becomes its context.
        AstNode::Transform {
            location,
            update,
            delete,
        } => {
            found(location, Under::Each);
            found(update, Under::Each);
            if let Some(delete) = delete {
                found(delete, Under::Each);
            }
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
        | AstNode::ParentVariable(_)
        | AstNode::Wildcard
        | AstNode::Descendant
        | AstNode::Parent(_) => {}
    }
}

/// Only the first step of a path sees what the path itself does.
fn path<'n>(steps: &'n [PathStep], found: &mut dyn FnMut(&'n AstNode, Under)) {
    for (index, step) in steps.iter().enumerate() {
        let place = if index == 0 {
            Under::Beside
        } else {
            Under::Each
        };
        found(&step.node, place);
        filters(step, &mut |filter| found(filter, Under::Each));
    }
}

/// Gives the conditions that a step of a path puts on what it leads to.
pub(super) fn filters<'n>(step: &'n PathStep, found: &mut dyn FnMut(&'n AstNode)) {
    for stage in &step.stages {
        match stage {
            Stage::Filter(filter) => found(filter),
            Stage::KeepArray | Stage::Index(_) => {}
        }
    }
}

fn all<'n>(nodes: &'n [AstNode], found: &mut dyn FnMut(&'n AstNode, Under)) {
    for node in nodes {
        found(node, Under::Beside);
    }
}

fn all_pairs<'n>(
    pairs: &'n [(AstNode, AstNode)],
    place: Under,
    found: &mut dyn FnMut(&'n AstNode, Under),
) {
    for (key, value) in pairs {
        found(key, place);
        found(value, place);
    }
}

/// Finds the names that an expression binds itself; a call of such a name is not of the engine's function.
pub(super) fn bound(node: &AstNode, names: &mut BTreeSet<String>) {
    with_stack(|| {
        if let AstNode::Binary { op, lhs, .. } = node
            && let (BinaryOp::ColonEqual, AstNode::Variable(name)) = (op, &**lhs)
        {
            names.insert(name.clone());
        }
        if let AstNode::Lambda { params, .. } = node {
            names.extend(params.iter().cloned());
        }
        under(node, &mut |child, _| bound(child, names));
    });
}
