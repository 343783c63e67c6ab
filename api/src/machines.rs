//! The machine versions of a workflow: why each is kept, and the removal of those that nothing needs.

mod kept;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Admin, Viewer};
use crate::app::App;
use crate::audit;
use crate::extract::Path;
use crate::problem::Problem;
use crate::publish::{failed_call, machine_arn};
use crate::route::{Resources, routes};
use crate::workflows;

pub(crate) fn routes<To: Resources>(to: To) -> To {
    to.with(routes!(list, remove))
}

/// A version of a machine, in Step Functions.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct MachineVersion {
    /// Its ARN.
    machine: String,
    /// The workflow that it is of: the one that was asked for, or a chain of steps that follows its runs.
    workflow: String,
    /// When it was made.
    created_at: String,
    /// Why it is kept; nothing needs it where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<String>,
    /// The versions of functions that it calls, where it is kept.
    functions: Vec<String>,
}

/// List the machine versions of a workflow
///
/// The latest comes first, and each says why it is kept: because new runs begin with it, because a run that is open began
/// with it, because an alias names it, or because it is new or was replaced less than an hour ago. Those made for single
/// runs are not among them.
#[utoipa::path(get, path = "/api/workflows/{id}/machine-versions", tag = "versions",
    params(("id" = String, Path)),
    responses((status = 200, body = Vec<MachineVersion>)), security(("bearer" = ["viewer"])))]
async fn list(
    State(app): State<App>,
    me: Viewer,
    Path(id): Path<String>,
) -> Result<axum::Json<Vec<MachineVersion>>, Problem> {
    Ok(axum::Json(found(&app, &me.org, &id).await?))
}

/// Remove the machine versions that nothing needs
///
/// The answer has those that are gone. A run that failed can go on with another version then, and not with the one that it
/// began with.
#[utoipa::path(delete, path = "/api/workflows/{id}/machine-versions", tag = "versions",
    params(("id" = String, Path)),
    responses((status = 200, body = Vec<MachineVersion>)), security(("bearer" = ["admin"])))]
async fn remove(
    State(app): State<App>,
    me: Admin,
    Path(id): Path<String>,
) -> Result<axum::Json<Vec<MachineVersion>>, Problem> {
    let mut gone = found(&app, &me.org, &id).await?;
    gone.retain(|version| version.kept.is_none());
    if gone.is_empty() {
        return Ok(axum::Json(gone));
    }
    let note = audit::note(&app, &me, "workflow.remove-machine-versions", &id);
    app.store().change(&me.org, [note]).await?;
    for version in &gone {
        let delete = app.services().states().delete_state_machine_version();
        let deleted = delete.state_machine_version_arn(&version.machine);
        let deleted = deleted.send().await;
        deleted.map_err(|error| failed_call("DeleteStateMachineVersion", error))?;
    }
    Ok(axum::Json(gone))
}

/// The versions of a workflow's machine, and of the machines of its chains.
async fn found(app: &App, org: &str, id: &str) -> Result<Vec<MachineVersion>, Problem> {
    let stored = workflows::read(app, org, id).await?;
    let mut versions = Vec::new();
    for workflow in std::iter::once(id).chain(stored.value.chains.iter().map(String::as_str)) {
        let published = app.store().published(org, workflow).await?;
        let active = published.map(|published| published.machine);
        let machine = machine_arn(app, org, workflow);
        versions.extend(kept::versions(app, workflow, &machine, active.as_deref()).await?);
    }
    Ok(versions)
}
