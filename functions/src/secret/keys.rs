//! The file of keys on a laptop: only its owner can read it, and old keys stay in it for what they encrypted.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::vault::{KEY, random};
use crate::id::hexadecimal;

/// What the ids of these keys begin with; no id in KMS does.
const PREFIX: &str = "local-";

/// Why a file of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is none.
    #[error("there is no key file `{0}`: `pawl secrets set` makes one")]
    Missing(PathBuf),
    /// Others than its owner may read it.
    #[error("others may read the key file `{0}`: run `chmod 600` on it, and `pawl secrets rotate`")]
    Open(PathBuf),
    /// It is not what it should be.
    #[error("the key file `{0}` holds no keys")]
    Broken(PathBuf),
    /// It cannot be read or written.
    #[error("the key file `{path}` cannot be used")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

/// The keys of a file, the newest last.
pub struct KeyFile {
    path: PathBuf,
    keys: IndexMap<String, [u8; KEY]>,
}

/// The file's text.
#[derive(Serialize, Deserialize)]
struct Written {
    keys: IndexMap<String, String>,
}

impl KeyFile {
    /// Reads a file of keys.
    pub fn open(path: &Path) -> Result<Self, KeyFileError> {
        let failed = |source: std::io::Error| {
            if source.kind() == std::io::ErrorKind::NotFound {
                KeyFileError::Missing(path.to_owned())
            } else {
                failure(path, source)
            }
        };
        let mut file = File::open(path).map_err(failed)?;
        if !is_private(&file).map_err(|source| failure(path, source))? {
            return Err(KeyFileError::Open(path.to_owned()));
        }
        let mut text = String::new();
        file.read_to_string(&mut text)
            .map_err(|source| failure(path, source))?;
        let broken = || KeyFileError::Broken(path.to_owned());
        let written: Written = serde_json::from_str(&text).map_err(|_| broken())?;
        let keys = written.keys.into_iter().map(|(id, key)| {
            let key = STANDARD.decode(key).ok()?;
            Some((id, key.try_into().ok()?))
        });
        let keys: Option<IndexMap<_, _>> = keys.collect();
        let keys = keys.filter(|keys| !keys.is_empty()).ok_or_else(broken)?;
        Ok(Self {
            path: path.to_owned(),
            keys,
        })
    }

    /// Reads a file of keys, or makes one with a new key.
    pub fn open_or_create(path: &Path) -> Result<Self, KeyFileError> {
        match Self::open(path) {
            Err(KeyFileError::Missing(_)) => {
                let file = Self {
                    path: path.to_owned(),
                    keys: IndexMap::new(),
                };
                // Of several who begin at once, the first one's key counts for all.
                file.with_key().write(Place::OnlyIfAbsent)?;
                Self::open(path)
            }
            found => found,
        }
    }

    /// The same keys and a new one, which is used from now on.
    pub fn with_new_key(self) -> Result<Self, KeyFileError> {
        let file = self.with_key();
        file.write(Place::Anyway)?;
        Ok(file)
    }

    fn with_key(mut self) -> Self {
        let id = format!("{PREFIX}{}", hexadecimal(&random::<6>()));
        self.keys.insert(id, random());
        self
    }

    /// The key that is used now, and its id.
    pub(super) fn current(&self) -> (&str, &[u8; KEY]) {
        let (id, key) = self.keys.last().expect("a file without keys is refused");
        (id, key)
    }

    /// The key with an id.
    pub(super) fn find(&self, id: &str) -> Option<&[u8; KEY]> {
        self.keys.get(id)
    }

    /// Whether an id is that of a key in a file.
    pub(super) fn is_id(id: &str) -> bool {
        id.starts_with(PREFIX)
    }

    /// Writes beside the file and moves it there, so that no moment knows half a file.
    fn write(&self, place: Place) -> Result<(), KeyFileError> {
        let keys = self.keys.iter();
        let written = Written {
            keys: keys
                .map(|(id, key)| (id.clone(), STANDARD.encode(key)))
                .collect(),
        };
        let text = serde_json::to_string_pretty(&written).expect("it is made of strings");
        // Nobody else writes to a name that nobody else has.
        let beside = format!("{}.new", hexadecimal(&random::<6>()));
        let beside = self.path.with_extension(beside);
        let written = (|| {
            if let Some(folder) = self.path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            private(&mut options);
            let mut file = options.open(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            match place {
                Place::Anyway => std::fs::rename(&beside, &self.path),
                Place::OnlyIfAbsent => {
                    let linked = std::fs::hard_link(&beside, &self.path);
                    std::fs::remove_file(&beside)?;
                    match linked {
                        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
                        Ok(()) | Err(_) => Ok(()),
                    }
                }
            }
        })();
        written.map_err(|source| failure(&self.path, source))
    }
}

/// When a file may be put in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Whatever is there.
    Anyway,
    /// Only if nothing is there yet; what is there then stays.
    OnlyIfAbsent,
}

fn failure(path: &Path, source: std::io::Error) -> KeyFileError {
    let path = path.to_owned();
    KeyFileError::File { path, source }
}

#[cfg(unix)]
fn is_private(file: &File) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode().trailing_zeros() >= 6)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

/// Where files have no mode, the folder of a user is private.
#[cfg(not(unix))]
fn is_private(_: &File) -> std::io::Result<bool> {
    Ok(true)
}

#[cfg(not(unix))]
fn private(_: &mut OpenOptions) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_begins_at_once_ends_with_one_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/keys.json");
        let keys: Vec<String> = std::thread::scope(|scope| {
            let begun: Vec<_> = (0..16)
                .map(|_| scope.spawn(|| KeyFile::open_or_create(&path)))
                .collect();
            let ended = begun.into_iter().map(|one| one.join().expect("no panic"));
            let files = ended.map(|file| file.expect("a file of keys"));
            files.map(|file| file.current().0.to_owned()).collect()
        });
        let first = keys.first().expect("a key");
        assert!(keys.iter().all(|key| key == first), "{keys:?}");
        let left = std::fs::read_dir(folder.path().join("new")).expect("a folder");
        assert_eq!(left.count(), 1, "nothing lies beside it");
    }
}
