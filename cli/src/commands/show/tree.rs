//! A run's steps in order, those in iterations and branches below what they are in.

use std::fmt::Write;

use pawl_contract::StepError;
use serde_json::Value;

use super::super::runs::readable;
use super::Shown;
use crate::duration::between;
use crate::report::{Visit, mark, shorten, sign};

/// The run as text.
pub(super) fn text(shown: &Shown) -> String {
    let mut text = String::new();
    heading(&mut text, shown);
    line(&mut text, "");
    let rows = rows(&shown.steps);
    let widest = rows.iter().map(|row| row.chars().count());
    let widest = widest.max().unwrap_or(0);
    for (row, visit) in rows.iter().zip(&shown.steps) {
        step(&mut text, row, widest, visit);
    }
    if let Some(current) = &shown.current {
        line(&mut text, &format!("{:8}▶ {current}", ""));
    }
    closing(&mut text, shown);
    text
}

fn heading(text: &mut String, shown: &Shown) {
    let version = shown.version.as_ref();
    let version = version.map_or_else(String::new, |version| format!(" {version}"));
    let took = shown.completed_at.as_ref();
    let took = took.map_or_else(String::new, |end| {
        format!(" after {}", between(&shown.started_at, end))
    });
    let status = shown.status.name();
    let sign = sign(shown.status);
    line(
        text,
        &format!("{sign} {}{version} {status}{took}", shown.workflow),
    );
    line(text, &format!("  run         {}", shown.run));
    let by = shown.trigger.get("type").and_then(Value::as_str);
    let by = by.map_or_else(String::new, |by| format!(" by {by}"));
    let started = readable(&shown.started_at);
    line(text, &format!("  started     {started} UTC{by}"));
    for (number, execution) in shown.executions.iter().enumerate() {
        let name = if number == 0 { "executions" } else { "" };
        let status = execution.status.to_lowercase();
        line(text, &format!("  {name:<10}  {} {status}", execution.name));
    }
    if !shown.mocks.is_empty() {
        let mocked: Vec<&str> = shown.mocks.keys().map(String::as_str).collect();
        line(text, &format!("  mocked      {}", mocked.join(", ")));
    }
    if let Some(models) = &shown.models {
        line(text, &format!("  models      {}", models.text()));
    }
    line(
        text,
        &format!("  input       {}", shorten(&shown.input.to_string())),
    );
}

/// Every visit's place in the tree, its sign and its step.
///
/// ```text
/// ✔ each_customer
/// │ [0] ✔ get_orders
/// │     ✔ each_order
/// │ [1] ✔ get_orders
/// ```
fn rows(visits: &[Visit]) -> Vec<String> {
    let places: Vec<Vec<String>> = visits.iter().map(place).collect();
    let mut widths: Vec<usize> = Vec::new();
    for (level, name) in places.iter().flat_map(|place| place.iter().enumerate()) {
        let width = name.chars().count();
        match widths.get_mut(level) {
            Some(widest) => *widest = width.max(*widest),
            None => widths.push(width),
        }
    }
    let mut before: &[String] = &[];
    let mut rows = Vec::new();
    for (visit, place) in visits.iter().zip(&places) {
        let mut row = String::new();
        for (level, (name, width)) in place.iter().zip(&widths).enumerate() {
            // What is inside of the same iteration as the visit before does not name it again.
            let is_same = before.get(..=level) == place.get(..=level);
            let name = if is_same { "" } else { name };
            write!(row, "│ {name:<width$} ").expect("writing to a string cannot fail");
        }
        write!(row, "{} {}", mark(visit.status), visit.step)
            .expect("writing to a string cannot fail");
        rows.push(row);
        before = place;
    }
    rows
}

/// The branches and iterations around a visit, outermost first.
fn place(visit: &Visit) -> Vec<String> {
    let iterations = visit.iteration.iter().map(|index| format!("[{index}]"));
    branches(visit).into_iter().chain(iterations).collect()
}

/// The branches around a visit: in `000012/000001/000003` every second segment is one. A question stands beside the
/// visit that it belongs to.
fn branches(visit: &Visit) -> Vec<String> {
    let asker = visit.at.asker();
    let at = asker.as_ref().unwrap_or(&visit.at);
    let segments = at.as_str().split('/').skip(1).step_by(2);
    let numbers = segments.map(|branch| branch.trim_start_matches('0'));
    numbers
        .map(|number| format!("/{}", if number.is_empty() { "0" } else { number }))
        .collect()
}

fn step(text: &mut String, row: &str, widest: usize, visit: &Visit) {
    let port = visit.port.as_deref().unwrap_or("-");
    let took = visit.completed_at.as_deref();
    let took = took.map_or_else(String::new, |end| between(&visit.started_at, end));
    let mut notes = Vec::new();
    if visit.mocked {
        notes.push("mocked".to_owned());
    }
    if visit.attempts > 1 {
        notes.push(format!("{} attempts", visit.attempts));
    }
    let said = match &visit.error {
        Some(error) => described(error),
        None if visit.output.is_null() => String::new(),
        None => shorten(&visit.output.to_string()),
    };
    let notes = if notes.is_empty() {
        String::new()
    } else {
        format!("({}) ", notes.join(", "))
    };
    line(
        text,
        &format!(
            "{}  {row:<widest$}  {port:<8} {took:>8}  {notes}{said}",
            visit.at
        ),
    );
}

fn described(error: &StepError) -> String {
    format!("{}: {}", error.code, error.message)
}

fn closing(text: &mut String, shown: &Shown) {
    if let Some(error) = &shown.error {
        let step = error.step.as_ref();
        let step = step.map_or_else(String::new, |step| format!("step `{step}` failed with "));
        line(text, "");
        line(text, &format!("  {step}{}: {}", error.code, error.message));
        if let Some(step) = &error.step {
            line(
                text,
                &format!("  more: pawl show {} --step {step}", shown.run),
            );
        }
    }
    if !shown.output.is_null() {
        let pretty = serde_json::to_string_pretty(&shown.output).unwrap_or_default();
        line(text, "");
        line(text, &format!("  output: {}", pretty.replace('\n', "\n  ")));
    }
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{}", line.trim_end()).expect("writing to a string cannot fail");
}
