//! `pawl show`: one run with its steps.

mod other;
mod step;
mod tree;

use pawl_compiler::diagnostic::did_you_mean;
use pawl_contract::Mock;
use pawl_store::{Record, Run, RunError, RunStatus};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

use super::{Outcome, looking, print, print_json};
use crate::aws::{Execution, Other, Subject};
use crate::graph::from_machine;
use crate::place::Place;
use crate::project::Misuse;
use crate::report::{Models, Visit, status};
use crate::source::Source;

const EXAMPLES: &str = "Examples:
  pawl show latest
  pawl show 019f2c5e-7a61-7c3e-9d0e-3f1b8f2a9c10
  pawl show 8f2a9c10 --step send_mail
  pawl show latest --json | jq '.steps[] | select(.status == \"failed\")'

RUN is a run's id, a part of it that no other run has, or `latest`.
It may also be the name or the ARN of an execution that is no run; `pawl runs --all` lists those.";

/// Show a run with its steps.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Show {
    /// The run
    run: String,
    /// Show every visit of this step: input, output, attempts, error
    #[arg(long, value_name = "SLUG")]
    step: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Print the run as JSON
    #[arg(long)]
    json: bool,
}

/// A run, as scripts read it: what `pawl run --json` says, and more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    run: String,
    /// The workflow's name.
    workflow: String,
    version: Option<String>,
    status: RunStatus,
    started_at: String,
    completed_at: Option<String>,
    /// The step that an open run is at.
    current: Option<String>,
    trigger: Value,
    input: Value,
    output: Value,
    error: Option<RunError>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    mocks: BTreeMap<String, Mock>,
    /// The ARN of its machine.
    machine: String,
    executions: Vec<Execution>,
    steps: Vec<Visit>,
    /// What its language models took.
    #[serde(skip_serializing_if = "Option::is_none")]
    models: Option<Models>,
}

impl Show {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        looking(&self.place, async |source| self.show(source).await)
    }

    async fn show(&self, source: &Source) -> anyhow::Result<Outcome> {
        let run = match source.subject(&self.run).await? {
            Subject::Run(run) => *run,
            Subject::Other(other) => return self.other(source, &other).await,
        };
        let records = source.records(&run).await?;
        if let Some(slug) = &self.step {
            let visits: Vec<Record> = records
                .iter()
                .filter(|record| record.step == *slug)
                .cloned()
                .collect();
            if visits.is_empty() {
                return Err(never_visited(source, &run, &records, slug).await?.into());
            }
            if self.json {
                print_json(&visits)?;
            } else {
                print(&step::text(slug, &visits))?;
            }
            return Ok(Outcome::Done);
        }
        let shown = shown(source, run, records).await?;
        if self.json {
            print_json(&shown)?;
        } else {
            print(&tree::text(&shown))?;
        }
        Ok(Outcome::Done)
    }

    async fn other(&self, source: &Source, other: &Other) -> anyhow::Result<Outcome> {
        let name = &other.execution.name;
        if self.step.is_some() {
            let message = format!(
                "`{name}` is an execution of the machine `{}`, which has no steps",
                other.machine
            );
            let help = format!("`pawl history {name}` shows its states");
            return Err(Misuse::new(message).help(help).into());
        }
        let ends = source.aws()?.ends(&other.execution).await?;
        if self.json {
            print_json(&other::json(other, &ends))?;
        } else {
            let events = source.history(None, &other.execution).await?;
            print(&other::text(other, &ends, &events))?;
        }
        Ok(Outcome::Done)
    }
}

async fn shown(source: &Source, run: Run, records: Vec<Record>) -> anyhow::Result<Shown> {
    Ok(Shown {
        status: status(&run, &records),
        current: source.current(&run).await?.map(|(step, _)| step),
        output: source.output(&run).await?,
        executions: source.executions(&run).await?,
        models: Models::of(&records),
        steps: records.into_iter().map(Visit::from).collect(),
        run: run.run,
        workflow: run.name,
        version: run.version,
        started_at: run.started_at,
        completed_at: run.completed_at,
        trigger: run.trigger,
        input: run.input,
        error: run.error,
        mocks: run.mocks,
        machine: run.machine,
    })
}

/// Why there is nothing to show of a step: the run has not come to it, or there is none of the name.
async fn never_visited(
    source: &Source,
    run: &Run,
    records: &[Record],
    slug: &str,
) -> anyhow::Result<Misuse> {
    let machine = match source.aws() {
        Ok(aws) => Some(aws.machine(run).await?),
        Err(_) => None,
    };
    let graph = machine.as_ref().and_then(from_machine);
    let steps = graph.map(|graph| graph.steps).unwrap_or_default();
    let known: Vec<&str> = steps.iter().map(|step| step.slug.as_str()).collect();
    // Without the machine nobody knows what steps there are beside those that ran.
    if known.is_empty() || known.contains(&slug) {
        let name = &run.run;
        let misuse = Misuse::new(format!("run `{name}` has not come to step `{slug}`"));
        let last = records.last().map(|record| record.step.as_str());
        let last = last
            .map(|last| format!("its last step is `{last}`; `pawl graph {name}` shows the way"));
        return Ok(match last {
            Some(help) => misuse.help(help),
            None => misuse,
        });
    }
    let misuse = Misuse::new(format!("workflow `{}` has no step `{slug}`", run.name));
    let help = did_you_mean(slug, known.iter().copied());
    Ok(misuse.help(help.unwrap_or_else(|| format!("it has {}", known.join(", ")))))
}
