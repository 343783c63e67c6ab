//! `pawl resume`: goes on with a run of a deployment that did not complete.

use reqwest::Method;
use serde_json::json;

use super::execute::{follow, version_argument};
use super::{Outcome, asking, print, print_json};
use crate::deployment::execution;
use crate::place::Which;
use crate::source::Source;

const EXAMPLES: &str = "Examples:
  pawl resume 01a20264-7b3b-70e7-9d9a-0879792c0a4c --follow
  pawl resume 01a20264-7b3b-70e7-9d9a-0879792c0a4c --version active

What is recorded is not done again; the step that failed is tried again. With --version the run goes on from that step on
another published version of its workflow: publish what is put right, then resume. On this machine alone, `pawl run PATH --resume RUN`
does the same.";

/// Go on with a failed run of a deployment.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Resume {
    /// The run: its id, a part of it that no other has, or `latest`
    run: String,
    /// The version to go on with: a number, or `active`; the run's own where absent
    #[arg(long, value_name = "N|active")]
    version: Option<String>,
    /// Say what happens until the run ends or waits
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    which: Which,
    /// Print the run as JSON
    #[arg(long)]
    json: bool,
}

impl Resume {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        asking(&self.which, async |deployment| {
            let named = Source::Deployment(deployment.clone())
                .run(&self.run)
                .await?;
            let path = format!("{}/resume", execution(&named.run));
            let version = self.version.as_deref().map(version_argument);
            let body = version.map(|version| json!({ "version": version }));
            let run = deployment.want(Method::POST, &path, body.as_ref()).await?;
            if self.follow {
                return follow(deployment, &named.run, self.json).await;
            }
            if self.json {
                print_json(&run)?;
            } else {
                print(&format!("{} goes on\n", named.run))?;
            }
            Ok(Outcome::Done)
        })
    }
}
