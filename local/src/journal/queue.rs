//! What waits to be written, in the order in which it came.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Batch, GROUP, Manner};

/// How long changes that nobody waits for are held back, so that they cost no transaction of their own.
const PATIENCE: Duration = Duration::from_millis(100);

/// The batches that wait.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Default)]
struct Waiting {
    batches: VecDeque<Batch>,
    /// How many of them cannot wait for others.
    pressing: usize,
    is_closed: bool,
}

impl Queue {
    /// Puts a batch behind all others. Nobody is told yet, see [`Queue::wake`].
    ///
    /// It is closed only when nobody is left to be answered.
    pub(super) fn add(&self, batch: Batch) {
        let mut waiting = self.lock();
        if !waiting.is_closed {
            waiting.pressing += usize::from(batch.manner != Manner::Patient);
            waiting.batches.push_back(batch);
        }
    }

    /// Has the journal's thread look, if there is something.
    pub(super) fn wake(&self) {
        if !self.lock().batches.is_empty() {
            self.arrived.notify_one();
        }
    }

    /// Takes nothing more.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.arrived.notify_one();
    }

    /// Takes the first batches out, as many as fit one transaction. Whoever takes them writes them before anybody else
    /// can take others.
    pub(super) fn take(&self) -> Vec<Batch> {
        let mut waiting = self.lock();
        let count = waiting.batches.len().min(GROUP);
        let group: Vec<Batch> = waiting.batches.drain(..count).collect();
        let pressing = group.iter().filter(|batch| batch.manner != Manner::Patient);
        waiting.pressing -= pressing.count();
        group
    }

    /// Waits until there is something to write that cannot wait, or has waited long enough. Whether that can ever be.
    pub(super) fn wait(&self) -> bool {
        let mut waiting = self.lock();
        while waiting.batches.is_empty() {
            if waiting.is_closed {
                return false;
            }
            waiting = self.sleep(waiting, None);
        }
        let deadline = Instant::now() + PATIENCE;
        while waiting.pressing == 0 && waiting.batches.len() < GROUP && !waiting.is_closed {
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() || waiting.batches.is_empty() {
                break;
            }
            waiting = self.sleep(waiting, Some(rest));
        }
        true
    }

    /// Waits until there is something, at most until a moment; `None` when nothing can come any more.
    pub(super) fn wait_until(&self, deadline: Instant) -> Option<bool> {
        let mut waiting = self.lock();
        loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            if !waiting.batches.is_empty() {
                return Some(true);
            }
            if waiting.is_closed {
                return None;
            }
            if rest.is_zero() {
                return Some(false);
            }
            waiting = self.sleep(waiting, Some(rest));
        }
    }

    fn sleep<'queue>(
        &'queue self,
        waiting: MutexGuard<'queue, Waiting>,
        most: Option<Duration>,
    ) -> MutexGuard<'queue, Waiting> {
        match most {
            None => self
                .arrived
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner),
            Some(most) => {
                let slept = self.arrived.wait_timeout(waiting, most);
                slept.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
