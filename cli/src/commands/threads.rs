//! `pawl threads`: lists threads, or prints one.

use pawl_contract::Message;
use pawl_store::Thread;

use super::runs::readable;
use super::{Outcome, looking, print, print_json};
use crate::place::Place;
use crate::project::Misuse;
use crate::source::{Source, Spoken};
use crate::table::{Side, table};

const EXAMPLES: &str = "Examples:
  pawl threads
  pawl threads assess-cust-1
  pawl threads 019f2c5e-.../000003 --json | jq -r '.[].message.text'

A run that is started with a thread (`pawl run ... --thread assess-cust-1`) shares it among its llm steps, and goes on
with what earlier runs said in it. Otherwise each llm step has a thread of its own: the run's id, `/`, and the visit.";

/// List what was said to language models, or print one thread.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Threads {
    /// The thread to print
    thread: Option<String>,
    /// List so many threads at most
    #[arg(long, value_name = "N", default_value = "20")]
    limit: usize,
    #[command(flatten)]
    place: Place,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Threads {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        looking(&self.place, async |source| match &self.thread {
            Some(thread) => self.show(source, thread).await,
            None => self.list(source).await,
        })
    }

    async fn list(&self, source: &Source) -> anyhow::Result<Outcome> {
        let threads = source.threads(self.limit).await?;
        if self.json {
            print_json(&threads)?;
        } else if threads.is_empty() {
            print("No thread: no run has asked a language model yet.\n")?;
        } else {
            print(&listed(&threads))?;
        }
        Ok(Outcome::Done)
    }

    async fn show(&self, source: &Source, thread: &str) -> anyhow::Result<Outcome> {
        let said = source.thread(thread).await?;
        if said.is_empty() {
            let misuse = Misuse::new(format!("there is no thread `{thread}`"));
            return Err(misuse.help("`pawl threads` lists them").into());
        }
        if self.json {
            print_json(&said)?;
        } else {
            print(&text(&said))?;
        }
        Ok(Outcome::Done)
    }
}

fn listed(threads: &[Thread]) -> String {
    let headings = [
        ("thread", Side::Left),
        ("said last (UTC)", Side::Left),
        ("workflow", Side::Left),
        ("step", Side::Left),
        ("run", Side::Left),
    ];
    let row = |thread: &Thread| {
        [
            thread.thread.clone(),
            readable(&thread.updated_at),
            thread.workflow.clone(),
            thread.step.clone(),
            thread.run.clone(),
        ]
    };
    let rows: Vec<_> = threads.iter().map(row).collect();
    table(headings, &rows)
}

/// What was said, visit by visit.
fn text(said: &[Spoken]) -> String {
    let mut text = String::new();
    let mut visit = None;
    for one in said {
        let place = (&one.run, &one.at);
        if visit != Some(place) {
            visit = Some(place);
            let Spoken { run, at, step, .. } = one;
            let moment = readable(&one.said_at);
            text.extend([format!("── {step}  {at}  run {run}  {moment}\n")]);
        }
        for line in lines(&one.message) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

fn lines(message: &Message) -> Vec<String> {
    let spoken = |who: &str, text: &str| -> Vec<String> {
        let lines = text.lines().enumerate();
        let lines = lines.map(|(number, line)| {
            let who = if number == 0 { who } else { "" };
            format!("{who:>9}  {line}")
        });
        lines.collect()
    };
    match message {
        Message::User { text } => spoken("user", text),
        Message::Assistant { text, calls, .. } => {
            let mut lines = spoken("assistant", text);
            for call in calls {
                let call = format!("uses {} {}", call.tool, call.arguments);
                lines.extend(spoken("assistant", &call));
            }
            lines
        }
        Message::Tool {
            tool,
            result,
            failed,
            ..
        } => {
            let verb = if *failed { "fails" } else { "gives" };
            spoken("tool", &format!("{tool} {verb} {result}"))
        }
    }
}
