//! Makes the engine's functions give what AWS's give, by what is put into their calls before an expression is evaluated.
//!
//! ```text
//! $fromMillis($at, $picture)  ->  $fromMillis($`whole`($at), $picture)
//! $formatBase($n, $radix)     ->  $formatBase($`even`($n), $`even`($radix))
//! $spread($list)              ->  $spread($`flat`($list))
//! $reduce($list, $f)          ->  $reduce($`some`($list), $f)
//! $base64decode()             ->  $base64decode($)
//! ```

use std::collections::BTreeSet;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::HostFnResult;
use jsonata_core::value::{JValue, with_stack};

use super::complaint::inside_first;
use super::tree::bound;

/// The names of the functions; no expression can have a variable of such a name.
const WHOLE: &str = "`whole`";
const EVEN: &str = "`even`";
const FLAT: &str = "`flat`";
const SOME: &str = "`some`";

/// Functions of ours in the places of the engine's, which do not see the context item that they may be called with.
const ON_CONTEXT: [&str; 5] = [
    "base64decode",
    "clone",
    "decodeUrlComponent",
    "encodeUrl",
    "encodeUrlComponent",
];

/// A function that the engine can call.
type Function = fn(&[JValue]) -> HostFnResult;

/// The function of a name that stands in a mended expression.
pub(super) fn function(name: &str) -> Option<Function> {
    Some(match name {
        WHOLE => |arguments| Ok(number(arguments, f64::trunc)),
        EVEN => |arguments| Ok(number(arguments, f64::round_ties_even)),
        FLAT => |arguments| Ok(flat(first(arguments))),
        SOME => |arguments| Ok(some(first(arguments))),
        _ => return None,
    })
}

/// Puts the functions into the calls of an expression.
pub(super) fn mend(node: &mut AstNode) {
    let mut own = BTreeSet::new();
    bound(node, &mut own);
    inside_first(node, &mut |node, applied_to| match (node, applied_to) {
        (node, Some(first)) => piped(first, node, &own),
        (AstNode::Function { name, args, .. }, None)
            if !own.contains(name.as_str()) && !args.iter().any(is_placeholder) =>
        {
            call(name, args);
        }
        _ => {}
    });
}

fn is_placeholder(node: &AstNode) -> bool {
    matches!(node, AstNode::Placeholder)
}

/// Mends a call.
fn call(name: &str, arguments: &mut Vec<AstNode>) {
    if arguments.is_empty() && (looks(name, 0).is_some() || ON_CONTEXT.contains(&name)) {
        arguments.push(AstNode::Variable(String::new()));
    }
    let count = arguments.len();
    for (index, argument) in arguments.iter_mut().enumerate() {
        if let Some(look) = looks(name, index).filter(|_| is_mended(name, count)) {
            wrap(look, argument);
        }
    }
}

/// Mends a call of which the first argument stands before it: `$list ~> $spread()`.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else there is stays as it is"
)]
fn piped(first: &mut AstNode, function: &mut AstNode, own: &BTreeSet<String>) {
    let mut nothing = Vec::new();
    let (name, arguments) = match function {
        AstNode::Function { name, args, .. } => (&*name, args),
        AstNode::Variable(name) => (&*name, &mut nothing),
        _ => return,
    };
    if own.contains(name) || arguments.iter().any(is_placeholder) {
        return;
    }
    let count = arguments.len() + 1;
    let arguments = std::iter::once(first).chain(arguments);
    for (index, argument) in arguments.enumerate() {
        if let Some(look) = looks(name, index).filter(|_| is_mended(name, count)) {
            wrap(look, argument);
        }
    }
}

/// What looks at an argument of a function.
fn looks(function: &str, index: usize) -> Option<&'static str> {
    match (function, index) {
        ("fromMillis", 0) => Some(WHOLE),
        ("formatBase", 0 | 1) => Some(EVEN),
        ("spread", 0) => Some(FLAT),
        ("reduce", 0) => Some(SOME),
        _ => None,
    }
}

/// Whether a call with so many arguments needs to be mended: what a list is reduced to has a beginning if one is given.
fn is_mended(function: &str, arguments: usize) -> bool {
    function != "reduce" || arguments == 2
}

fn wrap(look: &str, argument: &mut AstNode) {
    let taken = std::mem::replace(argument, AstNode::Undefined);
    *argument = AstNode::Function {
        name: look.to_owned(),
        args: vec![taken],
        is_builtin: true,
    };
}

fn first(arguments: &[JValue]) -> &JValue {
    arguments.first().unwrap_or(&JValue::Undefined)
}

/// A number, rounded; anything else as it is.
fn number(arguments: &[JValue], round: fn(f64) -> f64) -> JValue {
    let argument = first(arguments);
    argument
        .as_f64()
        .map_or_else(|| argument.clone(), |number| JValue::Number(round(number)))
}

/// A list without lists in it.
fn flat(value: &JValue) -> JValue {
    let is_nested = |items: &Vec<JValue>| items.iter().any(JValue::is_array);
    if !value.as_array().is_some_and(is_nested) {
        return value.clone();
    }
    let mut flattened = Vec::new();
    flatten(value, &mut flattened);
    JValue::array(flattened)
}

fn flatten(value: &JValue, flattened: &mut Vec<JValue>) {
    let Some(items) = value.as_array() else {
        return flattened.push(value.clone());
    };
    with_stack(|| items.iter().for_each(|item| flatten(item, flattened)));
}

/// A list that has something in it, or nothing.
fn some(value: &JValue) -> JValue {
    match value.as_array() {
        Some(items) if items.is_empty() => JValue::Undefined,
        _ => value.clone(),
    }
}
