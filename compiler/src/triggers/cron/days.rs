//! The two day fields: a day comes when either lets it through, where both say something.

use super::Refusal;
use super::field::{DAY, Field, WEEKDAY, digits};

/// Both fields, as far as they say something.
#[derive(Debug)]
pub(super) struct Days {
    month: Option<Half>,
    week: Option<Half>,
    is_doubtful: bool,
}

/// What one field says.
#[derive(Debug)]
struct Half {
    /// Plain days.
    plain: Option<Field>,
    /// Days that need an expression of their own: the last one, the second Friday.
    special: Vec<String>,
}

/// How many days the months have at the most.
const LENGTHS: [u8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

impl Days {
    pub(super) fn read(day: &str, weekday: &str) -> Result<Self, Refusal> {
        weekday.split(',').try_for_each(counted)?;
        let is_open = |text: &str| text == "*" || text == "?";
        let month = (!is_open(day)).then(|| Half::read(day, month_day, |text| DAY.read(text)));
        let week =
            (!is_open(weekday)).then(|| Half::read(weekday, week_day, |text| WEEKDAY.read(text)));
        let (month, week) = (month.transpose()?, week.transpose()?);
        let both = month.is_some() && week.is_some();
        Ok(Self {
            month,
            week,
            is_doubtful: both && [day, weekday].iter().any(|text| text.contains('*')),
        })
    }

    /// Whether programs differ in what they make of it.
    pub(super) fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }

    /// Whether there is such a day in one of these months.
    pub(super) fn ever(&self, months: &[u8]) -> bool {
        let Some(Half { plain, special }) = &self.month else {
            return true;
        };
        if self.week.is_some() || !special.is_empty() {
            return true;
        }
        let first = plain
            .as_ref()
            .and_then(|plain| plain.numbers().first().copied());
        let lengths = months
            .iter()
            .filter_map(|month| LENGTHS.get(usize::from(*month).checked_sub(1)?));
        first.is_none_or(|first| lengths.max().is_some_and(|longest| first <= *longest))
    }

    /// How many such days these months have, in a year like most.
    pub(super) fn in_a_year(&self, months: &[u8]) -> f64 {
        let of_month = self.month.as_ref().and_then(|half| half.plain.as_ref());
        let of_week = self.week.as_ref().and_then(|half| half.plain.as_ref());
        let halves = [&self.month, &self.week];
        let special = halves.into_iter().flatten().flat_map(|half| &half.special);
        // Not every month has a fifth Friday.
        let special: f64 = special
            .map(|day| if day.ends_with("#5") { 0.35 } else { 1.0 })
            .sum();
        let of = |month: &u8| {
            let length = LENGTHS.get(usize::from(*month).saturating_sub(1));
            let length = length.copied().unwrap_or(30);
            let whole = f64::from(length);
            let missed = |field: Option<&Field>, share: &dyn Fn(&Field) -> f64| {
                field.map_or(1.0, |field| 1.0 - share(field))
            };
            let of_month = missed(of_month, &|field: &Field| {
                let days = field.numbers();
                let days = days.iter().filter(|day| **day <= length);
                days.map(|_| 1.0).sum::<f64>() / whole
            });
            let of_week = missed(of_week, &|field: &Field| field.count() / 7.0);
            let is_open = self.month.is_none() && self.week.is_none();
            let plain = if is_open {
                whole
            } else {
                whole * (1.0 - of_month * of_week)
            };
            (plain + special).min(whole)
        };
        months.iter().map(of).sum()
    }

    /// The days of the month and of the week, of which exactly one is `?`, for every expression that is needed.
    pub(super) fn alternatives(&self, spell: fn(&Field) -> String) -> Vec<(String, String)> {
        let every = || vec![("*".to_owned(), "?".to_owned())];
        let halves = [&self.month, &self.week];
        let is_all = |half: &Half| half.plain.as_ref().is_some_and(Field::is_all);
        if halves.iter().any(|half| half.as_ref().is_some_and(is_all)) {
            return every();
        }
        let of_month = self.month.iter().flat_map(|half| half.texts(spell));
        let of_week = self.week.iter().flat_map(|half| half.texts(spell));
        let of_month = of_month.map(|day| (day, "?".to_owned()));
        let all: Vec<_> = of_month
            .chain(of_week.map(|day| ("?".to_owned(), day)))
            .collect();
        if all.is_empty() { every() } else { all }
    }
}

impl Half {
    fn read(
        text: &str,
        special: impl Fn(&str) -> Option<String>,
        plain: impl Fn(&str) -> Result<Field, Refusal>,
    ) -> Result<Self, Refusal> {
        let (found, rest): (Vec<_>, Vec<_>) = text
            .split(',')
            .map(|item| (item, special(item)))
            .partition(|(_, special)| special.is_some());
        let rest: Vec<&str> = rest.into_iter().map(|(item, _)| item).collect();
        let plain = (!rest.is_empty()).then(|| plain(&rest.join(",")));
        Ok(Self {
            plain: plain.transpose()?,
            special: found
                .into_iter()
                .filter_map(|(_, special)| special)
                .collect(),
        })
    }

    fn texts(&self, spell: fn(&Field) -> String) -> impl Iterator<Item = String> {
        let plain = self.plain.iter().map(spell);
        plain.chain(self.special.iter().cloned())
    }
}

/// Refuses `1#6`: no month has six Mondays.
fn counted(item: &str) -> Result<(), Refusal> {
    let Some((day, nth)) = item.split_once('#') else {
        return Ok(());
    };
    let is_day = WEEKDAY.number(&day.to_ascii_uppercase()).is_some();
    if !is_day || digits(nth).is_some_and(|nth| (1..=5).contains(&nth)) {
        return Ok(());
    }
    Err(Refusal::new(
        format!("`{item}` asks for a weekday that no month has: they are counted from 1 to 5"),
        format!("write `{day}#1` for the first in a month, `{day}L` for the last"),
    ))
}

/// `L`, `LW`, `15W`: the last day, the last day of work, the one next to the fifteenth.
fn month_day(item: &str) -> Option<String> {
    let item = item.to_ascii_uppercase();
    let near = item.strip_suffix('W').and_then(|day| DAY.number(day));
    (item == "L" || item == "LW" || near.is_some()).then_some(item)
}

/// `5#2`, `FRI#2`, `5L`, `L5`: the second Friday, the last one. Scheduler counts the days of the week from one.
fn week_day(item: &str) -> Option<String> {
    let item = item.to_ascii_uppercase();
    if let Some((day, nth)) = item.split_once('#') {
        let nth = digits(nth).filter(|nth| (1..=5).contains(nth))?;
        return Some(format!("{}#{nth}", WEEKDAY.number(day)? + 1));
    }
    let last = item.strip_suffix('L').or_else(|| item.strip_prefix('L'));
    Some(format!("{}L", WEEKDAY.number(last?)? + 1))
}
