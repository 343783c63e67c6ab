//! What can keep this AWS from opening.

use std::path::PathBuf;

/// Why a state folder could not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has the folder open.
    #[error("the state folder {} is in use by another process", .0.display())]
    Busy(PathBuf),
    /// A file of the folder could not be read or written.
    #[error("could not use {}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file of the folder holds something that this version does not understand.
    #[error("{} is not what it should be: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder was written by a later version.
    #[error("{} is of version {found}, and this program knows versions up to {known}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: usize,
        /// The latest version that this program understands.
        known: usize,
    },
    /// The journal did not open, or could not be read.
    #[error("could not use the journal of executions")]
    Journal(#[source] rusqlite::Error),
    /// The database did not open.
    #[error("could not open the database")]
    Database(#[source] dynoxide::DynoxideError),
}
