//! A run as people read it: a line for every visit, indented by the loops around it.

use std::fmt::Write;

use pawl_compiler::Authored;
use pawl_store::{RecordStatus, RunStatus};
use serde_json::Value;

use super::{Report, Visit};
use crate::duration::between;

/// The most characters of a value that a line shows.
const WIDEST_VALUE: usize = 72;

/// The report as text, in which the author's own steps are named where that is known.
pub fn text(report: &Report, authored: Option<&Authored>) -> String {
    let mut text = String::new();
    let widest = report
        .steps
        .iter()
        .map(|visit| visit.step.chars().count() + indent(visit).len())
        .max()
        .unwrap_or(0);
    let places = report.steps.iter().map(|visit| visit.at.as_str().len());
    let places = places.max().unwrap_or(0);
    for visit in &report.steps {
        line(&mut text, visit, places, widest);
    }
    closing(&mut text, report, authored);
    text
}

/// ```text
/// 000003  ✔     assess_customer  [0]  success   3 ms  {"status":"active"}
/// ```
fn line(text: &mut String, visit: &Visit, places: usize, widest: usize) {
    let step = format!("{}{}", indent(visit), visit.step);
    let indexes: Vec<_> = visit.iteration.iter().map(u64::to_string).collect();
    let iteration = if indexes.is_empty() {
        String::new()
    } else {
        format!("[{}]", indexes.join("."))
    };
    let port = visit.port.as_deref().unwrap_or("-");
    let mocked = if visit.mocked { " (mocked)" } else { "" };
    let attempts = if visit.attempts > 1 {
        format!(" ({} attempts)", visit.attempts)
    } else {
        String::new()
    };
    let milliseconds = visit
        .completed_at
        .as_deref()
        .map_or_else(String::new, |end| between(&visit.started_at, end));
    let shown = match (&visit.error, &visit.output) {
        (Some(error), _) => format!("{}: {}", error.code, error.message),
        (None, Value::Null) => String::new(),
        (None, output) => shorten(&output.to_string()),
    };
    let row = format!(
        "{:<places$}  {} {step:<widest$}  {iteration:<8} {port:<8} {milliseconds:>8}  {shown}{mocked}{attempts}",
        visit.at.as_str(),
        mark(visit.status),
    );
    writeln(text, row.trim_end());
}

fn closing(text: &mut String, report: &Report, authored: Option<&Authored>) {
    let took = match (
        report.steps.first(),
        report
            .steps
            .iter()
            .filter_map(|visit| visit.completed_at.as_deref())
            .max(),
    ) {
        (Some(first), Some(last)) => format!(" after {}", between(&first.started_at, last)),
        _ => String::new(),
    };
    writeln(text, "");
    let status = report.status.name();
    let sign = sign(report.status);
    writeln(text, &format!("{sign} {} {status}{took}", report.workflow));
    if let Some(error) = &report.error {
        let owner = |slug| {
            authored
                .and_then(|authored| authored.owner(slug))
                .unwrap_or(slug)
        };
        let step = error.step.as_deref().map(owner);
        let step = step.map_or_else(String::new, |step| format!("step `{step}` failed with "));
        writeln(text, &format!("  {step}{}: {}", error.code, error.message));
    }
    if !report.output.is_null() {
        let pretty = serde_json::to_string_pretty(&report.output).unwrap_or_default();
        writeln(text, &format!("  output: {}", pretty.replace('\n', "\n  ")));
    }
    if let Some(models) = &report.models {
        writeln(text, &format!("  models: {}", models.text()));
    }
    for follow_up in &report.follow_ups {
        writeln(text, &format!("  {}", follow_up.text()));
    }
    let machine = &report.machine;
    writeln(
        text,
        &format!(
            "  run {} · {} states, {} transitions, {} events",
            report.run, machine.states, machine.transitions, machine.events
        ),
    );
}

fn indent(visit: &Visit) -> String {
    "  ".repeat(visit.iteration.len())
}

/// The sign of a visit.
pub(crate) fn mark(status: RecordStatus) -> char {
    match status {
        RecordStatus::Completed => '✔',
        RecordStatus::Failed => '✖',
        RecordStatus::Skipped => '-',
        RecordStatus::Claimed | RecordStatus::Waiting => '…',
    }
}

/// The sign of a run.
pub(crate) fn sign(status: RunStatus) -> char {
    match status {
        RunStatus::Completed => '✔',
        RunStatus::Pending | RunStatus::Running | RunStatus::Waiting => '…',
        RunStatus::Failed | RunStatus::Cancelled | RunStatus::Timeout => '✖',
    }
}

/// A value on one line that is not too long.
pub(crate) fn shorten(value: &str) -> String {
    if value.chars().count() <= WIDEST_VALUE {
        return value.to_owned();
    }
    value.chars().take(WIDEST_VALUE - 1).chain(['…']).collect()
}

fn writeln(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a string cannot fail");
}
