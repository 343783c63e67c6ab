//! AWS's cron: minute, hour, day of month, month, day of week, year.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday, date};
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::field::{DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, YEAR, digits};

/// A pattern of the calendar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cron {
    minutes: BTreeSet<i8>,
    hours: BTreeSet<i8>,
    days: Vec<Days>,
    months: BTreeSet<i16>,
    years: BTreeSet<i16>,
}

/// Days of any month.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Days {
    /// One day of the month, where the month has it.
    Of(i8),
    /// The last day.
    Last,
    /// The last day from Monday to Friday.
    LastWorkday,
    /// The day from Monday to Friday next to a day, in the same month.
    Workday(i8),
    /// Every such day of the week.
    Weekday(Weekday),
    /// The last such day of the week.
    LastWeekday(Weekday),
    /// The first to fifth such day of the week, where the month has it.
    NthWeekday(Weekday, i8),
}

impl Cron {
    /// Reads the six fields; `None` if AWS would refuse them.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day_of_month, month, day_of_week, year] = *fields.as_array::<6>()?;
        let days = match (day_of_month, day_of_week) {
            ("?", "?") => return None,
            (list, "?") => days(list, day_of_month_item)?,
            ("?", list) if list.contains('#') => nth_weekday(list)?,
            ("?", list) => days(list, day_of_week_item)?,
            // One of the two says which days, the other one has nothing to say.
            _ => return None,
        };
        Some(Self {
            minutes: small(MINUTE.numbers(minute)?),
            hours: small(HOUR.numbers(hour)?),
            days,
            months: MONTH.numbers(month)?,
            years: YEAR.numbers(year)?,
        })
    }

    /// The first moment after another one. A local time that does not exist is left out, one that is there twice
    /// counts once, the first time.
    pub(super) fn after(&self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = zone.to_datetime(moment).date();
        for year in self.years.range(today.year()..) {
            for month in &self.months {
                let first = date(*year, i8::try_from(*month).ok()?, 1);
                if first.last_of_month() < today {
                    continue;
                }
                let mut matching: Vec<Date> = self
                    .days
                    .iter()
                    .flat_map(|days| days.of(first))
                    .filter(|day| *day >= today)
                    .collect();
                matching.sort_unstable();
                let found = matching
                    .into_iter()
                    .find_map(|day| self.on(day, moment, zone));
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// The first moment of a day that is after another one.
    fn on(&self, day: Date, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let times = self
            .hours
            .iter()
            .flat_map(|hour| self.minutes.iter().map(move |minute| (hour, minute)));
        let mut moments = times.filter_map(|(hour, minute)| {
            let local = day.at(*hour, *minute, 0, 0);
            let offset = match zone.to_ambiguous_timestamp(local).offset() {
                AmbiguousOffset::Unambiguous { offset } => offset,
                AmbiguousOffset::Gap { .. } => return None,
                AmbiguousOffset::Fold { before, .. } => before,
            };
            offset.to_timestamp(local).ok()
        });
        moments.find(|candidate| *candidate > moment)
    }
}

impl Days {
    /// Its days in the month that begins on `first`.
    fn of(self, first: Date) -> Vec<Date> {
        let last = first.last_of_month();
        let on = |day: i8| first.with().day(day).build().ok();
        let one = match self {
            Self::Of(day) => on(day),
            Self::Last => Some(last),
            Self::LastWorkday => Some(workday(last)),
            Self::Workday(day) => on(day).map(workday),
            Self::LastWeekday(weekday) => first.nth_weekday_of_month(-1, weekday).ok(),
            Self::NthWeekday(weekday, nth) => first.nth_weekday_of_month(nth, weekday).ok(),
            Self::Weekday(weekday) => {
                let nth = |nth| first.nth_weekday_of_month(nth, weekday).ok();
                return (1..=5).filter_map(nth).collect();
            }
        };
        one.into_iter().collect()
    }
}

/// The day from Monday to Friday that is next to a day, in the same month.
fn workday(day: Date) -> Date {
    let step = match day.weekday() {
        Weekday::Saturday if day.day() == 1 => 2,
        Weekday::Saturday => -1,
        Weekday::Sunday if day == day.last_of_month() => -2,
        Weekday::Sunday => 1,
        Weekday::Monday
        | Weekday::Tuesday
        | Weekday::Wednesday
        | Weekday::Thursday
        | Weekday::Friday => 0,
    };
    day.saturating_add(jiff::Span::new().days(step))
}

fn days(list: &str, item: impl Fn(&str) -> Option<Vec<Days>>) -> Option<Vec<Days>> {
    let mut days = Vec::new();
    for text in list.split(',') {
        days.extend(item(text)?);
    }
    Some(days)
}

fn day_of_month_item(item: &str) -> Option<Vec<Days>> {
    if let Some(day) = item.strip_suffix('W').filter(|day| *day != "L") {
        return Some(vec![Days::Workday(
            i8::try_from(DAY_OF_MONTH.number(day)?).ok()?,
        )]);
    }
    match item {
        "L" => Some(vec![Days::Last]),
        "LW" => Some(vec![Days::LastWorkday]),
        item => {
            let days = small(DAY_OF_MONTH.item(item)?.into_iter().collect());
            Some(days.into_iter().map(Days::Of).collect())
        }
    }
}

fn day_of_week_item(item: &str) -> Option<Vec<Days>> {
    match item.strip_suffix('L') {
        // The last day of the week.
        Some("") => Some(vec![Days::Weekday(Weekday::Saturday)]),
        Some(day) => Some(vec![Days::LastWeekday(weekday(DAY_OF_WEEK.number(day)?)?)]),
        None => DAY_OF_WEEK
            .item(item)?
            .into_iter()
            .map(|day| weekday(day).map(Days::Weekday))
            .collect(),
    }
}

/// `3#2`: the second Tuesday. It stands alone.
fn nth_weekday(text: &str) -> Option<Vec<Days>> {
    let (day, nth) = text.split_once('#')?;
    let nth = digits(nth).filter(|nth| (1..=5).contains(nth))?;
    let day = weekday(DAY_OF_WEEK.number(day)?)?;
    Some(vec![Days::NthWeekday(day, i8::try_from(nth).ok()?)])
}

fn weekday(number: i16) -> Option<Weekday> {
    Weekday::from_sunday_one_offset(i8::try_from(number).ok()?).ok()
}

fn small(numbers: BTreeSet<i16>) -> BTreeSet<i8> {
    numbers
        .into_iter()
        .filter_map(|number| i8::try_from(number).ok())
        .collect()
}
