//! Which version somebody asks for: by its number, or by what it is.

use pawl_store::Document;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Status, Version, read};
use crate::app::App;
use crate::problem::Problem;
use crate::workflows::Stored;

/// A version that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(
    untagged,
    expecting = "a version is a number, `\"active\"` or `\"draft\"`"
)]
#[schema(as = WantedVersion)]
pub(crate) enum Wanted {
    /// The one with this number.
    Number(u64),
    /// The one that is this now.
    Named(Named),
}

/// What a version can be asked for as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = NamedVersion)]
pub(crate) enum Named {
    /// The one that runs.
    Active,
    /// The one that is being written.
    Draft,
}

/// The version that is asked for.
pub(crate) async fn find(
    app: &App,
    org: &str,
    workflow: &Document<Stored>,
    wanted: Wanted,
) -> Result<Document<Version>, Problem> {
    let id = &workflow.id;
    let number = match wanted {
        Wanted::Number(number) => number,
        Wanted::Named(Named::Active) => workflow.value.active.ok_or_else(|| {
            Problem::conflict(format!("`{id}` is not published: publish it first"))
        })?,
        Wanted::Named(Named::Draft) => workflow.value.latest,
    };
    let version = read(app, org, id, number).await?;
    let is_draft = version.value.status == Status::Draft;
    if wanted == Wanted::Named(Named::Draft) && !is_draft {
        return Err(Problem::conflict(format!(
            "`{id}` has no draft: version {number}, the last one, is published"
        )));
    }
    Ok(version)
}
