//! One field of cron: which numbers it lets through, and how Scheduler writes them.

use std::ops::RangeInclusive;

use super::{HELP, Refusal};

/// What a field may hold.
#[derive(Debug)]
pub(super) struct Kind {
    /// What it is called.
    pub(super) name: &'static str,
    /// What a step of it that is too long would be longer than.
    whole: &'static str,
    range: RangeInclusive<u8>,
    /// Names of its numbers, from the first on.
    names: &'static [&'static str],
}

pub(super) const MINUTE: Kind = Kind {
    name: "minute",
    whole: "an hour",
    range: 0..=59,
    names: &[],
};
pub(super) const HOUR: Kind = Kind {
    name: "hour",
    whole: "a day",
    range: 0..=23,
    names: &[],
};
pub(super) const DAY: Kind = Kind {
    name: "day of month",
    whole: "a month",
    range: 1..=31,
    names: &[],
};
pub(super) const MONTH: Kind = Kind {
    name: "month",
    whole: "a year",
    range: 1..=12,
    names: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
};
/// The week begins on Sunday, which is 0, and 7 too.
pub(super) const WEEKDAY: Kind = Kind {
    name: "day of week",
    whole: "a week",
    range: 0..=6,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};

/// A field that was understood.
#[derive(Debug)]
pub(super) struct Field {
    kind: &'static Kind,
    items: Vec<Item>,
}

/// One item of a list.
#[derive(Debug, PartialEq)]
enum Item {
    /// `*`.
    All,
    /// `*/15`, `5/15`.
    From(Option<u8>, u8),
    /// `1-5`, in the order of the week or the clock.
    Range(u8, u8),
    /// What Scheduler has no other way to say: numbers, in the order of the author.
    Numbers(Vec<u8>),
}

impl Kind {
    /// Reads a list: `*`, `1,5`, `MON-FRI`, `*/15`, `10-40/10`, `FRI-MON`.
    pub(super) fn read(&'static self, text: &str) -> Result<Field, Refusal> {
        let items = text.split(',').map(|item| self.item(text, item));
        Ok(Field {
            kind: self,
            items: items.collect::<Result<_, _>>()?,
        })
    }

    fn item(&self, text: &str, item: &str) -> Result<Item, Refusal> {
        let (span, step) = match item.split_once('/') {
            None => (item, None),
            Some((span, step)) => (span, Some(self.step(text, step)?)),
        };
        let number = |word: &str| self.number(word).ok_or_else(|| self.refuse(text));
        let Some((first, last)) = span.split_once('-') else {
            return Ok(match (span, step) {
                ("*", None) => Item::All,
                ("*", Some(step)) => Item::From(None, step),
                (_, None) => Item::Numbers(vec![number(span)?]),
                (_, Some(step)) => Item::From(Some(number(span)?), step),
            });
        };
        let ends_on_sunday = self.names.len() == 7 && last == "7";
        let (first, last) = (number(first)?, number(last)?);
        // A week that ends on Sunday does not wrap: `0-7` is all of it, `1-7/2` every other day.
        if ends_on_sunday {
            let mut days: Vec<u8> = Vec::new();
            for day in (first..=7).step_by(step.unwrap_or(1).into()) {
                let day = day % 7;
                if !days.contains(&day) {
                    days.push(day);
                }
            }
            return Ok(Item::Numbers(days));
        }
        let wraps = first > last;
        match step {
            Some(_) if wraps => Err(Refusal::new(
                format!("`{item}` goes past the end of {} by a step", self.whole),
                "say which ones it means, one by one: programs do not agree on it",
            )),
            None if wraps => {
                let (lowest, highest) = (*self.range.start(), *self.range.end());
                Ok(Item::Numbers(
                    (first..=highest).chain(lowest..=last).collect(),
                ))
            }
            // Scheduler documents steps behind a number or a star, and not behind a range.
            Some(step) => {
                let numbers = (first..=last).step_by(step.into());
                Ok(Item::Numbers(numbers.collect()))
            }
            None => Ok(Item::Range(first, last)),
        }
    }

    fn step(&self, text: &str, step: &str) -> Result<u8, Refusal> {
        let digits = digits(step).ok_or_else(|| self.refuse(text))?;
        if digits == 0 {
            return Err(self.refuse(text));
        }
        let most = self.range.end() - self.range.start() + 1;
        u8::try_from(digits)
            .ok()
            .filter(|step| *step <= most)
            .ok_or_else(|| {
                Refusal::new(
                    format!(
                        "`{text}` is no {} of a schedule: a step of {digits} is longer than {}",
                        self.name, self.whole
                    ),
                    "cron begins to count anew each time; an interval does not: `{ \"intervalSeconds\": 5400 }`",
                )
            })
    }

    /// One number, or its name.
    pub(super) fn number(&self, text: &str) -> Option<u8> {
        let named = self.names.iter().zip(self.range.clone());
        let mut named = named.filter(|(name, _)| name.eq_ignore_ascii_case(text));
        let number = match named.next() {
            Some((_, number)) => number,
            None => u8::try_from(digits(text)?).ok()?,
        };
        // Sunday ends a week, too.
        let number = if self.names.len() == 7 && number == 7 {
            0
        } else {
            number
        };
        self.range.contains(&number).then_some(number)
    }

    pub(super) fn refuse(&self, text: &str) -> Refusal {
        Refusal::new(format!("`{text}` is no {} of a schedule", self.name), HELP)
    }

    /// A number as Scheduler writes it: a day of the week by its name, since it counts them from one.
    fn spell(&self, number: u8) -> String {
        let name = self.names.get(usize::from(number));
        match name.filter(|_| self.names.len() == 7) {
            Some(name) => (*name).to_owned(),
            None => number.to_string(),
        }
    }
}

impl Field {
    /// The numbers that it lets through, in order.
    pub(super) fn numbers(&self) -> Vec<u8> {
        let (lowest, highest) = (*self.kind.range.start(), *self.kind.range.end());
        let all = |item: &Item| match item {
            Item::All => (lowest..=highest).collect(),
            Item::From(first, step) => (first.unwrap_or(lowest)..=highest)
                .step_by((*step).into())
                .collect(),
            Item::Range(first, last) => (*first..=*last).collect(),
            Item::Numbers(numbers) => numbers.clone(),
        };
        let mut numbers: Vec<u8> = self.items.iter().flat_map(all).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// How many numbers it lets through.
    pub(super) fn count(&self) -> f64 {
        self.numbers().iter().map(|_| 1.0).sum()
    }

    /// Whether it lets everything through.
    pub(super) fn is_all(&self) -> bool {
        let (least, most) = (self.kind.range.start(), self.kind.range.end());
        self.numbers().len() == usize::from(most - least) + 1
    }

    /// As Scheduler writes it.
    pub(super) fn text(&self) -> String {
        if self.items.contains(&Item::All) || self.is_all() {
            return "*".to_owned();
        }
        let text = |item: &Item| match item {
            Item::All => "*".to_owned(),
            // A step that leads nowhere is no step.
            Item::From(first, step) => {
                let least = *self.kind.range.start();
                let start = first.unwrap_or(least);
                let is_alone = start.saturating_add(*step) > *self.kind.range.end();
                match first {
                    _ if is_alone => self.kind.spell(start),
                    None => format!("*/{step}"),
                    // How a step behind the name of a day is read is nowhere said.
                    Some(_) if self.kind.names.len() == 7 => self.spell_all(
                        &(start..=*self.kind.range.end())
                            .step_by((*step).into())
                            .collect::<Vec<_>>(),
                    ),
                    Some(first) => format!("{first}/{step}"),
                }
            }
            Item::Range(first, last) if first == last => self.kind.spell(*first),
            Item::Range(first, last) => {
                format!("{}-{}", self.kind.spell(*first), self.kind.spell(*last))
            }
            Item::Numbers(numbers) => self.spell_all(numbers),
        };
        let all: Vec<String> = self.items.iter().map(text).collect();
        // What is listed twice stands once.
        let mut texts: Vec<&str> = Vec::new();
        for text in all.iter().flat_map(|text| text.split(',')) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts.join(",")
    }

    /// As briefly as Scheduler can be told.
    pub(super) fn compact(&self) -> String {
        if self.is_all() {
            return "*".to_owned();
        }
        let numbers = self.numbers();
        let runs = numbers.chunk_by(|one, next| one + 1 == *next);
        let spell = |number: &u8| self.kind.spell(*number);
        let runs = runs.filter_map(|run| match run {
            [] => None,
            [only] => Some(spell(only)),
            [first, .., last] => Some(format!("{}-{}", spell(first), spell(last))),
        });
        runs.collect::<Vec<_>>().join(",")
    }

    fn spell_all(&self, numbers: &[u8]) -> String {
        let all = numbers.iter().map(|number| self.kind.spell(*number));
        all.collect::<Vec<_>>().join(",")
    }
}

/// A number without a sign.
pub(super) fn digits(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}
