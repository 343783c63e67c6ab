//! A folder that stands in for a mail server: one `.eml` file per mail.

use std::fs::{OpenOptions, create_dir_all};
use std::io::Write;
use std::path::{Path, PathBuf};

use pawl_contract::{StepError, code};

/// Puts a mail into the folder, under the name of its visit.
pub(super) async fn send(folder: PathBuf, key: &str, mail: Vec<u8>) -> Result<(), StepError> {
    let path = place(&folder, key);
    let name = path.display().to_string();
    let written = tokio::task::spawn_blocking(move || {
        create_dir_all(&folder)?;
        // A file that is there already shows that a visit acted twice, which must not stay hidden.
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)?
            .write_all(&mail)
    });
    let written = written
        .await
        .unwrap_or_else(|error| Err(std::io::Error::other(error)));
    written.map_err(|error| {
        StepError::new(
            code::TOOL_ERROR,
            format!("the mail `{name}` was not written: {error}"),
        )
    })
}

/// Whether the mail of a visit is in the folder.
pub(super) fn has(folder: &Path, key: &str) -> bool {
    place(folder, key).is_file()
}

fn place(folder: &Path, key: &str) -> PathBuf {
    folder.join(format!("{}.eml", key.replace('/', ".")))
}
