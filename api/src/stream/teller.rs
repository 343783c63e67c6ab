//! Works out what is to be told next of a run, from what was told and what its records show.
//!
//! ```text
//! told: 1 status running, 2 step_start 000001     records: 000001 completed, 000002 waiting
//!   ->  3 step_complete 000001, 4 step_start 000002, 5 status waiting
//! ```
//! It asks no clock and reads nothing: `watch.rs` does.

mod sight;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use pawl_contract::At;
use pawl_store::{EventMark, Record, Run, RunStatus};
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
