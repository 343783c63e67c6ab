//! What a key may do besides what its role says: only with some workflows, or only some actions.
//!
//! Nothing is allowed that is not known to be of one of the workflows, so a route that nobody thought of is refused.

use std::collections::BTreeSet;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams};
use http::Method;
use http::request::Parts;
use pawl_store::key::is_collection;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::extract::Query;
use crate::problem::Problem;
use crate::route::Operations;

/// Who somebody is can always be asked.
const ME: &str = "/api/me";

/// Whoever answers this leaves out what is of other workflows.
const WAITS: &str = "/api/waits";

/// What a key is confined to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scope {
    /// The workflows that it reaches; every one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) workflows: Option<BTreeSet<String>>,
    /// The actions that it may take; all that its role may where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) actions: Option<BTreeSet<String>>,
}

/// Of a list of runs: the workflow that they are of.
#[derive(Deserialize)]
struct Listed {
    workflow_id: Option<String>,
}

impl Scope {
    /// Refuses a request that a key is not for.
    pub(super) async fn permit(
        &self,
        app: &App,
        org: &str,
        parts: &mut Parts,
    ) -> Result<(), Problem> {
        if *self == Self::default() {
            return Ok(());
        }
        let path = parts.extensions.get::<MatchedPath>();
        let path = path.map_or_else(String::new, |path| path.as_str().to_owned());
        if path == ME {
            return Ok(());
        }
        if let Some(actions) = &self.actions {
            let action = action(&parts.method, &path);
            if !action
                .as_ref()
                .is_some_and(|action| actions.contains(action))
            {
                let action = action.unwrap_or_else(|| "this".to_owned());
                return Err(Problem::forbidden(format!(
                    "this key is not for `{action}`: it is confined to some actions, as `GET /api/me` says"
                )));
            }
        }
        let Some(workflows) = &self.workflows else {
            return Ok(());
        };
        if path == WAITS {
            return Ok(());
        }
        let workflow = workflow(app, org, parts, &path).await?;
        if workflow.is_some_and(|workflow| workflows.contains(&workflow)) {
            return Ok(());
        }
        Err(Problem::forbidden(
            "this key is confined to some workflows, and what is asked for is of none of them; `GET /api/me` names them",
        ))
    }

    /// Whether what is of a workflow is reached.
    pub(crate) fn reaches(&self, workflow: &str) -> bool {
        let workflows = self.workflows.as_ref();
        workflows.is_none_or(|workflows| workflows.contains(workflow))
    }

    /// Refuses what confines to nothing, or to what there is not.
    pub(crate) fn check(&self) -> Result<(), String> {
        if [&self.workflows, &self.actions]
            .into_iter()
            .flatten()
            .any(BTreeSet::is_empty)
        {
            return Err(
                "a key that is confined names at least one workflow or action: leave the field out otherwise"
                    .to_owned(),
            );
        }
        let known = actions();
        let mut given = self.actions.iter().flatten();
        match given.find(|action| !known.contains(*action)) {
            None => Ok(()),
            Some(action) => {
                let known: Vec<String> = known.into_iter().collect();
                let known = known.join(", ");
                Err(format!("there is no action `{action}`; there are {known}"))
            }
        }
    }
}

/// The action that an operation is: `executions.read`, `workflows.execute`, `records.write`.
///
/// To read is one action however much of it there is; what has a word of its own in the path is that word.
fn action(method: &Method, path: &str) -> Option<String> {
    let mut segments = path.strip_prefix("/api/")?.split('/');
    let resource = segments.next()?;
    // Whoever makes keys could make one that is confined to nothing.
    if resource == "keys" {
        return None;
    }
    let last = segments.next_back().filter(|last| !last.starts_with('{'));
    let verb = match (method, last) {
        (&Method::GET, _) => "read",
        (_, Some(word)) => word,
        (&Method::DELETE, None) => "delete",
        _ => "write",
    };
    Some(format!("{resource}.{verb}"))
}

/// Every action that a key can be confined to.
fn actions() -> BTreeSet<String> {
    let Operations(operations) = crate::resources(Operations::default());
    let operations = operations.iter().filter(|(_, path)| path != ME);
    operations
        .filter_map(|(method, path)| action(method, path))
        .collect()
}

/// The workflow that a request is about, where it is about one.
async fn workflow(
    app: &App,
    org: &str,
    parts: &mut Parts,
    path: &str,
) -> Result<Option<String>, Problem> {
    if path == "/api/executions" {
        let Query(listed) = Query::<Listed>::from_request_parts(parts, app).await?;
        return Ok(listed.workflow_id);
    }
    let resource = path
        .strip_prefix("/api/")
        .and_then(|path| path.split('/').next());
    let parameters = RawPathParams::from_request_parts(parts, app).await;
    let id = parameters.ok().and_then(|parameters| {
        let mut given = parameters.iter();
        let id = given.find(|(name, _)| *name == "id");
        id.map(|(_, value)| value.to_owned())
    });
    let Some(id) = id else {
        return Ok(None);
    };
    match resource {
        // A copy is another workflow.
        Some("workflows") if path.ends_with("/copy") => Ok(None),
        Some("workflows" | "webhooks") => Ok(Some(id)),
        Some("executions") => of_run(app, org, &id).await,
        Some("approvals") => {
            let run = id.rsplit_once('~').map(|(run, _)| run);
            of_run(app, org, run.unwrap_or(&id)).await
        }
        _ => Ok(None),
    }
}

async fn of_run(app: &App, org: &str, run: &str) -> Result<Option<String>, Problem> {
    if is_collection(run) || run.contains('#') {
        return Ok(None);
    }
    let run = app.store().run_without_input(org, run).await?;
    Ok(run.map(|run| run.workflow))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_an_action() {
        let rows = [
            (
                Method::GET,
                "/api/executions/{id}/steps",
                Some("executions.read"),
            ),
            (Method::GET, "/api/executions", Some("executions.read")),
            (
                Method::POST,
                "/api/workflows/{id}/execute",
                Some("workflows.execute"),
            ),
            (Method::POST, "/api/workflows", Some("workflows.write")),
            (Method::PUT, "/api/workflows/{id}", Some("workflows.write")),
            (
                Method::DELETE,
                "/api/workflows/{id}",
                Some("workflows.delete"),
            ),
            (Method::POST, "/api/approvals/{id}", Some("approvals.write")),
            (Method::POST, "/api/keys", None),
            (Method::GET, "/links/{token}", None),
        ];
        for (method, path, expected) in rows {
            assert_eq!(
                action(&method, path).as_deref(),
                expected,
                "{method} {path}"
            );
        }
    }
}
