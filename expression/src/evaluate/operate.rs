//! The operators between two values.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{Context, Data, Evaluated, Evaluator, Missing, Operand, borrowed, made, misfit};
use crate::coerce::{
    is_truthy, loosely_equal, order, strictly_equal, to_number, to_text, to_whole,
};
use crate::error::{Cause, EvaluationError};
use crate::tree::{Node, Operator};

impl Evaluator<'_> {
    pub(super) fn binary<'c>(
        &'c self,
        node: &'c Node,
        operator: Operator,
        [left, right]: [&'c Node; 2],
        context: Context<'c>,
    ) -> Evaluated<'c> {
        if matches!(operator, Operator::And | Operator::Or) {
            let value = self.evaluate(left, context)?;
            let is_true = matches!(&value, Operand::Present(value) if is_truthy(value.outline()));
            let is_decided = is_true == (operator == Operator::Or);
            return if is_decided {
                Ok(value)
            } else {
                self.evaluate(right, context)
            };
        }
        let operands = Operands {
            evaluator: self,
            operator,
            left: self.side(left, context)?,
            right: self.side(right, context)?,
        };
        let result = operands.apply(node)?;
        Ok(Operand::Present(made(result)))
    }

    fn side<'c>(
        &'c self,
        node: &'c Node,
        context: Context<'c>,
    ) -> Result<Side<'c>, EvaluationError> {
        let (value, missing) = match self.evaluate(node, context)? {
            Operand::Present(value) => (value, None),
            missing @ Operand::Missing(path) => (missing.or_null(), Some(path)),
        };
        Ok(Side {
            node,
            value,
            missing,
        })
    }
}

/// One operand, and where it stands.
struct Side<'c> {
    node: &'c Node,
    value: Data<'c>,
    /// Where the operand is null because a member is missing.
    missing: Option<Missing<'c>>,
}

struct Operands<'c> {
    evaluator: &'c Evaluator<'c>,
    operator: Operator,
    left: Side<'c>,
    right: Side<'c>,
}

impl Operands<'_> {
    fn apply(&self, node: &Node) -> Result<Value, EvaluationError> {
        let (left, right) = (self.left.value.outline(), self.right.value.outline());
        match self.operator {
            // The left side has decided already, so the right side is what is left.
            Operator::And | Operator::Or => Ok(right.clone()),
            Operator::Equal => Ok(self.are_equal().into()),
            Operator::NotEqual => Ok((!self.are_equal()).into()),
            Operator::Less => self.compare(Ordering::is_lt),
            Operator::LessOrEqual => self.compare(Ordering::is_le),
            Operator::Greater => self.compare(Ordering::is_gt),
            Operator::GreaterOrEqual => self.compare(Ordering::is_ge),
            Operator::In => self.contains(&self.right, &self.left),
            Operator::Contains => self.contains(&self.left, &self.right),
            Operator::Add if left.is_string() || right.is_string() => self.join(node),
            Operator::Add => self.calculate(node, i128::checked_add, |left, right| left + right),
            Operator::Subtract => {
                self.calculate(node, i128::checked_sub, |left, right| left - right)
            }
            Operator::Multiply => {
                self.calculate(node, i128::checked_mul, |left, right| left * right)
            }
            Operator::Divide => self.calculate(node, divide_exactly, |left, right| left / right),
            Operator::FloorDivide => {
                self.calculate(node, divide_down, |left, right| (left / right).floor())
            }
            Operator::Remainder => {
                self.calculate(node, i128::checked_rem, |left, right| left % right)
            }
            Operator::Power => self.calculate(node, power, f64::powf),
        }
    }

    fn are_equal(&self) -> bool {
        let (left, right) = (&self.left.value, &self.right.value);
        have_same_elements(left, right)
            .unwrap_or_else(|| loosely_equal(left.outline(), right.outline()))
    }

    fn compare(&self, is_so: fn(Ordering) -> bool) -> Result<Value, EvaluationError> {
        for side in [&self.left, &self.right] {
            let value = side.value.outline();
            if value.is_array() || value.is_object() {
                return Err(self.misfit("a number or text", side));
            }
        }
        Ok(order(self.left.value.outline(), self.right.value.outline())
            .is_some_and(is_so)
            .into())
    }

    /// Whether a list has an element, or a text a part.
    fn contains(&self, whole: &Side<'_>, part: &Side<'_>) -> Result<Value, EvaluationError> {
        if let Some(length) = whole.value.len() {
            self.evaluator.meter.step(length, &whole.node.span)?;
            let is_part = |element| {
                have_same_elements(&borrowed(element), &part.value)
                    .unwrap_or_else(|| strictly_equal(element, part.value.outline()))
            };
            return Ok(whole.value.elements().any(is_part).into());
        }
        match whole.value.outline() {
            Value::Null => Ok(false.into()),
            Value::String(text) => match part.value.outline() {
                Value::Null => Ok(false.into()),
                Value::Array(_) | Value::Object(_) => Err(self.misfit("text to look for", part)),
                scalar @ (Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                    Ok(text.contains(&*to_text(scalar)).into())
                }
            },
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Err(self.misfit("a list or text", whole))
            }
        }
    }

    fn join(&self, node: &Node) -> Result<Value, EvaluationError> {
        let mut text = String::new();
        for side in [&self.left, &self.right] {
            if matches!(
                side.value.outline(),
                Value::Null | Value::Array(_) | Value::Object(_)
            ) {
                return Err(self.misfit("text or a number", side));
            }
            text.push_str(&to_text(side.value.outline()));
        }
        self.evaluator.meter.make(text.len(), &node.span)?;
        Ok(text.into())
    }

    /// Calculates exactly with whole numbers where that is possible.
    fn calculate(
        &self,
        node: &Node,
        exact: fn(i128, i128) -> Option<i128>,
        inexact: fn(f64, f64) -> f64,
    ) -> Result<Value, EvaluationError> {
        let [left, right] = [self.number(&self.left)?, self.number(&self.right)?];
        let whole = left
            .as_i128()
            .zip(right.as_i128())
            .and_then(|(left, right)| exact(left, right));
        if let Some(number) = whole.and_then(whole_number) {
            return Ok(number.into());
        }
        let float = left
            .as_f64()
            .zip(right.as_f64())
            .map(|(left, right)| inexact(left, right));
        float
            .and_then(float_number)
            .map(Value::Number)
            .ok_or_else(|| {
                let written = node.to_string();
                let numbers = format!("{left} {} {right}", self.operator.symbol());
                let numbers = Some(numbers).filter(|numbers| *numbers != written);
                let numbers = numbers.map(|numbers| format!(": {numbers}"));
                let message = format!("`{written}` is not a number{}", numbers.unwrap_or_default());
                EvaluationError::new(Cause::Operand, message, &node.span)
            })
    }

    fn number(&self, side: &Side<'_>) -> Result<Number, EvaluationError> {
        to_number(side.value.outline()).ok_or_else(|| self.misfit("a number", side))
    }

    fn misfit(&self, needs: &str, side: &Side<'_>) -> EvaluationError {
        let symbol = self.operator.symbol();
        match side.missing {
            Some(missing) => {
                let error = missing.error();
                EvaluationError::new(
                    Cause::Operand,
                    format!("`{symbol}` needs {needs}, but {}", error.message),
                    &error.span,
                )
            }
            None => misfit(symbol, needs, side.node, side.value.outline()),
        }
    }
}

/// Whether two lists have the same elements; none if one of them is not a list.
fn have_same_elements(left: &Data<'_>, right: &Data<'_>) -> Option<bool> {
    let is_as_long = left.len()? == right.len()?;
    let mut pairs = left.elements().zip(right.elements());
    Some(is_as_long && pairs.all(|(left, right)| strictly_equal(left, right)))
}

/// `-a`
pub(super) fn negate(node: &Node, value: &Value) -> Result<Value, EvaluationError> {
    let number = to_number(value).ok_or_else(|| misfit("-", "a number", node, value))?;
    let whole = number.as_i128().and_then(|whole| whole_number(-whole));
    let negated = whole.or_else(|| float_number(-number.as_f64()?));
    negated
        .map(Value::Number)
        .ok_or_else(|| misfit("-", "a number", node, value))
}

fn divide_exactly(left: i128, right: i128) -> Option<i128> {
    (left.checked_rem(right)? == 0).then_some(left / right)
}

fn divide_down(left: i128, right: i128) -> Option<i128> {
    let quotient = left.checked_div(right)?;
    let is_rounded_up = left % right != 0 && (left < 0) != (right < 0);
    Some(if is_rounded_up {
        quotient - 1
    } else {
        quotient
    })
}

fn power(base: i128, exponent: i128) -> Option<i128> {
    base.checked_pow(exponent.try_into().ok()?)
}

/// A whole number, if it fits 64 bits.
fn whole_number(whole: i128) -> Option<Number> {
    i64::try_from(whole)
        .map(Number::from)
        .or_else(|_| u64::try_from(whole).map(Number::from))
        .ok()
}

/// A number from a float: whole if it is whole and small enough to be exact. None for `NaN` and infinity.
fn float_number(float: f64) -> Option<Number> {
    let number = Number::from_f64(float)?;
    Some(to_whole(&number).map_or(number, Number::from))
}
