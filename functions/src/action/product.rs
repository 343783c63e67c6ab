//! What only products can do: complete other lists.

use pawl_contract::code;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::collection::PRODUCTS;
use super::parameters::Parameters;
use crate::Error;
use crate::work::Acted;

/// Completes items with fields of the products that they name. An item whose product is not there stays as it is.
pub(super) async fn hydrate_fields(
    parameters: &Parameters<'_>,
    call: &Call<'_>,
) -> Result<Acted, Error> {
    let invalid = |message: &str| Error::step(code::VALIDATION_ERROR, message);
    let Some(Value::Array(items)) = parameters.get("items") else {
        return Err(invalid("`items` must be a list"));
    };
    let Some(Value::Object(mappings)) = parameters.get("mappings") else {
        return Err(invalid("`mappings` must be an object"));
    };
    let id_field = parameters.required_text("idField")?;
    let keeps = parameters.get("preserveExisting") != Some(&Value::Bool(false));
    let id = |item: &Value| item.get(id_field)?.as_str().map(str::to_owned);
    let products = call
        .find_each(PRODUCTS.plural, items.iter().filter_map(id))
        .await?;
    let complete = |item: &Value| {
        let product = id(item).and_then(|id| products.get(&id));
        let (Some(product), Value::Object(fields)) = (product, item) else {
            return item.clone();
        };
        let mut fields = fields.clone();
        for (target, source) in mappings {
            let is_there = fields.get(target).is_some_and(|value| !value.is_null());
            if keeps && is_there {
                continue;
            }
            if let Some(value) = source.as_str().and_then(|path| at(product, path)) {
                fields.insert(target.clone(), value.clone());
            }
        }
        Value::Object(fields)
    };
    let items: Vec<Value> = items.iter().map(complete).collect();
    let count = items.len();
    Ok(json!({ "items": items, "recommendations": items, "count": count }).into())
}

/// The value at a path of names with dots between them.
fn at<'record>(record: &'record Map<String, Value>, path: &str) -> Option<&'record Value> {
    let mut names = path.split('.');
    let first = record.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}
