//! What one invocation evaluates: the step that acts, and the pure steps behind it.

use std::collections::BTreeSet;

use crate::check::Checked;
use crate::graph::StepId;
use crate::lower::budget;
use crate::lower::reads::ReadSet;

/// A tree holds at most so many ride-alongs.
const MOST_RIDE_ALONGS: usize = 20;

/// What has been put into one Task's tree so far.
pub(super) struct Tree {
    /// The Task's own step.
    pub(super) host: StepId,
    pub(super) met: BTreeSet<StepId>,
    pub(super) writes: usize,
    pub(super) reads: ReadSet,
    /// The step whose Choice is the last between the Task and what is put in now.
    pub(super) decided: Option<StepId>,
}

impl Tree {
    pub(super) fn of(host: StepId) -> Self {
        Self {
            host,
            met: BTreeSet::new(),
            writes: 0,
            reads: ReadSet::default(),
            decided: None,
        }
    }

    /// Counts a step in.
    pub(super) fn take(&mut self, checked: &Checked, step: StepId) {
        self.met.insert(step);
        self.writes += budget::writes(checked.step(step));
    }

    /// Whether one more step may ride along.
    pub(super) fn admits(&self, checked: &Checked, step: StepId) -> bool {
        !self.met.contains(&step)
            && self.met.len() < MOST_RIDE_ALONGS
            && self.writes + budget::writes(checked.step(step)) <= budget::MOST_WRITES
    }
}
