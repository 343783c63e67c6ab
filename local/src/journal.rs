//! What outlives the process, beside the tables and the objects: one SQLite database, written in groups.
//!
//! Whoever changes something hands over a [`Batch`] and goes on; one thread writes whatever has come together since its
//! last commit as one transaction, in the order of arrival. Only then does it do what the batch says should follow:
//! start a function, answer a request, tell a listener. So nothing shows that is not kept.

mod read;
mod schema;
mod write;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
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
pub(crate) use write::Write;

/// The most batches in one transaction: more would only let the first of them wait.
const GROUP: usize = 1_000;

/// How long changes that nobody waits for are held back, so that they cost no transaction of their own.
const PATIENCE: Duration = Duration::from_millis(100);

/// The database, and the thread that writes it.
pub(crate) struct Journal {
    /// Taken when the journal closes, which ends the thread.
    batches: Mutex<Option<Sender<Batch>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    reader: Arc<Mutex<Connection>>,
    gate: Arc<Gate>,
}

/// Changes that belong together, and what follows when they are kept.
pub(crate) struct Batch {
    pub(crate) writes: Vec<Write>,
    pub(crate) then: Box<dyn FnOnce(Result<(), Broken>) + Send>,
    /// Whether it can wait for others.
    pub(crate) is_patient: bool,
}

/// The journal could not be written; from then on nothing can be.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the state folder failed: {0}")]
pub(crate) struct Broken(Arc<str>);

impl Broken {
    /// Nobody writes any more.
    pub(crate) fn closed() -> Self {
        Self("it was closed".into())
    }
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
        let (sender, receiver) = channel();
        let thread = {
            let gate = Arc::clone(&gate);
            thread::Builder::new()
                .name("journal".to_owned())
                .spawn(move || write_all(&writer, &receiver, &gate))
                .expect("a thread can be started")
        };
        Ok(Self {
            batches: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            reader,
            gate,
        })
    }

    /// Hands changes over to be written. What follows is done by the journal's thread, so it has to be brief.
    pub(crate) fn write(
        &self,
        writes: Vec<Write>,
        then: impl FnOnce(Result<(), Broken>) + Send + 'static,
    ) {
        self.send(Batch {
            writes,
            then: Box::new(then),
            is_patient: false,
        });
    }

    /// Hands over changes that nobody waits for: they are written with the next ones, or a little later.
    pub(crate) fn write_later(&self, writes: Vec<Write>) {
        self.send(Batch {
            writes,
            then: Box::new(|_| {}),
            is_patient: true,
        });
    }

    fn send(&self, batch: Batch) {
        let sender = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        // It is closed only when nobody is left to be answered.
        if let Some(sender) = &*sender {
            let _ = sender.send(batch);
        }
    }

    /// Writes changes and waits until they are kept.
    pub(crate) fn write_and_wait(&self, writes: Vec<Write>) -> Result<(), Broken> {
        let (sender, receiver) = channel();
        self.write(writes, move |written| {
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
        let document =
            serde_json::to_string(document).map_err(|error| Broken(error.to_string().into()))?;
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

/// Writes batches, as many as there are at once, until nobody can send one any more.
fn write_all(connection: &Mutex<Connection>, batches: &Receiver<Batch>, gate: &Gate) {
    let mut broken = None;
    while let Some(group) = gather(batches) {
        if gate.commits.load(Ordering::SeqCst) >= gate.last.load(Ordering::SeqCst) {
            // Nothing follows, and nobody is told: this is what a dead process does.
            gate.is_shut.send_replace(true);
            continue;
        }
        let written = match &broken {
            Some(broken) => Err(Broken::clone(broken)),
            None => commit(connection, &group),
        };
        if let (Err(error), None) = (&written, &broken) {
            tracing::error!(%error, "nothing more can be kept");
            broken = Some(error.clone());
        }
        gate.commits.fetch_add(1, Ordering::SeqCst);
        for batch in group {
            (batch.then)(written.clone());
        }
    }
}

/// The next batches: as many as there are, once there is one that cannot wait.
fn gather(batches: &Receiver<Batch>) -> Option<Vec<Batch>> {
    let first = batches.recv().ok()?;
    let deadline = Instant::now() + PATIENCE;
    let mut is_patient = first.is_patient;
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
        is_patient &= next.is_patient;
        group.push(next);
    }
    Some(group)
}

/// One transaction for a group of batches.
fn commit(connection: &Mutex<Connection>, group: &[Batch]) -> Result<(), Broken> {
    let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
    let mut written = || {
        let transaction = connection.transaction()?;
        for write in group.iter().flat_map(|batch| &batch.writes) {
            write.perform(&transaction)?;
        }
        transaction.commit()
    };
    written().map_err(|error| Broken(error.to_string().into()))
}
