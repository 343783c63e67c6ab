//! Resolves templates: JSON in which every string `{% ... %}` is an expression.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use pawl_asl::limits::SECONDS;
use pawl_asl::{Dynamic, Fields, QueryLanguage, expression};
use serde_json::{Map, Value};

use crate::World;
use crate::context::Context;
use crate::data::Data;
use crate::fault::Fault;
use crate::jsonata::{self, Answer};
use crate::strand::Variables;

/// What the expressions of a field can see.
pub(crate) struct Scope<'a> {
    /// The state's language; in JSONPath mode every text stands for itself.
    pub(crate) language: QueryLanguage,
    /// The state's input.
    pub(crate) input: &'a Value,
    /// The same, to be shared.
    pub(crate) shared_input: &'a Arc<Value>,
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
    pub(crate) fn variable(&self, name: &str) -> Option<&Arc<Value>> {
        self.variables.iter().find_map(|scope| scope.get(name))
    }
}

/// The place of a template in its state. Only an error writes it down.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// A field, such as `Output`.
    Field(&'a str),
    /// A field of one in a list, such as `Choices[0]/Condition`.
    Of(&'a str, usize, &'a str),
    /// A member of an object, such as `Output/name`.
    Member(&'a Place<'a>, &'a str),
    /// An item of a list, such as `Output[0]`.
    Item(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => formatter.write_str(name),
            Self::Of(list, index, name) => write!(formatter, "{list}[{index}]/{name}"),
            Self::Member(place, name) => write!(formatter, "{place}/{name}"),
            Self::Item(place, index) => write!(formatter, "{place}[{index}]"),
        }
    }
}

impl<'a> From<&'a str> for Place<'a> {
    fn from(name: &'a str) -> Self {
        Self::Field(name)
    }
}

/// The value of a template.
pub(crate) fn resolve<'p>(
    template: &Value,
    place: impl Into<Place<'p>>,
    scope: &Scope,
) -> Result<Value, Fault> {
    let place = place.into();
    match template {
        Value::String(text) => match scope.expression(text) {
            Some(source) => evaluate(source, place, scope),
            None => Ok(template.clone()),
        },
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| resolve(item, Place::Item(&place, index), scope))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array),
        Value::Object(members) => members
            .iter()
            .map(|(key, member)| {
                let value = resolve(member, Place::Member(&place, key), scope)?;
                Ok((key.clone(), value))
            })
            .collect::<Result<Map<_, _>, _>>()
            .map(Value::Object),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(template.clone()),
    }
}

/// The values of an Assign, by variable. All expressions see the variables as they were.
pub(crate) fn resolve_fields(
    fields: &Fields,
    place: Place,
    scope: &Scope,
) -> Result<Vec<(String, Data)>, Fault> {
    fields
        .iter()
        .map(|(key, template)| {
            let value = resolve(template, Place::Member(&place, key), scope)?;
            Ok((key.clone(), Data::new(value)))
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

/// The seconds of a field that is a time, of which AWS takes `least` at least.
pub(crate) fn resolve_seconds(
    field_value: &Dynamic<u64>,
    field: &str,
    least: u64,
    scope: &Scope,
) -> Result<u64, Fault> {
    let seconds = resolve_whole(field_value, field, scope)?;
    if (least..=SECONDS).contains(&seconds) {
        return Ok(seconds);
    }
    let cause =
        format!("The {field} parameter must be between {least} and {SECONDS}, but was {seconds}");
    Err(Fault::expression(field, cause))
}

/// The truth of a field that is a condition.
pub(crate) fn resolve_truth(
    field_value: &Dynamic<bool>,
    place: Place,
    scope: &Scope,
) -> Result<bool, Fault> {
    let source = match field_value {
        Dynamic::Fixed(truth) => return Ok(*truth),
        Dynamic::Expression(text) => source(text, place)?,
    };
    let value = evaluate(source, place, scope)?;
    let Value::Bool(truth) = value else {
        return Err(unexpected(source, place, "boolean", &value));
    };
    Ok(truth)
}

/// The expression in a field that can hold no other text.
fn source<'t, 'p>(text: &'t str, place: impl Into<Place<'p>>) -> Result<&'t str, Fault> {
    expression(text).ok_or_else(|| {
        let place = place.into().to_string();
        let cause = format!("The field '{place}' holds no expression: {text}");
        Fault::expression(&place, cause)
    })
}

/// The value of an expression, which has to give one.
pub(crate) fn evaluate<'p>(
    source: &str,
    place: impl Into<Place<'p>>,
    scope: &Scope,
) -> Result<Value, Fault> {
    let source = source.trim();
    let said = |what: &str| {
        let place = place.into().to_string();
        let cause =
            format!("The JSONata expression '{source}' specified for the field '{place}' {what}");
        Fault::expression(&place, cause)
    };
    match jsonata::evaluate(source, scope) {
        Ok(Answer::Value(value)) => Ok(value),
        Ok(Answer::Nothing) => Err(said("returned nothing (undefined).")),
        Ok(Answer::Function) => Err(said("returned an unsupported result type.")),
        Err(message) => {
            // JSONata's own sentences stand alone; what AWS adds of its own ends this one.
            let mark = if jsonata::is_coded(&message) {
                '.'
            } else {
                ':'
            };
            Err(said(&format!(
                "threw an error during evaluation{mark} {message}"
            )))
        }
    }
}

/// An expression that gave a value of another type than its field needs.
pub(crate) fn unexpected<'p>(
    source: &str,
    place: impl Into<Place<'p>>,
    expected: &str,
    value: &Value,
) -> Fault {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let (source, place) = (source.trim(), place.into().to_string());
    let cause = format!(
        "The JSONata expression '{source}' specified for the field '{place}' returned an unexpected result type. \
         Expected '{expected}', but was '{found}' for value: {value}"
    );
    Fault::expression(&place, cause)
}
