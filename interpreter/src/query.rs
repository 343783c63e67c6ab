//! Resolves templates: JSON in which every string `{% ... %}` is an expression.

use std::cell::{OnceCell, RefCell};

use jiff::Timestamp;
use pawl_asl::{Dynamic, Fields, QueryLanguage, expression};
use serde_json::{Map, Value};

use crate::World;
use crate::context::Context;
use crate::fault::Fault;
use crate::jsonata::{self, Answer};
use crate::strand::Variables;

/// What the expressions of a field can see.
pub(crate) struct Scope<'a> {
    /// The state's language; in JSONPath mode every text stands for itself.
    pub(crate) language: QueryLanguage,
    /// The state's input.
    pub(crate) input: &'a Value,
    /// The state's result, in Output and Assign of the kinds that have one.
    pub(crate) result: Option<&'a Value>,
    /// The error, in Output and Assign of a catcher.
    pub(crate) error_output: Option<&'a Value>,
    /// The context object.
    pub(crate) context: Context<'a>,
    /// The variables, inner scopes first.
    pub(crate) variables: Vec<&'a Variables>,
    /// The time for the whole field.
    pub(crate) now: Timestamp,
    /// Where chance comes from.
    pub(crate) world: RefCell<&'a mut dyn World>,
    /// `$states`, once something needed it as a whole.
    pub(crate) bound: OnceCell<jsonata::Bound>,
}

impl Scope<'_> {
    /// The expression in a text, where the state's language has expressions.
    fn expression<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self.language {
            QueryLanguage::Jsonata => expression(text),
            QueryLanguage::JsonPath => None,
        }
    }

    /// A variable's value, from the innermost scope that has it.
    pub(crate) fn variable(&self, name: &str) -> Option<&Value> {
        self.variables.iter().find_map(|scope| scope.get(name))
    }

    /// `$states` as a whole.
    pub(crate) fn states(&self) -> Value {
        let mut states = Map::new();
        states.insert("input".to_owned(), self.input.clone());
        if let Some(result) = self.result {
            states.insert("result".to_owned(), result.clone());
        }
        if let Some(error_output) = self.error_output {
            states.insert("errorOutput".to_owned(), error_output.clone());
        }
        states.insert("context".to_owned(), self.context.value());
        Value::Object(states)
    }
}

/// The value of a template. `field` is its place in the state, such as `Output` or `Choices[0]/Assign`.
pub(crate) fn resolve(template: &Value, field: &str, scope: &Scope) -> Result<Value, Fault> {
    match template {
        Value::String(text) => match scope.expression(text) {
            Some(source) => evaluate(source, field, scope),
            None => Ok(template.clone()),
        },
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| resolve(item, &format!("{field}[{index}]"), scope))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array),
        Value::Object(members) => members
            .iter()
            .map(|(key, member)| {
                Ok((
                    key.clone(),
                    resolve(member, &format!("{field}/{key}"), scope)?,
                ))
            })
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(template.clone()),
    }
}

/// The values of an Assign, by variable. All expressions see the variables as they were.
pub(crate) fn resolve_fields(fields: &Fields, field: &str, scope: &Scope) -> Result<Fields, Fault> {
    fields
        .iter()
        .map(|(key, template)| {
            Ok((
                key.clone(),
                resolve(template, &format!("{field}/{key}"), scope)?,
            ))
        })
        .collect()
}

/// The text of a field that is text, such as a Fail's Cause.
pub(crate) fn resolve_text(text: &str, field: &str, scope: &Scope) -> Result<String, Fault> {
    let Some(source) = scope.expression(text) else {
        return Ok(text.to_owned());
    };
    let value = evaluate(source, field, scope)?;
    let Value::String(text) = value else {
        return Err(unexpected(source, field, "string", &value));
    };
    Ok(text)
}

/// The number of a field that is a whole number, such as a Wait's Seconds.
pub(crate) fn resolve_whole(
    field_value: &Dynamic<u64>,
    field: &str,
    scope: &Scope,
) -> Result<u64, Fault> {
    let source = match field_value {
        Dynamic::Fixed(number) => return Ok(*number),
        Dynamic::Expression(text) => source(text, field)?,
    };
    let value = evaluate(source, field, scope)?;
    let Value::Number(number) = &value else {
        return Err(unexpected(source, field, "number", &value));
    };
    number.as_u64().ok_or_else(|| {
        Fault::expression(
            field,
            format!("The {field} parameter must be a whole number that is not negative: {number}"),
        )
    })
}

/// The truth of a field that is a condition.
pub(crate) fn resolve_truth(
    field_value: &Dynamic<bool>,
    field: &str,
    scope: &Scope,
) -> Result<bool, Fault> {
    let source = match field_value {
        Dynamic::Fixed(truth) => return Ok(*truth),
        Dynamic::Expression(text) => source(text, field)?,
    };
    let value = evaluate(source, field, scope)?;
    let Value::Bool(truth) = value else {
        return Err(unexpected(source, field, "boolean", &value));
    };
    Ok(truth)
}

/// The expression in a field that can hold no other text.
fn source<'t>(text: &'t str, field: &str) -> Result<&'t str, Fault> {
    expression(text).ok_or_else(|| {
        Fault::expression(
            field,
            format!("The field '{field}' holds no expression: {text}"),
        )
    })
}

/// The value of an expression, which has to give one.
pub(crate) fn evaluate(source: &str, field: &str, scope: &Scope) -> Result<Value, Fault> {
    let source = source.trim();
    let said = |what: &str| {
        Fault::expression(
            field,
            format!("The JSONata expression '{source}' specified for the field '{field}' {what}"),
        )
    };
    match jsonata::evaluate(source, scope) {
        Ok(Answer::Value(value)) => Ok(value),
        Ok(Answer::Nothing) => Err(said("returned nothing (undefined).")),
        Ok(Answer::Function) => Err(said("returned an unsupported result type.")),
        Err(message) => Err(said(&format!(
            "threw an error during evaluation. {message}"
        ))),
    }
}

/// An expression that gave a value of another type than its field needs.
pub(crate) fn unexpected(source: &str, field: &str, expected: &str, value: &Value) -> Fault {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let source = source.trim();
    Fault::expression(
        field,
        format!(
            "The JSONata expression '{source}' specified for the field '{field}' returned an unexpected result type. \
             Expected '{expected}', but was '{found}' for value: {value}"
        ),
    )
}
