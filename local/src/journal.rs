//! What outlives the process, beside the tables and the objects: one SQLite database, written in groups.
//!
//! Whoever changes something hands over a [`Batch`] and goes on; one thread writes whatever has come together since its
//! last commit as one transaction, in the order of arrival. Only then does it do what the batch says should follow:
//! start a function, answer a request, tell a listener. So nothing shows that is not kept.

mod read;
mod schema;
mod trouble;
mod write;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::folder::Folder;
use crate::{Durability, Error};

pub(crate) use read::{Entry, Filter, Found, Row, Standing, deep};
pub(crate) use trouble::Broken;
use trouble::{Meaning, Trouble};
pub(crate) use write::Write;

/// The most batches in one transaction: more would only let the first of them wait.
const GROUP: usize = 1_000;

/// How long changes that nobody waits for are held back, so that they cost no transaction of their own.
const PATIENCE: Duration = Duration::from_millis(100);

/// The pauses between attempts to write what the disk does not take: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// How often whoever waits for something to be kept looks whether the disk takes it.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The database, and the thread that writes it.
pub(crate) struct Journal {
    /// Taken when the journal closes, which ends the thread.
    batches: Mutex<Option<Sender<Batch>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    reader: Arc<Mutex<Connection>>,
    writer: Arc<Mutex<Connection>>,
    trouble: Arc<Trouble>,
    gate: Arc<Gate>,
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
        let writer = Arc::new(Mutex::new(writer));
        let reader = match reader {
            // In memory there is one connection, and nobody waits for a disk while it is held.
            None => Arc::clone(&writer),
            Some(path) => Arc::new(Mutex::new(Connection::open(path).map_err(Error::Journal)?)),
        };
        let gate = Arc::new(Gate {
            last: AtomicU64::new(u64::MAX),
            ..Gate::default()
        });
        let trouble = Arc::new(Trouble::default());
        let (sender, receiver) = channel();
        let thread = {
            let writer = Writer {
                connection: Arc::clone(&writer),
                gate: Arc::clone(&gate),
                trouble: Arc::clone(&trouble),
                broken: None,
                late: Vec::new(),
                pause: PAUSES.0,
            };
            thread::Builder::new()
                .name("journal".to_owned())
                .spawn(move || writer.write_all(&receiver))
                .expect("a thread can be started")
        };
        Ok(Self {
            batches: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            reader,
            writer,
            trouble,
            gate,
        })
    }

    /// Hands changes over to be written. What follows is done by the journal's thread, so it has to be brief.
    pub(crate) fn write(
        &self,
        writes: Vec<Write>,
        then: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) {
        self.send(writes, then, Manner::Decided);
    }

    /// Hands changes over to be written now or never. What follows is done by the journal's thread.
    pub(crate) fn try_write(
        &self,
        writes: Vec<Write>,
        then: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) {
        self.send(writes, then, Manner::Try);
    }

    /// Hands over changes that nobody waits for: they are written with the next ones, or a little later.
    pub(crate) fn write_later(&self, writes: Vec<Write>) {
        self.send(writes, |_| {}, Manner::Patient);
    }

    fn send(
        &self,
        writes: Vec<Write>,
        then: impl FnOnce(Result<(), Broken>) + Send + 'static,
        manner: Manner,
    ) {
        let then = Box::new(then);
        let batch = Batch {
            writes,
            then,
            manner,
        };
        let sender = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        // It is closed only when nobody is left to be answered.
        if let Some(sender) = &*sender {
            let _ = sender.send(batch);
        }
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
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
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
        drop(
            self.batches
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
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

/// The journal's thread.
struct Writer {
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

impl Writer {
    /// Writes batches, as many as there are at once, until nobody can send one any more.
    fn write_all(mut self, batches: &Receiver<Batch>) {
        let mut is_open = true;
        while is_open {
            let group = if self.late.is_empty() {
                gather(batches)
            } else {
                is_open = self.wait(batches);
                Some(std::mem::take(&mut self.late))
            };
            let Some(group) = group else {
                return;
            };
            let Gate { commits, last, .. } = &*self.gate;
            if commits.load(Ordering::SeqCst) >= last.load(Ordering::SeqCst) {
                // Nothing follows, and nobody is told: this is what a dead process does.
                self.gate.is_shut.send_replace(true);
                continue;
            }
            self.write(group);
        }
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

    /// Waits until what is late is to be tried again, with what is decided meanwhile. Whether anybody can still send.
    fn wait(&mut self, batches: &Receiver<Batch>) -> bool {
        let deadline = Instant::now() + self.pause;
        loop {
            let rest = deadline.saturating_duration_since(Instant::now());
            match batches.recv_timeout(rest) {
                Ok(batch) => self.put_off(batch),
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }
}

/// Does what follows of batches.
fn end(group: Vec<Batch>, written: &Result<(), Broken>) {
    for batch in group {
        (batch.then)(written.clone());
    }
}

/// The next batches: as many as there are, once there is one that cannot wait.
fn gather(batches: &Receiver<Batch>) -> Option<Vec<Batch>> {
    let first = batches.recv().ok()?;
    let deadline = Instant::now() + PATIENCE;
    let mut is_patient = first.manner == Manner::Patient;
    let mut group = vec![first];
    while group.len() < GROUP {
        let next = if is_patient {
            let rest = deadline.saturating_duration_since(Instant::now());
            batches.recv_timeout(rest).ok()
        } else {
            batches.try_recv().ok()
        };
        let Some(next) = next else {
            break;
        };
        is_patient &= next.manner == Manner::Patient;
        group.push(next);
    }
    Some(group)
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
