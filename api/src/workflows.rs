//! Workflows: what authors write, find, copy and put away.

mod list;
mod shown;
mod stored;

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use pawl_store::{Change, Document, Published};
use serde::Deserialize;
use utoipa::ToSchema;

pub(crate) use shown::Workflow;
pub(crate) use stored::{SHELF, Stored, read, version_id};

use crate::access::{Editor, Identity, Operator, Viewer};
use crate::app::App;
use crate::audit::note;
use crate::definition::{Sent, Validation, Written};
use crate::extract::{Json, Path, Raw};
use crate::problem::Problem;
use crate::publish;
use crate::route::{Resources, routes};
use crate::versions::{self, Version};
use crate::webhooks;

/// The most tags that a workflow can have.
const MOST_TAGS: usize = 20;

/// The longest tag.
const LONGEST_TAG: usize = 50;

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(list::list, create))
        .with(routes!(validate))
        .with(routes!(get, replace, change, delete))
        .with(routes!(copy))
        .with(routes!(archive))
        .with(routes!(restore))
        .with(routes!(pause))
        .with(routes!(resume))
}

/// What of a workflow can be changed beside its definition.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Changes {
    /// What it is found by.
    tags: Option<Vec<String>>,
    /// Whether it is there to be copied.
    template: Option<bool>,
}

/// A copy that is asked for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Copy {
    /// The name of the copy.
    #[schema(min_length = 1, example = "Welcome e-mail for partners")]
    name: String,
}

/// Create a workflow
///
/// The body is a definition in any format, or `{ "definition": ..., "tags": [...], "note": "..." }`. What cannot be
/// published yet is kept all the same: it is a draft.
#[utoipa::path(post, path = "/api/workflows", tag = "workflows",
    request_body(content((Object = "application/json"), (String = "application/yaml"))),
    responses((status = 201, body = Workflow)), security(("bearer" = ["editor"])))]
async fn create(
    State(app): State<App>,
    me: Editor,
    request: Raw,
) -> Result<(StatusCode, axum::Json<Workflow>), Problem> {
    let sent = Sent::read(&request)?;
    let made = make(&app, &me, sent.written, sent.beside.tags, sent.beside.note).await?;
    Ok((StatusCode::CREATED, axum::Json(made)))
}

/// Check a definition
///
/// Whatever is wrong with it stands in the answer. Nothing is kept.
#[utoipa::path(post, path = "/api/workflows/validate", tag = "workflows",
    request_body(content((Object = "application/json"), (String = "application/yaml"))),
    responses((status = 200, body = Validation)), security(("bearer" = ["viewer"])))]
async fn validate(_: Viewer, request: Raw) -> Result<axum::Json<Validation>, Problem> {
    Ok(axum::Json(Sent::read(&request)?.written.validate()))
}

/// Read a workflow
#[utoipa::path(get, path = "/api/workflows/{id}", tag = "workflows", params(("id" = String, Path)),
    responses((status = 200, body = Workflow)), security(("bearer" = ["viewer"])))]
async fn get(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
) -> Result<axum::Json<Workflow>, Problem> {
    Ok(axum::Json(Workflow::of(read(&app, &me.org, &id).await?)))
}

/// Write the draft
///
/// The body is what creating takes. The versions that were published stay as they are. With the header `if-match`, the
/// workflow must still have that revision.
#[utoipa::path(put, path = "/api/workflows/{id}", tag = "workflows", params(("id" = String, Path)),
    request_body(content((Object = "application/json"), (String = "application/yaml"))),
    responses((status = 200, body = Workflow)), security(("bearer" = ["editor"])))]
async fn replace(
    State(app): State<App>,
    me: Editor,
    Path(id): Path<String>,
    request: Raw,
) -> Result<axum::Json<Workflow>, Problem> {
    let stored = read(&app, &me.org, &id).await?;
    matches(&request.headers, &stored)?;
    let sent = Sent::read(&request)?;
    let facts = sent.written.facts()?;
    if facts.id != id {
        return Err(Problem::conflict(format!(
            "a workflow's id is made of its name, and `{}` would be `{}`: copy it under the new name",
            facts.name, facts.id
        )));
    }
    let tags = sent.beside.tags.as_deref().map(tags).transpose()?;
    let reason = sent.beside.note;
    let shown = draft(&app, &me, stored, sent.written, reason, |workflow| {
        workflow.name = facts.name;
        workflow.description = facts.description;
        facts.format.name().clone_into(&mut workflow.format);
        if let Some(tags) = tags {
            workflow.tags = tags;
        }
    });
    Ok(axum::Json(shown.await?))
}

/// Change what is said of a workflow
#[utoipa::path(patch, path = "/api/workflows/{id}", tag = "workflows", params(("id" = String, Path)),
    request_body = Changes,
    responses((status = 200, body = Workflow)), security(("bearer" = ["editor"])))]
async fn change(
    State(app): State<App>,
    me: Editor,
    Path(id): Path<String>,
    Json(changes): Json<Changes>,
) -> Result<axum::Json<Workflow>, Problem> {
    let mut stored = read(&app, &me.org, &id).await?;
    if let Some(given) = changes.tags {
        stored.value.tags = tags(&given)?;
    }
    if let Some(template) = changes.template {
        stored.value.template = template;
    }
    let shown = write(&app, &me, stored, "workflow.change", Vec::new()).await?;
    Ok(axum::Json(shown))
}

/// Delete a workflow
///
/// Nothing starts it any more, and its versions are gone. Runs stay, and those that are on their way go on.
#[utoipa::path(delete, path = "/api/workflows/{id}", tag = "workflows", params(("id" = String, Path)),
    responses((status = 204)), security(("bearer" = ["operator"])))]
async fn delete(
    State(app): State<App>,
    me: Operator,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let stored = read(&app, &me.org, &id).await?;
    let mut changes = webhooks::published::forget(&app, &me.org, &id).await?;
    changes.extend([
        Change::delete(SHELF, &stored),
        Published::withdraw(&id),
        note(&app, &me, "workflow.delete", &id),
    ]);
    changes.extend(publish::chains::withdrawn(&stored.value.chains, &[]));
    if !app.store().change(&me.org, changes).await? {
        return Err(Problem::stale("workflow", &id));
    }
    publish::clean(&app, &me.org, &id).await;
    versions::forget(&app, &me.org, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Copy a workflow
///
/// The copy is a draft of the latest version under another name. A template is made use of so, too.
#[utoipa::path(post, path = "/api/workflows/{id}/copy", tag = "workflows", params(("id" = String, Path)),
    request_body = Copy,
    responses((status = 201, body = Workflow)), security(("bearer" = ["editor"])))]
async fn copy(
    State(app): State<App>,
    me: Editor,
    Path(id): Path<String>,
    Json(copy): Json<Copy>,
) -> Result<(StatusCode, axum::Json<Workflow>), Problem> {
    let stored = read(&app, &me.org, &id).await?;
    let version = versions::read(&app, &me.org, &id, stored.value.latest).await?;
    let written = version.value.written.renamed(copy.name.trim())?;
    let reason = format!("a copy of `{id}`");
    let made = make(&app, &me, written, Some(stored.value.tags), Some(reason)).await?;
    Ok((StatusCode::CREATED, axum::Json(made)))
}

/// Put a workflow away
///
/// Nothing starts it until it is restored and published again.
#[utoipa::path(post, path = "/api/workflows/{id}/archive", tag = "workflows", params(("id" = String, Path)),
    responses((status = 200, body = Workflow)), security(("bearer" = ["operator"])))]
async fn archive(
    State(app): State<App>,
    me: Operator,
    Path(id): Path<String>,
) -> Result<axum::Json<Workflow>, Problem> {
    let mut stored = read(&app, &me.org, &id).await?;
    let mut changes = vec![Published::withdraw(&id)];
    let chains = std::mem::take(&mut stored.value.chains);
    changes.extend(publish::chains::withdrawn(&chains, &[]));
    changes.extend(webhooks::published::free(&app, &me.org, &id).await?);
    if let Some(number) = stored.value.active.take() {
        let mut version = versions::read(&app, &me.org, &id, number).await?;
        version.value.status = versions::Status::Archived;
        changes.push(Change::update(versions::SHELF, &version));
    }
    stored.value.archived = true;
    let shown = write(&app, &me, stored, "workflow.archive", changes).await?;
    publish::clean(&app, &me.org, &id).await;
    Ok(axum::Json(shown))
}

/// Take a workflow out again
///
/// It is a draft until it is published.
#[utoipa::path(post, path = "/api/workflows/{id}/restore", tag = "workflows", params(("id" = String, Path)),
    responses((status = 200, body = Workflow)), security(("bearer" = ["editor"])))]
async fn restore(
    State(app): State<App>,
    me: Editor,
    Path(id): Path<String>,
) -> Result<axum::Json<Workflow>, Problem> {
    let mut stored = read(&app, &me.org, &id).await?;
    stored.value.archived = false;
    let shown = write(&app, &me, stored, "workflow.restore", Vec::new()).await?;
    Ok(axum::Json(shown))
}

/// Pause the triggers
///
/// Schedules, events and webhooks start nothing until they are resumed. Runs can still be asked for.
#[utoipa::path(post, path = "/api/workflows/{id}/pause", tag = "workflows", params(("id" = String, Path)),
    responses((status = 200, body = Workflow)), security(("bearer" = ["operator"])))]
async fn pause(
    State(app): State<App>,
    me: Operator,
    Path(id): Path<String>,
) -> Result<axum::Json<Workflow>, Problem> {
    Ok(axum::Json(set_paused(&app, &me, &id, true).await?))
}

/// Resume the triggers
#[utoipa::path(post, path = "/api/workflows/{id}/resume", tag = "workflows", params(("id" = String, Path)),
    responses((status = 200, body = Workflow)), security(("bearer" = ["operator"])))]
async fn resume(
    State(app): State<App>,
    me: Operator,
    Path(id): Path<String>,
) -> Result<axum::Json<Workflow>, Problem> {
    Ok(axum::Json(set_paused(&app, &me, &id, false).await?))
}

async fn set_paused(app: &App, me: &Identity, id: &str, paused: bool) -> Result<Workflow, Problem> {
    let mut stored = read(app, &me.org, id).await?;
    let Some(mut published) = app.store().published(&me.org, id).await? else {
        return Err(Problem::conflict(format!("`{id}` is not published")));
    };
    stored.value.paused = paused;
    published.paused = paused;
    let action = if paused {
        "workflow.pause"
    } else {
        "workflow.resume"
    };
    write(app, me, stored, action, vec![published.change(id)]).await
}

/// Makes a workflow that has a draft and nothing else.
pub(crate) async fn make(
    app: &App,
    me: &Identity,
    written: Written,
    given: Option<Vec<String>>,
    reason: Option<String>,
) -> Result<Workflow, Problem> {
    let facts = written.facts()?;
    let now = app.now().iso();
    let stored = Stored {
        name: facts.name,
        description: facts.description,
        format: facts.format.name().to_owned(),
        tags: tags(&given.unwrap_or_default())?,
        template: false,
        archived: false,
        paused: false,
        active: None,
        latest: 1,
        chains: Vec::new(),
        created_at: now.clone(),
        created_by: me.who.clone(),
        updated_at: now.clone(),
    };
    let version = Version::draft(1, written, reason, &me.who, &now);
    let changes = [
        Change::create(SHELF, &facts.id, &stored),
        Change::put(versions::SHELF, version_id(&facts.id, 1), &version),
        note(app, me, "workflow.create", &facts.id),
    ];
    if !app.store().change(&me.org, changes).await? {
        return Err(Problem::conflict(format!(
            "there is a workflow `{}` already: write its draft, or choose another name",
            facts.id
        )));
    }
    Ok(Workflow::of(Document {
        id: facts.id,
        revision: 1,
        value: stored,
    }))
}

/// Writes the draft of a workflow: the one that there is, or a new one after a version that was published.
pub(crate) async fn draft(
    app: &App,
    me: &Identity,
    mut stored: Document<Stored>,
    written: Written,
    reason: Option<String>,
    with: impl FnOnce(&mut Stored),
) -> Result<Workflow, Problem> {
    let latest = versions::read(app, &me.org, &stored.id, stored.value.latest).await?;
    let is_draft = latest.value.status == versions::Status::Draft;
    let number = stored.value.latest + u64::from(!is_draft);
    let version = Version::draft(number, written, reason, &me.who, &app.now().iso());
    let change = if is_draft {
        Change::update(
            versions::SHELF,
            &Document {
                value: version,
                ..latest
            },
        )
    } else {
        // The workflow's revision guards it; one of a deleted workflow of that name may be left.
        Change::put(versions::SHELF, version_id(&stored.id, number), &version)
    };
    stored.value.latest = number;
    with(&mut stored.value);
    write(app, me, stored, "workflow.write", vec![change]).await
}

/// Writes a workflow and what changes with it.
pub(crate) async fn write(
    app: &App,
    me: &Identity,
    mut stored: Document<Stored>,
    action: &str,
    mut changes: Vec<Change>,
) -> Result<Workflow, Problem> {
    stored.value.updated_at = app.now().iso();
    changes.push(Change::update(SHELF, &stored));
    changes.push(note(app, me, action, &stored.id));
    if !app.store().change(&me.org, changes).await? {
        return Err(Problem::stale("workflow", &stored.id));
    }
    stored.revision += 1;
    Ok(Workflow::of(stored))
}

/// Refuses a request that was made for another revision.
fn matches(headers: &HeaderMap, stored: &Document<Stored>) -> Result<(), Problem> {
    let Some(wanted) = headers.get(http::header::IF_MATCH) else {
        return Ok(());
    };
    let wanted = wanted.to_str().unwrap_or_default().trim();
    let is_it = wanted == "*" || wanted.trim_matches('"') == stored.revision.to_string();
    if is_it {
        Ok(())
    } else {
        Err(Problem::stale("workflow", &stored.id))
    }
}

fn tags(given: &[String]) -> Result<Vec<String>, Problem> {
    let mut tags: Vec<String> = given.iter().map(|tag| tag.trim().to_owned()).collect();
    tags.sort_unstable();
    tags.dedup();
    let fits = |tag: &String| !tag.is_empty() && tag.len() <= LONGEST_TAG;
    if tags.len() > MOST_TAGS || !tags.iter().all(fits) {
        return Err(Problem::invalid(format!(
            "a workflow has up to {MOST_TAGS} tags of 1 to {LONGEST_TAG} bytes"
        )));
    }
    Ok(tags)
}
