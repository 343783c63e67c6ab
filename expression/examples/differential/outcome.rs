//! What an engine made of a case, and when two of them made the same.

use pawl_expression::{Cause, EvaluationError, Expression, SyntaxError, Template, render};
use serde_json::{Map, Value};

/// A value, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Value(Value),
    Failed(Failure),
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    pub(crate) stage: Stage,
    pub(crate) message: String,
}

/// Where it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The text cannot be read.
    Parse,
    /// A name is not known. Only ours says so.
    Absent,
    /// A template is or prints a member that is missing. Only ours says so.
    Missing,
    /// A value does not fit, or anything else.
    Evaluate,
}

/// Which engine of the reference answers, and which of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Expression,
    Template,
    Mustache,
    /// Templates in a value, which the text holds as JSON.
    Config,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Expression => "expression",
            Self::Template => "template",
            Self::Mustache => "mustache",
            Self::Config => "config",
        }
    }
}

impl Outcome {
    pub(crate) fn value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Failed(_) => None,
        }
    }

    pub(crate) fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Value(_) => None,
            Self::Failed(failure) => Some(failure),
        }
    }

    /// Whether it failed at a stage with a message that holds this.
    pub(crate) fn failed(&self, stage: Stage, part: &str) -> bool {
        self.failure()
            .is_some_and(|failure| failure.stage == stage && failure.message.contains(part))
    }

    pub(crate) fn show(&self) -> String {
        match self {
            Self::Value(value) => value.to_string(),
            Self::Failed(failure) => format!("{:?}: {}", failure.stage, failure.message),
        }
    }
}

/// What this crate makes of a text.
pub(crate) fn ours(kind: Kind, text: &str, data: &Map<String, Value>) -> Outcome {
    let made = match kind {
        Kind::Config => Ok(render(
            &serde_json::from_str(text).unwrap_or_default(),
            data,
        )),
        Kind::Expression => Expression::parse(text).map(|expression| expression.evaluate(data)),
        Kind::Template | Kind::Mustache => {
            Template::parse(text).map(|template| template.render(data))
        }
    };
    match made {
        Ok(Ok(value)) => Outcome::Value(value),
        Ok(Err(error)) => Outcome::Failed(evaluation(&error)),
        Err(error) => Outcome::Failed(syntax(&error)),
    }
}

fn syntax(error: &SyntaxError) -> Failure {
    Failure {
        stage: Stage::Parse,
        message: error.message.clone(),
    }
}

fn evaluation(error: &EvaluationError) -> Failure {
    let stage = match error.cause {
        Cause::Syntax => Stage::Parse,
        Cause::Absent => Stage::Absent,
        Cause::Missing => Stage::Missing,
        Cause::Operand | Cause::Limit => Stage::Evaluate,
    };
    Failure {
        stage,
        message: error.message.clone(),
    }
}

/// Whether both are the same value, `undefined` being null as the design says, or both failed.
pub(crate) fn agree(ours: &Outcome, reference: &Outcome) -> bool {
    match (ours, reference) {
        (Outcome::Value(ours), Outcome::Value(reference)) => same(ours, reference),
        (Outcome::Failed(_), Outcome::Failed(_)) => true,
        _ => false,
    }
}

/// Whether a value of ours is the one that the reference wrote.
pub(crate) fn same(ours: &Value, reference: &Value) -> bool {
    match (ours, reference) {
        (Value::Null, reference) => reference.is_null() || is_special(reference, "undefined"),
        (Value::Number(ours), Value::Number(reference)) => ours.as_f64() == reference.as_f64(),
        (Value::Array(ours), Value::Array(reference)) => {
            ours.len() == reference.len()
                && ours
                    .iter()
                    .zip(reference)
                    .all(|(ours, reference)| same(ours, reference))
        }
        (Value::Object(ours), Value::Object(reference)) => {
            ours.len() == reference.len()
                && ours.iter().all(|(key, member)| {
                    reference.get(key).is_some_and(|other| same(member, other))
                })
        }
        (ours, reference) => ours == reference,
    }
}

/// Whether the reference wrote something that JSON cannot say.
pub(crate) fn is_special(value: &Value, name: &str) -> bool {
    value.get("$").is_some_and(|special| special == name)
}
