//! `pawl runs`: lists runs.

use std::num::NonZeroUsize;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use pawl_store::{Run, RunStatus};
use serde::Serialize;

use super::{Outcome, looking, print, print_json, say};
use crate::duration::{between, since};
use crate::place::Place;
use crate::report::sign;
use crate::source::{Source, Wanted};
use crate::table::{Side, table};

const EXAMPLES: &str = "Examples:
  pawl runs
  pawl runs --status failed --limit 5
  pawl runs --workflow 'Welcome Email' --json | jq -r '.[].run'
  pawl runs --all
  pawl runs --url https://pawl.example.com

A run is of a workflow. Other tools start executions of machines that are no workflows; `--all` lists those too.";

/// List runs, newest first.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Runs {
    /// Only runs that stand so
    #[arg(long, value_name = "STATUS", value_parser = status())]
    status: Option<RunStatus>,
    /// Only runs of this workflow: its name, or its name as an identifier
    #[arg(long, value_name = "WORKFLOW")]
    workflow: Option<String>,
    /// List so many at most
    #[arg(long, value_name = "N", default_value = "20", value_parser = count)]
    limit: NonZeroUsize,
    /// List the executions of other machines, too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    place: Place,
    /// Print the runs as JSON
    #[arg(long)]
    json: bool,
}

/// Reads how many there may be.
fn count(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| "a whole number above zero is wanted".to_owned())
}

/// A run in the list, or an execution of another machine.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    run: String,
    workflow: String,
    version: Option<String>,
    status: RunStatus,
    started_at: String,
    completed_at: Option<String>,
    /// The step that an open run is at, or that a failed one failed in.
    step: Option<String>,
    /// The code with which it failed.
    error: Option<String>,
    /// The ARN of an execution that is no run.
    #[serde(skip_serializing_if = "Option::is_none")]
    execution: Option<String>,
}

impl Runs {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        looking(&self.place, async |source| self.list(source).await)
    }

    async fn list(&self, source: &Source) -> anyhow::Result<Outcome> {
        let wanted = Wanted {
            status: self.status,
            workflow: self.workflow.clone(),
        };
        let mut listed = Vec::new();
        for run in source.runs(self.limit.get(), &wanted).await? {
            let current = source.current(&run).await?.map(|(step, _)| step);
            listed.push(Listed::new(run, current));
        }
        if self.all {
            listed.extend(self.others(source).await?);
            listed.sort_by(|one, next| next.started_at.cmp(&one.started_at));
            listed.truncate(self.limit.get());
        }
        if self.json {
            print_json(&listed)?;
            return Ok(Outcome::Done);
        }
        if listed.is_empty() {
            say(&self.nothing(source).await?);
        } else {
            print(&text(&listed))?;
        }
        let is_filtered = self.status.is_some() || self.workflow.is_some();
        let others = if self.all || is_filtered {
            0
        } else {
            source.others().await?.len()
        };
        match others {
            0 => {}
            1 => say("One execution is of another machine; `pawl runs --all` lists it, too"),
            others => say(&format!(
                "{others} executions are of other machines; `pawl runs --all` lists them, too"
            )),
        }
        Ok(Outcome::Done)
    }

    /// The executions that are no runs and are wanted, newest first.
    async fn others(&self, source: &Source) -> anyhow::Result<Vec<Listed>> {
        let mut others = source.others().await?;
        others.retain(|other| {
            let is_of = |workflow: &String| *workflow == other.machine;
            self.status.is_none_or(|status| status == other.status())
                && self.workflow.as_ref().is_none_or(is_of)
        });
        let mut listed = Vec::new();
        for other in others.into_iter().take(self.limit.get()) {
            let error = source.aws()?.ends(&other.execution).await?.error;
            listed.push(Listed {
                workflow: other.machine.clone(),
                version: None,
                status: other.status(),
                run: other.execution.name,
                started_at: other.execution.start_date,
                completed_at: other.execution.stop_date,
                step: None,
                error,
                execution: Some(other.execution.execution_arn),
            });
        }
        Ok(listed)
    }

    /// What to say where there is nothing to list.
    async fn nothing(&self, source: &Source) -> anyhow::Result<String> {
        let is_empty = source.runs(1, &Wanted::default()).await?.is_empty();
        if is_empty && (!self.all || source.others().await?.is_empty()) {
            let start = "start one: `pawl run workflows/examples/welcome-email`";
            return Ok(format!("There are no runs yet; {start}"));
        }
        let status = self.status.map(|status| format!(" is {}", status.name()));
        let workflow = self.workflow.as_ref();
        let workflow = workflow.map(|workflow| format!(" of workflow `{workflow}`"));
        Ok(format!(
            "No run{}{}; `pawl runs{}` lists all",
            workflow.unwrap_or_default(),
            status.unwrap_or_default(),
            if self.all { " --all" } else { "" }
        ))
    }
}

impl Listed {
    fn new(run: Run, current: Option<String>) -> Self {
        let failed = run.error.as_ref().and_then(|error| error.step.clone());
        Self {
            run: run.run,
            workflow: run.name,
            version: run.version,
            status: run.status,
            started_at: run.started_at,
            completed_at: run.completed_at,
            step: current.or(failed),
            error: run.error.map(|error| error.code),
            execution: None,
        }
    }
}

/// An error's name as a table has room for it.
fn shortened(error: &str) -> String {
    const ROOM: usize = 40;
    match error.char_indices().nth(ROOM) {
        Some((end, _)) => format!("{}…", error.get(..end).unwrap_or_default()),
        None => error.to_owned(),
    }
}

fn text(listed: &[Listed]) -> String {
    let rows: Vec<_> = listed.iter().map(row).collect();
    let headings = [
        ("run", Side::Left),
        ("workflow", Side::Left),
        ("status", Side::Left),
        ("started (UTC)", Side::Left),
        ("took", Side::Right),
        ("step", Side::Left),
        ("error", Side::Left),
    ];
    table(headings, &rows)
}

fn row(listed: &Listed) -> [String; 7] {
    let took = match &listed.completed_at {
        Some(end) => between(&listed.started_at, end),
        // It goes on.
        None => listed.started_at.parse().map_or_else(
            |_| String::new(),
            |start| since(start, Timestamp::now()) + " …",
        ),
    };
    [
        listed.run.clone(),
        listed.workflow.clone(),
        format!("{} {}", sign(listed.status), listed.status.name()),
        readable(&listed.started_at),
        took,
        listed.step.clone().unwrap_or_default(),
        shortened(listed.error.as_deref().unwrap_or_default()),
    ]
}

/// A moment to the second, without what is the same in all of them.
pub(super) fn readable(moment: &str) -> String {
    moment.get(..19).unwrap_or(moment).replace('T', " ")
}

fn status() -> impl TypedValueParser<Value = RunStatus> {
    let names = RunStatus::ALL.map(RunStatus::name);
    PossibleValuesParser::new(names).map(|name| {
        let mut all = RunStatus::ALL.into_iter();
        let found = all.find(|status| status.name() == name);
        found.expect("clap lets only these names pass")
    })
}
