//! What transform nodes read, and what they make of lists.

use serde_json::{Value, json};

use super::super::python::Function;
use super::super::{Applied, Call};
use crate::error::{Cause, EvaluationError};
use crate::evaluate::{Data, made};
use crate::limits::size;
use crate::path::Path;

/// What stands at the key that a transform node reads: under the key's last name, and of a dict its own names as well. A
/// key of one name that leads to a dict is that dict alone.
pub(super) fn flow_input<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    let key = path(call, call.text_argument(0)?.unwrap_or_default())?;
    let Some(found) = key.find(&value) else {
        return Ok(made(Value::Null));
    };
    let is_plain = key.names().is_some_and(|names| names.len() == 1);
    let name = key.last_name().filter(|_| !found.is_null());
    call.evaluator
        .meter
        .make(2 * size(&found), &call.node.span)?;
    Ok(made(match (name, &*found) {
        (None, _) => found.into_owned(),
        (Some(_), Value::Object(_)) if is_plain => found.into_owned(),
        (Some(name), Value::Object(members)) => {
            let mut names = members.clone();
            names.insert(name.to_owned(), found.into_owned());
            names.into()
        }
        (Some(name), _) => json!({ name: found }),
    }))
}

/// What stands at a path, and null where nothing does.
pub(super) fn flow_at<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    let path = path(call, call.text_argument(0)?.unwrap_or_default())?;
    let found = path.find(&value).unwrap_or_default();
    call.evaluator.meter.make(size(&found), &call.node.span)?;
    Ok(made(found.into_owned()))
}

/// What the elements of the list at a path have at another path, without those of which a condition does not hold and
/// those that have nothing there; null where there is no list.
pub(super) fn flow_pick<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    let source = path(call, call.text_argument(0)?.unwrap_or_default())?;
    let field = path(call, call.text_argument(1)?.unwrap_or_default())?;
    let condition = call.function(2);
    let list = source.find(&value);
    let Some(elements) = list.as_deref().and_then(Value::as_array) else {
        return Ok(made(Value::Null));
    };
    call.evaluator.meter.step(elements.len(), &call.node.span)?;
    let mut picked = Vec::new();
    for element in elements {
        if let Some(condition) = &condition
            && !holds(call, condition, element)?
        {
            continue;
        }
        if let Some(found) = field.find(element).filter(|found| !found.is_null()) {
            call.evaluator.meter.make(size(&found), &call.node.span)?;
            picked.push(found.into_owned());
        }
    }
    Ok(made(picked))
}

/// Whether a condition holds; one that cannot be evaluated does not.
pub(super) fn flow_holds<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let value = call.evaluator.whole(value, &call.node.span)?;
    Ok(made(holds(call, &call.only_function()?, &value)?))
}

fn holds(
    call: &Call<'_>,
    condition: &Function<'_>,
    value: &Value,
) -> Result<bool, EvaluationError> {
    match call.is_true(condition, value) {
        Err(error) if error.cause != Cause::Limit => Ok(false),
        held => held,
    }
}

fn path(call: &Call<'_>, text: &str) -> Result<Path, EvaluationError> {
    Path::parse(text).map_err(|error| call.fail(format!("`{text}` is no path: {}", error.message)))
}
