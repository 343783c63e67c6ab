//! Transforms of points in time: ISO 8601 or RFC 2822 text, or a number of milliseconds since 1970.
//!
//! A number nearer to 0 than 100,000,000,000 counts seconds. A time without a zone is in UTC.

#![expect(
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    reason = "every transform has the type that the table asks for"
)]

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::{Applied, Call};
use crate::error::{Cause, EvaluationError};
use crate::evaluate::{Data, made};

/// Nearer to 0 than this, a number counts seconds.
const SECONDS_END: f64 = 1e11;

/// The milliseconds since 1970; null if it is not a time.
pub(super) fn parse_date<'c>(_: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    Ok(made(milliseconds(value.outline())))
}

/// ISO 8601 in UTC with milliseconds, as in `2026-01-31T09:00:00.000Z`; null if it is not a time.
pub(super) fn iso_date<'c>(_: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let timestamp = milliseconds(value.outline())
        .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
    Ok(made(timestamp.map(|timestamp| format!("{timestamp:.3}"))))
}

/// The seconds since 1970, rounded down; null if it is not a time.
pub(super) fn epoch_seconds<'c>(_: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let milliseconds = milliseconds(value.outline());
    Ok(made(
        milliseconds.map(|milliseconds| milliseconds.div_euclid(1000)),
    ))
}

/// How many whole days ago it was; -1 if it is not a time.
pub(super) fn days_ago<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    ago(call, &value, 24 * 60 * 60 * 1000)
}

/// How many whole hours ago it was; -1 if it is not a time.
pub(super) fn hours_ago<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    ago(call, &value, 60 * 60 * 1000)
}

/// How many whole minutes ago it was; -1 if it is not a time.
pub(super) fn minutes_ago<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    ago(call, &value, 60 * 1000)
}

/// Whether it was before another time; false if either is not a time.
pub(super) fn is_before<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let is_before = both(call, &value).is_some_and(|(left, right)| left < right);
    Ok(made(is_before))
}

/// Whether it was after another time; false if either is not a time.
pub(super) fn is_after<'c>(call: &Call<'c>, value: Data<'c>) -> Applied<'c> {
    let is_after = both(call, &value).is_some_and(|(left, right)| left > right);
    Ok(made(is_after))
}

fn both(call: &Call<'_>, value: &Data<'_>) -> Option<(i64, i64)> {
    milliseconds(value.outline()).zip(milliseconds(call.argument(0)?))
}

fn ago<'c>(call: &Call<'c>, value: &Data<'c>, unit: i64) -> Applied<'c> {
    let Some(then) = milliseconds(value.outline()) else {
        return Ok(made(-1));
    };
    // An expression has no clock: its scope says what time it is, so that a repeated evaluation gives the same.
    let now = call
        .evaluator
        .scope
        .root("nowMs")
        .and_then(Value::as_i64)
        .ok_or_else(|| {
            let message = format!(
                "`{}` needs the time, but `nowMs` is not known here",
                call.transform.info.name
            );
            EvaluationError::new(Cause::Absent, message, &call.node.span)
        })?;
    Ok(made(now.saturating_sub(then).div_euclid(unit)))
}

/// The milliseconds since 1970 of a value that is a time.
fn milliseconds(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => parse(text.trim()).map(Timestamp::as_millisecond),
        Value::Number(number) => {
            let number = number.as_f64()?;
            let milliseconds = if number.abs() < SECONDS_END {
                number * 1000.0
            } else {
                number
            };
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a cast keeps to the range, and the range is checked next"
            )]
            let milliseconds = milliseconds as i64;
            Timestamp::from_millisecond(milliseconds)
                .ok()
                .map(Timestamp::as_millisecond)
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn parse(text: &str) -> Option<Timestamp> {
    let in_utc = || {
        text.parse::<DateTime>()
            .ok()?
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp())
    };
    let as_mail = || {
        jiff::fmt::rfc2822::parse(text)
            .ok()
            .map(|zoned| zoned.timestamp())
    };
    text.parse().ok().or_else(in_utc).or_else(as_mail)
}
