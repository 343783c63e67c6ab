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
    render_apart(config, scope, &|waiting| Ok(waiting.clone()))
}

/// A configuration in which those parts that wait for a secret are as `reveal` makes them.
pub(crate) fn render_apart(
    config: &Value,
    scope: &dyn Scope,
    reveal: &dyn Fn(&Value) -> Result<Value, StepError>,
) -> Result<Value, StepError> {
    match config {
        Value::String(text) if reads_secret(text) => reveal(config),
        Value::Object(_) if encrypted(config).is_some() => reveal(config),
        Value::Array(elements) => elements
            .iter()
            .map(|element| render_apart(element, scope, reveal))
            .collect(),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let key = render(&Value::String(key.clone()), scope)?;
                let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                Ok((key, render_apart(value, scope, reveal)?))
            });
            entries
                .collect::<Result<Map<_, _>, StepError>>()
                .map(Value::Object)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => render(config, scope),
    }
}

/// Whether a configuration reads a secret, or holds one that is encrypted.
pub(crate) fn waits_for_secret(config: &Value) -> bool {
    match config {
        Value::String(text) => reads_secret(text),
        Value::Array(elements) => elements.iter().any(waits_for_secret),
        Value::Object(entries) => {
            encrypted(config).is_some() || entries.values().any(waits_for_secret)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The text of a value that is encrypted: `{ "__secure": true, "encrypted": "..." }`.
pub(crate) fn encrypted(value: &Value) -> Option<&str> {
    let is_secure = value.get("__secure")?.as_bool()?;
    let text = value.get("encrypted").and_then(Value::as_str);
    is_secure.then_some(text.unwrap_or_default())
}

fn reads_secret(text: &str) -> bool {
    // Most texts are no templates at all.
    if !text.contains("secrets") {
        return false;
    }
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
