//! Tokens that a process was given, kept for as long as they last.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::auth::{Grant, Token};

/// The tokens by what they were asked for with. Cheap to clone, and one for all clones.
#[derive(Clone, Default)]
pub(crate) struct Tokens(Arc<Mutex<BTreeMap<Grant, Token>>>);

impl std::fmt::Debug for Tokens {
    // Tokens must not reach a log.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    pub(super) fn get(&self, grant: &Grant) -> Option<Token> {
        self.all().get(grant).cloned()
    }

    pub(super) fn keep(&self, grant: Grant, token: Token) {
        self.all().insert(grant, token);
    }

    pub(super) fn forget(&self, grant: &Grant) {
        self.all().remove(grant);
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Grant, Token>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
