//! Writes batches: one transaction for as many as there are.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::queue::Queue;
use super::trouble::{Meaning, Trouble};
use super::{Batch, Broken, Gate, Manner};

/// The pauses between attempts to write what the disk does not take: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// What whoever writes needs to have.
pub(super) struct Writer {
    connection: Arc<Mutex<Connection>>,
    gate: Arc<Gate>,
    trouble: Arc<Trouble>,
    /// Why nothing can be written any more.
    broken: Option<Broken>,
    /// What is decided and could not be written yet.
    late: Vec<Batch>,
    /// After how long that is tried again.
    pause: Duration,
}

/// The journal's thread: writes what nobody else does, until nothing can come any more.
pub(super) fn write_all(writer: &Mutex<Writer>, queue: &Queue) {
    let lock = || writer.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if lock().is_ready() {
            if !queue.wait() {
                return;
            }
            let mut writer = lock();
            // Nobody else takes a batch meanwhile, so that they are written in their order.
            let group = if writer.is_ready() {
                queue.take()
            } else {
                Vec::new()
            };
            if !group.is_empty() {
                writer.write_group(group);
            }
        } else {
            let is_open = wait(lock, queue);
            let mut writer = lock();
            let late = std::mem::take(&mut writer.late);
            writer.write_group(late);
            if !is_open {
                return;
            }
        }
    }
}

/// Waits until what is late is to be tried again, with what is decided meanwhile. Whether anything can still come.
fn wait<'writer>(lock: impl Fn() -> MutexGuard<'writer, Writer>, queue: &Queue) -> bool {
    let deadline = Instant::now() + lock().pause;
    loop {
        match queue.wait_until(deadline) {
            Some(true) => {
                let mut writer = lock();
                for batch in queue.take() {
                    writer.put_off(batch);
                }
            }
            Some(false) => return true,
            None => return false,
        }
    }
}

impl Writer {
    pub(super) fn new(
        connection: Arc<Mutex<Connection>>,
        gate: Arc<Gate>,
        trouble: Arc<Trouble>,
    ) -> Self {
        Self {
            connection,
            gate,
            trouble,
            broken: None,
            late: Vec::new(),
            pause: PAUSES.0,
        }
    }

    /// Whether nothing has to be written before what comes next.
    pub(super) fn is_ready(&self) -> bool {
        self.late.is_empty()
    }

    /// Writes a group of batches, unless the process is to seem dead.
    pub(super) fn write_group(&mut self, group: Vec<Batch>) {
        let Gate { commits, last, .. } = &*self.gate;
        if commits.load(Ordering::SeqCst) >= last.load(Ordering::SeqCst) {
            // Nothing follows, and nobody is told: this is what a dead process does.
            self.gate.is_shut.send_replace(true);
            return;
        }
        self.write(group);
    }

    /// Writes a group of batches, and does what follows.
    fn write(&mut self, group: Vec<Batch>) {
        if let Some(broken) = &self.broken {
            return end(group, &Err(broken.clone()));
        }
        let Err(error) = commit(&self.connection, &group) else {
            if self.late.is_empty() {
                self.trouble.end();
            }
            self.pause = PAUSES.0;
            self.gate.commits.fetch_add(1, Ordering::SeqCst);
            return end(group, &Ok(()));
        };
        let broken = Broken::of(&error);
        match Meaning::of(&error) {
            Meaning::Passes => {
                let (late, refused) = group
                    .into_iter()
                    .partition::<Vec<_>, _>(|batch| batch.manner != Manner::Try);
                if !late.is_empty() {
                    self.trouble.begin(&broken);
                    self.pause = (self.pause * 2).min(PAUSES.1);
                }
                self.late.extend(late);
                end(refused, &Err(broken));
            }
            // One of them cannot be written; the others have nothing to do with it.
            Meaning::Its if group.len() > 1 => {
                for batch in group {
                    if self.late.is_empty() {
                        self.write(vec![batch]);
                    } else {
                        // Nothing overtakes what came before it.
                        self.put_off(batch);
                    }
                }
            }
            Meaning::Its => {
                tracing::error!(error = %broken, "a change cannot be kept");
                end(group, &Err(broken));
            }
            Meaning::Final => {
                tracing::error!(error = %broken, "nothing more can be kept: the disk has lost what it was given");
                self.trouble.begin(&broken);
                self.broken = Some(broken.clone());
                end(group, &Err(broken));
            }
        }
    }

    /// Has a batch wait for the disk, or be refused where it was to be written now or never.
    fn put_off(&mut self, batch: Batch) {
        if batch.manner == Manner::Try {
            let broken = self.trouble.get().unwrap_or_else(Broken::closed);
            end(vec![batch], &Err(broken));
        } else {
            self.late.push(batch);
        }
    }
}

/// Does what follows of batches.
fn end(group: Vec<Batch>, written: &Result<(), Broken>) {
    for batch in group {
        (batch.then)(written.clone());
    }
}

/// One transaction for a group of batches: all of it is kept, or nothing.
fn commit(connection: &Mutex<Connection>, group: &[Batch]) -> rusqlite::Result<()> {
    let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
    let transaction = connection.transaction()?;
    for write in group.iter().flat_map(|batch| &batch.writes) {
        write.perform(&transaction)?;
    }
    transaction.commit()
}
