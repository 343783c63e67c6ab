//! The timers of all executions, in the order in which they are due.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pawl_interpreter::TimerId;

/// Timers by time; those of one moment in the order in which they were set.
#[derive(Debug, Default)]
pub(super) struct Timers {
    due: BTreeMap<(Timestamp, u64), (u64, TimerId)>,
    places: BTreeMap<(u64, TimerId), (Timestamp, u64)>,
    count: u64,
}

impl Timers {
    /// Sets a timer of an execution.
    pub(super) fn set(&mut self, execution: u64, timer: TimerId, due: Timestamp) {
        self.count += 1;
        let place = (due, self.count);
        self.due.insert(place, (execution, timer));
        self.places.insert((execution, timer), place);
    }

    /// Gives a timer up.
    pub(super) fn cancel(&mut self, execution: u64, timer: TimerId) {
        if let Some(place) = self.places.remove(&(execution, timer)) {
            self.due.remove(&place);
        }
    }

    /// When the next timer is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first_key_value().map(|((due, _), _)| *due)
    }

    /// Takes the next timer.
    pub(super) fn take_next(&mut self) -> Option<(u64, TimerId)> {
        let (_, timer) = self.due.pop_first()?;
        self.places.remove(&timer);
        Some(timer)
    }
}
