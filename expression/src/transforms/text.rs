//! Transforms of single values.

#![expect(
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    reason = "every transform has the type that the table asks for"
)]

use serde_json::Value;

use super::{Applied, Call};
use crate::coerce::{self, is_truthy, to_number, to_text};
use crate::evaluate::{Data, made};

/// In capitals.
pub(super) fn upper<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    Ok(made(call.text(&value)?.to_uppercase()))
}

/// In small letters.
pub(super) fn lower<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    Ok(made(call.text(&value)?.to_lowercase()))
}

/// Without white space at both ends.
pub(super) fn trim<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    Ok(made(coerce::trim(&call.text(&value)?)))
}

/// As text; lists and objects as JSON.
pub(super) fn string<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let whole = call.evaluator.whole(value, &call.node.span)?;
    Ok(made(to_text(&whole)))
}

/// As a number; null stays null.
pub(super) fn number<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    if value.outline().is_null() {
        return Ok(made(Value::Null));
    }
    to_number(value.outline())
        .map(made)
        .ok_or_else(|| call.misfit("a number", &value))
}

/// Whether it is true.
pub(super) fn boolean<'c>(_: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    Ok(made(is_truthy(value.outline())))
}

/// The value that a text holds as JSON; null if it holds none.
pub(super) fn parse_json<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let parsed: Option<Value> = serde_json::from_str(&call.text(&value)?).ok();
    Ok(made(parsed))
}
