//! `pawl gc`: shows which versions of a deployment's machines and functions nothing needs, and removes them.

mod functions;
mod needed;

use anyhow::Context;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::{Outcome, asking, print, print_json, runtime, say};
use crate::deployment::{Deployment, segment};
use crate::place::Which;
use crate::table::{Side, table};

const EXAMPLES: &str = "Examples:
  pawl gc
  pawl gc --remove
  pawl gc welcome_email --url https://pawl.example.com
  pawl gc --functions
  pawl gc --functions --prefix staging --remove

Every publishing leaves a version of the workflow's machine, and Step Functions takes a thousand of one machine. A version
stays for as long as new runs begin with it, a run that began with it is open, or an alias names it. A run that failed can
go on with another version once its own is gone: `pawl resume RUN --version active`.

Every deploy leaves versions of the functions. Those stay that an alias or a machine of any organisation names, in any
version, or that an open run calls; so remove machine versions first. Functions serve all organisations, so no key of the API
removes their versions: `--functions` asks AWS, with the credentials and the region of the `aws` command (docs/operate.md).";

/// Remove versions of a deployment's machines, or functions, that nothing needs.
///
/// Shows them without --remove, and why each of the others is kept. Exits with 0, and 2 for misuse.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Gc {
    /// Workflows; all of them where absent
    #[arg(value_name = "WORKFLOW")]
    workflows: Vec<String>,
    /// Remove what nothing needs; of machines, this takes the role `admin`
    #[arg(long)]
    remove: bool,
    /// Versions of functions, asking AWS itself
    #[arg(long, conflicts_with_all = ["workflows", "url", "key_file", "state"])]
    functions: bool,
    /// The parameter `Prefix` of the deployment whose functions they are
    #[arg(
        long,
        value_name = "PREFIX",
        default_value = "pawl",
        requires = "functions"
    )]
    prefix: String,
    #[command(flatten)]
    which: Which,
    /// Print the versions as JSON; those without `kept` are not needed
    #[arg(long)]
    json: bool,
}

/// Whether versions are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removing {
    Unneeded,
    Nothing,
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
        if self.functions {
            let removing = if self.remove {
                Removing::Unneeded
            } else {
                Removing::Nothing
            };
            return runtime()?.block_on(functions::collect(&self.prefix, removing, self.json));
        }
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
        reason(version.kept.as_deref()),
    ]
}

/// Why a version is kept, for people.
fn reason(kept: Option<&str>) -> String {
    kept.unwrap_or("no: nothing needs it").to_owned()
}
