//! Templates and expressions of a step, with their mistakes as the step's.

use pawl_contract::{StepError, code};
use pawl_expression::{EvaluationError, Expression, Scope};
use serde_json::Value;

/// A configuration with every template in it resolved.
pub(crate) fn render(config: &Value, scope: &dyn Scope) -> Result<Value, StepError> {
    pawl_expression::render(config, scope).map_err(|error| invalid(&error))
}

/// Whether a condition holds.
pub(crate) fn is_true(text: &str, scope: &dyn Scope) -> Result<bool, StepError> {
    let expression = Expression::parse(text).map_err(|error| invalid(&error.into()))?;
    expression.is_true(scope).map_err(|error| invalid(&error))
}

fn invalid(error: &EvaluationError) -> StepError {
    StepError::new(code::VALIDATION_ERROR, error.to_string())
}
