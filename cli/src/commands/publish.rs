//! `pawl publish`: sends definitions to a deployment, and makes them what runs there.

use std::path::PathBuf;

use pawl_contract::identifier;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Outcome, asking, complain, print, print_json, say, sound};
use crate::deployment::Deployment;
use crate::place::Which;
use crate::project::{DefinitionFile, find};

const EXAMPLES: &str = "Examples:
  pawl publish workflows/
  pawl publish order.json --note 'ask the customer first'
  pawl publish order.json --draft --url https://pawl.example.com --key-file key

Runs that are on their way stay on the version that they began with.";

/// Publish workflows to a deployment.
///
/// Exits with 0 when all are published, 1 when one was refused, 2 for misuse.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Publish {
    /// Definitions, or folders with some
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Why it is changed
    #[arg(long)]
    note: Option<String>,
    /// Only write the drafts
    #[arg(long)]
    draft: bool,
    #[command(flatten)]
    which: Which,
    /// Print what was published as JSON
    #[arg(long)]
    json: bool,
}

impl Publish {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        asking(&self.which, async |deployment| {
            self.publish(deployment).await
        })
    }

    async fn publish(&self, deployment: &Deployment) -> anyhow::Result<Outcome> {
        let found = find(&self.paths);
        for misuse in &found.wrong {
            complain(misuse);
        }
        let mut outcome = if found.wrong.is_empty() {
            Outcome::Done
        } else {
            Outcome::Misused
        };
        let mut published = Vec::new();
        for path in &found.files {
            let definition = &match DefinitionFile::read(path) {
                Ok(definition) => definition,
                Err(misuse) => {
                    complain(&misuse);
                    outcome = Outcome::Misused;
                    continue;
                }
            };
            let Some(program) = sound(definition, None) else {
                outcome = Outcome::Refused;
                continue;
            };
            let id = identifier(&program.checked.definition.name);
            match self.publish_one(deployment, definition, &id).await? {
                Some(workflow) => published.push(workflow),
                None => outcome = Outcome::Refused,
            }
        }
        if self.json {
            print_json(&published)?;
        }
        Ok(outcome)
    }

    /// Writes the draft and publishes it; `None` where it is refused, which is then said.
    async fn publish_one(
        &self,
        deployment: &Deployment,
        definition: &DefinitionFile,
        id: &str,
    ) -> anyhow::Result<Option<Value>> {
        let body = json!({ "definition": definition.text, "note": self.note });
        let path = format!("/api/workflows/{id}");
        let mut answer = deployment.ask(Method::PUT, &path, Some(&body)).await?;
        if matches!(answer, Err((StatusCode::NOT_FOUND, _))) {
            answer = deployment
                .ask(Method::POST, "/api/workflows", Some(&body))
                .await?;
        }
        if answer.is_ok() && !self.draft {
            let publish = format!("{path}/publish");
            answer = deployment.ask(Method::POST, &publish, None).await?;
        }
        match answer {
            Ok(workflow) => {
                let version = |field: &str| workflow.get(field).and_then(Value::as_u64);
                let (active, latest) = (version("active_version"), version("latest_version"));
                let number = if self.draft { latest } else { active };
                let verb = if self.draft { "written" } else { "published" };
                if !self.json {
                    print(&format!(
                        "{id}: version {} {verb}\n",
                        number.unwrap_or_default()
                    ))?;
                }
                Ok(Some(workflow))
            }
            Err((_, refusal)) if refusal.details.is_null() => Err(refusal.into()),
            Err((_, refusal)) => {
                say(&format!("error: {id}: {}", refusal.message));
                let found = refusal.details.get("diagnostics").and_then(Value::as_array);
                for diagnostic in found.into_iter().flatten() {
                    let text = |field: &str| {
                        diagnostic
                            .get(field)
                            .and_then(Value::as_str)
                            .unwrap_or_default()
                    };
                    let line = diagnostic
                        .get("line")
                        .and_then(Value::as_u64)
                        .unwrap_or_default();
                    let place = definition.name();
                    say(&format!(
                        "  {place}:{line}: {}: {}",
                        text("code"),
                        text("message")
                    ));
                }
                Ok(None)
            }
        }
    }
}
