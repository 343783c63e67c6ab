//! Webhooks: the paths at which others ask for runs, the secrets with which they prove who they are, and what came.

mod body;
mod kept;
mod log;
pub(crate) mod opened;
pub(crate) mod published;
mod receive;
mod verify;

use axum::extract::State;
use http::StatusCode;
use jiff::SignedDuration;
use pawl_compiler::triggers::{Respond, Webhook};
use pawl_functions::{hexadecimal, random};
use pawl_store::{Change, Direction, Document};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use self::kept::{Good, Kept};
use self::log::Entry;
use crate::access::{Admin, Identity, Viewer};
use crate::app::App;
use crate::audit::note;
use crate::extract::{MaybeJson, Path, Query};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::route::{Resources, routes};

/// How long what was replaced is good where nobody says.
const USUAL_OVERLAP: u64 = 24 * 3600;

/// How long it can be.
const LONGEST_OVERLAP: u64 = 30 * 24 * 3600;

/// The longest secret.
const LONGEST_SECRET: usize = 500;

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(list))
        .with(routes!(get))
        .with(routes!(set_secret, delete_secret))
        .with(routes!(make_token, delete_token))
        .with(routes!(deliveries))
        .with(routes!(receive::by_path))
        .with(routes!(receive::by_token))
}

/// The webhook of a published workflow.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Webhook)]
struct Shown {
    /// The workflow that it starts.
    workflow_id: String,
    /// Its path.
    path: String,
    /// Its address.
    url: String,
    /// Who signs, as the definition says: `github`, `stripe`, `hmac` ...; null where nothing is verified.
    verify: Option<String>,
    /// `accepted` or `sync`.
    respond: String,
    /// The header that makes two deliveries one, where the definition names one.
    idempotency_header: Option<String>,
    /// How many deliveries a minute are taken.
    max_per_minute: u64,
    /// Whether it starts nothing for now.
    paused: bool,
    /// Whether the definition says where the secret is; then it cannot be set here.
    secret_in_definition: bool,
    /// The secret that was set here.
    secret: Option<Standing>,
    /// The token that was made here.
    token: Option<Standing>,
}

/// Something that can be replaced while the one before is good for a while longer.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Standing {
    /// When it was set.
    created_at: String,
    /// The moment until which the one before is good.
    previous_until: Option<String>,
}

/// A secret that is set.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetSecret {
    /// The secret, as the provider has it; a new one is made where it is absent.
    #[schema(min_length = 8, max_length = 500)]
    secret: Option<String>,
    /// For how many seconds the one before is good besides: a day where absent, not at all at 0.
    #[schema(maximum = 2_592_000)]
    overlap_seconds: Option<u64>,
}

/// A secret that was set.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct SecretSet {
    /// The secret that was made, which is shown this once; null where it was given.
    secret: Option<String>,
    #[serde(flatten)]
    standing: Standing,
}

/// A token that is asked for.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MakeToken {
    /// For how many seconds the one before is good besides: a day where absent, not at all at 0.
    #[schema(maximum = 2_592_000)]
    overlap_seconds: Option<u64>,
}

/// A token that was made.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct TokenMade {
    /// The address with the token in it, which is shown this once.
    url: String,
    /// The token.
    token: String,
    #[serde(flatten)]
    standing: Standing,
}

/// List the webhooks
#[utoipa::path(get, path = "/api/webhooks", tag = "webhooks", params(PageQuery),
    responses((status = 200, body = Page<Shown>)), security(("bearer" = ["viewer"])))]
async fn list(
    State(app): State<App>,
    me: Viewer,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<Shown>>, Problem> {
    let window = page.window("")?;
    let found = app.store();
    let found = found.documents(
        &me.org,
        published::SHELF,
        &window,
        Direction::Forward,
        |_| true,
    );
    let found = found.await?;
    let mut shown = Vec::new();
    for Document { id, value, .. } in found.documents {
        shown.push(show(&app, &me.org, id, value).await?);
    }
    Ok(axum::Json(Page::new(shown, found.cursor.as_deref())))
}

/// Read the webhook of a workflow
#[utoipa::path(get, path = "/api/webhooks/{id}", tag = "webhooks",
    params(("id" = String, Path, description = "The workflow's id")),
    responses((status = 200, body = Shown)), security(("bearer" = ["viewer"])))]
async fn get(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
) -> Result<axum::Json<Shown>, Problem> {
    let webhook = read(&app, &me.org, &id).await?;
    Ok(axum::Json(show(&app, &me.org, id, webhook).await?))
}

/// Set the secret of a webhook
///
/// What it gets is verified with it. The secret before is good for a while longer, so that the provider's can be changed
/// at leisure.
#[utoipa::path(post, path = "/api/webhooks/{id}/secret", tag = "webhooks",
    params(("id" = String, Path, description = "The workflow's id")), request_body = Option<SetSecret>,
    responses((status = 200, body = SecretSet)), security(("bearer" = ["admin"])))]
async fn set_secret(
    State(app): State<App>,
    me: Admin,
    Path(id): Path<String>,
    MaybeJson(set): MaybeJson<SetSecret>,
) -> Result<axum::Json<SecretSet>, Problem> {
    let webhook = read(&app, &me.org, &id).await?;
    if is_in_definition(&webhook) {
        return Err(Problem::conflict(format!(
            "the definition of `{id}` says where its secret is: change it there, or leave `verify.secret` out"
        )));
    }
    let overlap = overlap(set.overlap_seconds)?;
    let made = set.secret.is_none().then(|| hexadecimal(&random::<32>()));
    let secret = set.secret.or_else(|| made.clone()).unwrap_or_default();
    let fits =
        (8..=LONGEST_SECRET).contains(&secret.len()) && !secret.chars().any(char::is_control);
    if !fits {
        return Err(Problem::invalid(format!(
            "a secret has 8 to {LONGEST_SECRET} bytes, and none that control anything"
        )));
    }
    let changes = kept::set_secret(&app, &me.org, &id, &secret, overlap).await?;
    let kept = write(&app, &me, &id, "webhook.secret", changes).await?;
    let standing = standing(&app, kept.secrets);
    let standing = standing.ok_or_else(|| Problem::stale("webhook", &id))?;
    Ok(axum::Json(SecretSet {
        secret: made,
        standing,
    }))
}

/// Take back the secret of a webhook
///
/// Those before it are good for nothing any more either: what it verifies is refused until there is another secret.
#[utoipa::path(delete, path = "/api/webhooks/{id}/secret", tag = "webhooks",
    params(("id" = String, Path, description = "The workflow's id")),
    responses((status = 204)), security(("bearer" = ["admin"])))]
async fn delete_secret(
    State(app): State<App>,
    me: Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    read(&app, &me.org, &id).await?;
    let changes = kept::drop_secrets(&app, &me.org, &id).await?;
    write(&app, &me, &id, "webhook.secret.delete", changes).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a token for a webhook
///
/// The answer holds an address that nobody can guess, this once. The one before is good for a while longer.
#[utoipa::path(post, path = "/api/webhooks/{id}/token", tag = "webhooks",
    params(("id" = String, Path, description = "The workflow's id")), request_body = Option<MakeToken>,
    responses((status = 200, body = TokenMade)), security(("bearer" = ["admin"])))]
async fn make_token(
    State(app): State<App>,
    me: Admin,
    Path(id): Path<String>,
    MaybeJson(make): MaybeJson<MakeToken>,
) -> Result<axum::Json<TokenMade>, Problem> {
    read(&app, &me.org, &id).await?;
    let overlap = overlap(make.overlap_seconds)?;
    let (token, changes) = kept::make_token(&app, &me.org, &id, overlap).await?;
    let kept = write(&app, &me, &id, "webhook.token", changes).await?;
    let standing = standing(&app, kept.tokens);
    Ok(axum::Json(TokenMade {
        url: format!("{}/hooks/{token}", app.settings().url),
        token,
        standing: standing.ok_or_else(|| Problem::stale("webhook", &id))?,
    }))
}

/// Take back the tokens of a webhook
#[utoipa::path(delete, path = "/api/webhooks/{id}/token", tag = "webhooks",
    params(("id" = String, Path, description = "The workflow's id")),
    responses((status = 204)), security(("bearer" = ["admin"])))]
async fn delete_token(
    State(app): State<App>,
    me: Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    read(&app, &me.org, &id).await?;
    let changes = kept::drop_tokens(&app, &me.org, &id).await?;
    write(&app, &me, &id, "webhook.token.delete", changes).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read the log of deliveries
///
/// The last one comes first. Deliveries are kept for 30 days, without what was in them.
#[utoipa::path(get, path = "/api/webhooks/{id}/deliveries", tag = "webhooks",
    params(("id" = String, Path, description = "The workflow's id"), PageQuery),
    responses((status = 200, body = Page<Entry>)), security(("bearer" = ["viewer"])))]
async fn deliveries(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<Entry>>, Problem> {
    read(&app, &me.org, &id).await?;
    let window = page.window(&format!("{id}#"))?;
    let found = app.store();
    let found = found.documents(&me.org, log::SHELF, &window, Direction::Backward, |_| true);
    let found = found.await?;
    let entries = found.documents.into_iter().map(|entry| entry.value);
    Ok(axum::Json(Page::new(
        entries.collect(),
        found.cursor.as_deref(),
    )))
}

async fn read(app: &App, org: &str, workflow: &str) -> Result<Webhook, Problem> {
    let found = published::read(app, org, workflow).await?;
    found.ok_or_else(|| Problem::missing("webhook of a published workflow", workflow))
}

/// Writes what a webhook has, and notes who did.
async fn write(
    app: &App,
    me: &Identity,
    id: &str,
    action: &str,
    mut changes: Vec<Change>,
) -> Result<Kept, Problem> {
    changes.push(note(app, me, action, id));
    if !app.store().change(&me.org, changes).await? {
        return Err(Problem::stale("webhook", id));
    }
    let kept = kept::read(app, &me.org, id).await?;
    Ok(kept.map(|kept| kept.value).unwrap_or_default())
}

async fn show(app: &App, org: &str, id: String, webhook: Webhook) -> Result<Shown, Problem> {
    let published = app.store().published(org, &id).await?;
    let kept = kept::read(app, org, &id).await?;
    let kept = kept.map(|kept| kept.value).unwrap_or_default();
    let (url, address) = (&app.settings().url, webhook.address());
    let below = if org == app.services().settings().org {
        String::new()
    } else {
        format!("/@{org}")
    };
    let respond = match webhook.respond {
        Respond::Accepted => "accepted",
        Respond::Sync => "sync",
    };
    let provider = webhook.verify.as_ref().map(|verify| verify.provider.name());
    Ok(Shown {
        path: address.to_owned(),
        url: format!("{url}/webhooks{below}{address}"),
        verify: provider.map(str::to_owned),
        respond: respond.to_owned(),
        max_per_minute: webhook.max_per_minute.unwrap_or(receive::USUAL_PER_MINUTE),
        paused: published.is_some_and(|published| published.paused),
        secret_in_definition: is_in_definition(&webhook),
        secret: standing(app, kept.secrets),
        token: standing(app, kept.tokens),
        idempotency_header: webhook.idempotency_header,
        workflow_id: id,
    })
}

fn is_in_definition(webhook: &Webhook) -> bool {
    let verify = webhook.verify.as_ref();
    verify.is_some_and(|verify| verify.secret.is_some())
}

/// How the newest stands, and until when the one before it is good.
fn standing(app: &App, all: Vec<Good>) -> Option<Standing> {
    let mut good: Vec<Good> = kept::good(app, all).collect();
    let newest = good.pop()?;
    Some(Standing {
        created_at: newest.created_at,
        previous_until: good.pop().and_then(|before| before.until),
    })
}

fn overlap(seconds: Option<u64>) -> Result<SignedDuration, Problem> {
    let seconds = seconds.unwrap_or(USUAL_OVERLAP);
    if seconds > LONGEST_OVERLAP {
        return Err(Problem::invalid(format!(
            "`overlap_seconds` is at most {LONGEST_OVERLAP}"
        )));
    }
    Ok(SignedDuration::from_secs(
        i64::try_from(seconds).unwrap_or_default(),
    ))
}
