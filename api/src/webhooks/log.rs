//! The log of deliveries: what came, and what became of it. What was in it stands in the run, if there is one.

use pawl_store::Change;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;

/// The shelf on which deliveries stand, behind the workflow that they were for.
pub(super) const SHELF: &str = "deliveries";

/// How long they are kept.
const KEPT_SECONDS: i64 = 30 * 24 * 3600;

/// The longest that a note of somebody else's words becomes.
const LONGEST: usize = 300;

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryOutcome)]
pub(super) enum Outcome {
    /// It started a run.
    Accepted,
    /// It was refused.
    Rejected,
    /// A delivery before it had the same key; that one's run counts.
    Duplicate,
    /// There were too many.
    RateLimited,
    /// It asks for no run.
    Ignored,
}

/// A delivery that came.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Delivery)]
pub(super) struct Entry {
    /// When.
    pub(super) time: String,
    /// What became of it.
    pub(super) outcome: Outcome,
    /// Why, where it started no run.
    pub(super) reason: Option<String>,
    /// The status that it was answered with; of one that waits for its run, the status if that takes long.
    pub(super) status: u16,
    /// The run.
    pub(super) execution_id: Option<String>,
    /// What makes it the same as another one.
    pub(super) key: Option<String>,
    /// The type of its body.
    pub(super) content_type: Option<String>,
    /// How many bytes its body has, as far as it was read.
    pub(super) bytes: Option<usize>,
    /// Whether it came to the address with the token.
    pub(super) by_token: bool,
    /// The request by which it came.
    pub(super) request_id: String,
}

/// Writes a delivery down. What has happened is not undone because that fails.
pub(super) async fn write(app: &App, org: &str, workflow: &str, mut entry: Entry) {
    for text in [&mut entry.reason, &mut entry.key, &mut entry.content_type] {
        if let Some(text) = text
            && let Some((end, _)) = text.char_indices().nth(LONGEST)
        {
            text.truncate(end);
        }
    }
    let id = format!("{workflow}#{}#{}", entry.time, uuid::Uuid::now_v7());
    let until = app.now().0.as_second() + KEPT_SECONDS;
    let change = Change::create(SHELF, id, &entry).until(u64::try_from(until).unwrap_or_default());
    if let Err(error) = app.store().change(org, [change]).await {
        tracing::error!(%error, workflow, "a delivery is not in the log");
    }
}
