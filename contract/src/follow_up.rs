//! What follows a run: a workflow that is started when it closes.

use serde::{Deserialize, Serialize};

/// The workflows that follow a run, by the names that its author gives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FollowUps {
    /// Started when the run completes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_complete: Option<String>,
    /// Started when the run fails, or takes too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<String>,
}

impl FollowUps {
    /// Whether nothing follows.
    pub fn is_empty(&self) -> bool {
        self.on_complete.is_none() && self.on_error.is_none()
    }
}
