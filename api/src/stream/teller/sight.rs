//! What was seen of a run's visits, and what of it can be told now.

use std::collections::BTreeMap;
use std::ops::Bound;

use pawl_contract::At;
use pawl_store::{Batch, Record, RecordStatus, RunStatus};
use serde_json::json;

use super::super::event::{Mark, Name};
use super::{Teller, strand};

impl Teller {
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
}
