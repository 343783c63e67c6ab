//! Pure steps: what a condition, a loop head or a transform makes of what it reads.

use pawl_contract::{At, Kind, Node};
use pawl_store::{Cursor, Items, Kept, Latest, List, Store};
use serde_json::{Number, Value, json};

use crate::clock::Moment;
use crate::scope::Scope;
use crate::scopes::Scopes;
use crate::{Error, Services, condition, delay, r#loop, merge, switch, transform};

/// What a pure step came to.
#[derive(Debug)]
pub(crate) struct Evaluated {
    /// The port by which it is left.
    pub port: &'static str,
    /// What later steps read.
    pub output: Value,
    /// What it changes besides.
    pub effects: Vec<Effect>,
}

/// A change that a pure step makes in its scope.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    /// A variable has a value.
    Variable(String, Value),
    /// An answer is kept, to be given again.
    Keep(Kept),
    /// A secure variable has a value, which is encrypted here.
    Secret(String, String),
    /// A loop has a list. The items are there for what rides along; the list is what is written.
    List(Vec<Value>, List),
    /// A loop stands elsewhere.
    Cursor(Cursor),
    /// A step does not run, though its turn has come.
    Skip(String, Latest),
    /// The step's output is the run's.
    Output,
    /// The machine needs a number.
    Number(Number),
    /// The record says this beside the output.
    Note(Value),
}

/// Where an evaluation happens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'place> {
    pub services: &'place Services,
    pub store: &'place Store,
    pub org: &'place str,
    pub run: &'place str,
    pub items: &'place Items,
    pub scopes: &'place Scopes,
    pub at: &'place At,
    pub now: Moment,
}

/// Evaluates a pure step.
pub(crate) async fn evaluate(
    node: &Node,
    scope: &Scope,
    place: Place<'_>,
) -> Result<Evaluated, Error> {
    match node.kind {
        Kind::Condition => condition::evaluate(node, scope, place),
        Kind::Switch => switch::evaluate(node, scope),
        Kind::Loop => r#loop::evaluate(node, scope, place).await,
        Kind::Transform => transform::evaluate(node, scope, place).await,
        Kind::Delay => delay::evaluate(node, scope, place.now),
        Kind::Merge => Ok(merge::evaluate(node, scope)),
        // The machine goes on in all of them.
        Kind::Parallel => Ok(Evaluated {
            port: "success",
            output: json!({ "branches": node.config.get("branches") }),
            effects: Vec::new(),
        }),
        Kind::Trigger
        | Kind::Llm
        | Kind::Action
        | Kind::Request
        | Kind::Approval
        | Kind::Signal
        | Kind::Subflow => unreachable!("the caller asks `is_pure` first"),
    }
}

/// What a pure step was given: what its author wrote, since its output shows what became of it.
pub(crate) fn input(node: &Node) -> Value {
    if node.kind == Kind::Loop {
        r#loop::input(node)
    } else {
        node.config.clone()
    }
}
