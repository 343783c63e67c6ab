//! Which workflow a path is: kept by publishing, in the transaction that publishes.
//!
//! ```text
//! acme#doc#webhooks        send_invoice    what the published definition says of its webhook
//! acme#doc#webhook-paths   /orders/paid    whose path it is
//! ```

use pawl_compiler::triggers::{Trigger, Webhook};
use pawl_store::{Change, Document};
use serde::{Deserialize, Serialize};

use super::kept;
use crate::app::App;
use crate::problem::Problem;

/// The shelf on which webhooks stand, each under its workflow.
pub(super) const SHELF: &str = "webhooks";

/// The shelf on which it stands whose a path is.
const PATHS: &str = "webhook-paths";

/// Whose a path is.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Owner {
    workflow: String,
}

/// The changes that give a workflow the path of its webhook, and take the one that it had.
///
/// A path that another workflow has is refused.
pub(crate) async fn claim(
    app: &App,
    org: &str,
    workflow: &str,
    triggers: &[Trigger],
) -> Result<Vec<Change>, Problem> {
    let webhook = triggers.iter().find_map(|trigger| match trigger {
        Trigger::Webhook(webhook) => Some(webhook),
        Trigger::Schedule(_) | Trigger::Event(_) => None,
    });
    let Some(webhook) = webhook else {
        return free(app, org, workflow).await;
    };
    let address = webhook.address();
    let owner: Option<Document<Owner>> = app.store().document(org, PATHS, address).await?;
    let claimed = match owner {
        Some(owner) if owner.value.workflow != workflow => {
            return Err(Problem::conflict(format!(
                "`{}` has the webhook `{address}` already: give one of them another `path`",
                owner.value.workflow
            )));
        }
        Some(owner) => Change::update(PATHS, &owner),
        None => {
            let workflow = workflow.to_owned();
            Change::create(PATHS, address, &Owner { workflow })
        }
    };
    let mut changes = vec![claimed, Change::put(SHELF, workflow, webhook)];
    if let Some(before) = read(app, org, workflow).await?
        && before.address() != address
    {
        changes.push(Change::remove(PATHS, before.address()));
    }
    Ok(changes)
}

/// The changes after which a workflow has no webhook. Whoever writes them sees that nobody publishes it meanwhile.
pub(crate) async fn free(app: &App, org: &str, workflow: &str) -> Result<Vec<Change>, Problem> {
    let Some(before) = read(app, org, workflow).await? else {
        return Ok(Vec::new());
    };
    Ok(vec![
        Change::remove(SHELF, workflow),
        Change::remove(PATHS, before.address()),
    ])
}

/// The changes after which nothing of a workflow's webhook is left, its secrets and tokens included.
pub(crate) async fn forget(app: &App, org: &str, workflow: &str) -> Result<Vec<Change>, Problem> {
    let mut changes = free(app, org, workflow).await?;
    changes.extend(kept::forget(app, org, workflow).await?);
    Ok(changes)
}

/// The webhook of a published workflow.
pub(super) async fn read(app: &App, org: &str, workflow: &str) -> Result<Option<Webhook>, Problem> {
    let found: Option<Document<Webhook>> = app.store().document(org, SHELF, workflow).await?;
    Ok(found.map(|found| found.value))
}

/// The workflow that has a path.
pub(super) async fn owner(app: &App, org: &str, address: &str) -> Result<Option<String>, Problem> {
    let owner: Option<Document<Owner>> = app.store().document(org, PATHS, address).await?;
    Ok(owner.map(|owner| owner.value.workflow))
}
