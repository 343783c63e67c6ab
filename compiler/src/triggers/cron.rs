//! Cron as its authors write it, and the expressions of EventBridge Scheduler that mean the same.
//!
//! `0 9 * * 1-5` becomes `cron(0 9 ? * MON-FRI *)`. Scheduler wants exactly one of the two day fields to be `?`, so
//! `0 0 13 * 5`, which means the thirteenth and every Friday, becomes two expressions.

mod days;
mod field;

use days::Days;
use field::{Field, HOUR, MINUTE, MONTH};

/// The longest expression that Scheduler takes.
pub const LONGEST: usize = 256;

/// A twelfth of a year.
pub const SECONDS_OF_A_MONTH: f64 = 365.25 * 86_400.0 / 12.0;

/// What a schedule becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// The expressions; together they fire when the schedule does.
    pub expressions: Vec<String>,
    /// What others would read in it, where cron and its relatives do not agree.
    pub doubt: Option<&'static str>,
    /// About how often it comes in a month.
    pub runs_per_month: f64,
}

/// Why a schedule has no expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong, naming it.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Which of six fields holds the seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seconds {
    /// The first one.
    First,
    /// The last one.
    Last,
}

/// What the five fields are, in their order.
const HELP: &str =
    "write minute, hour, day of month, month and day of week: `0 9 * * 1` is Monday at nine";

/// The words that stand for a whole schedule.
const WORDS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// What two authors of a `*/2` in a day field may have meant.
const DOUBT: &str = "cron itself takes a day field that begins with `*` together with the other one, croniter and \
     others take either";

impl Refusal {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
        }
    }
}

/// Converts five fields of cron, one of the words for a whole schedule, or six fields of which the seconds are zero.
///
/// Where `seconds` does not say which of six fields the seconds are, it must be clear from the fields.
pub fn convert(text: &str, seconds: Option<Seconds>) -> Result<Converted, Refusal> {
    let text = text.trim();
    if let Some((kind, _)) = text.split_once('(') {
        let message = format!("`{kind}(...)` is how AWS writes schedules");
        return Err(Refusal::new(message, HELP));
    }
    if text.starts_with('@') {
        let word = text.to_ascii_lowercase();
        return match WORDS.iter().find(|(known, _)| *known == word) {
            Some((_, fields)) => convert(fields, None),
            None => Err(Refusal::new(
                format!("`{text}` is no time at which runs start"),
                "use `@hourly`, `@daily`, `@weekly`, `@monthly` or `@yearly`, or five fields",
            )),
        };
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    match *fields.as_slice() {
        [minute, hour, day, month, weekday] => five([minute, hour, day, month, weekday]),
        [first, .., last] if fields.len() == 6 => six(text, &fields, (first, last), seconds),
        _ => {
            let noun = if fields.len() == 1 { "field" } else { "fields" };
            let message = format!(
                "a schedule has five fields, `{text}` has {} {noun}",
                fields.len()
            );
            Err(Refusal::new(message, HELP))
        }
    }
}

/// Converts a time between two starts, in seconds.
pub fn every(seconds: u64) -> Result<String, Refusal> {
    if seconds < 60 {
        let message = format!("every {seconds} seconds is more often than runs can start");
        return Err(Refusal::new(
            message,
            "Scheduler starts runs once a minute at most: write 60 or more",
        ));
    }
    if !seconds.is_multiple_of(60) {
        let message = format!("{seconds} seconds are no whole minutes");
        let less = seconds / 60 * 60;
        let help = format!(
            "Scheduler counts in minutes: write {less} or {}",
            less.saturating_add(60)
        );
        return Err(Refusal::new(message, help));
    }
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute")];
    let unit = units
        .into_iter()
        .find(|(length, _)| seconds.is_multiple_of(*length));
    let (length, unit) = unit.unwrap_or((60, "minute"));
    let count = seconds / length;
    let plural = if count == 1 { "" } else { "s" };
    Ok(format!("rate({count} {unit}{plural})"))
}

/// Six fields: those of seconds must be zero, and which they are must be clear.
fn six(
    text: &str,
    fields: &[&str],
    (first, last): (&str, &str),
    seconds: Option<Seconds>,
) -> Result<Converted, Refusal> {
    let without = |side: Seconds| {
        let rest = match side {
            Seconds::First => fields.get(1..),
            Seconds::Last => fields.get(..5),
        };
        let rest = rest.and_then(|rest| rest.as_array::<5>());
        rest.copied().map_or_else(
            || Err(Refusal::new("a schedule has five fields", HELP)),
            five,
        )
    };
    let is_zero = |field: &str| !field.is_empty() && field.bytes().all(|byte| byte == b'0');
    let field = |side| match side {
        Seconds::First => first,
        Seconds::Last => last,
    };
    if let Some(side) = seconds {
        if is_zero(field(side)) {
            return without(side);
        }
        return Err(uneven(field(side)));
    }
    let sides = [Seconds::First, Seconds::Last];
    let mut read = sides
        .into_iter()
        .filter(|side| is_zero(field(*side)))
        .map(without);
    match (read.next(), read.next()) {
        (Some(Ok(_)), Some(Ok(_))) => Err(Refusal::new(
            format!("the first and the last field of `{text}` are zero: either may be the seconds"),
            "leave the seconds out: five fields say all that a schedule needs",
        )),
        (Some(Ok(read)), _) | (_, Some(Ok(read))) => Ok(read),
        (Some(refused), _) => refused,
        (None, _) => Err(uneven(first)),
    }
}

fn uneven(field: &str) -> Refusal {
    Refusal::new(
        format!("`{field}` asks for seconds, and runs start at whole minutes"),
        "leave the field of seconds out, or write `0`",
    )
}

fn five([minute, hour, day, month, weekday]: [&str; 5]) -> Result<Converted, Refusal> {
    let minutes = MINUTE.read(minute)?;
    let hours = HOUR.read(hour)?;
    let months = MONTH.read(month)?;
    let days = Days::read(day, weekday)?;
    if !days.ever(&months.numbers()) {
        return Err(Refusal::new(
            format!("`{minute} {hour} {day} {month} {weekday}` never comes"),
            "no month that it names has such a day",
        ));
    }
    let write = |spell: fn(&Field) -> String| -> Vec<String> {
        let (minutes, hours, months) = (spell(&minutes), spell(&hours), spell(&months));
        let days = days.alternatives(spell).into_iter();
        days.map(|(day, weekday)| format!("cron({minutes} {hours} {day} {months} {weekday} *)"))
            .collect()
    };
    let mut expressions = write(Field::text);
    if expressions.iter().any(|one| one.len() > LONGEST) {
        // Runs of numbers as ranges always fit, whatever the author lists.
        expressions = write(Field::compact);
    }
    Ok(Converted {
        expressions,
        doubt: days.is_doubtful().then_some(DOUBT),
        runs_per_month: minutes.count() * hours.count() * days.in_a_year(&months.numbers()) / 12.0,
    })
}

#[cfg(test)]
mod tests;
