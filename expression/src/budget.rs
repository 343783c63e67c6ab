//! What several evaluations may cost together.

use std::fmt;

use serde_json::Value;

use crate::error::EvaluationError;
use crate::limits::{Meter, size};

/// How many times as much as one expression everything together may cost.
const TIMES: usize = 10;

/// What the expressions that a step evaluates for each item of a list may cost together: ten times as much as one.
///
/// ```
/// use pawl_expression::{Budget, Expression};
/// use serde_json::json;
///
/// let budget = Budget::new();
/// let doubled = Expression::parse("item * 2").unwrap();
/// let items = [1, 2].map(|item| json!({ "item": item }));
/// let values = items.map(|scope| doubled.evaluate_within(&scope, &budget).unwrap());
/// assert_eq!(values, [json!(2), json!(4)]);
/// ```
pub struct Budget(pub(crate) Meter);

impl Budget {
    /// A budget of which nothing is spent.
    pub fn new() -> Self {
        Self(Meter::of(TIMES))
    }

    /// Pays for a value that was made without an expression.
    pub fn charge(&self, value: &Value) -> Result<(), EvaluationError> {
        self.0.step(1, &(0..0))?;
        self.0.make(size(value), &(0..0))
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
