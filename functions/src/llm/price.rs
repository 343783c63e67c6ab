//! What a call of a model cost, as far as anybody knows its price.

use std::collections::BTreeMap;

pub use pawl_contract::price::Price;
use pawl_contract::{Usage, price};

/// What a call cost in US dollars; `None` where nobody knows the model's price.
pub(super) fn cost(model: &str, usage: Usage, own: &BTreeMap<String, Price>) -> Option<f64> {
    Some(price::of(model, own)?.cost(usage))
}
