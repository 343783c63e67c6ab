//! `pawl approvals`: lists what runs wait for, and lets somebody else decide.

mod delegate;

use pawl_contract::Kind;
use pawl_contract::reference::QUESTION;
use pawl_store::Waiting;

use super::runs::readable;
use super::{Outcome, looking, print, print_json, say};
use crate::place::Place;
use crate::report::shorten;
use crate::source::Source;
use crate::table::{Side, table};

const EXAMPLES: &str = "Examples:
  pawl approvals
  pawl approvals --json | jq -r '.[].input.message'
  pawl approvals --endpoint http://127.0.0.1:4566
  pawl approvals delegate latest --to bo@example.com

Decide with `pawl approve` and `pawl reject`; send what a signal waits for with `pawl signal`.";

/// List what runs wait for: decisions, signals and other runs.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(super) struct Approvals {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    place: Place,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Let somebody else decide, too
    Delegate(delegate::Delegate),
}

impl Approvals {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        if let Some(Command::Delegate(command)) = self.command {
            return command.run();
        }
        looking(&self.place, async |source| self.list(source).await)
    }

    async fn list(&self, source: &Source) -> anyhow::Result<Outcome> {
        let waits = source.waits().await?;
        if self.json {
            print_json(&waits)?;
        } else if waits.is_empty() {
            say("No run waits for anything");
        } else {
            print(&text(&waits))?;
        }
        Ok(Outcome::Done)
    }
}

fn text(waits: &[Waiting]) -> String {
    let rows: Vec<_> = waits.iter().map(row).collect();
    let headings = [
        "run",
        "workflow",
        "step",
        "visit",
        "kind",
        "asked (UTC)",
        "until",
        "what",
    ];
    table(headings.map(|heading| (heading, Side::Left)), &rows)
}

fn row(waiting: &Waiting) -> [String; 8] {
    let record = &waiting.record;
    let kind = record.kind.map(Kind::name).unwrap_or_default();
    let until = waiting.expires_at.as_deref().map(readable);
    [
        waiting.run.clone(),
        waiting.workflow.clone(),
        record.step.clone(),
        record.at.to_string(),
        kind.to_owned(),
        readable(&record.started_at),
        until.unwrap_or_default(),
        shorten(asks(waiting)),
    ]
}

/// What a wait is about.
pub(super) fn asks(waiting: &Waiting) -> &str {
    let fields = QUESTION.iter().chain(&["signal", "workflow"]);
    let mut found = fields.filter_map(|field| waiting.record.input.get(field)?.as_str());
    found.next().unwrap_or_default()
}
