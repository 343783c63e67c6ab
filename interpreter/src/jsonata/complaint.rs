//! What AWS says of an expression that fails: JSONata's own sentences, with the values that they name.
//!
//! The engine's messages name neither the function nor its values. So an expression that has failed is evaluated once
//! more with its operators and functions watched, and the first of them that fails is described.

mod signature;
mod watch;
mod words;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, EvaluatorOptions, HostFnResult};
use jsonata_core::value::JValue;

use super::convert::shown;
use super::functions::Given;
use signature::Signature;
use watch::Watched;
use words::{Sentence, say};

pub(super) use watch::{each_child, inside_first};
pub(super) use words::{MEMORY, TIME, code};

/// So many functions that take functions may be called in each other while an error is looked for.
const DEEPEST: usize = 100;

/// Describes the error of an expression, which the evaluator has just evaluated.
pub(super) fn complain(
    error: &EvaluatorError,
    node: &AstNode,
    given: &Given,
    evaluator: &mut Evaluator,
) -> String {
    let message = error.message();
    if let Some(limit) = words::limit(message) {
        return limit.to_owned();
    }
    let watcher = Watcher {
        watched: Rc::new(watch::watched(node)),
        given: given.clone(),
        said: Rc::default(),
        ordered: Rc::default(),
        depth: 0,
    };
    watcher.register(evaluator);
    // What it gives now does not matter, only what is said of it.
    let _ = evaluator.evaluate(&watcher.watched.node, &JValue::Undefined);
    let said = watcher.said.borrow_mut().take();
    said.unwrap_or_else(|| words::named(message, watcher.watched.on_context))
}

/// Watches the operators and functions of an expression.
#[derive(Clone)]
struct Watcher {
    watched: Rc<Watched>,
    given: Given,
    /// What is wrong, once something is.
    said: Rc<RefCell<Option<String>>>,
    /// The first value of each order-by clause.
    ordered: Rc<RefCell<BTreeMap<String, JValue>>>,
    depth: usize,
}

impl Watcher {
    /// Makes what is watched known to an evaluator.
    fn register(&self, evaluator: &mut Evaluator) {
        for name in &self.watched.functions {
            let (watcher, function) = (self.clone(), *name);
            let watch = move |arguments: &[JValue]| watcher.call(function, arguments);
            let name = watch::function(function);
            evaluator
                .register_fn_override(name, watch)
                .expect("no function of the engine has such a name");
        }
        for operator in &self.watched.operators {
            let (watcher, operator) = (self.clone(), *operator);
            let watch = move |arguments: &[JValue]| watcher.operate(operator, arguments);
            evaluator
                .register_fn_override(operator, watch)
                .expect("no function of the engine has such a name");
        }
    }

    /// Takes down what is wrong; what went wrong first stands.
    fn fail<T>(&self, message: String) -> Result<T, EvaluatorError> {
        let mut said = self.said.borrow_mut();
        let said = said.get_or_insert(message);
        Err(EvaluatorError::EvaluationError(said.clone()))
    }

    /// Calls a function of the engine.
    fn call(&self, function: &'static str, arguments: &[JValue]) -> HostFnResult {
        if let Some(problem) = Signature::of(function).and_then(|takes| takes.problem(arguments)) {
            return self.fail(problem.message(function));
        }
        let names = (0..arguments.len()).map(|index| format!("argument {index}"));
        let call = AstNode::Function {
            name: function.to_owned(),
            args: names.clone().map(AstNode::Variable).collect(),
            is_builtin: true,
        };
        let bound = names.zip(arguments.iter().cloned()).collect();
        self.evaluate(&call, bound).or_else(|error| {
            let message = error.message();
            self.fail(words::of_function(message, function, arguments))
        })
    }

    /// Applies an operator, once its operands are looked at.
    fn operate(&self, operator: &'static str, arguments: &[JValue]) -> HostFnResult {
        let (left, right) = (operand(arguments, 0), operand(arguments, 1));
        let sentence = match operator {
            "+" | "-" | "*" | "/" | "%" => not_a_number(operator, left, right),
            "<" | "<=" | ">" | ">=" => not_comparable(operator, left, right),
            watch::NEGATION => {
                let is_number = matches!(left, JValue::Number(_) | JValue::Undefined);
                (!is_number).then(|| Sentence::new("D1002").value(shown(left)))
            }
            watch::RANGE => no_range(left, right),
            watch::UPDATE => {
                let is_object = matches!(left, JValue::Object(_) | JValue::Undefined);
                (!is_object).then(|| Sentence::new("T2011").value(shown(left)))
            }
            watch::ORDER => self.not_in_order(&shown(left), right),
            _ => {
                let is_text = |value: &JValue| matches!(value, JValue::String(_));
                let are_texts = left
                    .as_array()
                    .is_some_and(|items| items.iter().all(is_text));
                let fits = are_texts || is_text(left) || matches!(left, JValue::Undefined);
                (!fits).then(|| Sentence::new("T2012").value(shown(left)))
            }
        };
        if let Some(sentence) = sentence {
            return self.fail(say(&sentence));
        }
        let Some(node) = watch::plain(operator) else {
            // It was only looked at.
            return Ok(arguments.last().cloned().unwrap_or(JValue::Undefined));
        };
        let names = ["left".to_owned(), "right".to_owned()];
        let bound = names.into_iter().zip(arguments.iter().cloned()).collect();
        self.evaluate(&node, bound)
    }

    /// What is wrong with a value that a list is to be sorted by.
    fn not_in_order(&self, clause: &str, value: &JValue) -> Option<Sentence> {
        let is_text = matches!(value, JValue::String(_));
        if matches!(value, JValue::Undefined) {
            return None;
        }
        if !is_text && !matches!(value, JValue::Number(_)) {
            return Some(Sentence::new("T2008"));
        }
        let mut ordered = self.ordered.borrow_mut();
        let first = ordered.entry(clause.to_owned()).or_insert(value.clone());
        let sentence = || Sentence::new("T2007").value(shown(first));
        (matches!(first, JValue::String(_)) != is_text).then(|| sentence().second(shown(value)))
    }

    /// Evaluates a piece with its operands in variables.
    fn evaluate(&self, node: &AstNode, bound: Vec<(String, JValue)>) -> HostFnResult {
        if self.depth == DEEPEST {
            return self.fail(words::STACK.to_owned());
        }
        let mut context = Context::new();
        for (name, value) in bound {
            context.bind(name, value);
        }
        let options = EvaluatorOptions {
            max_stack_depth: Some(super::DEPTH),
            max_sequence_length: Some(super::SEQUENCE),
            timeout_ms: Some(super::MILLISECONDS),
            cancel: None,
        };
        let mut evaluator = Evaluator::with_options(context, options);
        self.given.register(&mut evaluator);
        let inner = Self {
            depth: self.depth + 1,
            ..self.clone()
        };
        inner.register(&mut evaluator);
        evaluator.evaluate(node, &JValue::Undefined)
    }
}

/// An operand; where there is none, nothing.
fn operand(arguments: &[JValue], index: usize) -> &JValue {
    arguments.get(index).unwrap_or(&JValue::Undefined)
}

fn not_a_number(operator: &str, left: &JValue, right: &JValue) -> Option<Sentence> {
    let fits = |value: &JValue| matches!(value, JValue::Number(_) | JValue::Undefined);
    let code = match (fits(left), fits(right)) {
        (true, true) => return None,
        (false, _) => "T2001",
        (true, false) => "T2002",
    };
    Some(Sentence::new(code).token(operator))
}

fn not_comparable(operator: &str, left: &JValue, right: &JValue) -> Option<Sentence> {
    let fits = |value: &JValue| {
        matches!(
            value,
            JValue::Number(_) | JValue::String(_) | JValue::Undefined
        )
    };
    if !fits(left) || !fits(right) {
        return Some(Sentence::new("T2010").token(operator));
    }
    let differs = matches!(
        (left, right),
        (JValue::Number(_), JValue::String(_)) | (JValue::String(_), JValue::Number(_))
    );
    let sentence = || Sentence::new("T2009").token(operator);
    differs.then(|| sentence().value(shown(left)).second(shown(right)))
}

fn no_range(left: &JValue, right: &JValue) -> Option<Sentence> {
    let whole = |value: &JValue| match value.as_f64() {
        Some(number) => number.fract() == 0.0,
        None => matches!(value, JValue::Undefined),
    };
    if !whole(left) {
        return Some(Sentence::new("T2003"));
    }
    if !whole(right) {
        return Some(Sentence::new("T2004"));
    }
    let (JValue::Number(first), JValue::Number(last)) = (left, right) else {
        return None;
    };
    let count = last - first + 1.0;
    // JSONata's own limit, which its sentence gives as a tenth of what it is.
    (count > 1e7).then(|| Sentence::new("D2014").value(shown(&JValue::Number(count))))
}
