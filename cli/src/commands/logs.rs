//! `pawl logs`: what happened in a run, in order of time.

mod entry;

use std::collections::BTreeSet;
use std::time::Duration;

use pawl_store::{Run, RunStatus};

use super::{Outcome, looking, prints, say};
use crate::place::Place;
use crate::source::Source;
use entry::Entry;

const EXAMPLES: &str = "Examples:
  pawl logs latest
  pawl logs 8f2a9c10 | grep error
  pawl logs latest --follow

RUN is a run's id, a part of it that no other run has, or `latest`.
With --follow it goes on until the run is over, and exits with 0 only when the run completed.";

/// How long to wait before looking again.
const PAUSE: Duration = Duration::from_millis(300);

/// Show what happened in a run, in order of time.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Logs {
    /// The run
    run: String,
    /// Go on until the run is over
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    place: Place,
}

impl Logs {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        looking(&self.place, async |source| self.show(source).await)
    }

    async fn show(&self, source: &Source) -> anyhow::Result<Outcome> {
        let mut run = source.run(&self.run).await?;
        let mut written = BTreeSet::new();
        loop {
            // What a run that is over has left is complete only after it is over.
            let is_over = !run.is_open();
            let is_read = write(source, &run, &mut written).await?;
            if !self.follow || !is_read {
                return Ok(Outcome::Done);
            }
            if is_over {
                return Ok(outcome(run.status));
            }
            if !source.is_running() {
                say(
                    "Nothing goes on with this run while no other process has the folder open; `pawl dev` goes on with all of them",
                );
                return Ok(Outcome::Refused);
            }
            tokio::time::sleep(PAUSE).await;
            run = source.run(&run.run).await?;
        }
    }
}

/// Writes what has not been written yet. Whether anybody reads it.
async fn write(source: &Source, run: &Run, written: &mut BTreeSet<Entry>) -> anyhow::Result<bool> {
    let mut entries = entry::of_records(&source.records(run).await?);
    // Histories are long, and a deployment tells them a page at a time: `pawl history` asks it for them.
    let executions = match source {
        Source::Aws(_) => source.executions(run).await?,
        Source::Deployment(_) => Vec::new(),
    };
    for (number, execution) in executions.iter().enumerate() {
        let events = source.history(Some(run), execution).await?;
        entries.extend(entry::of_history(number, execution, &events));
    }
    entries.extend(entry::of_events(&source.events(run).await?));
    entries.extend(entry::of_run(run));
    entries.sort();
    let mut text = String::new();
    for entry in entries {
        if !written.contains(&entry) {
            text.push_str(&entry.line());
            written.insert(entry);
        }
    }
    if text.is_empty() {
        return Ok(true);
    }
    Ok(prints(&text)?)
}

fn outcome(status: RunStatus) -> Outcome {
    match status {
        RunStatus::Completed => Outcome::Done,
        RunStatus::Pending
        | RunStatus::Running
        | RunStatus::Waiting
        | RunStatus::Failed
        | RunStatus::Cancelled
        | RunStatus::Timeout => Outcome::Refused,
    }
}
