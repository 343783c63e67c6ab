//! Keeps texts and lists within bounds while an expression is evaluated, and not only in its result.
//!
//! What makes a long value of short ones is given to functions of ours, which look at the length first:
//!
//! ```text
//! $a & $b  ->  $`&`($a, $b)        [1..$n]  ->  [$`..`(1, $n)]
//! $join($list, $separator)  ->  $`join`($list, $separator)        $pad($text, $width)  ->  $pad($text, $`width`($width))
//! ```

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use jsonata_core::ast::{AstNode, BinaryOp};
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::functions::string::string;
use jsonata_core::value::{JValue, with_stack};

use super::SEQUENCE;
use super::complaint::each_child;

/// The longest text that an expression may make, in bytes: what the longest lists come to that AWS accepts.
const TEXT: usize = 10 * 1024 * 1024;

/// How many bytes of text, and how many items of ranges, an expression may make all in all.
const TEXTS: usize = 1024 * 1024 * 1024;
const ITEMS: usize = 20_000_000;

/// The longest range that JSONata itself allows. It has a sentence of its own for longer ones.
const JSONATA_RANGE: usize = 10_000_000;

/// The names of the functions; no expression can have a variable of such a name.
const CONCATENATE: &str = "&";
const RANGE: &str = "..";
const JOIN: &str = "`join`";
const WIDTH: &str = "`width`";

/// An expression with the functions in their places.
pub(super) struct Guarded {
    node: AstNode,
    guards: Guards,
}

/// A function that the engine can call.
type Function = dyn Fn(&[JValue]) -> HostFnResult;

/// The functions of ours that an expression needs.
type Guards = BTreeSet<&'static str>;

impl Guarded {
    /// Puts the functions in their places; `None` where an expression makes nothing long of short values.
    pub(super) fn of(node: &AstNode) -> Option<Self> {
        let (mut node, mut guards) = (node.clone(), Guards::new());
        walk(&mut node, &mut guards);
        (!guards.is_empty()).then_some(Self { node, guards })
    }

    /// Makes the functions known to an evaluator; they count together. What is to be evaluated.
    pub(super) fn register(&self, evaluator: &mut Evaluator) -> &AstNode {
        let (texts, items) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        for name in &self.guards {
            let texts = Rc::clone(&texts);
            let items = Rc::clone(&items);
            let function: Box<Function> = match *name {
                CONCATENATE => Box::new(move |arguments| concatenate(arguments, &texts)),
                JOIN => Box::new(move |arguments| join(arguments, &texts)),
                WIDTH => Box::new(width),
                _ => Box::new(move |arguments| range(arguments, &items)),
            };
            evaluator
                .register_fn_override(*name, function)
                .expect("the engine has no function of such a name");
        }
        &self.node
    }
}

/// Replaces what makes long values, inside first.
fn walk(node: &mut AstNode, guards: &mut Guards) {
    with_stack(|| {
        each_child(node, &mut |child| walk(child, guards));
        replace(node, guards);
    });
}

fn replace(node: &mut AstNode, guards: &mut Guards) {
    let taken = |side: &mut AstNode| std::mem::replace(side, AstNode::Undefined);
    if let AstNode::Binary { op, lhs, rhs } = node {
        let name = if *op == BinaryOp::Concatenate {
            CONCATENATE
        } else if *op == BinaryOp::Range {
            RANGE
        } else {
            return;
        };
        *node = call(name, vec![taken(lhs), taken(rhs)], guards);
    } else if let AstNode::Function { name, args, .. } = node {
        if name == "join" {
            JOIN.clone_into(name);
            guards.insert(JOIN);
        } else if name == "pad" {
            // The width may come first, where the text is the context.
            for argument in args {
                if !matches!(argument, AstNode::String(_) | AstNode::Placeholder) {
                    *argument = call(WIDTH, vec![taken(argument)], guards);
                }
            }
        }
    }
}

fn call(name: &'static str, args: Vec<AstNode>, guards: &mut Guards) -> AstNode {
    guards.insert(name);
    AstNode::Function {
        name: name.to_owned(),
        args,
        is_builtin: true,
    }
}

fn exceeded() -> EvaluatorError {
    // The engine's own code for a list that is too long; AWS has one sentence for both.
    EvaluatorError::EvaluationError("D2015: The value is too long.".to_owned())
}

/// Takes note that something so long is made.
fn spend(spent: &Cell<usize>, length: usize, most: usize) -> Result<(), EvaluatorError> {
    let total = spent.get().saturating_add(length);
    spent.set(total);
    if total > most {
        return Err(exceeded());
    }
    Ok(())
}

/// `left & right`, each as its text; nothing is an empty one.
fn concatenate(arguments: &[JValue], spent: &Cell<usize>) -> HostFnResult {
    let mut whole = String::new();
    for argument in arguments {
        if *argument == JValue::Undefined {
            continue;
        }
        let mut left = TEXT;
        if !fits(argument, &mut left) {
            return Err(exceeded());
        }
        let JValue::String(text) = string(argument, None).map_err(EvaluatorError::from)? else {
            continue;
        };
        if whole.len() + text.len() > TEXT {
            return Err(exceeded());
        }
        whole.push_str(&text);
    }
    spend(spent, whole.len(), TEXTS)?;
    Ok(JValue::from(whole))
}

/// Whether the texts in a value are no longer than what is left, all in all.
fn fits(value: &JValue, left: &mut usize) -> bool {
    let mut take = |bytes: usize| {
        let rest = left.checked_sub(bytes);
        *left = rest.unwrap_or_default();
        rest.is_some()
    };
    match value {
        JValue::String(text) => take(text.len()),
        JValue::Array(items) => with_stack(|| items.iter().all(|item| fits(item, left))),
        JValue::Object(members) => with_stack(|| {
            let mut members = members.iter();
            members.all(|(_, member)| fits(member, left))
        }),
        JValue::Null
        | JValue::Bool(_)
        | JValue::Number(_)
        | JValue::Undefined
        | JValue::Lambda(_)
        | JValue::Builtin { .. }
        | JValue::Regex { .. } => true,
    }
}

/// `$join(list, separator)`, which is the engine's own where its result is not too long.
fn join(arguments: &[JValue], spent: &Cell<usize>) -> HostFnResult {
    let length = |value: &JValue| value.as_str().map_or(0, str::len);
    if let [JValue::Array(items), rest @ ..] = arguments {
        let separators = rest.first().map_or(0, length).saturating_mul(items.len());
        let texts = items.iter().map(length);
        let whole = texts.fold(separators, usize::saturating_add);
        if whole > TEXT {
            return Err(exceeded());
        }
        spend(spent, whole, TEXTS)?;
    }
    let names = ["a", "b", "c"];
    let mut context = Context::new();
    let mut args = Vec::new();
    for (name, argument) in names.iter().zip(arguments) {
        context.bind((*name).to_owned(), argument.clone());
        args.push(AstNode::Variable((*name).to_owned()));
    }
    let call = AstNode::Function {
        name: "join".to_owned(),
        args,
        is_builtin: true,
    };
    Evaluator::with_context(context).evaluate(&call, &JValue::Undefined)
}

/// A width of `$pad`, unless it is too wide. What is no number is something else.
fn width(arguments: &[JValue]) -> HostFnResult {
    #[expect(clippy::cast_precision_loss, reason = "the bound is far from that")]
    match arguments.first() {
        Some(JValue::Number(width)) if width.abs() > TEXT as f64 => Err(exceeded()),
        Some(argument) => Ok(argument.clone()),
        None => Ok(JValue::Undefined),
    }
}

/// `[first..last]`: the whole numbers from one to the other.
fn range(arguments: &[JValue], spent: &Cell<usize>) -> HostFnResult {
    let end = |index: usize, code: &str, side: &str| match arguments.get(index) {
        Some(JValue::Number(number)) if number.fract() == 0.0 => Ok(Some(*number)),
        None | Some(JValue::Undefined | JValue::Null) => Ok(None),
        Some(_) => Err(EvaluatorError::EvaluationError(format!(
            "{code}: The {side} side of the range operator (..) must evaluate to an integer"
        ))),
    };
    let (Some(first), Some(last)) = (end(0, "T2003", "left")?, end(1, "T2004", "right")?) else {
        return Ok(JValue::sequence(Vec::new()));
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole, and what does not fit is too long in any case"
    )]
    let (first, last) = (first as i64, last as i64);
    if first > last {
        return Ok(JValue::sequence(Vec::new()));
    }
    let count =
        usize::try_from(last.abs_diff(first)).map_or(usize::MAX, |count| count.saturating_add(1));
    if count > JSONATA_RANGE {
        return Err(EvaluatorError::EvaluationError(
            "D2014: Range operator results in too many elements".to_owned(),
        ));
    }
    if count > SEQUENCE {
        return Err(exceeded());
    }
    spend(spent, count, ITEMS)?;
    Ok(JValue::sequence((first..=last).map(JValue::from).collect()))
}
