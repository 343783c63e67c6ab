//! Says how long a delay lasts; the machine's own Wait lets the time pass.
//!
//! ```json
//! { "hours": 1, "minutes": "{{input.minutes}}" }
//! { "until": "{{steps.book.output.startsAt}}" }
//! ```
//! gives `{ "seconds": 5400, "until": "2026-03-01T10:30:00.000Z" }`. A moment that is past is no wait at all.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use pawl_contract::{Node, StepError, code};
use serde_json::{Value, json};

use crate::clock::Moment;
use crate::pure::{Effect, Evaluated};
use crate::scope::Scope;
use crate::{Error, template};

/// The fields that say how long, and the milliseconds that one of each is.
const UNITS: [(&str, f64); 4] = [
    ("seconds", 1_000.0),
    ("minutes", 60_000.0),
    ("hours", 3_600_000.0),
    ("days", 86_400_000.0),
];

/// An execution lasts a year at most.
const LONGEST: f64 = 365.0 * 86_400_000.0;

pub(crate) fn evaluate(node: &Node, scope: &Scope, now: Moment) -> Result<Evaluated, Error> {
    let config = template::render(&node.config, &scope.at(node))?;
    let until = match config.get("until").filter(|until| !until.is_null()) {
        Some(until) => moment(until)?,
        None => now.after(length(&config)?),
    };
    let left = until.milliseconds().saturating_sub(now.milliseconds());
    let left = u64::try_from(left).unwrap_or(0);
    if left > 365 * 86_400_000 {
        return Err(Error::step(
            code::VALIDATION_ERROR,
            format!(
                "a delay is at most 365 days, and this one ends at {}",
                until.iso()
            ),
        ));
    }
    // The machine waits for whole seconds, and never too short.
    let seconds = left.div_ceil(1_000);
    Ok(Evaluated {
        port: "success",
        output: json!({ "seconds": seconds, "until": until.iso() }),
        effects: vec![Effect::Number(seconds.into())],
    })
}

/// The milliseconds that the fields add up to.
pub(crate) fn length(config: &Value) -> Result<u64, StepError> {
    let mut total = 0.0;
    for (unit, milliseconds) in UNITS {
        let Some(value) = config.get(unit).filter(|value| !value.is_null()) else {
            continue;
        };
        let written = value.as_str().map(str::trim);
        let number = written.map_or_else(|| value.as_f64(), |text| text.parse().ok());
        let number = number.filter(|number: &f64| number.is_finite() && *number >= 0.0);
        total += milliseconds
            * number.ok_or_else(|| {
                let message = format!("`{unit}` is a number that is not negative, not {value}");
                StepError::new(code::VALIDATION_ERROR, message)
            })?;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is between 0 and a little more than the longest delay"
    )]
    let total = total.ceil().min(LONGEST + 1.0) as u64;
    Ok(total)
}

/// A moment as people and programs write it: ISO 8601 (without an offset: UTC), or milliseconds since 1970.
fn moment(value: &Value) -> Result<Moment, StepError> {
    let read = if let Some(text) = value.as_str().map(str::trim) {
        let civil = || {
            let zoned = text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC);
            zoned.ok().map(|zoned| zoned.timestamp())
        };
        text.parse::<Timestamp>().ok().or_else(civil)
    } else {
        let milliseconds = value.as_i64();
        milliseconds.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
    };
    read.map(Moment).ok_or_else(|| {
        let message = format!("`until` is a moment such as `2026-03-01T10:30:00Z`, not {value}");
        StepError::new(code::VALIDATION_ERROR, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_write_them() {
        let rows = [
            (
                json!("2026-03-01T10:30:00Z"),
                Some("2026-03-01T10:30:00.000Z"),
            ),
            (
                json!("2026-03-01T10:30:00+01:00"),
                Some("2026-03-01T09:30:00.000Z"),
            ),
            (json!("2026-03-01T10:30"), Some("2026-03-01T10:30:00.000Z")),
            (json!("2026-03-01"), Some("2026-03-01T00:00:00.000Z")),
            (json!(0), Some("1970-01-01T00:00:00.000Z")),
            (json!("tomorrow"), None),
            (json!(true), None),
        ];
        for (written, expected) in rows {
            let found = moment(&written).ok().map(Moment::iso);
            assert_eq!(found.as_deref(), expected, "{written}");
        }
    }

    #[test]
    fn lengths_add_up() {
        let rows = [
            (json!({ "hours": 1, "minutes": "30" }), Some(5_400_000)),
            (json!({ "seconds": 0.5 }), Some(500)),
            (json!({ "days": 1 }), Some(86_400_000)),
            (json!({ "days": 1e300 }), Some(31_536_000_001)),
            (json!({ "seconds": -1 }), None),
            (json!({ "seconds": "soon" }), None),
        ];
        for (config, expected) in rows {
            assert_eq!(length(&config).ok(), expected, "{config}");
        }
    }
}
