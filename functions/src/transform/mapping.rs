//! Mappings: each makes one field of a transform's output.

use pawl_contract::StepError;
use pawl_expression::Budget;
use serde_json::Value;

use super::data::{Inside, expression, found, invalid, parsed, refused, render, shown};

/// The value of a mapping's field; its `default` stands in where there is nothing, or where it fails.
pub(super) fn value(
    given: &Value,
    inside: &Inside<'_>,
    budget: &Budget,
) -> Result<Value, StepError> {
    let made = made(given, inside, budget);
    match (made, given.get("default")) {
        (Ok(Some(value)), _) => {
            budget.charge(&value).map_err(|error| refused(&error))?;
            Ok(value)
        }
        (Ok(None) | Err(_), Some(default)) => render(default, inside, budget),
        (Ok(None), None) => Ok(Value::Null),
        (Err(error), None) => Err(error),
    }
}

fn made(given: &Value, inside: &Inside<'_>, budget: &Budget) -> Result<Option<Value>, StepError> {
    let text = |field: &str| {
        let value = given.get(field);
        value
            .and_then(Value::as_str)
            .ok_or_else(|| invalid(format!("the mapping has no `{field}`")))
    };
    let rendered = |field: &str| {
        let value = given.get(field);
        value.map(|value| render(value, inside, budget)).transpose()
    };
    let value = match given.get("type").and_then(Value::as_str).unwrap_or("") {
        "extract" => return found(text("path")?, inside.data),
        "constant" => return Ok(given.get("value").cloned()),
        "template" => rendered("template")?,
        "condition" => {
            let condition = expression(text("condition")?)?;
            let holds = condition.is_true_within(inside, budget);
            let branch = if holds.map_err(|error| refused(&error))? {
                "then"
            } else {
                "else"
            };
            rendered(branch)?
        }
        "array_map" => return array_map(given, inside, budget),
        "script" => {
            let value = expression(text("expression")?)?.evaluate_within(inside, budget);
            Some(value.map_err(|error| refused(&error))?)
        }
        other => return Err(invalid(format!("there is no mapping of type `{other}`"))),
    };
    Ok(value.filter(|value| !value.is_null()))
}

/// What each item of a list has at a path, of those items that a condition holds for.
fn array_map(
    given: &Value,
    inside: &Inside<'_>,
    budget: &Budget,
) -> Result<Option<Value>, StepError> {
    let text = |field: &str| given.get(field).and_then(Value::as_str);
    let Some(list) = found(text("path").unwrap_or(""), inside.data)? else {
        return Ok(None);
    };
    let items = match list {
        Value::Array(items) => items,
        Value::Null => return Ok(None),
        other @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            return Err(invalid(format!("a list is needed, not {}", shown(&other))));
        }
    };
    let condition = text("where").map(expression).transpose()?;
    let field = text("itemField").map(parsed).transpose()?;
    let mut made = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let index = Value::from(index);
        let inside = Inside {
            item: Some((item, &index)),
            ..*inside
        };
        let holds = condition
            .as_ref()
            .map(|condition| condition.is_true_within(&inside, budget));
        if !holds
            .transpose()
            .map_err(|error| refused(&error))?
            .unwrap_or(true)
        {
            continue;
        }
        let value = match &field {
            Some(path) => path.find(item).map(std::borrow::Cow::into_owned),
            None => Some(item.clone()),
        };
        made.push(value.unwrap_or_default());
    }
    Ok(Some(made.into()))
}
