//! An expression in which operators and functions are called by names of ours, so that they can be watched.

use std::collections::BTreeSet;

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage, StepId, UnaryOp};
use jsonata_core::value::with_stack;

use super::signature::Signature;
use crate::jsonata::tree::bound;

/// The name of the sign before a number.
pub(super) const NEGATION: &str = "negation";
/// The name of a look at both ends of a range.
pub(super) const RANGE: &str = "range ends";
/// The name of a look at what a transformation sets.
pub(super) const UPDATE: &str = "update clause";
/// The name of a look at what a list is sorted by.
pub(super) const ORDER: &str = "order-by clause";
/// The name of a look at what a transformation takes away.
const DELETE: &str = "delete clause";

/// An expression to be watched.
pub(super) struct Watched {
    pub(super) node: AstNode,
    /// The functions in it.
    pub(super) functions: BTreeSet<&'static str>,
    /// The operators in it.
    pub(super) operators: BTreeSet<&'static str>,
    /// The first function for which the context item may stand in, which is not seen from outside.
    pub(super) on_context: Option<&'static str>,
}

/// The name by which a function is called in a watched expression.
pub(super) fn function(name: &str) -> String {
    format!("watched {name}")
}

/// The same expression, to be watched.
pub(super) fn watched(node: &AstNode) -> Watched {
    let mut watch = Watch::default();
    bound(node, &mut watch.own);
    let mut node = node.clone();
    inside_first(&mut node, &mut |node, applied_to| {
        // What it is applied to is one more argument.
        watch.replace(node, usize::from(applied_to.is_some()));
    });
    Watched {
        node,
        functions: watch.functions,
        operators: watch.operators,
        on_context: watch.on_context,
    }
}

/// An operator as the engine has it, over `$left` and `$right`; `None` for what only looks.
pub(super) fn plain(operator: &str) -> Option<AstNode> {
    let left = || Box::new(AstNode::Variable("left".to_owned()));
    if operator == NEGATION {
        return Some(AstNode::Unary {
            op: UnaryOp::Negate,
            operand: left(),
        });
    }
    let (op, _) = OPERATORS.into_iter().find(|(_, name)| *name == operator)?;
    Some(AstNode::Binary {
        op,
        lhs: left(),
        rhs: Box::new(AstNode::Variable("right".to_owned())),
    })
}

/// The operators that ask something of their operands.
const OPERATORS: [(BinaryOp, &str); 9] = [
    (BinaryOp::Add, "+"),
    (BinaryOp::Subtract, "-"),
    (BinaryOp::Multiply, "*"),
    (BinaryOp::Divide, "/"),
    (BinaryOp::Modulo, "%"),
    (BinaryOp::LessThan, "<"),
    (BinaryOp::LessThanOrEqual, "<="),
    (BinaryOp::GreaterThan, ">"),
    (BinaryOp::GreaterThanOrEqual, ">="),
];

#[derive(Default)]
struct Watch {
    functions: BTreeSet<&'static str>,
    operators: BTreeSet<&'static str>,
    on_context: Option<&'static str>,
    /// How many order-by clauses there are.
    orders: u32,
    /// Names that the expression binds itself: such a call is not of the engine's function.
    own: BTreeSet<String>,
}

impl Watch {
    /// Replaces an operator or a call; what is in it is done already.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever else there is stays as it is"
    )]
    fn replace(&mut self, node: &mut AstNode, more: usize) {
        let taken = std::mem::replace(node, AstNode::Undefined);
        *node = match taken {
            AstNode::Binary { op, lhs, rhs } => match operator(op) {
                Some(name) => self.call(name, vec![*lhs, *rhs]),
                None if op == BinaryOp::Range => {
                    let looked = self.call(RANGE, vec![(*lhs).clone(), *rhs]);
                    let rhs = Box::new(looked);
                    AstNode::Binary { op, lhs, rhs }
                }
                None => AstNode::Binary { op, lhs, rhs },
            },
            AstNode::Unary {
                op: UnaryOp::Negate,
                operand,
            } => self.call(NEGATION, vec![*operand]),
            AstNode::Transform {
                location,
                update,
                delete,
            } => {
                let update = Box::new(self.call(UPDATE, vec![*update]));
                let delete = delete.map(|delete| Box::new(self.call(DELETE, vec![*delete])));
                AstNode::Transform {
                    location,
                    update,
                    delete,
                }
            }
            AstNode::Sort { input, terms } => {
                let terms = terms.into_iter().map(|(term, ascending)| {
                    self.orders += 1;
                    let number = AstNode::Number(f64::from(self.orders));
                    (self.call(ORDER, vec![number, term]), ascending)
                });
                let terms = terms.collect();
                AstNode::Sort { input, terms }
            }
            AstNode::Function {
                name,
                args,
                is_builtin,
            } => {
                let name = self.function(&name, &args, more).unwrap_or(name);
                AstNode::Function {
                    name,
                    args,
                    is_builtin,
                }
            }
            other => other,
        };
    }

    /// The name by which a call is watched, if it can be.
    fn function(&mut self, name: &str, arguments: &[AstNode], more: usize) -> Option<String> {
        let is_partial = arguments
            .iter()
            .any(|argument| matches!(argument, AstNode::Placeholder));
        let known =
            Signature::function(name).filter(|_| !is_partial && !self.own.contains(name))?;
        if !Signature::of(known)?.is_complete(arguments.len() + more) {
            self.on_context.get_or_insert(known);
            return None;
        }
        self.functions.insert(known);
        Some(function(known))
    }

    fn call(&mut self, operator: &'static str, arguments: Vec<AstNode>) -> AstNode {
        self.operators.insert(operator);
        AstNode::Function {
            name: operator.to_owned(),
            args: arguments,
            is_builtin: true,
        }
    }
}

fn operator(op: BinaryOp) -> Option<&'static str> {
    let mut operators = OPERATORS.into_iter();
    operators
        .find(|(known, _)| *known == op)
        .map(|(_, name)| name)
}

/// Visits what is in a node, and then the node, with the value that it is applied to, as in `value ~> node`.
pub(in crate::jsonata) fn inside_first(
    node: &mut AstNode,
    visit: &mut dyn FnMut(&mut AstNode, Option<&mut AstNode>),
) {
    with_stack(|| {
        if let AstNode::Binary {
            op: BinaryOp::ChainPipe,
            lhs,
            rhs,
        } = node
        {
            inside_first(lhs, visit);
            each_child(rhs, &mut |child| inside_first(child, visit));
            return visit(rhs, Some(lhs));
        }
        each_child(node, &mut |child| inside_first(child, visit));
        visit(node, None);
    });
}

/// Visits the nodes right below a node, to change them.
pub(in crate::jsonata) fn each_child(node: &mut AstNode, visit: &mut dyn FnMut(&mut AstNode)) {
    match node {
        AstNode::Path { steps } => {
            for step in steps {
                each_of_step(step, visit);
            }
        }
        AstNode::Binary { lhs, rhs, .. } => {
            visit(lhs);
            visit(rhs);
        }
        AstNode::Unary { operand: inner, .. }
        | AstNode::FunctionApplication(inner)
        | AstNode::Lambda { body: inner, .. } => visit(inner),
        AstNode::Function { args: nodes, .. }
        | AstNode::Array(nodes)
        | AstNode::ArrayGroup(nodes)
        | AstNode::Block(nodes) => nodes.iter_mut().for_each(visit),
        AstNode::Call { procedure, args } => {
            visit(procedure);
            args.iter_mut().for_each(visit);
        }
        AstNode::Object(pairs) => each_of_pairs(pairs, visit),
        AstNode::ObjectTransform { input, pattern } => {
            visit(input);
            each_of_pairs(pattern, visit);
        }
        AstNode::Conditional {
            condition,
            then_branch,
            else_branch,
        } => {
            visit(condition);
            visit(then_branch);
            if let Some(branch) = else_branch {
                visit(branch);
            }
        }
        AstNode::Sort { input, terms } => {
            visit(input);
            for (term, _) in terms {
                visit(term);
            }
        }
        AstNode::Transform {
            location,
            update,
            delete,
        } => {
            visit(location);
            visit(update);
            if let Some(delete) = delete {
                visit(delete);
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

fn each_of_pairs(pairs: &mut [(AstNode, AstNode)], visit: &mut dyn FnMut(&mut AstNode)) {
    for (key, value) in pairs {
        visit(key);
        visit(value);
    }
}

fn each_of_step(step: &mut PathStep, visit: &mut dyn FnMut(&mut AstNode)) {
    visit(&mut step.node);
    for stage in &mut step.stages {
        match stage {
            Stage::Filter(filter) => visit(filter),
            Stage::KeepArray | Stage::Index(_) => {}
        }
    }
    // The engine keeps what it made of a step under its id.
    step.id = StepId::default();
}
