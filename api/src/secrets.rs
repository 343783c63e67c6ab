//! Secrets: written and never read back; definitions name them by `{ "stored": "<name>" }`.

use axum::extract::State;
use http::StatusCode;
use pawl_store::Sealed;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Admin;
use crate::app::App;
use crate::audit::note;
use crate::extract::{Json, Path, Query};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::route::{Resources, routes};

/// The longest name of a secret.
const LONGEST_NAME: usize = 100;

/// The longest secret: what is longer is a file.
const LONGEST: usize = 16 * 1024;

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(list)).with(routes!(put, delete))
}

/// A secret to keep.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Value {
    /// What it is. It is encrypted before it is kept.
    #[schema(min_length = 1, max_length = 16384, format = Password)]
    value: String,
}

/// A secret, without what it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Secret {
    /// Its name.
    name: String,
    /// When it was written.
    updated_at: String,
    /// Who wrote it.
    updated_by: String,
}

/// List the secrets
///
/// Their names, and who wrote them when.
#[utoipa::path(get, path = "/api/secrets", tag = "secrets", params(PageQuery),
    responses((status = 200, body = Page<Secret>)), security(("bearer" = ["admin"])))]
async fn list(
    State(app): State<App>,
    me: Admin,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<Secret>>, Problem> {
    let found = app.store().secrets(&me.org, &page.window("")?).await?;
    let secrets = found.documents.into_iter().map(|document| Secret {
        name: document.id,
        updated_at: document.value.updated_at,
        updated_by: document.value.updated_by,
    });
    Ok(axum::Json(Page::new(
        secrets.collect(),
        found.cursor.as_deref(),
    )))
}

/// Keep a secret
///
/// In place of the one before. Runs read it when they use it, so they use this one from now on.
#[utoipa::path(put, path = "/api/secrets/{name}", tag = "secrets", params(("name" = String, Path)),
    request_body = Value,
    responses((status = 204)), security(("bearer" = ["admin"])))]
async fn put(
    State(app): State<App>,
    me: Admin,
    Path(name): Path<String>,
    Json(Value { value }): Json<Value>,
) -> Result<StatusCode, Problem> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.len() > LONGEST_NAME || !name.bytes().all(is_plain) {
        return Err(Problem::invalid(format!(
            "a secret's name has up to {LONGEST_NAME} letters, digits, `-`, `_` and `.`"
        )));
    }
    if value.is_empty() || value.len() > LONGEST {
        return Err(Problem::invalid(format!(
            "a secret has 1 to {LONGEST} bytes"
        )));
    }
    let sealed = app.services().vault().seal(&value, &me.org).await;
    let sealed = sealed.map_err(|error| {
        let mut problem = Problem::unavailable("the secret cannot be encrypted", &error);
        problem.message = format!("the secret cannot be encrypted: {error}");
        problem
    })?;
    let sealed = Sealed {
        sealed,
        updated_at: app.now().iso(),
        updated_by: me.who.clone(),
    };
    let changes = [sealed.change(&name), note(&app, &me, "secret.write", &name)];
    app.store().change(&me.org, changes).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forget a secret
///
/// Runs that use it from now on fail.
#[utoipa::path(delete, path = "/api/secrets/{name}", tag = "secrets", params(("name" = String, Path)),
    responses((status = 204)), security(("bearer" = ["admin"])))]
async fn delete(
    State(app): State<App>,
    me: Admin,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let found = app.store().sealed(&me.org, &name).await?;
    let found = found.ok_or_else(|| Problem::missing("secret", &name))?;
    let changes = [
        Sealed::removal(&found),
        note(&app, &me, "secret.delete", &name),
    ];
    if !app.store().change(&me.org, changes).await? {
        return Err(Problem::stale("secret", &name));
    }
    Ok(StatusCode::NO_CONTENT)
}
