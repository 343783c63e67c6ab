//! Walks a tree and computes its value.

mod operate;
mod path;

use std::borrow::Cow;
use std::ops::Range;

use serde_json::{Map, Value};

use crate::coerce::{is_truthy, noun};
use crate::display::Path;
use crate::error::{Cause, EvaluationError};
use crate::limits::{Meter, size};
use crate::scope::Scope;
use crate::transforms::Call;
use crate::tree::{Access, Base, Form, Node};

/// Evaluates trees in one scope and pays for them from one meter.
pub(crate) struct Evaluator<'a> {
    pub(crate) scope: &'a dyn Scope,
    pub(crate) meter: Meter,
}

/// What a node is evaluated for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Context<'c> {
    /// What `.name` is relative to: the element of a filter, or the item of a section.
    pub(crate) element: Option<&'c Value>,
    /// The items of the sections around, innermost first.
    pub(crate) items: Option<&'c Items<'c>>,
}

/// The item of a section, and the sections around it.
pub(crate) struct Items<'c> {
    pub(crate) item: &'c Value,
    pub(crate) outer: Option<&'c Items<'c>>,
}

/// What a node evaluates to.
#[derive(Clone)]
pub(crate) enum Operand<'c> {
    Present(Cow<'c, Value>),
    /// A member that its value does not have.
    Missing(Missing<'c>),
}

/// How far a path led before it found nothing.
#[derive(Clone, Copy)]
pub(crate) struct Missing<'c> {
    node: &'c Node,
    base: &'c Base,
    /// The accesses up to the one that found nothing.
    accesses: &'c [Access],
}

type Evaluated<'c> = Result<Operand<'c>, EvaluationError>;

impl<'a> Evaluator<'a> {
    pub(crate) fn new(scope: &'a dyn Scope) -> Self {
        Self {
            scope,
            meter: Meter::new(),
        }
    }

    /// The value of a node; null where it is missing.
    pub(crate) fn value<'c>(
        &'c self,
        node: &'c Node,
        context: Context<'c>,
    ) -> Result<Cow<'c, Value>, EvaluationError> {
        Ok(self.evaluate(node, context)?.or_null())
    }

    /// The value of a node that must not be missing.
    pub(crate) fn present<'c>(
        &'c self,
        node: &'c Node,
        context: Context<'c>,
    ) -> Result<Cow<'c, Value>, EvaluationError> {
        match self.evaluate(node, context)? {
            Operand::Present(value) => Ok(value),
            Operand::Missing(missing) => Err(missing.error()),
        }
    }

    pub(crate) fn evaluate<'c>(&'c self, node: &'c Node, context: Context<'c>) -> Evaluated<'c> {
        self.meter.step(1, &node.span)?;
        match &node.form {
            Form::Literal(value) => Ok(present(value)),
            Form::Array(elements) => self.array(elements, context),
            Form::Object(members) => self.object(members, context),
            Form::Path(base, accesses) => self.path(node, base, accesses, context),
            Form::Not(operand) => Ok(made(!is_truthy(&*self.value(operand, context)?))),
            Form::Negate(operand) => {
                operate::negate(operand, &*self.value(operand, context)?).map(made)
            }
            Form::Binary(operator, left, right) => {
                self.binary(node, *operator, [left, right], context)
            }
            Form::Elvis(left, right) => self.elvis(left, right, context),
            Form::Ternary(condition, then, otherwise) => {
                let is_true = is_truthy(&*self.value(condition, context)?);
                self.evaluate(if is_true { then } else { otherwise }, context)
            }
            Form::Transform(subject, transform, arguments) => {
                let value = self.value(subject, context)?;
                let values = arguments
                    .iter()
                    .map(|argument| self.value(argument, context))
                    .collect::<Result<_, _>>()?;
                let call = Call {
                    transform,
                    node,
                    subject,
                    value,
                    arguments: values,
                    evaluator: self,
                };
                let result = (transform.apply)(&call)?;
                self.meter.make(size(&result), &node.span)?;
                Ok(made(result))
            }
        }
    }

    fn array<'c>(&'c self, elements: &'c [Node], context: Context<'c>) -> Evaluated<'c> {
        let own = |element| self.own(self.value(element, context)?, &element.span);
        Ok(made(
            elements.iter().map(own).collect::<Result<Vec<_>, _>>()?,
        ))
    }

    fn object<'c>(&'c self, members: &'c [(String, Node)], context: Context<'c>) -> Evaluated<'c> {
        let mut object = Map::new();
        for (key, node) in members {
            object.insert(
                key.clone(),
                self.own(self.value(node, context)?, &node.span)?,
            );
        }
        Ok(made(object))
    }

    fn elvis<'c>(&'c self, left: &'c Node, right: &'c Node, context: Context<'c>) -> Evaluated<'c> {
        match self.evaluate(left, context) {
            Ok(Operand::Present(value)) if is_truthy(&value) => Ok(Operand::Present(value)),
            Ok(_) => self.evaluate(right, context),
            Err(error) if error.cause == Cause::Absent => self.evaluate(right, context),
            Err(error) => Err(error),
        }
    }

    /// A value of one's own, paid for.
    pub(crate) fn own(
        &self,
        value: Cow<'_, Value>,
        span: &Range<usize>,
    ) -> Result<Value, EvaluationError> {
        self.meter.make(size(&value), span)?;
        Ok(value.into_owned())
    }
}

impl<'c> Operand<'c> {
    fn or_null(self) -> Cow<'c, Value> {
        match self {
            Self::Present(value) => value,
            Self::Missing(_) => Cow::Owned(Value::Null),
        }
    }
}

impl Missing<'_> {
    fn error(self) -> EvaluationError {
        let message = format!("`{}` is missing", Path(self.base, self.accesses));
        EvaluationError::new(Cause::Missing, message, &self.node.span)
    }
}

fn present(value: &Value) -> Operand<'_> {
    Operand::Present(Cow::Borrowed(value))
}

fn made<'c>(value: impl Into<Value>) -> Operand<'c> {
    Operand::Present(Cow::Owned(value.into()))
}

/// The error of an operand that does not fit: what needs what, and what the operand is instead.
pub(crate) fn misfit(who: &str, needs: &str, node: &Node, value: &Value) -> EvaluationError {
    let message = if matches!(node.form, Form::Literal(_)) {
        format!("`{who}` needs {needs}, not `{node}`")
    } else {
        format!("`{who}` needs {needs}, but `{node}` is {}", noun(value))
    };
    EvaluationError::new(Cause::Operand, message, &node.span)
}
