//! What only customers have: orders.

use pawl_store::Page;
use serde_json::{Map, Value};

use super::call::Call;
use super::collection::ORDERS;
use super::page;
use super::parameters::Parameters;
use crate::Error;
use crate::work::Acted;

/// So many orders are answered where the author does not say.
const USUAL: usize = 20;

/// A customer's orders, newest first.
pub(super) async fn orders(parameters: &Parameters<'_>, call: &Call<'_>) -> Result<Acted, Error> {
    let customer = parameters.required_text("customerId")?;
    let limit = page::limit(parameters.get("limit"), USUAL)?;
    let matches = |order: &Map<String, Value>| -> Result<bool, Error> {
        Ok(order.get("customerId").and_then(Value::as_str) == Some(customer))
    };
    let all = call.all(ORDERS.plural, matches).await?;
    let mut records = all.records;
    records.sort_by(|one, other| {
        age(other)
            .total_cmp(&age(one))
            .then_with(|| id(other).cmp(id(one)))
    });
    records.truncate(limit);
    Ok(page::answer(
        ORDERS.plural,
        Page {
            records,
            cursor: None,
        },
    )
    .into())
}

/// When an order was made, in milliseconds.
fn age(order: &Map<String, Value>) -> f64 {
    order
        .get("_creationTime")
        .and_then(Value::as_f64)
        .unwrap_or(0.0)
}

fn id(order: &Map<String, Value>) -> &str {
    order.get("_id").and_then(Value::as_str).unwrap_or_default()
}
