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

/// What a regular expression may become at the most.
const MOST_PATTERN_BYTES: usize = 256 * 1024;

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

/// Whether it begins with another text.
pub(super) fn starts_with<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let start = call.text_argument(0)?.unwrap_or_default();
    Ok(made(call.text(&value)?.starts_with(start)))
}

/// Whether it ends with another text.
pub(super) fn ends_with<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let end = call.text_argument(0)?.unwrap_or_default();
    Ok(made(call.text(&value)?.ends_with(end)))
}

/// Whether a regular expression fits a part of it.
pub(super) fn matches<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let pattern = call.text_argument(0)?.unwrap_or_default();
    let expression = regex_lite::RegexBuilder::new(pattern)
        .size_limit(MOST_PATTERN_BYTES)
        .build()
        .map_err(|error| call.refuse(&format!("cannot read the pattern `{pattern}`: {error}")))?;
    let text = call.text(&value)?;
    call.evaluator.meter.step(text.len(), &call.node.span)?;
    Ok(made(expression.is_match(&text)))
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
