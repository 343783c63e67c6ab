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
    // Of what may be very many, only the newest ones are kept in memory.
    let mut records: Vec<Map<String, Value>> = Vec::new();
    let newest = |order: &Map<String, Value>| -> Result<bool, Error> {
        if order.get("customerId").and_then(Value::as_str) == Some(customer) {
            let place = records.partition_point(|kept| is_newer(kept, order));
            if place < limit {
                records.insert(place, order.clone());
                records.truncate(limit);
            }
        }
        Ok(false)
    };
    call.all(ORDERS.plural, newest).await?;
    Ok(page::answer(
        ORDERS.plural,
        Page {
            records,
            cursor: None,
        },
    )
    .into())
}

/// Whether an order comes before another one, newest first.
fn is_newer(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    let by_age = age(one).total_cmp(&age(other));
    by_age.then_with(|| id(one).cmp(id(other))).is_gt()
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
