//! Publishing: a version becomes what runs, all of it or nothing.
//!
//! ```text
//! compile ─▶ machine version ─▶ schedules and rules ─▶ one transaction ─▶ alias ─▶ what is left over is removed
//! ```
//! Only the transaction changes what runs. A machine version that nobody names does nothing, and a schedule or rule that
//! the published workflow does not know starts nothing; so whatever a failure leaves behind is harmless, and the next
//! publishing that succeeds removes it: who fails cannot know what of it somebody else has published meanwhile.

pub(crate) mod chains;
mod machine;
pub(crate) mod names;
pub mod resources;
pub(crate) mod single;
mod triggers;

pub(crate) use machine::{failed_call, machine_arn};
use pawl_store::{Change, Document, Published};

use crate::access::Identity;
use crate::app::App;
use crate::problem::Problem;
use crate::versions::{self, Status};
use crate::webhooks;
use crate::workflows::{self, Stored, Workflow};

/// Makes a version of a workflow the one that runs.
pub(crate) async fn publish(
    app: &App,
    me: &Identity,
    mut stored: Document<Stored>,
    number: u64,
) -> Result<Workflow, Problem> {
    let id = stored.id.clone();
    if stored.value.archived {
        return Err(Problem::conflict(format!(
            "`{id}` was put away: restore it first"
        )));
    }
    let mut version = versions::read(app, &me.org, &id, number).await?;
    let program = version.value.written.sound()?;
    // Whatever is refused is refused before anything is made.
    let webhook = webhooks::published::claim(app, &me.org, &id, &program.triggers).await?;
    let triggers = resources::triggers(&me.org, &id, &program.triggers);
    let machine = machine::publish(app, &me.org, &id, &program).await?;
    let (followers, followed_by) = chains::publish(app, &me.org, &program).await?;
    let mut names: Vec<String> = triggers.iter().map(|trigger| trigger.own.clone()).collect();
    triggers::make(app, &triggers).await?;
    names.sort_unstable();
    let published = Published {
        machine: machine.clone(),
        number: Some(number),
        triggers: names,
        paused: stored.value.paused,
    };
    let mut changes = vec![published.change(&id)];
    changes.extend(chains::withdrawn(&stored.value.chains, &followed_by));
    changes.extend(followers);
    stored.value.chains = followed_by;
    changes.extend(webhook);
    if let Some(active) = stored.value.active.filter(|active| *active != number) {
        let mut old = versions::read(app, &me.org, &id, active).await?;
        old.value.status = Status::Archived;
        changes.push(Change::update(versions::SHELF, &old));
    }
    version.value.status = Status::Active;
    version.value.machine = Some(machine.clone());
    let now = app.now().iso();
    version.value.published_at.get_or_insert(now);
    changes.push(Change::update(versions::SHELF, &version));
    stored.value.active = Some(number);
    let shown = workflows::write(app, me, stored, "workflow.publish", changes).await?;
    // Another publishing that ended meanwhile may have taken them for left over.
    triggers::make(app, &triggers).await?;
    // Nothing of ours goes by the alias, and the next publishing sets it, too.
    if let Err(problem) = machine::point(app, &me.org, &id, &machine).await {
        tracing::warn!(problem.message, id, "the alias names another version");
    }
    clean(app, &me.org, &id).await;
    Ok(shown)
}

/// The name of something in AWS, among what other deployments have.
fn named(app: &App, name: &str) -> String {
    format!("{}-{name}", app.settings().prefix)
}

/// Removes what is left over; what cannot be removed now starts nothing, and is removed the next time.
pub(crate) async fn clean(app: &App, org: &str, workflow: &str) {
    let swept = async {
        let published = app.store().published(org, workflow).await?;
        let kept = published.map(|published| published.triggers);
        triggers::sweep(app, org, workflow, &kept.unwrap_or_default()).await
    };
    if let Err(problem) = swept.await {
        tracing::warn!(problem.message, workflow, "triggers are left over");
    }
}
