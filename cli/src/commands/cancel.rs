//! `pawl cancel`: cancels a run of a deployment.

use reqwest::Method;
use serde_json::Value;

use super::{Outcome, asking, print, print_json};
use crate::deployment::execution;
use crate::place::Which;
use crate::source::Source;

const EXAMPLES: &str = "Examples:
  pawl cancel 01a20264-7b3b-70e7-9d9a-0879792c0a4c

A step that acts right now still does, and nothing follows it.";

/// Cancel a run of a deployment.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Cancel {
    /// The run: its id, a part of it that no other has, or `latest`
    run: String,
    #[command(flatten)]
    which: Which,
    /// Print the run as JSON
    #[arg(long)]
    json: bool,
}

impl Cancel {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        asking(&self.which, async |deployment| {
            let run = Source::Deployment(deployment.clone())
                .run(&self.run)
                .await?;
            let path = format!("{}/cancel", execution(&run.run));
            let run = deployment.want(Method::POST, &path, None).await?;
            if self.json {
                print_json(&run)?;
            } else {
                let status = run.get("status").and_then(Value::as_str);
                print(&format!("{}\n", status.unwrap_or_default()))?;
            }
            Ok(Outcome::Done)
        })
    }
}
