//! When the disk has what the tables were told: one sync serves everybody who has written before it began.
//!
//! dynoxide would ask the disk after every transaction while it holds its one connection, so that fifty who write at
//! once would wait for fifty syncs, one after the other. Here SQLite only keeps its files in order by itself
//! (`synchronous = NORMAL`), and nobody is answered before the log has been synced after what was written and read.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// Brings to the disk what was written.
type Sync = Box<dyn Fn() -> io::Result<()> + Send + std::marker::Sync>;

/// What is on the disk, and who waits for it.
pub(super) struct Kept {
    sync: Sync,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// How many writes are at work, or are not on the disk yet.
    unkept: usize,
    /// How often somebody has asked for a sync.
    asked: u64,
    /// How many of these have been served.
    served: u64,
    is_syncing: bool,
    /// Why nothing can be kept any more: after a sync that failed nobody knows what the disk has.
    broken: Option<Arc<io::Error>>,
}

impl Kept {
    /// Keeps the log that SQLite writes beside a database.
    pub(super) fn log(path: PathBuf) -> Self {
        let log: OnceLock<File> = OnceLock::new();
        Self::by(move || {
            if let Some(log) = log.get() {
                return log.sync_data();
            }
            // SQLite makes it, and it stays the same file as long as the database is open.
            let opened = OpenOptions::new().write(true).open(&path)?;
            log.get_or_init(|| opened).sync_data()
        })
    }

    fn by(sync: impl Fn() -> io::Result<()> + Send + std::marker::Sync + 'static) -> Self {
        Self {
            sync: Box::new(sync),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Does something that writes, and returns when it is on the disk.
    pub(super) fn write<Answer>(
        &self,
        write: impl FnOnce() -> Answer,
    ) -> Result<Answer, Arc<io::Error>> {
        self.state().unkept += 1;
        let answer = write();
        let kept = self.wait(self.state());
        self.state().unkept -= 1;
        kept.map(|()| answer)
    }

    /// Does something that only reads, and returns when all that it may have seen is on the disk.
    pub(super) fn read<Answer>(
        &self,
        read: impl FnOnce() -> Answer,
    ) -> Result<Answer, Arc<io::Error>> {
        let answer = read();
        let state = self.state();
        if state.unkept > 0 {
            self.wait(state)?;
        }
        Ok(answer)
    }

    /// Does something that only reads, if there is nothing to wait for.
    pub(super) fn read_now<Answer>(&self, read: impl FnOnce() -> Answer) -> Option<Answer> {
        if self.state().unkept > 0 {
            return None;
        }
        let answer = read();
        // What was written in between may have been seen.
        (self.state().unkept == 0).then_some(answer)
    }

    /// Waits for a sync that begins after now.
    fn wait<'kept>(&'kept self, mut state: MutexGuard<'kept, State>) -> Result<(), Arc<io::Error>> {
        state.asked += 1;
        let mine = state.asked;
        loop {
            if let Some(broken) = &state.broken {
                return Err(Arc::clone(broken));
            }
            if state.served >= mine {
                return Ok(());
            }
            if state.is_syncing {
                let waited = self.changed.wait(state);
                state = waited.unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.is_syncing = true;
            let asked = state.asked;
            drop(state);
            let synced = (self.sync)();
            state = self.state();
            state.is_syncing = false;
            match synced {
                Ok(()) => state.served = asked,
                Err(error) => state.broken = Some(Arc::new(error)),
            }
            self.changed.notify_all();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc::channel;
    use std::thread::{scope, yield_now};

    use super::*;

    #[test]
    fn one_sync_serves_everybody_who_wrote_before_it() {
        let count = Arc::new(AtomicU64::new(0));
        let (go, gate) = channel::<()>();
        let gate = Mutex::new(gate);
        let counted = Arc::clone(&count);
        let kept = Kept::by(move || {
            // The first one lasts until all others have written.
            if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                let _ = gate.lock().expect("no panic").recv();
            }
            Ok(())
        });
        scope(|threads| {
            for _ in 0..10 {
                threads.spawn(|| kept.write(|| ()).expect("it is kept"));
            }
            while kept.state().asked < 10 {
                yield_now();
            }
            go.send(()).expect("the first sync waits");
        });
        assert_eq!(count.load(Ordering::SeqCst), 2);
        kept.read(|| ()).expect("everything is kept");
        assert_eq!(
            count.load(Ordering::SeqCst),
            2,
            "a read has nothing to wait for"
        );
    }

    #[test]
    fn a_read_beside_a_write_waits_for_the_disk() {
        let count = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&count);
        let kept = Kept::by(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
        let seen = kept.write(|| kept.read(|| count.load(Ordering::SeqCst)));
        assert_eq!(seen.expect("it is kept").expect("it is kept"), 0);
        assert_eq!(
            count.load(Ordering::SeqCst),
            2,
            "one for the read, one for the write"
        );
    }

    #[test]
    fn after_a_sync_that_failed_nothing_is_answered_any_more() {
        let kept = Kept::by(|| Err(io::Error::other("the disk is full")));
        assert!(kept.write(|| ()).is_err());
        let again = kept
            .write(|| ())
            .expect_err("nobody knows what the disk has");
        assert_eq!(again.to_string(), "the disk is full");
    }
}
