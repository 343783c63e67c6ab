//! What lets somebody answer a visit that waits: encrypted where it rests, and opened only to answer.
//!
//! A deployment without a key for secrets keeps it as it is: whoever may not call Step Functions can do nothing with it.

use crate::secret::{self, Keys, Vault};
use crate::{Error, Services};

/// Encrypts what answers a visit.
pub(crate) async fn seal(services: &Services, org: &str, text: &str) -> Result<String, Error> {
    if services.settings().keys == Keys::None {
        return Ok(text.to_owned());
    }
    let sealed = services.vault().seal(text, &purpose(org)).await;
    sealed.map_err(|error| secret::failure(&error))
}

/// What was encrypted, or was kept as it is.
pub(crate) async fn open(services: &Services, org: &str, text: &str) -> Result<String, Error> {
    if !Vault::is_sealed(text) {
        return Ok(text.to_owned());
    }
    let opened = services.vault().open(text, &purpose(org)).await;
    opened.map_err(|error| secret::failure(&error))
}

/// What such a text is bound to: no secret of a definition opens as one, and the roles in the cloud tell them apart.
fn purpose(org: &str) -> String {
    // No organisation has a `/` in its name.
    format!("{org}/waits")
}
