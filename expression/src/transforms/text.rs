//! Transforms of single values.

#![expect(
    clippy::unnecessary_wraps,
    reason = "every transform has the type that the table asks for"
)]

use serde_json::Value;

use super::{Applied, Call};
use crate::coerce::{self, is_truthy, to_number, to_text};

/// In capitals.
pub(super) fn upper(call: &Call<'_>) -> Applied {
    Ok(call.text()?.to_uppercase().into())
}

/// In small letters.
pub(super) fn lower(call: &Call<'_>) -> Applied {
    Ok(call.text()?.to_lowercase().into())
}

/// Without white space at both ends.
pub(super) fn trim(call: &Call<'_>) -> Applied {
    Ok(coerce::trim(&call.text()?).into())
}

/// As text; lists and objects as JSON.
pub(super) fn string(call: &Call<'_>) -> Applied {
    Ok(to_text(&call.value).into())
}

/// As a number; null stays null.
pub(super) fn number(call: &Call<'_>) -> Applied {
    if call.value.is_null() {
        return Ok(Value::Null);
    }
    to_number(&call.value)
        .map(Value::Number)
        .ok_or_else(|| call.misfit("a number"))
}

/// Whether it is true.
pub(super) fn boolean(call: &Call<'_>) -> Applied {
    Ok(is_truthy(&call.value).into())
}

/// The value that a text holds as JSON; null if it holds none.
pub(super) fn parse_json(call: &Call<'_>) -> Applied {
    Ok(serde_json::from_str(&call.text()?).unwrap_or_default())
}
