//! Versions: a draft that is written, one that runs and never changes, and those that ran before.

mod wanted;

use axum::extract::State;
use pawl_compiler::diff;
use pawl_store::{Change, Direction, Document, Window};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

pub(crate) use wanted::{Named, Wanted, find};

use crate::access::{Editor, Operator, Viewer};
use crate::app::App;
use crate::definition::Written;
use crate::extract::{Path, Query};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::publish;
use crate::route::{Resources, routes};
use crate::workflows::{self, Workflow, version_id};

/// The shelf on which versions stand.
pub(crate) const SHELF: &str = "versions";

/// So many documents are forgotten at once.
const AT_ONCE: usize = 50;

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(publish_draft))
        .with(routes!(list))
        .with(routes!(get))
        .with(routes!(activate))
        .with(routes!(revert))
        .with(routes!(compare))
}

/// How a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = VersionStatus)]
pub(crate) enum Status {
    /// It is being written.
    Draft,
    /// It runs, and never changes.
    Active,
    /// It ran, and can run again.
    Archived,
}

/// A version as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) number: u64,
    pub(crate) status: Status,
    pub(crate) written: Written,
    /// The ARN of the machine version, once there is one.
    pub(crate) machine: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) created_at: String,
    pub(crate) created_by: String,
    pub(crate) published_at: Option<String>,
}

/// A version as it is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Version)]
pub(crate) struct Shown {
    /// Its number, from 1.
    number: u64,
    /// How it stands.
    status: Status,
    /// Why it was made.
    note: Option<String>,
    /// When it was written.
    created_at: String,
    /// Who wrote it.
    created_by: String,
    /// When it was published first.
    published_at: Option<String>,
    /// The ARN of its machine.
    machine: Option<String>,
    /// The definition, as it was written; only where one version is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<String>,
    /// Whether the definition is YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    yaml: Option<bool>,
}

/// Which versions are compared.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Pair {
    /// The number of the one as it was; the active one's where absent.
    from: Option<u64>,
    /// The number of the one as it is; the last one's where absent.
    to: Option<u64>,
}

impl Version {
    pub(crate) fn draft(
        number: u64,
        written: Written,
        note: Option<String>,
        by: &str,
        now: &str,
    ) -> Self {
        Self {
            number,
            status: Status::Draft,
            written,
            machine: None,
            note,
            created_at: now.to_owned(),
            created_by: by.to_owned(),
            published_at: None,
        }
    }

    fn show(self) -> Shown {
        Shown {
            number: self.number,
            status: self.status,
            note: self.note,
            created_at: self.created_at,
            created_by: self.created_by,
            published_at: self.published_at,
            machine: self.machine,
            definition: None,
            yaml: None,
        }
    }
}

/// A version of a workflow.
pub(crate) async fn read(
    app: &App,
    org: &str,
    workflow: &str,
    number: u64,
) -> Result<Document<Version>, Problem> {
    let id = version_id(workflow, number);
    let found = app.store().document(org, SHELF, &id).await?;
    found.ok_or_else(|| Problem::missing("version", &format!("{workflow} {number}")))
}

/// Forgets every version of a workflow.
pub(crate) async fn forget(app: &App, org: &str, workflow: &str) -> Result<(), Problem> {
    let window = Window {
        limit: AT_ONCE,
        ..Window::beginning_with(format!("{workflow}#"))
    };
    loop {
        let found = app.store();
        let found = found.documents::<Value>(org, SHELF, &window, Direction::Forward, |_| true);
        let found = found.await?.documents;
        if found.is_empty() {
            return Ok(());
        }
        let changes = found
            .into_iter()
            .map(|version| Change::remove(SHELF, version.id));
        app.store().change(org, changes).await?;
    }
}

/// Publish the draft
///
/// Its machine and its triggers are made, and from then on it is what runs. A draft with errors is refused, and nothing
/// has changed then. Asked for again, nothing more happens.
#[utoipa::path(post, path = "/api/workflows/{id}/publish", tag = "versions", params(("id" = String, Path)),
    responses((status = 200, body = Workflow)), security(("bearer" = ["operator"])))]
async fn publish_draft(
    State(app): State<App>,
    me: Operator,
    Path(id): Path<String>,
) -> Result<axum::Json<Workflow>, Problem> {
    let stored = workflows::read(&app, &me.org, &id).await?;
    let latest = stored.value.latest;
    Ok(axum::Json(
        publish::publish(&app, &me, stored, latest).await?,
    ))
}

/// List the versions
///
/// The last one comes first.
#[utoipa::path(get, path = "/api/workflows/{id}/versions", tag = "versions",
    params(("id" = String, Path), PageQuery),
    responses((status = 200, body = Page<Shown>)), security(("bearer" = ["viewer"])))]
async fn list(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<axum::Json<Page<Shown>>, Problem> {
    let latest = workflows::read(&app, &me.org, &id).await?.value.latest;
    // Those of a deleted workflow of that name may be left.
    let is_own = |version: &Document<Version>| version.value.number <= latest;
    let window = page.window(&format!("{id}#"))?;
    let found = app.store();
    let found = found.documents(&me.org, SHELF, &window, Direction::Backward, is_own);
    let found = found.await?;
    let shown = found
        .documents
        .into_iter()
        .map(|document| document.value.show());
    Ok(axum::Json(Page::new(
        shown.collect(),
        found.cursor.as_deref(),
    )))
}

/// Read a version
#[utoipa::path(get, path = "/api/workflows/{id}/versions/{number}", tag = "versions",
    params(("id" = String, Path), ("number" = u64, Path)),
    responses((status = 200, body = Shown)), security(("bearer" = ["viewer"])))]
async fn get(
    State(app): State<App>,
    me: Viewer,
    Path((id, number)): Path<(String, u64)>,
) -> Result<axum::Json<Shown>, Problem> {
    let version = read(&app, &me.org, &id, number).await?.value;
    let (definition, yaml) = (version.written.text.clone(), version.written.is_yaml);
    Ok(axum::Json(Shown {
        definition: Some(definition),
        yaml: Some(yaml),
        ..version.show()
    }))
}

/// Make a version the one that runs
#[utoipa::path(post, path = "/api/workflows/{id}/versions/{number}/activate", tag = "versions",
    params(("id" = String, Path), ("number" = u64, Path)),
    responses((status = 200, body = Workflow)), security(("bearer" = ["operator"])))]
async fn activate(
    State(app): State<App>,
    me: Operator,
    Path((id, number)): Path<(String, u64)>,
) -> Result<axum::Json<Workflow>, Problem> {
    let stored = workflows::read(&app, &me.org, &id).await?;
    Ok(axum::Json(
        publish::publish(&app, &me, stored, number).await?,
    ))
}

/// Make a version the draft again
///
/// What is written then is as it was in that version; nothing that runs changes.
#[utoipa::path(post, path = "/api/workflows/{id}/versions/{number}/revert", tag = "versions",
    params(("id" = String, Path), ("number" = u64, Path)),
    responses((status = 200, body = Workflow)), security(("bearer" = ["editor"])))]
async fn revert(
    State(app): State<App>,
    me: Editor,
    Path((id, number)): Path<(String, u64)>,
) -> Result<axum::Json<Workflow>, Problem> {
    let stored = workflows::read(&app, &me.org, &id).await?;
    let written = read(&app, &me.org, &id, number).await?.value.written;
    let facts = written.facts()?;
    let reason = Some(format!("as in version {number}"));
    let shown = workflows::draft(&app, &me, stored, written, reason, |workflow| {
        workflow.name = facts.name;
        workflow.description = facts.description;
        facts.format.name().clone_into(&mut workflow.format);
    });
    Ok(axum::Json(shown.await?))
}

/// Compare two versions
///
/// Steps, routes, triggers, permissions and cost: what is different once both are compiled.
#[utoipa::path(get, path = "/api/workflows/{id}/diff", tag = "versions",
    params(("id" = String, Path), Pair),
    responses((status = 200, body = Object)), security(("bearer" = ["viewer"])))]
async fn compare(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
    Query(pair): Query<Pair>,
) -> Result<axum::Json<Value>, Problem> {
    let stored = workflows::read(&app, &me.org, &id).await?.value;
    let from = pair.from.or(stored.active).unwrap_or(stored.latest);
    let to = pair.to.unwrap_or(stored.latest);
    let (old, new) =
        tokio::try_join!(read(&app, &me.org, &id, from), read(&app, &me.org, &id, to))?;
    let found = diff::of(&old.value.written.sound()?, &new.value.written.sound()?);
    let mut found = json!(found);
    if let Some(members) = found.as_object_mut() {
        members.insert("from".to_owned(), from.into());
        members.insert("to".to_owned(), to.into());
    }
    Ok(axum::Json(found))
}
