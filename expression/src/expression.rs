//! An expression: what a condition, a filter or an `items` field holds.

use std::fmt;

use serde_json::Value;

use crate::budget::Budget;
use crate::coerce::is_truthy;
use crate::error::{EvaluationError, SyntaxError};
use crate::evaluate::{Context, Evaluator};
use crate::infer::{Finding, Roots, infer};
use crate::limits::Meter;
use crate::parse::parse;
use crate::reference::{Reference, collect};
use crate::scope::Scope;
use crate::tree::Node;
use crate::value_type::Type;

/// A parsed expression. Its `Display` is an expression that means the same.
///
/// ```
/// use pawl_expression::Expression;
/// use serde_json::json;
///
/// let expression = Expression::parse("steps.find.output.customers[.status == 'active'].length ?: 0").unwrap();
/// let scope = json!({ "steps": { "find": { "output": { "customers": [{ "status": "active" }] } } } });
/// assert_eq!(expression.evaluate(&scope).unwrap(), json!(1));
/// assert_eq!(expression.evaluate(&json!({ "steps": {} })).unwrap(), json!(0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub(crate) node: Node,
}

impl Expression {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        Ok(Self { node: parse(text)? })
    }

    /// The value; a missing member is null.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Value, EvaluationError> {
        self.evaluate_within(scope, &Budget(Meter::new()))
    }

    /// The value, paid for from a budget of several evaluations.
    pub fn evaluate_within(
        &self,
        scope: &dyn Scope,
        budget: &Budget,
    ) -> Result<Value, EvaluationError> {
        let evaluator = Evaluator::new(scope, &budget.0);
        evaluator.own(
            evaluator.value(&self.node, Context::default())?,
            &self.node.span,
        )
    }

    /// Whether the value is true: anything but null, `false`, 0 and the empty text.
    pub fn is_true(&self, scope: &dyn Scope) -> Result<bool, EvaluationError> {
        self.is_true_within(scope, &Budget(Meter::new()))
    }

    /// Whether the value is true, paid for from a budget of several evaluations.
    pub fn is_true_within(
        &self,
        scope: &dyn Scope,
        budget: &Budget,
    ) -> Result<bool, EvaluationError> {
        let evaluator = Evaluator::new(scope, &budget.0);
        let value = evaluator.value(&self.node, Context::default())?;
        Ok(is_truthy(value.outline()))
    }

    /// What type its value has, and what in it can never be.
    ///
    /// ```
    /// use pawl_expression::{Expression, Roots, Type};
    ///
    /// let expression = Expression::parse("'a' == [1]").unwrap();
    /// let (found, mistakes) = expression.infer(&Roots::new());
    /// assert_eq!(found, Type::Flag);
    /// assert_eq!(mistakes.len(), 1);
    /// ```
    pub fn infer(&self, roots: &Roots<'_>) -> (Type, Vec<Finding>) {
        let mut findings = Vec::new();
        let found = infer(&self.node, roots, &mut findings);
        (found, findings)
    }

    /// Every path that begins with a root name, in the order of the text.
    pub fn references(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        collect(&self.node, false, false, &mut references);
        references
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(formatter)
    }
}
