//! Walks a tree and computes its value.

mod data;
mod operate;
mod path;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use data::{Data, borrowed, made};
use serde_json::{Map, Value};

use crate::coerce::{is_truthy, noun};
use crate::display::Path;
use crate::error::{Cause, EvaluationError};
use crate::limits::{Meter, NODE, size};
use crate::scope::Scope;
use crate::transforms::Call;
use crate::tree::{Access, Base, Form, Node};

/// Evaluates trees in one scope and pays for them from one meter.
pub(crate) struct Evaluator<'a> {
    pub(crate) scope: &'a dyn Scope,
    pub(crate) meter: &'a Meter,
}

/// What a node is evaluated for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Context<'c> {
    /// What `.name` is relative to: the element of a filter, or the item of a section.
    pub(crate) element: Option<&'c Value>,
    /// The items of the sections around, innermost first.
    pub(crate) items: Option<&'c Items<'c>>,
    /// What the functions around were called with, innermost first.
    pub(crate) bindings: Option<&'c Bindings<'c>>,
    /// Whether this is what `?` asks, where what is not there is null.
    pub(crate) asks: bool,
}

/// What a function was called with, and the functions around it.
pub(crate) struct Bindings<'c> {
    pub(crate) names: &'c [String],
    pub(crate) values: &'c [&'c Value],
    pub(crate) outer: Option<&'c Bindings<'c>>,
}

/// The item of a section, and the sections around it.
pub(crate) struct Items<'c> {
    pub(crate) item: &'c Value,
    pub(crate) outer: Option<&'c Items<'c>>,
}

/// What a node evaluates to.
pub(crate) enum Operand<'c> {
    Present(Data<'c>),
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
    pub(crate) fn new(scope: &'a dyn Scope, meter: &'a Meter) -> Self {
        Self { scope, meter }
    }

    /// The value of a node; null where it is missing.
    pub(crate) fn value<'c>(
        &'c self,
        node: &'c Node,
        context: Context<'c>,
    ) -> Result<Data<'c>, EvaluationError> {
        Ok(self.evaluate(node, context)?.or_null())
    }

    /// The value of a node that must not be missing.
    pub(crate) fn present<'c>(
        &'c self,
        node: &'c Node,
        context: Context<'c>,
    ) -> Result<Data<'c>, EvaluationError> {
        match self.evaluate(node, context)? {
            Operand::Present(value) => Ok(value),
            Operand::Missing(missing) => Err(missing.error()),
        }
    }

    pub(crate) fn evaluate<'c>(&'c self, node: &'c Node, context: Context<'c>) -> Evaluated<'c> {
        self.meter.step(1, &node.span)?;
        match &node.form {
            Form::Literal(value) => Ok(Operand::Present(borrowed(value))),
            Form::Array(elements) => self.array(node, elements, context),
            Form::Object(members) => self.object(members, context),
            Form::Path(base, accesses) => match self.path(node, base, accesses, context) {
                Err(error) if context.asks && error.cause == Cause::Absent => {
                    Ok(Operand::Present(made(Value::Null)))
                }
                found => found,
            },
            Form::Not(operand) => {
                let is_true = is_truthy(self.value(operand, context)?.outline());
                Ok(Operand::Present(made(!is_true)))
            }
            Form::Negate(operand) => {
                let negated = operate::negate(operand, self.value(operand, context)?.outline())?;
                Ok(Operand::Present(made(negated)))
            }
            Form::Binary(operator, left, right) => {
                self.binary(node, *operator, [left, right], context)
            }
            Form::Elvis(left, right) => self.or_else(left, right, context, is_truthy),
            Form::Default(left, right) => {
                self.or_else(left, right, context, |value| !value.is_null())
            }
            Form::Ternary(condition, then, otherwise) => {
                let asking = Context {
                    asks: true,
                    ..context
                };
                let is_true = is_truthy(self.value(condition, asking)?.outline());
                self.evaluate(if is_true { then } else { otherwise }, context)
            }
            Form::Function(..) => Err(EvaluationError::new(
                Cause::Operand,
                format!("`{node}` is a function and no value"),
                &node.span,
            )),
            Form::Transform(subject, transform, arguments) => {
                let value = self.value(subject, context)?;
                let values = arguments
                    .iter()
                    .map(|argument| {
                        if matches!(argument.form, Form::Function(..)) {
                            // The transform calls it.
                            return Ok(Cow::Owned(Value::Null));
                        }
                        self.whole(self.value(argument, context)?, &argument.span)
                    })
                    .collect::<Result<_, _>>()?;
                let call = Call {
                    transform,
                    node,
                    subject,
                    arguments: values,
                    functions: arguments,
                    context,
                    evaluator: self,
                };
                self.pay((transform.apply)(&call, value)?, &node.span)
            }
        }
    }

    fn array<'c>(
        &'c self,
        node: &'c Node,
        elements: &'c [Node],
        context: Context<'c>,
    ) -> Evaluated<'c> {
        let element = |element| self.whole(self.value(element, context)?, &element.span);
        let list = elements.iter().map(element).collect::<Result<_, _>>()?;
        self.pay(list, &node.span)
    }

    fn object<'c>(&'c self, members: &'c [(String, Node)], context: Context<'c>) -> Evaluated<'c> {
        let mut object = Map::new();
        for (key, node) in members {
            self.meter.make(key.len(), &node.span)?;
            object.insert(
                key.clone(),
                self.own(self.value(node, context)?, &node.span)?,
            );
        }
        Ok(Operand::Present(made(object)))
    }

    /// The left side where it is there and will do, else the right one.
    fn or_else<'c>(
        &'c self,
        left: &'c Node,
        right: &'c Node,
        context: Context<'c>,
        will_do: impl Fn(&Value) -> bool,
    ) -> Evaluated<'c> {
        match self.evaluate(left, context) {
            Ok(Operand::Present(value)) if will_do(value.outline()) => Ok(Operand::Present(value)),
            Ok(_) => self.evaluate(right, context),
            Err(error) if error.cause == Cause::Absent => self.evaluate(right, context),
            Err(error) => Err(error),
        }
    }

    /// Pays for what was made, once; what is borrowed costs its place in a list.
    fn pay<'c>(&self, made: Data<'c>, span: &Range<usize>) -> Evaluated<'c> {
        let own_size = |value: &Cow<'_, Value>| match value {
            Cow::Borrowed(_) => NODE,
            Cow::Owned(value) => size(value),
        };
        let bytes = match &made {
            Data::One(value) => own_size(value),
            Data::List(elements) => NODE + elements.iter().map(own_size).sum::<usize>(),
        };
        self.meter.make(bytes, span)?;
        Ok(Operand::Present(made))
    }

    /// A value of one's own; what is copied for it is paid for, what was made is paid for already.
    pub(crate) fn own(
        &self,
        data: Data<'_>,
        span: &Range<usize>,
    ) -> Result<Value, EvaluationError> {
        let own = |value: Cow<'_, Value>| {
            if let Cow::Borrowed(value) = value {
                self.meter.make(size(value), span)?;
            }
            Ok(value.into_owned())
        };
        match data {
            Data::One(value) => own(value),
            Data::List(elements) => elements.into_iter().map(own).collect(),
        }
    }

    /// A value in one piece: only a list that is put together is copied for it.
    pub(crate) fn whole<'c>(
        &self,
        data: Data<'c>,
        span: &Range<usize>,
    ) -> Result<Cow<'c, Value>, EvaluationError> {
        match data {
            Data::One(value) => Ok(value),
            list @ Data::List(_) => self.own(list, span).map(Cow::Owned),
        }
    }
}

impl<'c> Operand<'c> {
    fn or_null(self) -> Data<'c> {
        match self {
            Self::Present(value) => value,
            Self::Missing(_) => made(Value::Null),
        }
    }
}

impl Missing<'_> {
    fn error(self) -> EvaluationError {
        let message = format!("`{}` is missing", Path(self.base, self.accesses));
        EvaluationError::new(Cause::Missing, message, &self.node.span)
    }
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
