//! Works out what is to be told next of a run, from what was told and what its records show.
//!
//! ```text
//! told: 1 status running, 2 step_start 000001     records: 000001 completed, 000002 waiting
//!   ->  3 step_complete 000001, 4 step_start 000002, 5 status waiting
//! ```
//! It asks no clock and reads nothing: `watch.rs` does.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use pawl_contract::At;
use pawl_store::{Batch, EventMark, Record, RecordStatus, Run, RunStatus, Told};
use serde_json::{Value, json};

use super::event::{Event, Mark, Name, Said};

/// Who knows what was told.
#[derive(Debug, Clone)]
pub(crate) struct Teller {
    run: String,
    /// The number of the next event.
    pub(crate) next: u64,
    /// How often the run had been resumed when it was told last how it stands.
    pub(crate) generation: u64,
    /// Whether `complete` was told and still holds.
    pub(crate) is_over: bool,
    status: Option<String>,
    /// The place from which on something can still happen that was not told.
    from: At,
    /// The same as far as what was told shows it: what lies before it may have been read before it happened,
    ahead: At,
    /// unless it was known so when the look began.
    known: At,
    visits: BTreeMap<At, Visit>,
    /// The last visit of each strand that began.
    last: BTreeMap<String, At>,
    waiting: BTreeSet<At>,
    /// Failures that were told and that nothing has caught, as step and code.
    blamed: BTreeSet<(String, String)>,
    /// Failures that may be tried again.
    failed: BTreeMap<At, Record>,
    /// Visits that were seen before what is in front of them.
    held: BTreeSet<At>,
    told: Vec<Event>,
}

/// What was told of a visit.
#[derive(Debug, Clone, Default)]
struct Visit {
    is_open: bool,
    has_waited: bool,
    said: Option<Said>,
    /// When it ended, and whether for good.
    end: Option<(Option<String>, bool)>,
}

impl Teller {
    /// Who has told nothing yet.
    pub(crate) fn new(run: &str) -> Self {
        Self {
            run: run.to_owned(),
            next: 1,
            generation: 0,
            is_over: false,
            status: None,
            from: At::intake(),
            ahead: At::intake(),
            known: At::intake(),
            visits: BTreeMap::new(),
            last: BTreeMap::new(),
            waiting: BTreeSet::new(),
            blamed: BTreeSet::new(),
            failed: BTreeMap::new(),
            held: BTreeSet::new(),
            told: Vec::new(),
        }
    }

    /// The place from which on something can still happen, and what a model has said there that was told.
    pub(crate) fn from(&self) -> (&At, Option<EventMark>) {
        let said = self.visits.get(&self.from);
        let said = said.and_then(|visit| visit.said.as_ref());
        let mark = said.map(|said| EventMark {
            turn: said.turn,
            attempt: said.text.clone(),
            sequence: said.sequence,
        });
        (&self.from, mark)
    }

    /// What was worked out since this was asked last.
    pub(crate) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.told)
    }

    /// Whether a visit is held back.
    pub(crate) fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// Takes in an event that was told.
    pub(crate) fn hear(&mut self, event: &Event) {
        self.next += 1;
        match &event.mark {
            Mark::Status { status } => self.status = Some(status.clone()),
            Mark::Started { at } => self.hear_start(at),
            Mark::Waits { at } => {
                self.status = Some(RunStatus::Waiting.name().to_owned());
                self.waiting.insert(at.clone());
                self.visit(at).has_waited = true;
            }
            Mark::Said { at, said } => self.visit(at).said = Some(said.clone()),
            Mark::Ended {
                at,
                completed_at,
                is_settled,
            } => {
                self.waiting.remove(at);
                self.failed.remove(at);
                let visit = self.visit(at);
                visit.is_open = false;
                visit.end = Some((completed_at.clone(), *is_settled));
                if !is_settled {
                    self.blame(&event.data);
                }
            }
            Mark::Blamed => self.blame(&event.data),
            Mark::Complete { generation } => {
                self.is_over = true;
                self.generation = *generation;
            }
            Mark::Reopened { generation } => {
                self.is_over = false;
                self.generation = *generation;
                self.status = Some(RunStatus::Running.name().to_owned());
                self.waiting.clear();
                self.blamed.clear();
                // What was open when the run was closed begins anew.
                self.visits.retain(|_, visit| !visit.is_open);
                self.failed.clear();
            }
        }
    }

    fn visit(&mut self, at: &At) -> &mut Visit {
        self.visits.entry(at.clone()).or_default()
    }

    fn blame(&mut self, data: &Value) {
        let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default();
        let blamed = (text("step").to_owned(), text("code").to_owned());
        self.blamed.insert(blamed);
    }

    fn hear_start(&mut self, at: &At) {
        // One that is tried again after its run was resumed has said something before.
        let said = self.visits.remove(at).and_then(|before| before.said);
        let begun = Visit {
            is_open: true,
            said,
            ..Visit::default()
        };
        self.visits.insert(at.clone(), begun);
        self.held.remove(at);
        let last = self.last.entry(strand(at)).or_insert_with(|| at.clone());
        if *at > *last {
            *last = at.clone();
        }
        if !at.is_root() {
            return;
        }
        // Behind a visit of the root strand that began, only the one before it that is not settled can still change.
        let unsettled = |(at, visit): (&At, &Visit)| {
            let is_settled = visit
                .end
                .as_ref()
                .is_some_and(|(_, is_settled)| *is_settled);
            (at.is_root() && !is_settled).then(|| at.clone())
        };
        let ahead = self.visits.iter().find_map(unsettled);
        self.ahead = ahead.unwrap_or_else(|| at.clone());
    }

    /// Ends a look that took in everything.
    pub(crate) fn finish(&mut self) {
        self.from = self.known.clone();
        let from = &self.from;
        self.visits = self.visits.split_off(from);
        self.failed = self.failed.split_off(from);
        self.held = self.held.split_off(from);
        self.last
            .retain(|strand, at| strand.is_empty() || *at >= *from);
    }

    fn tell(&mut self, name: Name, data: Value, mark: Mark) {
        self.tell_with(name, data, mark, None);
    }

    fn tell_with(&mut self, name: Name, mut data: Value, mark: Mark, output: Option<At>) {
        if let Value::Object(data) = &mut data {
            data.retain(|field, value| field == "result" || !value.is_null());
        }
        let event = Event {
            name,
            data,
            mark,
            output,
        };
        self.hear(&event);
        self.told.push(event);
    }

    fn tell_status(&mut self, status: &str, at: Option<(&At, &str)>) {
        let (at, step) = at.unzip();
        let data = json!({ "execution_id": self.run, "status": status, "step": step, "at": at });
        let status = status.to_owned();
        self.tell(Name::Status, data, Mark::Status { status });
    }

    /// Begins a look. The run was read before its records are.
    pub(crate) fn begin(&mut self, run: &Run) {
        self.known = self.ahead.clone();
        if self.is_over {
            if run.generation == self.generation {
                return;
            }
            let data = json!({ "execution_id": self.run, "status": "running" });
            let generation = run.generation;
            self.tell(Name::Status, data, Mark::Reopened { generation });
            return;
        }
        let is_pending = run.status == RunStatus::Pending;
        if is_pending && self.status.is_none() {
            self.tell_status("pending", None);
        }
        let is_told = self.status.as_deref().is_some_and(|told| told != "pending");
        if !is_pending && !is_told {
            self.tell_status("running", None);
        }
    }

    /// Takes in what was seen of the run's visits from a place on, in the order of places.
    pub(crate) fn see(&mut self, records: &[&Record], batches: &[Batch], is_closed: bool) {
        let mut said: BTreeMap<&At, Vec<&Batch>> = BTreeMap::new();
        for batch in batches {
            said.entry(&batch.at).or_default().push(batch);
        }
        let mut seen: BTreeMap<&At, Option<&Record>> = said.keys().map(|at| (*at, None)).collect();
        seen.extend(records.iter().map(|record| (&record.at, Some(*record))));
        for (at, record) in seen {
            let said = said.get(at).map(Vec::as_slice).unwrap_or_default();
            self.see_visit(at, record, said, is_closed);
        }
    }

    fn see_visit(&mut self, at: &At, record: Option<&Record>, said: &[&Batch], is_closed: bool) {
        let visit = self.visits.get(at);
        if let Some((completed_at, is_settled)) = visit.and_then(|visit| visit.end.clone()) {
            let changed = record.filter(|record| record.completed_at != completed_at);
            let told = visit.and_then(|visit| visit.said.as_ref());
            let told = told.map(|said| (said.turn, said.text.as_str()));
            let speaks = said
                .iter()
                .any(|batch| Some((batch.turn, batch.attempt.as_str())) > told);
            let is_again = !is_settled && !is_closed && speaks;
            let Some(record) = changed.or_else(|| record.filter(|_| is_again)) else {
                return;
            };
            if is_settled {
                // A parallel step or a loop has completed when its strands begin, and fails when one of them does.
                if record.status == RecordStatus::Failed {
                    self.see_end(record, is_closed);
                }
                return;
            }
        }
        let is_open = self.visits.get(at).is_some_and(|visit| visit.is_open);
        if !is_open {
            if !is_closed && self.is_held(at) {
                return;
            }
            self.settle_behind(at);
            self.tell_start(at, record, said);
        }
        let is_ended = record.is_some_and(|record| record.completed_at.is_some());
        self.tell_said(at, said, is_ended || is_closed);
        let Some(record) = record else { return };
        let has_asked = record.status == RecordStatus::Waiting || record.wait.is_some();
        let has_waited = self.visits.get(at).is_some_and(|visit| visit.has_waited);
        if has_asked && !has_waited {
            let data = json!({
                "execution_id": self.run, "status": "waiting", "step": record.step, "at": at,
            });
            self.tell(Name::Status, data, Mark::Waits { at: at.clone() });
        }
        self.see_end(record, is_closed);
    }

    /// Whether a visit is to be held back: what is in front of it is open, or was not seen.
    fn is_held(&mut self, at: &At) -> bool {
        if self.is_next(at) {
            return false;
        }
        // Reads of several pages are not of one moment. What is in front of a visit that was seen is written, so the
        // next look finds it; whatever is still open or missing then was given up, or has no record of its own.
        self.held.insert(at.clone())
    }

    /// Whether nothing is missing in front of a visit.
    fn is_next(&self, at: &At) -> bool {
        let Some(last) = self.last.get(&strand(at)) else {
            return at.last() == 0 || at.asker().is_some();
        };
        if last >= at {
            return true;
        }
        // In front of it lies the visit before it, and what went on in the strands that begin there.
        let mut between = self.visits.range(last.clone()..at.clone());
        if between.any(|(_, visit)| visit.is_open) {
            return false;
        }
        last.next().as_ref() == Some(at)
    }

    /// Tells the failures that cannot be tried again now that a visit begins behind them.
    fn settle_behind(&mut self, at: &At) {
        let strand = strand(at);
        let begin = if strand.is_empty() {
            At::intake()
        } else {
            At::try_from(format!("{strand}/000000")).unwrap_or_else(|_| at.clone())
        };
        if begin >= *at {
            return;
        }
        let behind = self.failed.range(begin..at.clone());
        let behind: Vec<Record> = behind.map(|(_, failed)| failed.clone()).collect();
        for failed in behind {
            self.tell_error(&failed);
        }
    }

    fn see_end(&mut self, record: &Record, is_closed: bool) {
        let at = &record.at;
        match record.status {
            RecordStatus::Claimed | RecordStatus::Waiting => {
                self.failed.remove(at);
                return;
            }
            RecordStatus::Completed | RecordStatus::Skipped => self.tell_complete(record),
            RecordStatus::Failed => {
                if record.port.is_none() && !is_closed && !self.is_past(at) {
                    self.failed.insert(at.clone(), record.clone());
                    return;
                }
                // What failed inside failed first.
                let inside: Vec<Record> = self
                    .failed
                    .range((Bound::Excluded(at), Bound::Unbounded))
                    .take_while(|(inside, _)| inside.as_str().starts_with(at.as_str()))
                    .map(|(_, failed)| failed.clone())
                    .collect();
                for failed in inside {
                    self.tell_error(&failed);
                }
                self.tell_error(record);
            }
        }
        let waits = self.status.as_deref() == Some(RunStatus::Waiting.name());
        if waits && self.waiting.is_empty() {
            self.tell_status("running", Some((at, &record.step)));
        }
    }

    /// Whether what lies around a place has gone on.
    fn is_past(&self, at: &At) -> bool {
        (1..=at.depth()).any(|depth| {
            let around = at.strand(depth).and_then(|strand| strand.rsplit_once('/'));
            let around = around.and_then(|(around, _)| At::try_from(around.to_owned()).ok());
            around.is_some_and(|around| {
                let last = self.last.get(&strand(&around));
                let failed = self
                    .visits
                    .get(&around)
                    .and_then(|visit| visit.end.as_ref());
                last.is_some_and(|last| *last > around)
                    || failed.is_some_and(|(_, is_settled)| !is_settled)
            })
        })
    }

    fn tell_start(&mut self, at: &At, record: Option<&Record>, said: &[&Batch]) {
        let first = said.first();
        let step = record.map(|record| &record.step);
        let step = step.or_else(|| first.map(|batch| &batch.step));
        let began = record.map(|record| &record.started_at);
        let data = json!({
            "execution_id": self.run,
            "step": step,
            "name": record.and_then(|record| record.name.clone()),
            "kind": record.and_then(|record| record.kind).map(pawl_contract::Kind::name),
            "at": at,
            "visit": record.map(|record| record.visit),
            "iteration": record.map(|record| &record.iteration),
            "started_at": began.or_else(|| first.map(|batch| &batch.written_at)),
        });
        self.tell(Name::StepStart, data, Mark::Started { at: at.clone() });
    }

    fn tell_said(&mut self, at: &At, batches: &[&Batch], is_ended: bool) {
        for batch in batches {
            let is_newer =
                |other: &&Batch| other.turn == batch.turn && other.attempt > batch.attempt;
            if batches.iter().any(is_newer) {
                continue;
            }
            let told = self.visits.get(at).and_then(|visit| visit.said.clone());
            let place = |said: &Said| (said.turn, said.text.clone());
            let here = (batch.turn, batch.attempt.clone());
            let (attempt, expected) = match &told {
                Some(told) if place(told) == here => (told.attempt, told.sequence + 1),
                Some(told) if place(told) > here => continue,
                Some(told) if told.turn == batch.turn => (told.attempt + 1, 0),
                _ => (1, 0),
            };
            if batch.sequence < expected {
                continue;
            }
            let goes_on = batches.iter().any(|other| other.turn > batch.turn);
            if batch.sequence > expected && !is_ended && !goes_on {
                return;
            }
            let said = Said {
                turn: batch.turn,
                text: batch.attempt.clone(),
                attempt,
                sequence: batch.sequence,
            };
            for told in &batch.events {
                self.tell_event(batch, told, &said);
            }
        }
    }

    fn tell_event(&mut self, batch: &Batch, told: &Told, said: &Said) {
        let (name, mut data) = match told {
            Told::Delta { text } => (Name::Delta, json!({ "content": text })),
            Told::ToolCall { tool, arguments } => (
                Name::ToolCall,
                json!({ "tool": tool, "arguments": arguments }),
            ),
            Told::ToolResult {
                tool,
                failed,
                preview,
            } => {
                let result = serde_json::from_str(preview).unwrap_or_else(|_| json!(preview));
                let data = json!({ "tool": tool, "result": result, "failed": failed });
                (Name::ToolResult, data)
            }
        };
        if let Value::Object(data) = &mut data {
            data.insert("step".to_owned(), json!(batch.step));
            data.insert("at".to_owned(), json!(batch.at));
            data.insert("turn".to_owned(), json!(said.turn));
            data.insert("attempt".to_owned(), json!(said.attempt));
        }
        let mark = Mark::Said {
            at: batch.at.clone(),
            said: said.clone(),
        };
        self.tell(name, data, mark);
    }

    fn tell_complete(&mut self, record: &Record) {
        let is_skipped = record.status == RecordStatus::Skipped;
        let status = if is_skipped { "skipped" } else { "completed" };
        let mut data = self.about(record);
        if let Value::Object(data) = &mut data {
            data.insert("status".to_owned(), json!(status));
            data.insert("result".to_owned(), Value::Null);
        }
        let mark = ended(record);
        let output = Some(record.at.clone());
        self.tell_with(Name::StepComplete, data, mark, output);
    }

    fn tell_error(&mut self, record: &Record) {
        let mut data = self.about(record);
        if let Value::Object(data) = &mut data {
            let error = record.error.as_ref();
            data.insert("error".to_owned(), json!(error.map(|error| &error.message)));
            data.insert("code".to_owned(), json!(error.map(|error| &error.code)));
        }
        self.tell(Name::Error, data, ended(record));
    }

    fn about(&self, record: &Record) -> Value {
        json!({
            "execution_id": self.run,
            "step": record.step,
            "name": record.name,
            "kind": record.kind.map(pawl_contract::Kind::name),
            "at": record.at,
            "visit": record.visit,
            "iteration": record.iteration,
            "port": record.port,
            "attempts": record.attempts,
            "started_at": record.started_at,
            "completed_at": record.completed_at,
        })
    }

    /// Tells the end of a run that was seen closed before its records were read.
    pub(crate) fn end(&mut self, run: &Run, result: &Value) {
        if self.is_over {
            return;
        }
        let failed: Vec<Record> = self.failed.values().cloned().collect();
        for failed in failed {
            self.tell_error(&failed);
        }
        if let Some(error) = &run.error {
            let step = error.step.clone().unwrap_or_default();
            if !self.blamed.contains(&(step, error.code.clone())) {
                let data = json!({
                    "execution_id": self.run, "step": error.step, "error": error.message, "code": error.code,
                });
                self.tell(Name::Error, data, Mark::Blamed);
            }
        }
        let status = run.status.name();
        self.tell_status(status, None);
        let data = json!({
            "execution_id": self.run,
            "status": status,
            "result": result,
            "error": run.error,
            "started_at": run.started_at,
            "completed_at": run.completed_at,
        });
        let generation = run.generation;
        self.tell(Name::Complete, data, Mark::Complete { generation });
    }
}

fn ended(record: &Record) -> Mark {
    Mark::Ended {
        at: record.at.clone(),
        completed_at: record.completed_at.clone(),
        is_settled: record.status != RecordStatus::Failed || record.port.is_some(),
    }
}

/// The line of visits in which a place lies. What a step asks is in no such line: it may ask several things at once.
fn strand(at: &At) -> String {
    if at.asker().is_some() {
        return at.to_string();
    }
    at.strand(at.depth()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
