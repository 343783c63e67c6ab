//! What outlives the process, beside the tables and the objects: one SQLite database, written in groups.
//!
//! Whoever changes something hands over a [`Batch`] and goes on; one thread writes whatever has come together since its
//! last commit as one transaction, in the order of arrival. Only then does it do what the batch says should follow:
//! start a function, answer a request, tell a listener. So nothing shows that is not kept.
//!
//! Where a commit is brief, whoever hands something over writes it at once, if nobody else writes: to wake a thread and
//! to be woken takes longer.

mod queue;
mod read;
mod schema;
mod trouble;
mod write;
mod writer;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::folder::Folder;
use crate::{Durability, Error};

use queue::Queue;
pub(crate) use read::{Entry, Filter, Found, Row, Standing, deep};
pub(crate) use trouble::Broken;
use trouble::Trouble;
pub(crate) use write::Write;
use writer::Writer;

/// The most batches in one transaction: more would only let the first of them wait.
const GROUP: usize = 1_000;

/// How often whoever waits for something to be kept looks whether the disk takes it.
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The database, and the thread that writes it.
pub(crate) struct Journal {
    queue: Arc<Queue>,
    /// Had by whoever writes.
    writer: Arc<Mutex<Writer>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    reader: Arc<Mutex<Connection>>,
    written: Arc<Mutex<Connection>>,
    trouble: Arc<Trouble>,
    gate: Arc<Gate>,
    /// Whether a commit takes no longer than to have another thread do it: it does not wait for the disk.
    is_brief: bool,
}

/// Changes that belong together, and what follows when they are kept.
pub(crate) struct Batch {
    pub(crate) writes: Vec<Write>,
    pub(crate) then: Box<dyn FnOnce(Result<(), Broken>) + Send>,
    manner: Manner,
}

/// How sure it is already that a batch has to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Whoever asked for it is told when the disk does not take it, and may ask again.
    Try,
    /// It is decided: where the disk does not take it, it waits until the disk does.
    Decided,
    /// The same, and it can wait for others too.
    Patient,
}

/// Lets commits through, until it is told not to.
#[derive(Debug, Default)]
struct Gate {
    commits: AtomicU64,
    /// How many commits are let through; `u64::MAX` for all.
    last: AtomicU64,
    is_shut: watch::Sender<bool>,
}

impl Journal {
    /// Opens the database of a state folder, or one in memory.
    pub(crate) fn open(folder: Option<&Folder>, durability: Durability) -> Result<Self, Error> {
        let (mut writer, reader) = match folder {
            None => (Connection::open_in_memory().map_err(Error::Journal)?, None),
            Some(folder) => {
                let path = folder.file("aws.sqlite");
                let writer = Connection::open(&path).map_err(Error::Journal)?;
                let synchronous = match durability {
                    Durability::Fsync => "FULL",
                    Durability::Relaxed => "NORMAL",
                };
                writer
                    .execute_batch(&format!(
                        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA wal_autocheckpoint = 4000;"
                    ))
                    .map_err(Error::Journal)?;
                (writer, Some(path))
            }
        };
        writer.set_prepared_statement_cache_capacity(64);
        if let Err(found) = schema::migrate(&mut writer).map_err(Error::Journal)? {
            return Err(Error::Newer {
                path: reader.unwrap_or_default(),
                found,
                known: schema::VERSION,
            });
        }
        let is_brief = reader.is_none() || durability == Durability::Relaxed;
        let written = Arc::new(Mutex::new(writer));
        let reader = match reader {
            // In memory there is one connection, and nobody waits for a disk while it is held.
            None => Arc::clone(&written),
            Some(path) => Arc::new(Mutex::new(Connection::open(path).map_err(Error::Journal)?)),
        };
        let gate = Arc::new(Gate {
            last: AtomicU64::new(u64::MAX),
            ..Gate::default()
        });
        let trouble = Arc::new(Trouble::default());
        let queue = Arc::new(Queue::default());
        let writer = Writer::new(
            Arc::clone(&written),
            Arc::clone(&gate),
            Arc::clone(&trouble),
        );
        let writer = Arc::new(Mutex::new(writer));
        let thread = {
            let (writer, queue) = (Arc::clone(&writer), Arc::clone(&queue));
            thread::Builder::new()
                .name("journal".to_owned())
                .spawn(move || writer::write_all(&writer, &queue))
                .expect("a thread can be started")
        };
        Ok(Self {
            queue,
            writer,
            thread: Mutex::new(Some(thread)),
            reader,
            written,
            trouble,
            gate,
            is_brief,
        })
    }

    /// Hands changes over to be written. What follows has to be brief: others wait for whoever writes.
    pub(crate) fn write(
        &self,
        writes: Vec<Write>,
        then: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) {
        self.add(writes, then);
        self.begin();
    }

    /// The same, for whoever has something that is needed for what follows: it is written when somebody says
    /// [`Journal::begin`], or with what others hand over.
    pub(crate) fn add(
        &self,
        writes: Vec<Write>,
        then: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) {
        self.send(writes, then, Manner::Decided);
    }

    /// Has somebody write what was handed over.
    pub(crate) fn begin(&self) {
        self.queue.wake();
    }

    /// Writes what was handed over in this thread, where that is brief and nobody else writes; else the journal's
    /// thread does. What follows of it is done here as well, so that the caller may have nothing that it needs.
    pub(crate) fn write_here(&self) {
        if self.is_brief
            && let Ok(mut writer) = self.writer.try_lock()
            && writer.is_ready()
        {
            let group = self.queue.take();
            if !group.is_empty() {
                writer.write_group(group);
            }
            if !writer.is_ready() {
                // The journal's thread tries again.
                self.send(Vec::new(), |_| {}, Manner::Decided);
            }
        }
        self.queue.wake();
    }

    /// Hands changes over to be written now or never. What follows is done by whoever writes.
    pub(crate) fn try_write(
        &self,
        writes: Vec<Write>,
        then: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) {
        self.send(writes, then, Manner::Try);
        self.begin();
    }

    /// Hands over changes that nobody waits for: they are written with the next ones, or a little later.
    pub(crate) fn write_later(&self, writes: Vec<Write>) {
        self.send(writes, |_| {}, Manner::Patient);
        self.begin();
    }

    fn send(
        &self,
        writes: Vec<Write>,
        then: impl FnOnce(Result<(), Broken>) + Send + 'static,
        manner: Manner,
    ) {
        self.queue.add(Batch {
            writes,
            then: Box::new(then),
            manner,
        });
    }

    /// Whether the disk takes what is given to it; asked before something is decided.
    pub(crate) fn check(&self) -> Result<(), Broken> {
        self.trouble.get().map_or(Ok(()), Err)
    }

    /// Waits for something that is decided to be kept, unless the disk does not take it: it is kept later then.
    pub(crate) fn wait(&self, kept: &Receiver<Result<(), Broken>>) -> Result<(), Broken> {
        loop {
            match kept.recv_timeout(BETWEEN_LOOKS) {
                Ok(written) => return written,
                Err(RecvTimeoutError::Timeout) => self.check()?,
                Err(RecvTimeoutError::Disconnected) => return Err(Broken::closed()),
            }
        }
    }

    /// Waits until everything that was given before is kept, however long the disk takes nothing.
    pub(crate) fn wait_however_long(&self) -> Result<(), Broken> {
        let (sender, receiver) = channel();
        self.write(Vec::new(), move |written| {
            // Whoever asked may have gone.
            let _ = sender.send(written);
        });
        receiver.recv().unwrap_or_else(|_| Err(Broken::closed()))
    }

    /// Writes changes and waits until they are kept.
    pub(crate) fn write_and_wait(&self, writes: Vec<Write>) -> Result<(), Broken> {
        let (sender, receiver) = channel();
        self.try_write(writes, move |written| {
            // Whoever asked may have gone.
            let _ = sender.send(written);
        });
        receiver.recv().unwrap_or_else(|_| Err(Broken::closed()))
    }

    /// Keeps a document of a service.
    pub(crate) fn put<Document: Serialize>(
        &self,
        collection: &'static str,
        name: &str,
        document: &Document,
    ) -> Result<(), Broken> {
        let document = serde_json::to_string(document).map_err(|error| Broken::of(&error))?;
        self.write_and_wait(vec![Write::Document {
            collection,
            name: name.to_owned(),
            document: Some(document),
        }])
    }

    /// Forgets a document.
    pub(crate) fn remove(&self, collection: &'static str, name: &str) -> Result<(), Broken> {
        self.write_and_wait(vec![Write::Document {
            collection,
            name: name.to_owned(),
            document: None,
        }])
    }

    /// A document.
    pub(crate) fn document<Document: DeserializeOwned>(
        &self,
        collection: &str,
        name: &str,
    ) -> Result<Option<Document>, Error> {
        read::document(&self.reader(), collection, name)
    }

    /// All documents of a collection, by name.
    pub(crate) fn documents<Document: DeserializeOwned>(
        &self,
        collection: &str,
    ) -> Result<std::collections::BTreeMap<String, Document>, Error> {
        read::documents(&self.reader(), collection)
    }

    /// Keeps so many more transactions and then none, as if the process had died: what waits for one waits for ever.
    pub(crate) fn kill_after(&self, commits: u64) {
        let last = self
            .gate
            .commits
            .load(Ordering::SeqCst)
            .saturating_add(commits);
        self.gate.last.store(last, Ordering::SeqCst);
    }

    /// As if the disk had room for so many more pages of the database and no others, or for as many as there may be.
    pub(crate) fn leave_room(&self, pages: Option<u32>) -> Result<(), Error> {
        let writer = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = |most: u32| {
            let pragma = format!("PRAGMA max_page_count = {most}");
            writer.query_row(&pragma, [], |_| Ok(()))
        };
        let used = || writer.query_row("PRAGMA page_count", [], |row| row.get::<_, u32>(0));
        let limited = match pages {
            Some(pages) => used().and_then(|used| limit(used.saturating_add(pages))),
            None => limit(u32::MAX - 1),
        };
        limited.map_err(Error::Journal)
    }

    /// Tells when a transaction has been left out on purpose.
    pub(crate) fn killed(&self) -> watch::Receiver<bool> {
        self.gate.is_shut.subscribe()
    }

    /// How many transactions have been kept.
    pub(crate) fn commits(&self) -> u64 {
        self.gate.commits.load(Ordering::SeqCst)
    }

    /// Writes what it has been given and nothing more.
    pub(crate) fn close(&self) {
        self.queue.close();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread
            && thread.thread().id() != thread::current().id()
        {
            // A panic there has said why already.
            let _ = thread.join();
        }
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}
