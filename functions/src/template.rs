//! Templates and expressions of a step, with their mistakes as the step's.

use pawl_contract::{StepError, code};
use pawl_expression::{EvaluationError, Expression, Scope, Segment, Template};
use serde_json::{Map, Value};

/// A configuration with every template in it resolved.
pub(crate) fn render(config: &Value, scope: &dyn Scope) -> Result<Value, StepError> {
    pawl_expression::render(config, scope).map_err(|error| invalid(&error))
}

/// A work step's configuration with every template resolved but those that read a secret: a record never holds one.
pub(crate) fn render_without_secrets(
    config: &Value,
    scope: &dyn Scope,
) -> Result<Value, StepError> {
    match config {
        Value::String(text) if reads_secret(text) => Ok(config.clone()),
        Value::Array(elements) => elements
            .iter()
            .map(|element| render_without_secrets(element, scope))
            .collect(),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let key = render(&Value::String(key.clone()), scope)?;
                let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                Ok((key, render_without_secrets(value, scope)?))
            });
            entries
                .collect::<Result<Map<_, _>, StepError>>()
                .map(Value::Object)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => render(config, scope),
    }
}

/// Whether a rendered configuration still waits for a secret.
pub(crate) fn waits_for_secret(config: &Value) -> bool {
    match config {
        Value::String(text) => reads_secret(text),
        Value::Array(elements) => elements.iter().any(waits_for_secret),
        Value::Object(entries) => entries.values().any(waits_for_secret),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn reads_secret(text: &str) -> bool {
    let template = Template::parse(text);
    template.is_ok_and(|template| {
        let mut references = template.references().into_iter();
        references
            .any(|reference| reference.path.first() == Some(&Segment::Name("secrets".to_owned())))
    })
}

/// Whether a condition holds.
pub(crate) fn is_true(text: &str, scope: &dyn Scope) -> Result<bool, StepError> {
    let expression = Expression::parse(text).map_err(|error| invalid(&error.into()))?;
    expression.is_true(scope).map_err(|error| invalid(&error))
}

fn invalid(error: &EvaluationError) -> StepError {
    StepError::new(code::VALIDATION_ERROR, error.to_string())
}
