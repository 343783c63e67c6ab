//! Versions of machines that single runs begin with: those of drafts, and those that go on with another version.
//!
//! Step Functions keeps a thousand versions of a machine. A run that did not complete may be resumed, and needs its
//! version for that; so every run holds its own, written down with the run. Now and then whoever publishes another one
//! removes those that nothing holds.

use std::collections::BTreeSet;

use pawl_asl::Machine;
use pawl_store::{Change, Direction, Document, RunStatus, Window};
use serde::{Deserialize, Serialize};

use super::machine::{arn, failed_call, publish_as, unwritten};
use super::{named, names};
use crate::app::App;
use crate::problem::Problem;

/// The shelf on which it stands which run holds which version.
const SHELF: &str = "single-runs";

/// Whoever publishes every so many versions removes some.
const EVERY: u64 = 10;

/// So many versions are left alone, however little holds them: somebody may be about to start a run with one.
const KEPT: usize = 20;

/// As many versions as Step Functions lists at once, which are all that a machine can have.
const LISTED: i32 = 1000;

/// A version that serves single runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Single {
    /// The ARN of the version.
    machine: String,
}

impl Single {
    /// The change by which a run holds the version.
    pub(crate) fn hold(self, run: &str) -> Change {
        let name = self.machine.rsplit(':').nth(1).unwrap_or_default();
        Change::put(SHELF, format!("{name}#{run}"), &self)
    }
}

/// The version that a machine's ARN names, where it serves single runs of a workflow.
pub(crate) fn held(app: &App, org: &str, workflow: &str, machine: &str) -> Option<Single> {
    let name = machine.rsplit(':').nth(1)?;
    (name == named(app, &names::single(org, workflow))).then(|| Single {
        machine: machine.to_owned(),
    })
}

/// Publishes a machine for a single run of a workflow, beside what the workflow's own machine is: the version's ARN.
pub(crate) async fn publish(
    app: &App,
    org: &str,
    workflow: &str,
    machine: &Machine,
) -> Result<String, Problem> {
    let name = named(app, &names::single(org, workflow));
    let text = machine.text().map_err(|error| unwritten(&error))?;
    let version = publish_as(app, &name, text).await?;
    let number = version
        .rsplit(':')
        .next()
        .and_then(|last| last.parse().ok());
    if number.is_some_and(|number: u64| number.is_multiple_of(EVERY))
        && let Err(problem) = sweep(app, org, &name).await
    {
        tracing::warn!(
            problem.message,
            workflow,
            "versions of single runs are left over"
        );
    }
    Ok(version)
}

/// Removes the versions of a machine that no run holds.
async fn sweep(app: &App, org: &str, name: &str) -> Result<(), Problem> {
    let states = app.services().states();
    let list = states.list_state_machine_versions();
    let listed = list.state_machine_arn(arn(app, name)).max_results(LISTED);
    let listed = listed.send().await;
    let listed = listed.map_err(|error| failed_call("ListStateMachineVersions", error))?;
    // The latest come first.
    let old = listed.state_machine_versions.into_iter().skip(KEPT);
    let mut old = old
        .map(|version| version.state_machine_version_arn)
        .peekable();
    if old.peek().is_none() {
        return Ok(());
    }
    let held = still_held(app, org, name).await?;
    for version in old.filter(|version| !held.contains(version)) {
        let delete = states.delete_state_machine_version();
        let deleted = delete.state_machine_version_arn(version).send().await;
        deleted.map_err(|error| failed_call("DeleteStateMachineVersion", error))?;
    }
    Ok(())
}

/// The versions of a machine that runs hold which may still be resumed; the other runs let go of theirs.
async fn still_held(app: &App, org: &str, name: &str) -> Result<BTreeSet<String>, Problem> {
    let prefix = format!("{name}#");
    let window = Window::beginning_with(&prefix);
    let found = app.store();
    let found = found.documents::<Single>(org, SHELF, &window, Direction::Forward, |_| true);
    let mut held = BTreeSet::new();
    for Document { id, value, .. } in found.await?.documents {
        let run = id.strip_prefix(&prefix).unwrap_or_default();
        let run = app.store().run_without_input(org, run).await?;
        // A run that went on with another version goes on from there.
        let holds = run
            .is_some_and(|run| run.status != RunStatus::Completed && run.machine == value.machine);
        if holds {
            held.insert(value.machine);
        } else {
            app.store().change(org, [Change::remove(SHELF, id)]).await?;
        }
    }
    Ok(held)
}
