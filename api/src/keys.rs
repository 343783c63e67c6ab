//! API keys: shown once, kept as a hash, good until they expire or somebody takes them back.
//!
//! ```text
//! pawl_acme.01jd7f3k.3q2-7w...
//!      |    |        '- 256 bits that nobody can guess, of which only the hash is kept
//!      |    '- the key's id
//!      '- the organisation
//! ```

use std::collections::BTreeSet;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jiff::Timestamp;
use pawl_functions::random;
use pawl_store::{Change, Direction, Document, key};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::access::{Admin, Identity, Role, Scope, Viewer};
use crate::app::App;
use crate::audit;
use crate::extract::{Json, Path, Query};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::route::{Resources, routes};

/// The shelf on which keys stand.
const SHELF: &str = "keys";

/// What every key begins with, so that scanners find the ones that leaked.
pub(crate) const PREFIX: &str = "pawl_";

/// The longest name of a key.
const LONGEST_NAME: usize = 100;

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(list, create))
        .with(routes!(revoke))
        .with(routes!(me))
}

/// A key as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    name: String,
    role: Role,
    #[serde(flatten)]
    scope: Scope,
    hash: String,
    created_at: String,
    created_by: String,
    expires_at: Option<String>,
}

/// A key that is asked for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100, example = "nightly import")]
    pub name: String,
    /// What whoever has it may do.
    pub role: Role,
    /// The ids of the workflows that it is confined to, with their runs, approvals and webhooks; it reaches nothing else.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, example = json!(["welcome_email"]))]
    pub workflows: Option<BTreeSet<String>>,
    /// What it may do of what its role may, such as `workflows.execute` and `executions.read`.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, example = json!(["workflows.execute", "executions.read"]))]
    pub actions: Option<BTreeSet<String>>,
    /// The moment after which it is good for nothing; it does not expire where absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-01-31T00:00:00Z")]
    pub expires_at: Option<Timestamp>,
}

impl NewKey {
    /// Whether it says what it is for, and is good for something.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.name.trim().is_empty() || self.name.len() > LONGEST_NAME {
            return Err(format!(
                "a key has a `name` of 1 to {LONGEST_NAME} bytes that says what it is for"
            ));
        }
        self.scope().check()
    }
}

/// A key, without what makes it one.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Key {
    /// The key's id: it stands in the key, and in the audit log.
    id: String,
    /// What it is for.
    name: String,
    /// What whoever has it may do.
    role: Role,
    #[serde(flatten)]
    scope: Shown,
    /// When it was made.
    created_at: String,
    /// Who made it.
    created_by: String,
    /// The moment after which it is good for nothing.
    expires_at: Option<String>,
}

/// A key that was just made.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct MadeKey {
    /// The key itself, which is shown this once.
    key: String,
    #[serde(flatten)]
    about: Key,
}

/// A new key: its id, and the text to send.
#[derive(Debug, Clone)]
pub struct Token {
    /// The key's id.
    pub id: String,
    /// What its owner sends.
    pub text: String,
}

/// Who asks.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Me {
    /// The organisation.
    organization: String,
    /// Who it is: `key:` and a key's id, or `user:` and a subject.
    who: String,
    /// What they may do.
    role: Role,
    #[serde(flatten)]
    scope: Shown,
}

/// What a key is confined to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = KeyScope)]
struct Shown {
    /// The ids of the workflows that it reaches; every one where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    workflows: Option<BTreeSet<String>>,
    /// The actions that it may take; all that the role may where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    actions: Option<BTreeSet<String>>,
}

impl From<Scope> for Shown {
    fn from(scope: Scope) -> Self {
        Self {
            workflows: scope.workflows,
            actions: scope.actions,
        }
    }
}

impl NewKey {
    fn scope(&self) -> Scope {
        Scope {
            workflows: self.workflows.clone(),
            actions: self.actions.clone(),
        }
    }
}

/// Makes a key of an organisation, for whoever is trusted without one.
pub async fn make(
    app: &App,
    org: &str,
    new: &NewKey,
    by: &str,
) -> Result<Token, pawl_store::Error> {
    let (token, change) = prepare(app, org, new, by);
    let maker = Identity {
        org: org.to_owned(),
        who: by.to_owned(),
        role: Role::Admin,
        scope: Scope::default(),
        request: String::new(),
    };
    let noted = audit::note(app, &maker, "key.create", &token.id);
    app.store().change(org, [change, noted]).await?;
    Ok(token)
}

fn prepare(app: &App, org: &str, new: &NewKey, by: &str) -> (Token, Change) {
    let id = URL_SAFE_NO_PAD.encode(random::<9>());
    let secret = URL_SAFE_NO_PAD.encode(random::<32>());
    let kept = Kept {
        name: new.name.clone(),
        role: new.role,
        scope: new.scope(),
        hash: hash(&secret),
        created_at: app.now().iso(),
        created_by: by.to_owned(),
        expires_at: new.expires_at.map(pawl_store::time::iso),
    };
    let change = Change::create(SHELF, &id, &kept);
    let text = format!("{PREFIX}{org}.{id}.{secret}");
    (Token { id, text }, change)
}

/// Whether this is a key that is good.
pub async fn is_key(app: &App, token: &str) -> bool {
    identify(app, token, String::new()).await.is_ok()
}

/// Who has this key.
pub(crate) async fn identify(app: &App, token: &str, request: String) -> Result<Identity, Problem> {
    let unknown = || Problem::unauthenticated("this key is none of ours, or was taken back");
    let mut parts = token
        .strip_prefix(PREFIX)
        .ok_or_else(unknown)?
        .rsplitn(3, '.');
    let (Some(secret), Some(id), Some(org)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(unknown());
    };
    if !key::is_organisation(org) {
        return Err(unknown());
    }
    let kept: Option<Document<Kept>> = app.store().document(org, SHELF, id).await?;
    let Document { value: kept, .. } = kept.ok_or_else(unknown)?;
    verify_slices_are_equal(hash(secret).as_bytes(), kept.hash.as_bytes())
        .map_err(|_| unknown())?;
    if let Some(until) = kept.expires_at
        && app.now().iso() > until
    {
        return Err(Problem::unauthenticated(format!(
            "this key was good until {until}"
        )));
    }
    Ok(Identity {
        org: org.to_owned(),
        who: format!("key:{id}"),
        role: kept.role,
        scope: kept.scope,
        request,
    })
}

/// Make a key
///
/// The answer holds the key, this once.
#[utoipa::path(post, path = "/api/keys", tag = "access", request_body = NewKey,
    responses((status = 201, body = MadeKey)), security(("bearer" = ["admin"])))]
async fn create(
    State(app): State<App>,
    me: Admin,
    Json(new): Json<NewKey>,
) -> Result<(StatusCode, axum::Json<MadeKey>), Problem> {
    new.check().map_err(Problem::invalid)?;
    let (token, change) = prepare(&app, &me.org, &new, &me.who);
    let noted = audit::note(&app, &me, "key.create", &token.id);
    app.store().change(&me.org, [change, noted]).await?;
    let about = Key {
        id: token.id,
        scope: new.scope().into(),
        name: new.name,
        role: new.role,
        created_at: app.now().iso(),
        created_by: me.who.clone(),
        expires_at: new.expires_at.map(pawl_store::time::iso),
    };
    let key = token.text;
    Ok((StatusCode::CREATED, axum::Json(MadeKey { key, about })))
}

/// List the keys
#[utoipa::path(get, path = "/api/keys", tag = "access", params(PageQuery),
    responses((status = 200, body = Page<Key>)), security(("bearer" = ["admin"])))]
async fn list(
    State(app): State<App>,
    me: Admin,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<Key>>, Problem> {
    let window = page.window("")?;
    let found = app.store();
    let found = found.documents::<Kept>(&me.org, SHELF, &window, Direction::Forward, |_| true);
    let found = found.await?;
    let keys = found
        .documents
        .into_iter()
        .map(|Document { id, value, .. }| Key {
            id,
            name: value.name,
            role: value.role,
            scope: value.scope.into(),
            created_at: value.created_at,
            created_by: value.created_by,
            expires_at: value.expires_at,
        });
    Ok(axum::Json(Page::new(
        keys.collect(),
        found.cursor.as_deref(),
    )))
}

/// Take a key back
///
/// It is good for nothing from now on.
#[utoipa::path(delete, path = "/api/keys/{id}", tag = "access",
    params(("id" = String, Path, description = "The key's id")),
    responses((status = 204)), security(("bearer" = ["admin"])))]
async fn revoke(
    State(app): State<App>,
    me: Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let kept: Option<Document<Kept>> = app.store().document(&me.org, SHELF, &id).await?;
    let kept = kept.ok_or_else(|| Problem::missing("key", &id))?;
    let changes = [
        Change::delete(SHELF, &kept),
        audit::note(&app, &me, "key.revoke", &id),
    ];
    if !app.store().change(&me.org, changes).await? {
        return Err(Problem::missing("key", &id));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Say who asks
#[utoipa::path(get, path = "/api/me", tag = "access",
    responses((status = 200, body = Me)), security(("bearer" = ["viewer"])))]
async fn me(me: Viewer) -> axum::Json<Me> {
    axum::Json(Me {
        organization: me.org.clone(),
        who: me.who.clone(),
        role: me.role,
        scope: me.scope.clone().into(),
    })
}

/// The hash of something, as text.
pub(crate) fn hash(secret: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}
