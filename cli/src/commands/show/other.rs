//! An execution that is no run: what it was given, where it has been, what it gave.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::super::runs::readable;
use crate::aws::{Ends, Event, Other};
use crate::duration::between;
use crate::report::{shorten, sign};

/// The execution as text.
pub(super) fn text(other: &Other, ends: &Ends, events: &[Event]) -> String {
    let execution = &other.execution;
    let took = execution.stop_date.as_ref();
    let took = took.map_or_else(String::new, |end| {
        format!(" after {}", between(&execution.start_date, end))
    });
    let status = execution.status.to_lowercase();
    let mut lines = vec![
        format!("{} {} {status}{took}", sign(other.status()), other.machine),
        format!("  execution   {}", execution.name),
        format!("  started     {} UTC", readable(&execution.start_date)),
        format!("  input       {}", shorten(&ends.input)),
    ];
    let mut visits: IndexMap<&str, usize> = IndexMap::new();
    for state in events.iter().filter_map(Event::entered) {
        *visits.entry(state).or_default() += 1;
    }
    for (number, (state, count)) in visits.iter().enumerate() {
        let name = if number == 0 { "states" } else { "" };
        let times = if *count == 1 {
            String::new()
        } else {
            format!(" ×{count}")
        };
        lines.push(format!("  {name:<10}  {state}{times}"));
    }
    if let Some(output) = &ends.output {
        lines.push(format!("  output      {}", shorten(output)));
    }
    if let Some(error) = &ends.error {
        let cause = ends.cause.as_deref().filter(|cause| !cause.is_empty());
        let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
        lines.push(format!(
            "  error       {}",
            shorten(&format!("{error}{cause}"))
        ));
    }
    lines.join("\n") + "\n"
}

/// The execution for scripts.
pub(super) fn json(other: &Other, ends: &Ends) -> Value {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    json!({
        "execution": other.execution,
        "machine": other.machine,
        "input": read(&ends.input),
        "output": ends.output.as_deref().map(read),
        "error": ends.error,
        "cause": ends.cause,
    })
}
