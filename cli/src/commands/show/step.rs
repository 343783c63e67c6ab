//! Every visit of one step: what it was given and what became of it.

use std::fmt::Write;

use pawl_contract::Kind;
use pawl_store::{Record, RecordStatus};
use serde_json::Value;

use super::super::runs::readable;
use crate::duration::between;
use crate::report::mark;

/// The visits as text.
pub(super) fn text(slug: &str, visits: &[Record]) -> String {
    let kind = visits.iter().find_map(|visit| visit.kind);
    let kind = kind.map_or("", Kind::name);
    let count = match visits.len() {
        1 => "1 visit".to_owned(),
        count => format!("{count} visits"),
    };
    let mut text = String::new();
    line(&mut text, &format!("{slug} · {kind} · {count}"));
    for visit in visits {
        line(&mut text, "");
        self::visit(&mut text, visit);
    }
    text
}

fn visit(text: &mut String, visit: &Record) {
    let iteration: Vec<String> = visit.iteration.iter().map(u64::to_string).collect();
    let iteration = if iteration.is_empty() {
        String::new()
    } else {
        format!(" [{}]", iteration.join("."))
    };
    let status = match visit.status {
        RecordStatus::Claimed => "is about to act",
        RecordStatus::Waiting => "waits",
        RecordStatus::Completed => "completed",
        RecordStatus::Failed => "failed",
        RecordStatus::Skipped => "skipped",
    };
    let port = visit.port.as_ref();
    let port = port.map_or_else(String::new, |port| format!(", left by `{port}`"));
    let took = visit.completed_at.as_ref();
    let took = took.map_or_else(String::new, |end| {
        format!(" after {}", between(&visit.started_at, end))
    });
    let sign = mark(visit.status);
    line(
        text,
        &format!(
            "{sign} visit {}{iteration} {status}{took}{port}",
            visit.visit
        ),
    );
    line(text, &format!("  at        {}", visit.at));
    line(
        text,
        &format!("  started   {} UTC", readable(&visit.started_at)),
    );
    line(text, &format!("  attempts  {}", visit.attempts));
    if visit.mocked {
        line(text, "  mocked    yes");
    }
    value(text, "input", &visit.input);
    value(text, "output", &visit.output);
    if let Some(meta) = &visit.meta {
        value(text, "meta", meta);
    }
    if let Some(error) = &visit.error {
        line(
            text,
            &format!("  error     {}: {}", error.code, error.message),
        );
    }
}

/// A value, whole: who asks for one step wants to see it.
fn value(text: &mut String, name: &str, value: &Value) {
    if !value.is_null() {
        let pretty = serde_json::to_string_pretty(value).unwrap_or_default();
        line(
            text,
            &format!("  {name:<8}  {}", pretty.replace('\n', "\n            ")),
        );
    }
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a string cannot fail");
}
