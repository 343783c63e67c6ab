//! What a webhook has beside its definition: secrets, encrypted, and tokens, of which only the hashes are kept.
//!
//! Whatever is replaced is good for a while longer, so that both sides need not change at one moment.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use pawl_functions::random;
use pawl_store::{Change, Document};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::keys::hash;
use crate::problem::Problem;

/// The shelf on which it stands, under the workflow.
const SHELF: &str = "webhook-keys";

/// The shelf on which it stands which webhook a token is of, under the token's hash.
const TOKENS: &str = "webhook-tokens";

/// How many of a kind are kept: the one that is used, and those that are good for a while longer.
const MOST: usize = 5;

/// What a webhook has beside its definition.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Secrets, the newest last.
    #[serde(default)]
    pub(super) secrets: Vec<Good>,
    /// Tokens, the newest last.
    #[serde(default)]
    pub(super) tokens: Vec<Good>,
}

/// Something that is good for a while, or until it is replaced.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Good {
    /// A secret, encrypted; a token's hash.
    value: String,
    pub(super) created_at: String,
    /// The moment until which it is good, where it was replaced.
    pub(super) until: Option<String>,
}

/// Whose a token is.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Owner {
    workflow: String,
    until: Option<String>,
}

/// What a webhook has, as far as it has anything.
pub(super) async fn read(
    app: &App,
    org: &str,
    workflow: &str,
) -> Result<Option<Document<Kept>>, Problem> {
    Ok(app.store().document(org, SHELF, workflow).await?)
}

/// The secrets of a webhook that are good now.
pub(super) async fn secrets(app: &App, org: &str, workflow: &str) -> Result<Vec<String>, Problem> {
    let kept = read(app, org, workflow).await?;
    let mut secrets = Vec::new();
    for good in good(app, kept.map(|kept| kept.value.secrets).unwrap_or_default()) {
        let vault = app.services().vault();
        let opened = app.opened().open(&vault, org, &good.value, app.now()).await;
        let opened = opened
            .map_err(|error| Problem::unavailable("a webhook's secret does not open", &error))?;
        secrets.push(opened);
    }
    Ok(secrets)
}

/// The changes by which a secret takes the place of those before.
pub(super) async fn set_secret(
    app: &App,
    org: &str,
    workflow: &str,
    secret: &str,
    overlap: SignedDuration,
) -> Result<Vec<Change>, Problem> {
    let sealed = app.services().vault().seal(secret, org).await;
    let sealed = sealed.map_err(|error| Problem::unavailable(&error.to_string(), &error))?;
    let (before, mut kept) = current(app, org, workflow).await?;
    let (secrets, _) = replaced(app, kept.secrets, sealed, overlap);
    kept.secrets = secrets;
    Ok(vec![written(workflow, before, kept)])
}

/// The changes after which a webhook has no secret.
pub(super) async fn drop_secrets(
    app: &App,
    org: &str,
    workflow: &str,
) -> Result<Vec<Change>, Problem> {
    let (before, mut kept) = current(app, org, workflow).await?;
    kept.secrets.clear();
    Ok(vec![written(workflow, before, kept)])
}

/// A new token in the place of those before, and the changes that make it one.
pub(super) async fn make_token(
    app: &App,
    org: &str,
    workflow: &str,
    overlap: SignedDuration,
) -> Result<(String, Vec<Change>), Problem> {
    let secret = URL_SAFE_NO_PAD.encode(random::<32>());
    let (before, mut kept) = current(app, org, workflow).await?;
    let (tokens, gone) = replaced(app, kept.tokens, hash(&secret), overlap);
    let mut changes: Vec<Change> = tokens.iter().map(|token| owned(workflow, token)).collect();
    changes.extend(
        gone.into_iter()
            .map(|gone| Change::remove(TOKENS, gone.value)),
    );
    kept.tokens = tokens;
    changes.push(written(workflow, before, kept));
    Ok((format!("{org}.{secret}"), changes))
}

/// The changes after which a webhook has no token.
pub(super) async fn drop_tokens(
    app: &App,
    org: &str,
    workflow: &str,
) -> Result<Vec<Change>, Problem> {
    let (before, mut kept) = current(app, org, workflow).await?;
    let tokens = std::mem::take(&mut kept.tokens).into_iter();
    let mut changes: Vec<Change> = tokens
        .map(|token| Change::remove(TOKENS, token.value))
        .collect();
    changes.push(written(workflow, before, kept));
    Ok(changes)
}

/// The changes after which a webhook has nothing.
pub(super) async fn forget(app: &App, org: &str, workflow: &str) -> Result<Vec<Change>, Problem> {
    let Some(before) = read(app, org, workflow).await? else {
        return Ok(Vec::new());
    };
    let tokens = before.value.tokens.iter();
    let tokens = tokens.map(|token| Change::remove(TOKENS, &token.value));
    Ok(tokens.chain([Change::delete(SHELF, &before)]).collect())
}

/// The organisation and the workflow that a token is of, while it is good.
pub(super) async fn owner(app: &App, token: &str) -> Result<Option<(String, String)>, Problem> {
    let Some((org, secret)) = token.rsplit_once('.') else {
        return Ok(None);
    };
    if !pawl_store::key::is_organisation(org) {
        return Ok(None);
    }
    // The hash is looked up, so that how long that takes says nothing of the token.
    let owner: Option<Document<Owner>> = app.store().document(org, TOKENS, &hash(secret)).await?;
    let owner = owner.map(|owner| owner.value);
    let owner = owner.filter(|owner| is_good(app, owner.until.as_deref()));
    Ok(owner.map(|owner| (org.to_owned(), owner.workflow)))
}

/// Those that are good now.
pub(super) fn good(app: &App, all: Vec<Good>) -> impl Iterator<Item = Good> {
    all.into_iter()
        .filter(|good| is_good(app, good.until.as_deref()))
}

fn is_good(app: &App, until: Option<&str>) -> bool {
    until.is_none_or(|until| app.now().iso().as_str() < until)
}

/// A new one behind those that are good for a while longer, and those that are good for nothing any more.
fn replaced(
    app: &App,
    before: Vec<Good>,
    value: String,
    overlap: SignedDuration,
) -> (Vec<Good>, Vec<Good>) {
    let now = app.now();
    let overlap = u64::try_from(overlap.as_millis()).unwrap_or_default();
    let end = now.after(overlap).iso();
    let ending = before.into_iter().map(|good| {
        let until = good
            .until
            .clone()
            .map_or(end.clone(), |until| until.min(end.clone()));
        Good {
            until: Some(until),
            ..good
        }
    });
    let now = now.iso();
    let is_over = |good: &Good| good.until.as_ref().is_some_and(|until| *until <= now);
    let (mut gone, mut kept): (Vec<Good>, Vec<Good>) = ending.partition(is_over);
    // The oldest go first.
    let over = (kept.len() + 1).saturating_sub(MOST);
    gone.extend(kept.drain(..over));
    kept.push(Good {
        value,
        created_at: now,
        until: None,
    });
    (kept, gone)
}

fn owned(workflow: &str, token: &Good) -> Change {
    let owner = Owner {
        workflow: workflow.to_owned(),
        until: token.until.clone(),
    };
    Change::put(TOKENS, &token.value, &owner)
}

/// What a webhook has, to be changed: as it was read, and what takes its place.
async fn current(
    app: &App,
    org: &str,
    workflow: &str,
) -> Result<(Option<Document<Kept>>, Kept), Problem> {
    let before = read(app, org, workflow).await?;
    let kept = before.as_ref().map(|kept| kept.value.clone());
    Ok((before, kept.unwrap_or_default()))
}

/// Writes what a webhook has, unless somebody else has meanwhile.
fn written(workflow: &str, before: Option<Document<Kept>>, kept: Kept) -> Change {
    match before {
        Some(before) => Change::update(
            SHELF,
            &Document {
                value: kept,
                ..before
            },
        ),
        None => Change::create(SHELF, workflow, &kept),
    }
}
