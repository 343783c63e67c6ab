//! A Wait, and moments.

use serde_json::Value;

use super::block::StateAt;
use super::diagnostic::Findings;
use super::place::Place;
use super::{expressions, object};
use crate::QueryLanguage;

/// Checks that a Wait has one end.
pub(super) fn check(state: &StateAt, findings: &mut Findings) {
    let has = |name: &str| state.fields.contains_key(name);
    let names = ["SecondsPath", "Seconds", "TimestampPath", "Timestamp"];
    object::exactly_one(has, &names, &state.place, findings);
}

/// Checks a moment that stands in the definition, or that an expression gives.
pub(super) fn moment(
    value: &Value,
    language: QueryLanguage,
    place: &Place,
    findings: &mut Findings,
) {
    let Some(text) = value.as_str() else {
        findings.schema(place, "Expected value of type [STRING]");
        return;
    };
    if language == QueryLanguage::Jsonata && text.contains("{%") {
        expressions::only(value, place, findings);
    } else if !is_moment(text) {
        findings.schema(place, "String does not match RFC3339 timestamp");
    }
}

/// Whether a text is a moment as RFC 3339 writes it, with a capital `T` and `Z`.
fn is_moment(text: &str) -> bool {
    let digits = |part: &str, count: usize| {
        part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let Some((date, time)) = text.split_once('T') else {
        return false;
    };
    let mut date = date.split('-');
    let has_date = [4, 2, 2]
        .into_iter()
        .all(|count| date.next().is_some_and(|part| digits(part, count)))
        && date.next().is_none();
    let (clock, has_zone) = match time.strip_suffix('Z') {
        Some(clock) => (clock, true),
        None => match time
            .rfind(['+', '-'])
            .and_then(|at| time.split_at_checked(at))
        {
            Some((clock, zone)) => {
                let zone = zone.get(1..).and_then(|zone| zone.split_once(':'));
                let has_zone =
                    zone.is_some_and(|(hours, minutes)| digits(hours, 2) && digits(minutes, 2));
                (clock, has_zone)
            }
            None => return false,
        },
    };
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let mut clock = clock.split(':');
    let has_clock = [2, 2, 2]
        .into_iter()
        .all(|count| clock.next().is_some_and(|part| digits(part, count)))
        && clock.next().is_none();
    let has_fraction =
        fraction.is_none_or(|fraction| !fraction.is_empty() && digits(fraction, fraction.len()));
    has_date && has_clock && has_fraction && has_zone
}
