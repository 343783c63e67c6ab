//! `pawl history`: what Step Functions recorded of a run.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Outcome, looking, print, print_json, say};
use crate::aws::{Event, Execution, Subject};
use crate::duration::{between, since};
use crate::place::Place;
use crate::report::shorten;
use crate::source::Source;
use crate::table::{Side, table};

const EXAMPLES: &str = "Examples:
  pawl history latest
  pawl history 8f2a9c10 --reverse | head
  pawl history latest --json | jq '[.executions[].events[]] | length'

RUN is a run's id, a part of it that no other run has, or `latest`.
It may also be the name or the ARN of an execution that is no run; `pawl runs --all` lists those.
A run has several executions where a long cycle was handed over, or where the run was resumed.";

/// Show the Step Functions history of a run.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct History {
    /// The run
    run: String,
    /// The latest event first
    #[arg(long)]
    reverse: bool,
    #[command(flatten)]
    place: Place,
    /// Print the events as JSON, as AWS gives them
    #[arg(long)]
    json: bool,
}

impl History {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        looking(&self.place, async |source| self.show(source).await)
    }

    async fn show(&self, source: &Source) -> anyhow::Result<Outcome> {
        let (name, run, found) = match source.subject(&self.run).await? {
            Subject::Run(run) => {
                let found = source.executions(&run).await?;
                (run.run.clone(), Some(run), found)
            }
            Subject::Other(other) => (other.execution.name.clone(), None, vec![other.execution]),
        };
        let mut executions = Vec::new();
        for execution in found {
            let events = source.history(run.as_deref(), &execution).await?;
            executions.push((execution, events));
        }
        if executions.is_empty() {
            say(&format!(
                "Step Functions knows no execution of run `{name}` any more"
            ));
        }
        if self.reverse {
            executions.reverse();
        }
        if self.json {
            let executions: Vec<Value> = executions
                .iter()
                .map(|(execution, events)| self.json(execution, events))
                .collect();
            print_json(&json!({ "run": name, "executions": executions }))?;
            return Ok(Outcome::Done);
        }
        let texts = executions.iter();
        let texts: Vec<String> = texts
            .map(|(execution, events)| self.text(execution, events))
            .collect();
        print(&texts.join("\n"))?;
        Ok(Outcome::Done)
    }

    fn ordered<'event>(&self, events: &'event [Event]) -> Vec<&'event Event> {
        if self.reverse {
            events.iter().rev().collect()
        } else {
            events.iter().collect()
        }
    }

    fn json(&self, execution: &Execution, events: &[Event]) -> Value {
        let mut value = json!(execution);
        let events = self.ordered(events).into_iter();
        let events: Vec<Value> = events.map(|event| json!(event.whole)).collect();
        if let Some(object) = value.as_object_mut() {
            object.insert("events".to_owned(), json!(events));
        }
        value
    }

    fn text(&self, execution: &Execution, events: &[Event]) -> String {
        let status = execution.status.to_lowercase();
        let took = execution.stop_date.as_ref();
        let took = took.map_or_else(String::new, |end| {
            format!(" after {}", between(&execution.start_date, end))
        });
        let state_of = states(events);
        let start = events.first().map(|event| event.moment);
        let rows: Vec<[String; 6]> = self
            .ordered(events)
            .into_iter()
            .map(|event| {
                let state = state_of.get(&event.id).copied();
                [
                    event.id.to_string(),
                    event.previous.to_string(),
                    start.map_or_else(String::new, |start| since(start, event.moment)),
                    event.event_type.clone(),
                    state.unwrap_or_default().to_owned(),
                    detail(event),
                ]
            })
            .collect();
        let headings = [
            ("id", Side::Right),
            ("previous", Side::Right),
            ("since start", Side::Right),
            ("type", Side::Left),
            ("state", Side::Left),
            ("detail", Side::Left),
        ];
        format!(
            "execution {} {status}{took}, {} events\n{}",
            execution.name,
            events.len(),
            table(headings, &rows)
        )
    }
}

/// The state that each event belongs to: the one that it enters, or the one of the event that led to it.
pub(super) fn states(events: &[Event]) -> BTreeMap<u64, &str> {
    let mut states = BTreeMap::new();
    for event in events {
        let is_of_execution = event.event_type.starts_with("Execution");
        let begun = begun(events, event).unwrap_or(event.previous);
        let before = states.get(&begun).copied();
        let state = event.entered().or(before.filter(|_| !is_of_execution));
        if let Some(state) = state {
            states.insert(event.id, state);
        }
    }
    states
}

/// Where the Parallel or Map began whose end an event is: the events in between belong to what ran in it.
fn begun(events: &[Event], end: &Event) -> Option<u64> {
    let is = |event: &Event, what: &str| {
        let types = ["ParallelState", "MapState"].iter();
        types
            .filter_map(|state| event.event_type.strip_prefix(state))
            .any(|rest| rest == what)
    };
    let ends = ["Succeeded", "Failed", "Aborted", "Exited"];
    ends.iter().find(|what| is(end, what))?;
    let mut depth = 0;
    let mut event = end;
    loop {
        let before = event.previous.checked_sub(1)?;
        event = events.get(usize::try_from(before).ok()?)?;
        if is(event, "Started") {
            if depth == 0 {
                return Some(event.id);
            }
            depth -= 1;
        } else if is(event, "Succeeded") && !(is(end, "Exited") && event.id == end.previous) {
            depth += 1;
        }
    }
}

/// What an event says, in a few words.
fn detail(event: &Event) -> String {
    if let Some(error) = event.text("error") {
        let cause = event.text("cause").filter(|cause| !cause.is_empty());
        let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
        return shorten(&format!("{error}{cause}"));
    }
    if let Some(input) = event.text("input") {
        return at(input, "at ");
    }
    if let Some(parameters) = event.text("parameters") {
        return function(parameters).unwrap_or_else(|| resource(event));
    }
    if let Some(output) = event.text("output") {
        return at(output, "next ");
    }
    let details = event.details();
    let number = |name: &str| details.and_then(|details| details.get(name)?.as_u64());
    match (number("index"), number("length")) {
        (Some(index), _) => format!("[{index}]"),
        (_, Some(length)) => format!("{length} items"),
        _ => String::new(),
    }
}

/// The visit in a position; of other JSON, its beginning.
fn at(text: &str, word: &str) -> String {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    // Lambda's answer has the position in it.
    let position = value.get("Payload").unwrap_or(&value);
    match position.get("at").and_then(Value::as_str) {
        Some(at) => format!("{word}{at}"),
        None => shorten(text),
    }
}

/// The name of the function that a Task invokes.
fn function(parameters: &str) -> Option<String> {
    let value: Value = serde_json::from_str(parameters).ok()?;
    let arn = value.get("FunctionName")?.as_str()?;
    let name = arn.split(':').nth(6).unwrap_or(arn);
    Some(format!("function {name}"))
}

fn resource(event: &Event) -> String {
    let words = [event.text("resourceType"), event.text("resource")];
    words.into_iter().flatten().collect::<Vec<_>>().join(":")
}
