//! Whether anybody wants to hear that executions begin and end: without an audience nothing is announced.

use std::sync::atomic::{AtomicBool, Ordering};

/// The function that is told of every change of an execution's status.
pub(crate) const RECORDER: &str = "recorder";

/// Who may want to hear it. Whoever takes a seat is heard of before anybody is told so.
#[derive(Debug, Default)]
pub(crate) struct Audience {
    recorder: AtomicBool,
    rules: AtomicBool,
}

impl Audience {
    /// There is a function of this name.
    pub(crate) fn meet(&self, function: &str) {
        if function == RECORDER {
            self.recorder.store(true, Ordering::SeqCst);
        }
    }

    /// Some rule of the default bus may be for it, or none is.
    pub(crate) fn seat_rules(&self, are_any: bool) {
        self.rules.store(are_any, Ordering::SeqCst);
    }

    /// Whether there is anybody.
    pub(crate) fn listens(&self) -> bool {
        self.recorder.load(Ordering::SeqCst) || self.rules.load(Ordering::SeqCst)
    }
}
