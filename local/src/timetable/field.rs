//! One field of a cron expression: which numbers it lets through.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// What a field may hold.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    pub(super) range: RangeInclusive<i16>,
    /// Names of its numbers, from the first on.
    pub(super) names: &'static [&'static str],
}

pub(super) const MINUTE: Kind = Kind {
    range: 0..=59,
    names: &[],
};
pub(super) const HOUR: Kind = Kind {
    range: 0..=23,
    names: &[],
};
pub(super) const DAY_OF_MONTH: Kind = Kind {
    range: 1..=31,
    names: &[],
};
pub(super) const MONTH: Kind = Kind {
    range: 1..=12,
    names: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
};
/// The week begins on Sunday, which is 1.
pub(super) const DAY_OF_WEEK: Kind = Kind {
    range: 1..=7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};
pub(super) const YEAR: Kind = Kind {
    range: 1970..=2199,
    names: &[],
};

impl Kind {
    /// The numbers of a list: `1,5`, `MON-FRI`, `*/15`, `10-40/10`.
    pub(super) fn numbers(&self, list: &str) -> Option<BTreeSet<i16>> {
        let mut numbers = BTreeSet::new();
        for item in list.split(',') {
            numbers.extend(self.item(item)?);
        }
        Some(numbers)
    }

    /// The numbers of one item of a list.
    pub(super) fn item(&self, item: &str) -> Option<Vec<i16>> {
        let (span, step) = match item.split_once('/') {
            None => (item, None),
            Some((span, step)) => (span, Some(digits(step).filter(|step| *step > 0)?)),
        };
        let (first, last) = match (span.split_once('-'), step) {
            _ if span == "*" => (*self.range.start(), *self.range.end()),
            (Some((first, last)), _) => (self.number(first)?, self.number(last)?),
            (None, Some(_)) => (self.number(span)?, *self.range.end()),
            (None, None) => (self.number(span)?, self.number(span)?),
        };
        if first > last {
            return None;
        }
        let step = usize::try_from(step.unwrap_or(1)).ok()?;
        Some((first..=last).step_by(step).collect())
    }

    /// One number, or its name.
    pub(super) fn number(&self, text: &str) -> Option<i16> {
        let named = self
            .names
            .iter()
            .zip(self.range.clone())
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        let number = named.map_or_else(|| digits(text), |(_, number)| Some(number))?;
        self.range.contains(&number).then_some(number)
    }
}

/// A number without a sign.
pub(super) fn digits(text: &str) -> Option<i16> {
    let plain = text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}
