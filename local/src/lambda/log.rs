//! What a function's process writes: kept in a file per function, and the last of it at hand.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::json;

/// How many bytes of the log come with an answer, as on AWS.
const TAIL: usize = 4096;

/// When a file has grown to this, a new one is begun; the one before is kept.
const LARGEST: u64 = 16 * 1024 * 1024;

/// The log of one function, written by all its processes.
#[derive(Debug)]
pub(super) struct FunctionLog {
    path: Option<PathBuf>,
    file: Mutex<Option<File>>,
}

/// The log of one process.
#[derive(Debug, Clone)]
pub(super) struct ProcessLog {
    function: Arc<FunctionLog>,
    current: Arc<Mutex<Current>>,
}

/// What belongs to the invocation that is running.
#[derive(Debug, Default)]
struct Current {
    id: String,
    text: String,
}

impl FunctionLog {
    /// The log of a function in a folder; without one, nothing is kept.
    pub(super) fn new(folder: Option<&Path>, function: &str) -> Self {
        Self {
            path: folder.map(|folder| folder.join(format!("{function}.jsonl"))),
            file: Mutex::default(),
        }
    }

    /// Adds a line: when, in which invocation, what. A log that cannot be written must not stop a function.
    fn add(&self, id: &str, line: &str) {
        let Some(path) = &self.path else {
            return;
        };
        let line = json!({ "time": Timestamp::now(), "request": id, "line": line });
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = write(path, &mut file, &format!("{line}\n")) {
            tracing::warn!(%error, "a function's log could not be written");
            *file = None;
        }
    }
}

/// Appends to the file, which is opened when there is something to write.
fn write(path: &Path, file: &mut Option<File>, line: &str) -> std::io::Result<()> {
    if let Some(open) = file
        && open.metadata()?.len() > LARGEST
    {
        std::fs::rename(path, path.with_extension("before.jsonl"))?;
        *file = None;
    }
    if file.is_none() {
        *file = Some(OpenOptions::new().create(true).append(true).open(path)?);
    }
    match file {
        Some(file) => file.write_all(line.as_bytes()),
        None => Ok(()),
    }
}

impl ProcessLog {
    /// The log of a new process.
    pub(super) fn new(function: Arc<FunctionLog>) -> Self {
        Self {
            function,
            current: Arc::default(),
        }
    }

    /// Begins an invocation.
    pub(super) fn begin(&self, id: &str, version: &str) {
        {
            let mut current = self.current();
            id.clone_into(&mut current.id);
            current.text.clear();
        }
        self.add(&format!("START RequestId: {id} Version: {version}"));
    }

    /// Adds a line of the process.
    pub(super) fn add(&self, line: &str) {
        let id = {
            let mut current = self.current();
            current.text.push_str(line);
            current.text.push('\n');
            let excess = current.text.len().saturating_sub(TAIL);
            let excess = current.text.ceil_char_boundary(excess);
            current.text.drain(..excess);
            current.id.clone()
        };
        self.function.add(&id, line);
    }

    /// The last of what the invocation has written.
    pub(super) fn tail(&self) -> String {
        self.current().text.clone()
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
