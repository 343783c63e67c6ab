//! Published workflows: which machine runs one, and what starts it.

use serde::{Deserialize, Serialize};

use crate::{Change, Error, Store};

/// The shelf on which published workflows stand.
const SHELF: &str = "published";

/// What runs of a workflow begin with from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// The ARN of the machine version.
    pub machine: String,
    /// The number of the workflow's version, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The schedules and events that start it, each by its name; whatever another one asks for is not done.
    #[serde(default)]
    pub triggers: Vec<String>,
    /// Whether its schedules, events and webhooks start nothing for now.
    #[serde(default)]
    pub paused: bool,
}

impl Published {
    /// A workflow that is started by whoever asks, on this machine.
    pub fn on(machine: impl Into<String>) -> Self {
        Self {
            machine: machine.into(),
            ..Self::default()
        }
    }

    /// Whether this trigger starts runs.
    pub fn hears(&self, trigger: &str) -> bool {
        !self.paused && self.triggers.iter().any(|known| known == trigger)
    }

    /// The change that publishes a workflow so.
    pub fn change(&self, workflow: &str) -> Change {
        Change::put(SHELF, workflow, self)
    }

    /// The change after which a workflow is not published.
    pub fn withdraw(workflow: &str) -> Change {
        Change::remove(SHELF, workflow)
    }
}

impl Store {
    /// Says what runs a workflow from now on.
    pub async fn publish_workflow(
        &self,
        org: &str,
        workflow: &str,
        published: &Published,
    ) -> Result<(), Error> {
        self.change(org, [published.change(workflow)]).await?;
        Ok(())
    }

    /// What runs a workflow, if it is published.
    pub async fn published(&self, org: &str, workflow: &str) -> Result<Option<Published>, Error> {
        let document = self.document(org, SHELF, workflow).await?;
        Ok(document.map(|document| document.value))
    }
}
