//! Lines of a run's log: what its records say was done, and what its histories say was begun and went wrong.

use pawl_store::time::iso;
use pawl_store::{Batch, Record, RecordStatus, Run, RunStatus, Told};
use serde_json::Value;

use super::super::history::states;
use crate::aws::{Event, Execution, step_of};
use crate::duration::between;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Info,
    Warn,
    Error,
}

/// What comes first of what happens in the same millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Opened,
    /// What a history says keeps its order there.
    Going,
    Done,
    Over,
    Closed,
}

/// One line. Their order is the order of time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    moment: String,
    turn: Turn,
    /// The visit, the event or the execution, so that nothing is taken for something else that happened at the same time.
    place: String,
    level: Level,
    step: String,
    text: String,
}

impl Entry {
    /// The line as text.
    pub(super) fn line(&self) -> String {
        let level = match self.level {
            Level::Info => "info ",
            Level::Warn => "warn ",
            Level::Error => "error",
        };
        let step = if self.step.is_empty() {
            "-"
        } else {
            &self.step
        };
        // A cause of several lines stays one line of the log.
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}  {level}  {step:<20}  {text}\n", self.moment)
    }
}

/// How the run began and ended.
pub(super) fn of_run(run: &Run) -> Vec<Entry> {
    let by = run.trigger.get("type").and_then(Value::as_str);
    let by = by.map_or_else(String::new, |by| format!(" by {by}"));
    let entry = |moment: &String, turn, level, text| Entry {
        moment: moment.clone(),
        turn,
        place: String::new(),
        level,
        step: String::new(),
        text,
    };
    let text = format!("run {} of `{}` started{by}", run.run, run.name);
    let mut entries = vec![entry(&run.started_at, Turn::Opened, Level::Info, text)];
    if let Some(end) = &run.completed_at {
        let took = between(&run.started_at, end);
        let mut text = format!("run {} after {took}", run.status.name());
        if let Some(error) = &run.error {
            let step = error.step.as_ref();
            let step = step.map_or_else(String::new, |step| format!(" in step `{step}`"));
            text = format!("{text}{step}: {}: {}", error.code, error.message);
        }
        let level = match run.status {
            RunStatus::Failed | RunStatus::Timeout => Level::Error,
            RunStatus::Cancelled => Level::Warn,
            RunStatus::Pending | RunStatus::Running | RunStatus::Waiting | RunStatus::Completed => {
                Level::Info
            }
        };
        entries.push(entry(end, Turn::Closed, level, text));
    }
    entries
}

/// What the steps did.
pub(super) fn of_records(records: &[Record]) -> Vec<Entry> {
    records.iter().map(of_record).collect()
}

fn of_record(record: &Record) -> Entry {
    let took = record.completed_at.as_ref();
    let took = took.map_or_else(String::new, |end| {
        format!(" after {}", between(&record.started_at, end))
    });
    let mut text = match record.status {
        RecordStatus::Claimed => "is about to act".to_owned(),
        RecordStatus::Waiting => "waits".to_owned(),
        RecordStatus::Completed => format!("completed{took}"),
        RecordStatus::Failed => format!("failed{took}"),
        RecordStatus::Skipped => "was skipped".to_owned(),
    };
    if record.attempts > 1 {
        text = format!("{text} in {} attempts", record.attempts);
    }
    if let Some(error) = &record.error {
        text = format!("{text}: {}: {}", error.code, error.message);
    }
    if let Some(port) = &record.port {
        text = format!("{text}, goes on by `{port}`");
    }
    let iterations: Vec<String> = record.iteration.iter().map(u64::to_string).collect();
    if !iterations.is_empty() {
        text = format!("[{}] {text}", iterations.join("."));
    }
    if record.mocked {
        text.push_str(" (mocked)");
    }
    let level = match (record.status, &record.port) {
        (RecordStatus::Failed, None) => Level::Error,
        // Someone has thought of it.
        (RecordStatus::Failed, Some(_)) => Level::Warn,
        (
            RecordStatus::Claimed
            | RecordStatus::Waiting
            | RecordStatus::Completed
            | RecordStatus::Skipped,
            _,
        ) => Level::Info,
    };
    let ended = record.completed_at.as_ref();
    Entry {
        moment: ended.unwrap_or(&record.started_at).clone(),
        turn: Turn::Done,
        place: record.at.to_string(),
        level,
        step: record.step.clone(),
        text,
    }
}

/// What language models said and did.
pub(super) fn of_events(batches: &[Batch]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for batch in batches {
        for (number, event) in batch.events.iter().enumerate() {
            let (level, text) = match event {
                Told::Delta { text } => (Level::Info, format!("says: {text}")),
                Told::ToolCall { tool, arguments } => {
                    (Level::Info, format!("uses {tool} with {arguments}"))
                }
                Told::ToolResult {
                    tool,
                    failed: false,
                    preview,
                } => (Level::Info, format!("{tool} gives {preview}")),
                Told::ToolResult { tool, preview, .. } => {
                    (Level::Warn, format!("{tool} fails: {preview}"))
                }
            };
            let Batch {
                at,
                turn,
                attempt,
                sequence,
                ..
            } = batch;
            entries.push(Entry {
                moment: batch.written_at.clone(),
                turn: Turn::Going,
                place: format!("{at} {turn:04} {attempt} {sequence:06} {number:04}"),
                level,
                step: batch.step.clone(),
                text,
            });
        }
    }
    entries
}

/// What the machine did that no record tells: began a step, tried one in vain, went on elsewhere, ended.
pub(super) fn of_history(number: usize, execution: &Execution, events: &[Event]) -> Vec<Entry> {
    let state_of = states(events);
    let entries = events.iter().filter_map(|event| {
        let (turn, level, text) = said(number, execution, event)?;
        let state = state_of.get(&event.id).copied().unwrap_or_default();
        Some(Entry {
            moment: iso(event.moment),
            turn,
            place: format!("{number:06} {:06}", event.id),
            level,
            step: step_of(state).to_owned(),
            text,
        })
    });
    entries.collect()
}

fn said(number: usize, execution: &Execution, event: &Event) -> Option<(Turn, Level, String)> {
    let failure = || {
        let Some(error) = event.text("error") else {
            return String::new();
        };
        let cause = event.text("cause").map(cause);
        // A step of ours raises its code and nothing else: why it failed stands in its record.
        let cause = cause.filter(|cause| !cause.is_empty() && !cause.starts_with(error));
        let cause = cause.map_or_else(String::new, |cause| format!(" because: {cause}"));
        format!(": {error}{cause}")
    };
    let event_type = event.event_type.as_str();
    match event_type {
        "ExecutionStarted" if number > 0 => {
            let text = format!("goes on in execution {}", execution.name);
            Some((Turn::Opened, Level::Info, text))
        }
        "ExecutionFailed" => Some(over(Level::Error, format!("execution failed{}", failure()))),
        "ExecutionTimedOut" => Some(over(
            Level::Error,
            format!("execution took too long{}", failure()),
        )),
        "ExecutionAborted" => Some(over(
            Level::Warn,
            format!("execution was stopped{}", failure()),
        )),
        "TaskStateEntered" => Some((Turn::Going, Level::Info, "begun".to_owned())),
        "WaitStateEntered" => Some((Turn::Going, Level::Info, "waits".to_owned())),
        _ if event_type.ends_with("TimedOut") => {
            let text = format!("an attempt took too long{}", failure());
            Some((Turn::Going, Level::Warn, text))
        }
        "TaskFailed" | "LambdaFunctionFailed" | "ActivityFailed" | "EvaluationFailed" => {
            let text = format!("an attempt failed{}", failure());
            Some((Turn::Going, Level::Warn, text))
        }
        _ => None,
    }
}

/// What a cause says: where a function raised it, its message.
fn cause(text: &str) -> String {
    let raised: Option<Value> = serde_json::from_str(text).ok();
    let message = raised
        .as_ref()
        .and_then(|raised| raised.get("errorMessage")?.as_str());
    message.unwrap_or(text).to_owned()
}

fn over(level: Level, text: String) -> (Turn, Level, String) {
    (Turn::Over, level, text)
}
