//! The file of keys on a laptop: only its owner can read it, and old keys stay in it for what they encrypted.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
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
                file.with_new_key()
            }
            found => found,
        }
    }

    /// The same keys and a new one, which is used from now on.
    pub fn with_new_key(mut self) -> Result<Self, KeyFileError> {
        let id = format!("{PREFIX}{}", hexadecimal(&random::<6>()));
        self.keys.insert(id, random());
        self.write()?;
        Ok(self)
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
    fn write(&self) -> Result<(), KeyFileError> {
        let keys = self.keys.iter();
        let written = Written {
            keys: keys
                .map(|(id, key)| (id.clone(), STANDARD.encode(key)))
                .collect(),
        };
        let text = serde_json::to_string_pretty(&written).expect("it is made of strings");
        let beside = self.path.with_extension("new");
        let written = (|| {
            if let Some(folder) = self.path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true);
            private(&mut options);
            let mut file = options.open(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&beside, &self.path)
        })();
        written.map_err(|source| failure(&self.path, source))
    }
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
