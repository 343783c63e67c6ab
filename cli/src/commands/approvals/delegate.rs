//! `pawl approvals delegate`: lets somebody else decide what a run asks.

use serde_json::{Value, json};

use super::super::answer::{asked, misuse, user};
use super::super::{Outcome, changing, print, print_json, runtime};
use crate::deployment::Deployment;
use crate::laptop::ORG;
use crate::place::{Found, Place};
use crate::source::Source;

const EXAMPLES: &str = "Examples:
  pawl approvals delegate latest --to bo@example.com
  pawl approvals delegate 019f2c5e ask_manager --to bo

A deployment takes the owner of the key for whoever says so, where `--as` names nobody else.
Those who could decide before still can. Whoever has a mail address gets a mail, where mail goes anywhere.";

/// Let somebody else decide, too.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Delegate {
    /// The run: its id, a part of it that no other has, or `latest`
    run: String,
    /// The step that asked, or the place of its visit; needed only where the run waits for several decisions
    step: Option<String>,
    /// Who is to decide
    #[arg(long, value_name = "WHO")]
    to: String,
    /// Who says so [default: the user of this machine, or the owner of the key]
    #[arg(long = "as", value_name = "WHO")]
    who: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

impl Delegate {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        match self.place.find()? {
            Found::Deployment(deployment) => runtime()?.block_on(self.ask(*deployment)),
            Found::Aws(place) => changing(&place, async |source| self.delegate(source).await),
        }
    }

    async fn ask(&self, deployment: Deployment) -> anyhow::Result<Outcome> {
        let source = Source::Deployment(deployment.clone());
        let run = source.run(&self.run).await?.run;
        let (step, to) = (self.step.as_deref(), self.to.as_str());
        let asked = asked::delegate(&deployment, &run, step, to, self.who.as_deref());
        let (step, by) = asked.await?;
        self.tell(&run, &step, &by)
    }

    async fn delegate(&self, source: &Source) -> anyhow::Result<Outcome> {
        let run = source.run(&self.run).await?.run;
        let (step, to) = (self.step.as_deref(), self.to.as_str());
        let by = self.who.clone().unwrap_or_else(user);
        let services = source.aws()?.services();
        let delegated = pawl_functions::delegate(&services, ORG, &run, step, to, &by, None).await;
        let step = delegated.map_err(misuse)?;
        self.tell(&run, &step, &by.into())
    }

    fn tell(&self, run: &str, step: &str, by: &Value) -> anyhow::Result<Outcome> {
        let to = &self.to;
        if self.json {
            print_json(&json!({ "run": run, "step": step, "to": to, "by": by }))?;
        } else {
            print(&format!("`{to}` may decide step `{step}`, too\n"))?;
        }
        Ok(Outcome::Done)
    }
}
