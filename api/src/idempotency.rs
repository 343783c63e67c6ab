//! Requests that may come twice: the same key with the same request is one run, with another request it is refused.

use pawl_store::{Change, Document};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::problem::Problem;

/// The shelf on which requests are remembered.
const SHELF: &str = "requests";

/// How long they are.
const KEPT_SECONDS: i64 = 7 * 24 * 3600;

/// The longest key that a client may give.
const LONGEST_KEY: usize = 200;

/// What is remembered of a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Remembered {
    sha256: String,
}

/// A request with a key, remembered from now on: the key that names its run.
///
/// A key that another request had within the last week is refused. The run's id is made of the key, so a request that
/// was remembered and whose run was not started starts it when it comes again.
pub(crate) async fn remember(
    app: &App,
    org: &str,
    scope: &str,
    key: &str,
    request: &[u8],
) -> Result<String, Problem> {
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte);
    if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(is_plain) {
        return Err(Problem::malformed(format!(
            "an idempotency key has 1 to {LONGEST_KEY} letters of ASCII"
        )));
    }
    let sha256 = crate::keys::hash(request);
    let id = format!("{scope}/{key}");
    let seconds = app.now().0.as_second() + KEPT_SECONDS;
    let remembered = Remembered {
        sha256: sha256.clone(),
    };
    let change = Change::create(SHELF, &id, &remembered);
    let change = change.until(u64::try_from(seconds).unwrap_or_default());
    if app.store().change(org, [change]).await? {
        return Ok(id);
    }
    let found: Option<Document<Remembered>> = app.store().document(org, SHELF, &id).await?;
    match found {
        Some(found) if found.value.sha256 != sha256 => Err(Problem::conflict(format!(
            "the idempotency key `{key}` came with another request before"
        ))),
        _ => Ok(id),
    }
}
