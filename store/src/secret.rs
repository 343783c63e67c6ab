//! Secrets that an organisation keeps here, encrypted before they come.

use serde::{Deserialize, Serialize};

use crate::{Change, Direction, Document, Documents, Error, Store, Window};

/// The shelf on which secrets stand.
const SHELF: &str = "secrets";

/// A secret as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sealed {
    /// The encrypted text, which names its key.
    pub sealed: String,
    /// When it was written.
    pub updated_at: String,
    /// Who wrote it.
    pub updated_by: String,
}

impl Sealed {
    /// The change that keeps a secret under a name, in place of the one before.
    pub fn change(&self, name: &str) -> Change {
        Change::put(SHELF, name, self)
    }

    /// The change after which there is no such secret.
    pub fn removal(found: &Document<Self>) -> Change {
        Change::delete(SHELF, found)
    }
}

impl Store {
    /// The encrypted text of a secret.
    pub async fn secret(&self, org: &str, name: &str) -> Result<Option<String>, Error> {
        let found = self.sealed(org, name).await?;
        Ok(found.map(|found| found.value.sealed))
    }

    /// A secret as it is kept.
    pub async fn sealed(&self, org: &str, name: &str) -> Result<Option<Document<Sealed>>, Error> {
        self.document(org, SHELF, name).await
    }

    /// The secrets of an organisation.
    pub async fn secrets(&self, org: &str, window: &Window) -> Result<Documents<Sealed>, Error> {
        self.documents(org, SHELF, window, Direction::Forward, |_| true)
            .await
    }
}
