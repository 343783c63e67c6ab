//! The state folder: what outlives the process, used by one process at a time.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::migration::VERSION;
use crate::{Durability, Error};

/// How often a folder that is in use is tried again, and how long to wait before that.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// An open state folder. Nobody else can open it until this is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Opens the folder, and makes it if it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(failed(path))?;
        let lock_path = path.join("lock");
        let lock = File::create(&lock_path).map_err(failed(&lock_path))?;
        // A process that this one is just starting holds what is open here for a moment, the lock of a folder included.
        let mut tried = lock.try_lock();
        for _ in 0..ATTEMPTS {
            if !matches!(tried, Err(TryLockError::WouldBlock)) {
                break;
            }
            thread::sleep(PAUSE);
            tried = lock.try_lock();
        }
        match tried {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(Error::Busy(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(Error::File {
                path: lock_path,
                source,
            }),
        }
    }

    /// The version of what is in the folder; 0 where it says none.
    pub(crate) fn version(&self) -> Result<usize, Error> {
        let path = self.file("version");
        let found = match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_err(|_| Error::Unreadable {
                path: path.clone(),
                reason: "it holds no version".to_owned(),
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(source) => return Err(Error::File { path, source }),
        };
        if found > VERSION {
            return Err(Error::Newer {
                path: self.path.clone(),
                found,
                known: VERSION,
            });
        }
        Ok(found)
    }

    /// Says the version of what is in the folder.
    pub(crate) fn set_version(&self, version: usize) -> Result<(), Error> {
        let path = self.file("version");
        let text = format!("{version}\n");
        replace(&path, &[text.as_bytes()], Durability::Fsync).map_err(failed(&path))
    }

    /// The path of a file in the folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A folder in the folder, made if it is missing.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.path.join(name);
        fs::create_dir_all(&path).map_err(failed(&path))?;
        Ok(path)
    }
}

/// Names the file that an operation failed on.
pub(crate) fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File { path, source }
}

/// Writes a whole file or nothing: a process that dies in between leaves the old one.
pub(crate) fn replace(path: &Path, parts: &[&[u8]], durability: Durability) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    let mut file = File::create(&unfinished)?;
    for part in parts {
        file.write_all(part)?;
    }
    let syncs = durability == Durability::Fsync;
    if syncs {
        file.sync_all()?;
    }
    fs::rename(&unfinished, path)?;
    if let Some(folder) = path.parent().filter(|_| syncs) {
        sync(folder)?;
    }
    Ok(())
}

/// Has the disk keep which names a folder holds.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened, and the system keeps its names by itself.
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Has the disk keep all that is in a folder.
pub(crate) fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            sync_all(&entry.path())?;
        } else if kind.is_file() {
            File::open(entry.path())?.sync_all()?;
        }
    }
    sync(folder)
}
