//! Tokens for the address of a stream: a browser's `EventSource` can send no headers.
//!
//! ```text
//! <base64url of {"org":"acme","run":"run-1","until":1767603900}>.<base64url of its HMAC-SHA256>
//! ```
//! The organisation's key that signs them is made when it is first needed, and kept encrypted.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pawl_functions::Keys;
use pawl_store::{Change, Document, key};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::problem::Problem;

/// The shelf on which keys that sign stand.
const SHELF: &str = "signing";

/// The key that signs tokens of streams.
const STREAMS: &str = "streams";

/// What is signed begins so, so that nothing else that is signed can pass for it.
const PURPOSE: &[u8] = b"pawl stream 1\n";

/// How long a token is good to begin with, in seconds.
const GOOD_FOR: i64 = 5 * 60;

/// The longest token.
const LONGEST: usize = 2_048;

/// The keys that were read.
#[derive(Default)]
pub(crate) struct SigningKeys(Mutex<BTreeMap<String, [u8; 32]>>);

impl SigningKeys {
    fn get(&self, org: &str) -> Option<[u8; 32]> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.get(org).copied()
    }

    fn keep(&self, org: &str, key: [u8; 32]) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(org.to_owned(), key);
    }
}

impl std::fmt::Debug for SigningKeys {
    // The keys must not reach a log.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SigningKeys")
            .finish_non_exhaustive()
    }
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claim {
    pub(super) org: String,
    pub(super) run: String,
    /// The second since 1970 until which it is good.
    pub(super) until: i64,
}

/// A key as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    /// Encrypted, where the deployment has a key for that.
    key: String,
    is_sealed: bool,
}

/// A token for a run's stream, from now on.
pub(super) async fn make(app: &App, org: &str, run: &str) -> Result<(String, Claim), Problem> {
    let claim = Claim {
        org: org.to_owned(),
        run: run.to_owned(),
        until: app.now().0.as_second() + GOOD_FOR,
    };
    let said = serde_json::to_vec(&claim).expect("it is made of strings");
    let signing = match key_of(app, org).await? {
        Some(key) => key,
        None => new_key(app, org).await?,
    };
    let signature = hmac::sign(&of(&signing), &signed(&said));
    let [said, signature] =
        [said.as_slice(), signature.as_ref()].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
    Ok((format!("{said}.{signature}"), claim))
}

/// What a token says that is ours and still good.
pub(super) async fn read(app: &App, token: &str) -> Result<Claim, Problem> {
    let unknown = || Problem::unauthenticated("this token is none of ours");
    let parts = token.split_once('.').filter(|_| token.len() <= LONGEST);
    let (said, signature) = parts.ok_or_else(unknown)?;
    let said = URL_SAFE_NO_PAD.decode(said).map_err(|_| unknown())?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| unknown())?;
    let claim: Claim = serde_json::from_slice(&said).map_err(|_| unknown())?;
    if !key::is_organisation(&claim.org) {
        return Err(unknown());
    }
    let signing = key_of(app, &claim.org).await?.ok_or_else(unknown)?;
    hmac::verify(&of(&signing), &signed(&said), &signature).map_err(|_| unknown())?;
    if app.now().0.as_second() > claim.until {
        return Err(Problem::unauthenticated(
            "this token was good for five minutes: ask for another one",
        ));
    }
    Ok(claim)
}

fn of(key: &[u8; 32]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key)
}

fn signed(said: &[u8]) -> Vec<u8> {
    [PURPOSE, said].concat()
}

/// The organisation's key, if it has one.
async fn key_of(app: &App, org: &str) -> Result<Option<[u8; 32]>, Problem> {
    let known = &app.streams().keys;
    if let Some(key) = known.get(org) {
        return Ok(Some(key));
    }
    let kept: Option<Document<Kept>> = app.store().document(org, SHELF, STREAMS).await?;
    let Some(Document { value: kept, .. }) = kept else {
        return Ok(None);
    };
    let text = if kept.is_sealed {
        let opened = app.services().vault().open(&kept.key, org).await;
        opened.map_err(|error| Problem::unavailable("a signing key does not open", &error))?
    } else {
        kept.key
    };
    let key = URL_SAFE_NO_PAD.decode(text).ok();
    let key: Option<[u8; 32]> = key.and_then(|key| key.try_into().ok());
    if let Some(key) = key {
        known.keep(org, key);
    }
    Ok(key)
}

/// The organisation's first key; of several who make one at once, the first one's counts.
async fn new_key(app: &App, org: &str) -> Result<[u8; 32], Problem> {
    let text = URL_SAFE_NO_PAD.encode(pawl_functions::random::<32>());
    let is_sealed = app.services().settings().keys != Keys::None;
    let key = if is_sealed {
        let sealed = app.services().vault().seal(&text, org).await;
        sealed.map_err(|error| Problem::unavailable("a signing key cannot be encrypted", &error))?
    } else {
        text
    };
    let change = Change::create(SHELF, STREAMS, &Kept { key, is_sealed });
    app.store().change(org, [change]).await?;
    let kept = key_of(app, org).await?;
    kept.ok_or_else(|| Problem::conflict("the signing key cannot be read: try again"))
}
