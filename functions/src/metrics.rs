//! What a deployment counts: runs and their time, steps that failed, tokens and money.
//!
//! ```json
//! { "_aws": { "Timestamp": 1767603600000, "CloudWatchMetrics": [{ "Namespace": "Pawl/pawl", ... }] },
//!   "workflow": "welcome", "status": "completed", "Runs": 1, "RunTime": 1250 }
//! ```
//! A line of the embedded metric format in the log is a metric of CloudWatch: nothing is called, nothing waits, and a
//! line that is lost loses nothing else. Every name of a dimension comes from a short list, but for workflows and models.

use std::io::Write;

use pawl_store::{Close, Record, RecordStatus, Run};
use serde_json::{Map, Value, json};

use crate::Services;

/// A metric, its unit, and how much.
type Figure = (&'static str, &'static str, Value);

/// Where lines go: to the log, which is what the process writes.
fn log(line: &str) {
    // A log that takes nothing is nothing that a run should fail of.
    let _lost = writeln!(std::io::stdout().lock(), "{line}");
}

/// Counts a run that ended, unless it tried a draft: nobody is to be woken because of one.
pub(crate) fn run_ended(services: &Services, run: &Run, close: &Close) {
    if run.draft {
        return;
    }
    let time = milliseconds(&run.started_at, &close.completed_at);
    let figures = [("Runs", "Count", json!(1))]
        .into_iter()
        .chain(time.map(|time| ("RunTime", "Milliseconds", json!(time))));
    let named = [
        ("workflow", run.workflow.as_str()),
        ("status", close.status.name()),
    ];
    let about = [("run", run.run.as_str()), ("org", run.org.as_str())];
    let dimensions: [&[&str]; 2] = [&["status"], &["workflow", "status"]];
    tell(services, &dimensions, &named, &about, figures);
}

/// Says what a visit did, and counts what it cost.
pub(crate) fn visited(services: &Services, workflow: &str, run: &str, record: &Record) {
    let kind = record.kind.map_or("unknown", pawl_contract::Kind::name);
    let status = record.status;
    let ended = record.completed_at.as_deref().unwrap_or_default();
    let ms = milliseconds(&record.started_at, ended);
    let code = record.error.as_ref().map(|error| error.code.as_str());
    let (at, step) = (&record.at, &record.step);
    tracing::info!(run, %at, step, kind, ?status, ms, code, attempts = record.attempts, "visited");
    let about = [("run", run), ("step", step.as_str())];
    if let (RecordStatus::Failed, Some(code)) = (record.status, code) {
        let named = [("workflow", workflow), ("kind", kind), ("code", code)];
        let dimensions: [&[&str]; 3] = [&[], &["workflow"], &["kind", "code"]];
        let figure = [("StepErrors", "Count", json!(1))];
        tell(services, &dimensions, &named, &about, figure);
    }
    let llm = record.meta.as_ref().and_then(|meta| meta.get("llm"));
    if let Some(llm) = llm.filter(|_| !record.mocked) {
        let model = llm
            .get("model")
            .and_then(Value::as_str)
            .unwrap_or("unknown");
        let tokens = llm.pointer("/usage/totalTokens").cloned();
        let cost = llm.get("costUsd").cloned();
        let figures = [("Tokens", "Count", tokens), ("CostUsd", "None", cost)];
        let figures = figures
            .into_iter()
            .filter_map(|(name, unit, value)| Some((name, unit, value?)));
        let named = [("workflow", workflow), ("model", model)];
        let dimensions: [&[&str]; 3] = [&[], &["workflow"], &["model"]];
        tell(services, &dimensions, &named, &about, figures);
    }
}

/// Writes figures under each of these sets of names.
fn tell(
    services: &Services,
    dimensions: &[&[&str]],
    named: &[(&str, &str)],
    about: &[(&str, &str)],
    figures: impl IntoIterator<Item = Figure>,
) {
    let Some(namespace) = &services.settings().metrics else {
        return;
    };
    let moment = services.now().milliseconds();
    if let Some(line) = line(namespace, moment, dimensions, named, about, figures) {
        log(&line.to_string());
    }
}

/// A line of the embedded metric format; none where there is nothing to count.
fn line(
    namespace: &str,
    moment: i64,
    dimensions: &[&[&str]],
    named: &[(&str, &str)],
    about: &[(&str, &str)],
    figures: impl IntoIterator<Item = Figure>,
) -> Option<Value> {
    let mut members = Map::new();
    let mut metrics = Vec::new();
    for (name, unit, value) in figures {
        metrics.push(json!({ "Name": name, "Unit": unit }));
        members.insert(name.to_owned(), value);
    }
    if metrics.is_empty() {
        return None;
    }
    for (name, value) in named.iter().chain(about) {
        members.insert((*name).to_owned(), (*value).into());
    }
    let told = json!({ "Namespace": namespace, "Dimensions": dimensions, "Metrics": metrics });
    let aws = json!({ "Timestamp": moment, "CloudWatchMetrics": [told] });
    members.insert("_aws".to_owned(), aws);
    Some(Value::Object(members))
}

/// The milliseconds between two moments.
fn milliseconds(from: &str, to: &str) -> Option<i64> {
    let (from, to): (jiff::Timestamp, jiff::Timestamp) = (from.parse().ok()?, to.parse().ok()?);
    Some((to.as_millisecond() - from.as_millisecond()).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_metric_under_every_set_of_names() {
        let dimensions: [&[&str]; 2] = [&[], &["kind", "code"]];
        let named = [("kind", "action"), ("code", "TOOL_ERROR")];
        let figure = [("StepErrors", "Count", json!(1))];
        let line = line("Pawl/pawl", 7, &dimensions, &named, &[("run", "r")], figure);
        let expected = json!({
            "StepErrors": 1, "kind": "action", "code": "TOOL_ERROR", "run": "r",
            "_aws": { "Timestamp": 7, "CloudWatchMetrics": [{
                "Namespace": "Pawl/pawl",
                "Dimensions": [[], ["kind", "code"]],
                "Metrics": [{ "Name": "StepErrors", "Unit": "Count" }],
            }] },
        });
        assert_eq!(line, Some(expected));
    }

    #[test]
    fn nothing_to_count_is_no_line() {
        assert_eq!(line("Pawl/pawl", 7, &[&[]], &[], &[], []), None);
    }

    #[test]
    fn times_are_in_milliseconds() {
        let rows = [
            (
                "2026-01-05T09:00:00.000Z",
                "2026-01-05T09:00:01.250Z",
                Some(1250),
            ),
            (
                "2026-01-05T09:00:01.000Z",
                "2026-01-05T09:00:00.000Z",
                Some(0),
            ),
            ("2026-01-05T09:00:00.000Z", "", None),
        ];
        for (from, to, expected) in rows {
            assert_eq!(milliseconds(from, to), expected, "{from} {to}");
        }
    }
}
