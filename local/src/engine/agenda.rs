//! What is to happen at a time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::jobs::JobWork;

/// The jobs that are not being done, by time and number.
#[derive(Default)]
pub(super) struct Agenda {
    jobs: BTreeMap<(Timestamp, u64), JobWork>,
    /// Those that do not only follow the calendar.
    once: BTreeSet<(Timestamp, u64)>,
}

impl Agenda {
    pub(super) fn add(&mut self, due: Timestamp, number: u64, work: JobWork) {
        if !work.is_recurring() {
            self.once.insert((due, number));
        }
        self.jobs.insert((due, number), work);
    }

    /// Takes the next job out.
    pub(super) fn pop(&mut self) -> Option<(u64, JobWork)> {
        let (key, work) = self.jobs.pop_first()?;
        self.once.remove(&key);
        Some((key.1, work))
    }

    /// When the next job is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.jobs.first_key_value().map(|((due, _), _)| *due)
    }

    /// When the next job is due that does not only follow the calendar.
    pub(super) fn next_once(&self) -> Option<Timestamp> {
        self.once.first().map(|(due, _)| *due)
    }
}
