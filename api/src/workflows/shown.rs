//! A workflow as it is shown.

use pawl_store::Document;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Stored;

/// How a workflow stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = WorkflowStatus)]
pub(crate) enum Status {
    /// Nothing of it was published.
    Draft,
    /// One of its versions runs.
    Active,
    /// It was put away.
    Archived,
}

impl Status {
    pub(crate) fn of(stored: &Stored) -> Self {
        if stored.archived {
            Self::Archived
        } else if stored.active.is_some() {
            Self::Active
        } else {
            Self::Draft
        }
    }
}

/// A workflow.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Workflow {
    /// Its id: its name in small letters, with `_` between the words.
    #[schema(example = "welcome_email")]
    id: String,
    /// Its name.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// How it stands.
    status: Status,
    /// The format that it is written in: `native`, `elevaite` or `codemie`.
    format: String,
    /// What it is found by.
    tags: Vec<String>,
    /// Whether it is there to be copied.
    template: bool,
    /// Whether it ships with Pawl: `GET /api/templates/{id}` reads it, `/instantiate` there makes a workflow of it.
    shipped: bool,
    /// Whether its schedules, events and webhooks start nothing for now.
    paused: bool,
    /// The number of the version that runs.
    active_version: Option<u64>,
    /// The number of the last version, which may be a draft.
    latest_version: u64,
    /// How often it was written: what `if-match` compares with.
    revision: u64,
    /// When it was made.
    created_at: String,
    /// Who made it.
    created_by: String,
    /// When it was written last.
    updated_at: String,
}

impl Workflow {
    pub(crate) fn of(document: Document<Stored>) -> Self {
        let Document {
            id,
            revision,
            value,
        } = document;
        Self {
            id,
            status: Status::of(&value),
            name: value.name,
            description: value.description,
            format: value.format,
            tags: value.tags,
            template: value.template,
            // What ships was never written here.
            shipped: revision == 0,
            paused: value.paused,
            active_version: value.active,
            latest_version: value.latest,
            revision,
            created_at: value.created_at,
            created_by: value.created_by,
            updated_at: value.updated_at,
        }
    }
}
