//! JSONata behind one function; the engine's own types stay in here.

mod complaint;
mod convert;
mod functions;
mod growth;
mod mend;
mod path;
mod random;
mod survey;
mod text;
mod tree;
mod uses;
mod wording;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorOptions};
use jsonata_core::parser;
use jsonata_core::value::JValue;
use serde_json::Value;

use crate::Patience;
use crate::query::Scope;

use complaint::{TIME, complain};
use functions::Given;
use growth::Guarded;
use mend::mend;
pub(crate) use survey::survey;
use uses::{Part, Uses, uses};

/// How deep an expression may nest while it is evaluated: AWS accepts 99 parentheses in each other, or a sum of 100
/// terms, and refuses one more.
const DEPTH: usize = 99;

/// The longest list that an expression may build: AWS accepts `[1..873782]` and refuses one more.
const SEQUENCE: usize = 873_782;

/// The longest that an expression may take of a processor. Only a loop without end comes near it.
const MILLISECONDS: u64 = 5_000;

/// The longest that one may take for which somebody else has to wait.
const MILLISECONDS_AT_ONCE: u64 = 5;

/// The longest that one may take that came to its end when it was evaluated first, by a machine with less to do.
const MILLISECONDS_AGAIN: u64 = 120 * MILLISECONDS;

/// The parsed expressions that a thread keeps; all are forgotten when there are this many.
const KEPT: usize = 1_024;

thread_local! {
    /// Parsing costs more than evaluating, and a machine evaluates the same expressions in every execution.
    static PARSED: RefCell<HashMap<String, Rc<Parsed>>> = RefCell::new(HashMap::new());
}

/// An expression, read.
struct Parsed {
    /// As its author wrote it, but for what is mended.
    node: AstNode,
    /// The same with its texts and lists kept within bounds, where it makes any.
    guarded: Option<Guarded>,
    uses: Uses,
}

/// What an expression gave.
pub(crate) enum Answer {
    /// A value.
    Value(Value),
    /// Nothing: a path that leads nowhere, or a function without a result.
    Nothing,
    /// A function, which is not JSON.
    Function,
}

/// Evaluates an expression. The error is the engine's message with its code.
pub(crate) fn evaluate(source: &str, scope: &Scope) -> Result<Answer, String> {
    if let Some(answer) = path::follow(source, scope) {
        return Ok(answer);
    }
    let parsed = parse(source)?;
    let patience = scope.world.borrow_mut().patience();
    let milliseconds = match patience {
        Patience::Moment => MILLISECONDS_AT_ONCE,
        Patience::Seconds | Patience::None => MILLISECONDS,
        Patience::Again => MILLISECONDS_AGAIN,
    };
    // It may draw from chance, which has to be drawn again whatever becomes of the expression.
    let given = Given::of(&parsed.uses, scope);
    if patience == Patience::None {
        return Err(TIME.to_owned());
    }
    let clock = || scope.world.borrow().processor_time();
    let mut waits = milliseconds;
    loop {
        let began = clock();
        let answer = attempt(&parsed, scope, &given, waits);
        if !matches!(&answer, Err(message) if message == TIME) {
            return answer;
        }
        let worked = clock()
            .zip(began)
            .map(|(now, began)| now.saturating_sub(began));
        let worked = worked.map_or(milliseconds, |worked| {
            u64::try_from(worked.as_millis()).unwrap_or(u64::MAX)
        });
        if worked >= milliseconds / 2 || waits >= MILLISECONDS_AGAIN || patience == Patience::Moment
        {
            scope.world.borrow_mut().took_too_long();
            return answer;
        }
        // The processors worked for others most of the time. As busy as they are, it gets its time if it waits longer.
        waits = (waits * milliseconds / worked.max(milliseconds / 8)).min(MILLISECONDS_AGAIN);
        given.rewind();
    }
}

/// Evaluates an expression, and waits for so many milliseconds.
fn attempt(
    parsed: &Parsed,
    scope: &Scope,
    given: &Given,
    milliseconds: u64,
) -> Result<Answer, String> {
    let mut context = Context::new();
    for (name, part) in &parsed.uses {
        if name == "states" {
            context.bind(name.clone(), states(part, scope));
        } else if let Some(value) = scope.variable(name) {
            context.bind(name.clone(), convert::part(Some(value), value, part));
        }
    }
    let options = EvaluatorOptions {
        timeout_ms: Some(milliseconds),
        cancel: None,
        max_stack_depth: Some(DEPTH),
        max_sequence_length: Some(SEQUENCE),
    };
    let mut evaluator = Evaluator::with_options(context, options);
    given.register(&mut evaluator);
    let node = match &parsed.guarded {
        Some(guarded) => guarded.register(&mut evaluator),
        None => &parsed.node,
    };
    // There is no context item: AWS refuses a bare name, and `$$` is nothing.
    match evaluator.evaluate(node, &JValue::Undefined) {
        Ok(value) => convert::answer(&value),
        Err(error) => Err(complain(&error, &parsed.node, given, &mut evaluator)),
    }
}

/// Whether a message is one of JSONata's, which begin with a code.
pub(crate) fn is_coded(message: &str) -> bool {
    complaint::code(message).is_some()
}

/// The part of `$states` that an expression can look at.
fn states(part: &Part, scope: &Scope) -> JValue {
    let members = ["input", "result", "errorOutput", "context"];
    let members = members.into_iter().filter_map(|name| {
        let part = match part {
            Part::Whole => part,
            Part::Members(parts) => parts.get(name)?,
        };
        let value = match name {
            "input" => convert::part(Some(scope.shared_input), scope.input, part),
            "result" => convert::part(None, scope.result?, part),
            "errorOutput" => convert::part(None, scope.error_output?, part),
            _ => convert::part(None, &scope.context.value(), part),
        };
        Some((name.to_owned(), value))
    });
    JValue::object(members.collect())
}

fn parse(source: &str) -> Result<Rc<Parsed>, String> {
    PARSED.with_borrow_mut(|parsed| {
        if let Some(known) = parsed.get(source) {
            return Ok(Rc::clone(known));
        }
        let mut node = read(source)?;
        mend(&mut node);
        let known = Rc::new(Parsed {
            uses: uses(&node),
            guarded: Guarded::of(&node),
            node,
        });
        if parsed.len() >= KEPT {
            parsed.clear();
        }
        parsed.insert(source.to_owned(), Rc::clone(&known));
        Ok(known)
    })
}

/// An expression as its author wrote it.
fn read(source: &str) -> Result<AstNode, String> {
    parser::parse(source).map_err(|error| error.display_message())
}
