//! `delay`: lets time pass.

use super::required;
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{Field, Shape};
use crate::source::Node;

/// What an execution may last at most, and so what anything in it may wait.
pub(crate) const LONGEST_WAIT_SECONDS: u64 = 31_536_000;

/// The fields that say how long, and the seconds that one of each is.
const UNITS: [(&str, u32); 4] = [
    ("seconds", 1),
    ("minutes", 60),
    ("hours", 3_600),
    ("days", 86_400),
];

/// The fields of a delay's configuration.
pub(super) const FIELDS: &[Field] = &[
    ("seconds", Shape::FromZero),
    ("minutes", Shape::FromZero),
    ("hours", Shape::FromZero),
    ("days", Shape::FromZero),
    ("until", Shape::Text),
    ("description", Shape::Text),
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let given = |field: &str| step.config.get(field).filter(|node| !node.is_null());
    let lengths: Vec<(&Node, u32)> = UNITS
        .iter()
        .filter_map(|(field, seconds)| Some((given(field)?, *seconds)))
        .collect();
    let Some((first, _)) = lengths.first() else {
        let help = given("duration").and_then(meant).unwrap_or_else(|| {
            "write `\"minutes\": 10`, or `\"until\": \"{{input.startsAt}}\"` for a moment"
                .to_owned()
        });
        if given("until").is_none() {
            required(step, "seconds", &help, diagnostics);
        }
        return;
    };
    if given("until").is_some() {
        diagnostics.push(
            Diagnostic::error(
                codes::INVALID_VALUE,
                format!(
                    "step `{}` waits for a length of time and until a moment",
                    step.slug
                ),
            )
            .on(first)
            .help("keep one of them"),
        );
    }
    let written = lengths.iter().filter_map(|(node, seconds)| {
        let number = node.to_json().as_f64()?;
        Some(number * f64::from(*seconds))
    });
    if written.sum::<f64>() > 365.0 * 86_400.0 {
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, "a delay is at most 365 days")
                .on(first)
                .help("start another run when the time has come: a schedule does that"),
        );
    }
}

/// What to write instead of a number and a unit in one text, such as `2h`.
fn meant(node: &Node) -> Option<String> {
    let text = node.as_str()?.trim();
    let end = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(end)?;
    let number: u64 = number.parse().ok()?;
    let unit = unit.trim().to_lowercase();
    let mut fields = UNITS.iter().map(|(field, _)| field);
    let field = fields.find(|field| field.starts_with(unit.as_str()))?;
    Some(format!("write `\"{field}\": {number}`"))
}
