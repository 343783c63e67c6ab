//! Keeps texts and lists within bounds while an expression is evaluated, and not only in its result.
//!
//! What makes a long value of short ones is given to functions of ours, which look at the length first:
//!
//! ```text
//! $a & $b  ->  $`&`($a, $b)                         [1..$n]  ->  [$`..`(1, $n)]
//! $join($list, $by)  ->  $`join`($list, $by)        $pad($text, $width)  ->  $pad($text, $`width`($width))
//! $string($value)  ->  $string($`held`($value))     $value ~> $string()  ->  $`held`($value) ~> $string()
//! $replace($text, $what, $by)  ->  ($`0` := $text; $`1` := $what; $`2` := $by; $replace($`0`, $`1`, $`by`($`0`, $`1`, $`2`)))
//! ```

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use jsonata_core::ast::{AstNode, BinaryOp};
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, HostFnResult};
use jsonata_core::functions::string::{build_regex, match_regex, string};
use jsonata_core::value::{JValue, with_stack};

use super::SEQUENCE;
use super::complaint::each_child;
use super::tree::bound;

/// The longest text that an expression may make, in bytes: AWS accepts one of 2^22 and refuses one of 2^23, and its
/// longest list comes to as much.
const TEXT: usize = NODE * SEQUENCE;

/// What anything but a text counts for.
const NODE: usize = 8;

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
const HELD: &str = "`held`";
const BY: &str = "`by`";

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
        let mut guard = Guard::default();
        bound(node, &mut guard.own);
        let mut node = node.clone();
        guard.walk(&mut node);
        let guards = guard.guards;
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
                HELD => Box::new(held),
                BY => Box::new(move |arguments| by(arguments, &texts)),
                _ => Box::new(move |arguments| range(arguments, &items)),
            };
            evaluator
                .register_fn_override(*name, function)
                .expect("the engine has no function of such a name");
        }
        &self.node
    }
}

/// Puts functions of ours in the places of what makes long values.
#[derive(Default)]
struct Guard {
    guards: Guards,
    /// Names that the expression binds itself.
    own: BTreeSet<String>,
}

impl Guard {
    /// Replaces what makes long values, inside first.
    fn walk(&mut self, node: &mut AstNode) {
        with_stack(|| {
            each_child(node, &mut |child| self.walk(child));
            self.replace(node);
        });
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever else there is stays as it is"
    )]
    fn replace(&mut self, node: &mut AstNode) {
        match node {
            AstNode::Binary { op, lhs, rhs } if *op == BinaryOp::Concatenate => {
                *node = self.call(CONCATENATE, vec![taken(lhs), taken(rhs)]);
            }
            AstNode::Binary { op, lhs, rhs } if *op == BinaryOp::Range => {
                *node = self.call(RANGE, vec![taken(lhs), taken(rhs)]);
            }
            AstNode::Binary { op, lhs, rhs }
                if *op == BinaryOp::ChainPipe && self.is_builtin(rhs, "string") =>
            {
                **lhs = self.call(HELD, vec![taken(lhs)]);
            }
            AstNode::Function { name, args, .. } if !self.own.contains(name.as_str()) => {
                let is_partial = args
                    .iter()
                    .any(|argument| matches!(argument, AstNode::Placeholder));
                match (name.as_str(), args.as_mut_slice()) {
                    ("join", _) => {
                        JOIN.clone_into(name);
                        self.guards.insert(JOIN);
                    }
                    ("pad", args) => {
                        // The width may come first, where the text is the context.
                        for argument in args {
                            if !matches!(argument, AstNode::String(_) | AstNode::Placeholder) {
                                *argument = self.call(WIDTH, vec![taken(argument)]);
                            }
                        }
                    }
                    ("string", [value, ..]) if !is_partial => {
                        *value = self.call(HELD, vec![taken(value)]);
                    }
                    ("replace", [_, _, _, ..]) if !is_partial => {
                        *node = self.replacement(std::mem::take(args));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// Whether a node is a function of the engine, or a call of it.
    fn is_builtin(&self, node: &AstNode, function: &str) -> bool {
        let (AstNode::Function { name, .. } | AstNode::Variable(name)) = node else {
            return false;
        };
        name == function && !self.own.contains(function)
    }

    /// A call of `$replace`, with its arguments in variables so that they can be looked at together.
    fn replacement(&mut self, arguments: Vec<AstNode>) -> AstNode {
        let name = |index: usize| format!("`{index}`");
        let variable = |index| AstNode::Variable(name(index));
        let mut given: Vec<AstNode> = (0..arguments.len()).map(variable).collect();
        let looked = self.call(BY, (0..3).map(variable).collect());
        if let Some(replacement) = given.get_mut(2) {
            *replacement = looked;
        }
        let bind = |(index, argument)| AstNode::Binary {
            op: BinaryOp::ColonEqual,
            lhs: Box::new(variable(index)),
            rhs: Box::new(argument),
        };
        let call = AstNode::Function {
            name: "replace".to_owned(),
            args: given,
            is_builtin: true,
        };
        let bound = arguments.into_iter().enumerate().map(bind);
        AstNode::Block(bound.chain([call]).collect())
    }

    fn call(&mut self, name: &'static str, args: Vec<AstNode>) -> AstNode {
        self.guards.insert(name);
        AstNode::Function {
            name: name.to_owned(),
            args,
            is_builtin: true,
        }
    }
}

fn taken(node: &mut AstNode) -> AstNode {
    std::mem::replace(node, AstNode::Undefined)
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
        if !fits(argument) {
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

/// Whether a value is no larger, written out, than an expression may hold.
pub(super) fn fits(value: &JValue) -> bool {
    is_held(value, &mut TEXT.clone())
}

/// Takes what a value comes to from what is left; whether that was enough.
fn is_held(value: &JValue, left: &mut usize) -> bool {
    let bytes = value.as_str().map_or(NODE, str::len);
    let Some(rest) = left.checked_sub(bytes) else {
        return false;
    };
    *left = rest;
    match value {
        JValue::Array(items) => with_stack(|| items.iter().all(|item| is_held(item, left))),
        JValue::Object(members) => with_stack(|| {
            let mut members = members.iter();
            members.all(|(_, member)| is_held(member, left))
        }),
        JValue::Null
        | JValue::Bool(_)
        | JValue::Number(_)
        | JValue::String(_)
        | JValue::Undefined
        | JValue::Lambda(_)
        | JValue::Builtin { .. }
        | JValue::Regex { .. } => true,
    }
}

/// A value that is to be written out, unless it is too large for that.
fn held(arguments: &[JValue]) -> HostFnResult {
    let value = arguments.first().unwrap_or(&JValue::Undefined);
    if fits(value) {
        Ok(value.clone())
    } else {
        Err(exceeded())
    }
}

/// What `$replace` puts in the place of something, unless the result were too long.
fn by(arguments: &[JValue], spent: &Cell<usize>) -> HostFnResult {
    let [JValue::String(text), what, JValue::String(by)] = arguments else {
        // What a function gives is looked at where it is made.
        return Ok(arguments.last().cloned().unwrap_or(JValue::Undefined));
    };
    // A group stands for a part of what was found.
    let groups = by.matches('$').count();
    let found = if let JValue::Regex { pattern, flags } = what {
        let expression = build_regex(pattern, flags).map_err(EvaluatorError::from)?;
        let matches = match_regex(&expression, text, None).map_err(EvaluatorError::from)?;
        let matches = matches
            .as_array()
            .into_iter()
            .flat_map(|found| found.iter());
        let lengths = matches.map(|found| {
            let found = found.as_object().and_then(|found| found.get("match"));
            let length = found.and_then(JValue::as_str).map_or(0, str::len);
            by.len() + groups.saturating_mul(length)
        });
        lengths.fold(0, usize::saturating_add)
    } else {
        let what = what.as_str().filter(|what| !what.is_empty());
        let times = what.map_or(0, |what| text.matches(what).count());
        times.saturating_mul(by.len())
    };
    let whole = found.saturating_add(text.len());
    if whole > TEXT {
        return Err(exceeded());
    }
    spend(spent, whole, TEXTS)?;
    Ok(JValue::String(by.clone()))
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
        None | Some(JValue::Undefined) => Ok(None),
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
