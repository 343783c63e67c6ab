//! `pawl gc`: shows which machine versions of a deployment nothing needs, and removes them.

use anyhow::Context;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::{Outcome, asking, print, print_json, say};
use crate::deployment::{Deployment, segment};
use crate::place::Which;
use crate::table::{Side, table};

const EXAMPLES: &str = "Examples:
  pawl gc
  pawl gc --remove
  pawl gc welcome_email --url https://pawl.example.com
  pawl gc --json | jq -r '[.[].functions[]] | unique[]'

Every publishing leaves a version of the workflow's machine, and Step Functions takes a thousand of one machine. A version
stays for as long as new runs begin with it, a run that began with it is open, or an alias names it. A run that failed can
go on with another version once its own is gone: `pawl resume RUN --version active`.
The versions of functions that the last example prints must stay, besides those of the last deploy (docs/operate.md).";

/// Remove machine versions of a deployment that nothing needs.
///
/// Shows them without --remove, and why each of the others is kept. Exits with 0, and 2 for misuse.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Gc {
    /// Workflows; all of them where absent
    #[arg(value_name = "WORKFLOW")]
    workflows: Vec<String>,
    /// Remove what nothing needs; this takes the role `admin`
    #[arg(long)]
    remove: bool,
    #[command(flatten)]
    which: Which,
    /// Print the versions as JSON; those without `kept` are not needed
    #[arg(long)]
    json: bool,
}

/// A version of a machine, as the API tells it.
#[derive(Deserialize, Serialize)]
struct MachineVersion {
    machine: String,
    workflow: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<String>,
    functions: Vec<String>,
}

impl Gc {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        asking(&self.which, async |deployment| {
            self.collect(deployment).await
        })
    }

    async fn collect(&self, deployment: &Deployment) -> anyhow::Result<Outcome> {
        let workflows = if self.workflows.is_empty() {
            deployment.workflows().await?
        } else {
            let given = self.workflows.iter();
            given.map(|name| pawl_contract::identifier(name)).collect()
        };
        let mut versions = Vec::new();
        let mut gone = 0;
        for workflow in workflows {
            let path = format!("/api/workflows/{}/machine-versions", segment(&workflow));
            let found = versions_at(deployment, Method::GET, &path).await?;
            if self.remove && found.iter().any(|version| version.kept.is_none()) {
                gone += versions_at(deployment, Method::DELETE, &path).await?.len();
            }
            versions.extend(found);
        }
        if self.json {
            print_json(&versions)?;
        } else if !versions.is_empty() {
            print(&text(&versions))?;
        }
        let unneeded = versions.iter().filter(|version| version.kept.is_none());
        let (unneeded, count) = (unneeded.count(), versions.len());
        say(&if self.remove {
            format!("{gone} of {count} machine versions removed")
        } else {
            format!("nothing needs {unneeded} of {count} machine versions")
        });
        if unneeded > 0 && !self.remove {
            say("  = help: `pawl gc --remove` removes them");
        }
        Ok(Outcome::Done)
    }
}

async fn versions_at(
    deployment: &Deployment,
    method: Method,
    path: &str,
) -> anyhow::Result<Vec<MachineVersion>> {
    let answer = deployment.want(method, path, None).await?;
    serde_json::from_value(answer).context("the answer has no machine versions")
}

fn text(versions: &[MachineVersion]) -> String {
    let rows: Vec<_> = versions.iter().map(row).collect();
    let headings = ["workflow", "version", "made", "kept"];
    table(headings.map(|heading| (heading, Side::Left)), &rows)
}

fn row(version: &MachineVersion) -> [String; 4] {
    let number = version.machine.rsplit(':').next();
    [
        version.workflow.clone(),
        number.unwrap_or_default().to_owned(),
        super::runs::readable(&version.created_at),
        version
            .kept
            .clone()
            .unwrap_or_else(|| "no: nothing needs it".to_owned()),
    ]
}
