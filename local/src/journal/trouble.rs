//! A disk that takes nothing for a while: what that is, and what everybody is told meanwhile.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC};

/// The journal could not be written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the state folder cannot be written: {0}")]
pub(crate) struct Broken(Arc<str>);

impl Broken {
    /// Nobody writes any more.
    pub(crate) fn closed() -> Self {
        Self("it was closed".into())
    }

    pub(crate) fn of(error: &impl ToString) -> Self {
        Self(error.to_string().into())
    }
}

/// What a failed transaction means for those that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing of it was kept, and it can be tried again.
    Passes,
    /// Nothing of it was kept, as it cannot be. Others can.
    Its,
    /// Nobody knows what the disk has: nothing may be built upon it.
    Final,
}

impl Meaning {
    pub(super) fn of(error: &rusqlite::Error) -> Self {
        let Some(error) = error.sqlite_error() else {
            return Self::Its;
        };
        // After a failed sync the system may say that all is well, and have thrown away what was written.
        if [SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC].contains(&error.extended_code) {
            return Self::Final;
        }
        let passes = matches!(
            error.code,
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::OutOfMemory
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
        );
        if passes { Self::Passes } else { Self::Its }
    }
}

/// Why nothing can be written at the moment, for those who ask.
#[derive(Debug, Default)]
pub(super) struct Trouble(Mutex<Option<Broken>>);

impl Trouble {
    pub(super) fn get(&self) -> Option<Broken> {
        self.lock().clone()
    }

    /// Says what is wrong; once in the log, however often it is found.
    pub(super) fn begin(&self, broken: &Broken) {
        if self.lock().replace(broken.clone()).is_none() {
            tracing::error!(error = %broken, "nothing can be kept until the disk takes it");
        }
    }

    pub(super) fn end(&self) {
        if self.lock().take().is_some() {
            tracing::info!("the state folder can be written again, and everything goes on");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Broken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
