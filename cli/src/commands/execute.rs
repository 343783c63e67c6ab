//! `pawl execute`: starts a run in a deployment, and follows it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use pawl_contract::identifier;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Outcome, asking, print, print_json};
use crate::deployment::{Deployment, execution};
use crate::place::Which;
use crate::project::{Misuse, json_argument};

const EXAMPLES: &str = "Examples:
  pawl execute welcome_email --input '{\"customerId\": \"cust_456\"}' --follow
  pawl execute \"Welcome Email\" --input @input.json --json | jq -r .execution_id

A workflow is named by its id or its name.";

/// How often a run that is followed is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Start a run in a deployment.
///
/// Exits with 0 when it was started; with `--follow` when it completed, and with 1 when it did not.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Execute {
    /// The workflow
    workflow: String,
    /// The run's input, as JSON or `@FILE`
    #[arg(long, value_name = "JSON|@FILE")]
    input: Option<String>,
    /// Results that stand in for steps: `{"<step>": ...}`
    #[arg(long, value_name = "FILE")]
    mocks: Option<PathBuf>,
    /// The thread that the run's llm steps share
    #[arg(long, value_name = "THREAD")]
    thread: Option<String>,
    /// The version to run: a number, `active` or `draft`; the active one where absent
    #[arg(long, alias = "workflow-version", value_name = "N|draft")]
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

impl Execute {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        asking(&self.which, async |deployment| {
            self.execute(deployment).await
        })
    }

    async fn execute(&self, deployment: &Deployment) -> anyhow::Result<Outcome> {
        let given = self.input.as_deref();
        let input = given
            .map(|given| json_argument("--input", given))
            .transpose()?;
        let body = json!({
            "input": input,
            "session_id": self.thread,
            "version": self.version.as_deref().map(version_argument),
            "mocks": self.mocks()?,
        });
        let path = format!("/api/workflows/{}/execute", identifier(&self.workflow));
        let started = match deployment.ask(Method::POST, &path, Some(&body)).await? {
            Ok(started) => started,
            Err((StatusCode::NOT_FOUND, refusal)) => {
                let help = "publish it with `pawl publish PATH`";
                return Err(Misuse::new(refusal.message).help(help).into());
            }
            Err((_, refusal)) => return Err(refusal.into()),
        };
        let id = started.get("execution_id").and_then(Value::as_str);
        let id = id.context("the answer names no run")?.to_owned();
        if self.follow {
            return follow(deployment, &id, self.json).await;
        }
        if self.json {
            print_json(&started)?;
        } else {
            print(&format!("{id}\n"))?;
        }
        Ok(Outcome::Done)
    }
}

impl Execute {
    /// What stands in for steps.
    fn mocks(&self) -> anyhow::Result<Value> {
        let Some(path) = &self.mocks else {
            return Ok(json!({}));
        };
        let text = std::fs::read_to_string(path);
        let text = text.with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
    }
}

/// A version as the API takes it: a number, or a word.
pub(super) fn version_argument(given: &str) -> Value {
    let number = given.parse::<u64>();
    number.map_or_else(|_| given.into(), Value::from)
}

/// Says what happens in a run until it ends or waits for somebody.
pub(super) async fn follow(
    deployment: &Deployment,
    id: &str,
    is_json: bool,
) -> anyhow::Result<Outcome> {
    let path = execution(id);
    let mut told = std::collections::BTreeSet::new();
    loop {
        let run = deployment.want(Method::GET, &path, None).await?;
        let steps = run.get("steps").and_then(Value::as_array);
        for step in steps.into_iter().flatten() {
            let text = |field: &str| step.get(field).and_then(Value::as_str).unwrap_or_default();
            let line = format!(
                "{}  {:<9}  {}\n",
                text("at"),
                text("status"),
                text("step_id")
            );
            if told.insert(line.clone()) && !is_json {
                print(&line)?;
            }
        }
        let status = run
            .get("status")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if matches!(status, "pending" | "running") {
            tokio::time::sleep(LOOK).await;
            continue;
        }
        if is_json {
            print_json(&run)?;
        } else {
            print(&format!("{status}\n{}", ending(&run, id)?))?;
        }
        return Ok(match status {
            "completed" | "waiting" => Outcome::Done,
            _ => Outcome::Refused,
        });
    }
}

/// What a run gave, why it failed, or what to do next.
fn ending(run: &Value, id: &str) -> anyhow::Result<String> {
    let field = |name: &str| run.get(name).cloned().unwrap_or_default();
    let error = field("error");
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    Ok(match run.get("status").and_then(Value::as_str) {
        Some("completed") => serde_json::to_string_pretty(&field("result"))? + "\n",
        Some("waiting") => {
            format!("run {id} waits: `pawl approvals` lists what for\n")
        }
        _ => format!(
            "{} in {}: {}\n`pawl resume {id}` tries again\n",
            text("code"),
            text("step"),
            text("message")
        ),
    })
}
