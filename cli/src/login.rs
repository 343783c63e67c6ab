//! An address of Pawl and a key for it, as `pawl login` remembers them.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::keys::{environment, user_folder};
use crate::project::Misuse;

/// The file among a user's settings that holds a login.
const FILE: &str = "login.json";

/// An address and a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The address of the API.
    pub url: String,
    /// The key.
    pub key: String,
}

impl Login {
    /// The one that is remembered.
    pub fn remembered() -> anyhow::Result<Option<Self>> {
        let Some(path) = file() else {
            return Ok(None);
        };
        let Ok(text) = fs::read_to_string(&path) else {
            return Ok(None);
        };
        serde_json::from_str(&text).map(Some).map_err(|_| {
            Misuse::new(format!("{} is no login", path.display()))
                .help("forget it with `pawl logout`, and log in anew with `pawl login URL`")
                .into()
        })
    }

    /// Remembers it among the user's settings, where nobody else reads it: the file.
    pub fn remember(&self) -> anyhow::Result<PathBuf> {
        let path = file().ok_or_else(|| Misuse::new("there is no home folder"))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        write_private(&path, &serde_json::to_string_pretty(self)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    /// Forgets the one that is remembered. The file that is gone, if there was one.
    pub fn forget() -> anyhow::Result<Option<PathBuf>> {
        let Some(path) = file() else {
            return Ok(None);
        };
        match fs::remove_file(&path) {
            Ok(()) => Ok(Some(path)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot remove {}", path.display())),
        }
    }

    /// Whether it is of the deployment at this address.
    pub fn is_of(&self, url: &str) -> bool {
        self.url.trim_end_matches('/') == url.trim_end_matches('/')
    }
}

fn file() -> Option<PathBuf> {
    user_folder(environment).map(|folder| folder.join(FILE))
}

/// Writes a file that nobody else can read, in place of the one before, whoever could read that.
pub fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // Such a file is made for its owner alone.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{text}")?;
    file.persist(path)?;
    Ok(())
}
