//! A workflow as it is kept.

use pawl_store::Document;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::problem::Problem;

/// The shelf on which workflows stand.
pub(crate) const SHELF: &str = "workflows";

/// A workflow as it is kept; its definitions are its versions'.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) format: String,
    pub(crate) tags: Vec<String>,
    pub(crate) template: bool,
    pub(crate) archived: bool,
    pub(crate) paused: bool,
    /// The number of the version that runs.
    pub(crate) active: Option<u64>,
    /// The number of the last version, which may be a draft.
    pub(crate) latest: u64,
    /// The ids of the workflows that the active version holds beside its own.
    #[serde(default)]
    pub(crate) chains: Vec<String>,
    pub(crate) created_at: String,
    pub(crate) created_by: String,
    pub(crate) updated_at: String,
}

impl Stored {
    /// Whether a word, in small letters, stands in what it is found by.
    pub(crate) fn says(&self, id: &str, word: &str) -> bool {
        let description = self.description.as_deref().unwrap_or_default();
        let texts = [id, &self.name, description].into_iter();
        let mut texts = texts.chain(self.tags.iter().map(String::as_str));
        texts.any(|text| text.to_lowercase().contains(word))
    }
}

/// A workflow of an organisation.
pub(crate) async fn read(app: &App, org: &str, id: &str) -> Result<Document<Stored>, Problem> {
    let found = app.store().document(org, SHELF, id).await?;
    found.ok_or_else(|| Problem::missing("workflow", id))
}

/// The id of a version on its shelf.
pub(crate) fn version_id(workflow: &str, number: u64) -> String {
    format!("{workflow}#{number:06}")
}
