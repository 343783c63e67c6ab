//! When the disk has what the tables were told: one sync serves everybody who has written before it began.
//!
//! dynoxide would ask the disk after every transaction while it holds its one connection, so that fifty who write at
//! once would wait for fifty syncs, one after the other. Here SQLite only keeps its files in order by itself
//! (`synchronous = NORMAL`), and nobody is answered before the log has been synced after what was written and read.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

/// Brings to the disk what was written.
type Sync = Box<dyn Fn() -> io::Result<()> + Send>;

/// Whether a sync has succeeded.
type Synced = Result<(), Arc<io::Error>>;

/// What is on the disk, who waits for it, and the thread that asks for it.
pub(super) struct Kept {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Told when somebody waits, and at the end.
    asked: Condvar,
}

#[derive(Default)]
struct State {
    /// How many writes have begun.
    begun: u64,
    /// How many of them are over.
    over: u64,
    /// How many were over before the last sync began: with as many begun, there is nothing that the disk has not.
    kept: u64,
    waiting: Vec<oneshot::Sender<Synced>>,
    /// Why nothing can be kept any more: after a sync that failed nobody knows what the disk has.
    broken: Option<Arc<io::Error>>,
    is_closing: bool,
}

/// An answer that nobody may see before the disk has what it speaks of.
pub(crate) struct Pending<Answer> {
    answer: Answer,
    synced: Option<oneshot::Receiver<Synced>>,
}

impl<Answer> Pending<Answer> {
    /// An answer with nothing to wait for.
    pub(crate) fn ready(answer: Answer) -> Self {
        Self {
            answer,
            synced: None,
        }
    }

    /// The answer, once the disk has what it speaks of.
    pub(super) async fn kept(self) -> Result<Answer, Arc<io::Error>> {
        if let Some(synced) = self.synced {
            let closed = || Err(Arc::new(io::Error::other("it was closed")));
            synced.await.unwrap_or_else(|_| closed())?;
        }
        Ok(self.answer)
    }
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

    fn by(sync: impl Fn() -> io::Result<()> + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let thread = {
            let shared = Arc::clone(&shared);
            let sync: Sync = Box::new(sync);
            let named = thread::Builder::new().name("dynamodb".to_owned());
            named.spawn(move || shared.sync_all(&sync))
        };
        Self {
            shared,
            thread: Some(thread.expect("a thread can be started")),
        }
    }

    /// Does something that writes; its answer waits for the disk.
    pub(super) fn write<Answer>(&self, write: impl FnOnce() -> Answer) -> Pending<Answer> {
        self.shared.state().begun += 1;
        let answer = write();
        let mut state = self.shared.state();
        state.over += 1;
        self.wait(state, answer)
    }

    /// Does something that only reads; its answer waits until all that it may have seen is on the disk.
    pub(super) fn read<Answer>(&self, read: impl FnOnce() -> Answer) -> Pending<Answer> {
        let answer = read();
        let state = self.shared.state();
        if state.begun == state.kept {
            return Pending::ready(answer);
        }
        self.wait(state, answer)
    }

    /// Lets an answer wait for a sync that begins after now.
    fn wait<Answer>(&self, mut state: MutexGuard<'_, State>, answer: Answer) -> Pending<Answer> {
        let (sender, receiver) = oneshot::channel();
        state.waiting.push(sender);
        drop(state);
        self.shared.asked.notify_one();
        Pending {
            answer,
            synced: Some(receiver),
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.shared.state().is_closing = true;
        self.shared.asked.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic there has said why already.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// One sync after the other for everybody who waits, until nobody can wait any more.
    fn sync_all(&self, sync: &Sync) {
        loop {
            let mut state = self.state();
            while state.waiting.is_empty() {
                if state.is_closing {
                    return;
                }
                let woken = self.asked.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
            }
            let waiting = std::mem::take(&mut state.waiting);
            let (over, broken) = (state.over, state.broken.clone());
            drop(state);
            let synced = broken.map_or_else(|| sync().map_err(Arc::new), Err);
            match &synced {
                Ok(()) => self.state().kept = over,
                Err(error) => self.state().broken = Some(Arc::clone(error)),
            }
            for waits in waiting {
                // Whoever asked may have gone.
                let _ = waits.send(synced.clone());
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// What is kept, how many syncs there were, and a gate: each sync says that it has begun, and lasts until it may end.
    fn gated() -> (Kept, Arc<AtomicU64>, Receiver<()>, Sender<()>) {
        let count = Arc::new(AtomicU64::new(0));
        let (begins, begun) = channel();
        let (end, ends) = channel();
        let counted = Arc::clone(&count);
        let kept = Kept::by(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            // Both are there as long as the test waits for an answer.
            let _ = begins.send(());
            let _ = ends.recv();
            Ok(())
        });
        (kept, count, begun, end)
    }

    #[tokio::test]
    async fn one_sync_serves_everybody_who_wrote_before_it() {
        let (kept, count, begun, end) = gated();
        let first = kept.write(|| ());
        begun.recv().expect("the first sync begins");
        let others: Vec<_> = (0..9).map(|_| kept.write(|| ())).collect();
        for _ in 0..2 {
            end.send(()).expect("a sync waits for its end");
        }
        first.kept().await.expect("it is kept");
        for other in others {
            other.kept().await.expect("it is kept");
        }
        assert_eq!(count.load(Ordering::SeqCst), 2);
        kept.read(|| ()).kept().await.expect("everything is kept");
        let syncs = count.load(Ordering::SeqCst);
        assert_eq!(syncs, 2, "a read has nothing to wait for");
    }

    #[tokio::test]
    async fn a_read_after_a_write_that_nobody_waits_for_waits_for_the_disk() {
        let (kept, count, begun, end) = gated();
        drop(kept.write(|| ()));
        begun.recv().expect("the first sync begins");
        let read = kept.read(|| ());
        for _ in 0..2 {
            end.send(()).expect("a sync waits for its end");
        }
        read.kept().await.expect("it is kept");
        let syncs = count.load(Ordering::SeqCst);
        assert_eq!(syncs, 2, "one that began after the read");
    }

    #[tokio::test]
    async fn after_a_sync_that_failed_nothing_is_answered_any_more() {
        let kept = Kept::by(|| Err(io::Error::other("the disk is full")));
        assert!(kept.write(|| ()).kept().await.is_err());
        let again = kept.write(|| ()).kept().await;
        let again = again.expect_err("nobody knows what the disk has");
        assert_eq!(again.to_string(), "the disk is full");
    }
}
