//! `pawl compile`: prints the machine that a definition becomes.

use std::path::PathBuf;

use anyhow::Context;
use pawl_compiler::Severity;
use pawl_contract::identifier;

use super::{MachineOptions, Outcome, print};
use crate::explanation;
use crate::project::{Misuse, Project};

const EXAMPLES: &str = "Examples:
  pawl compile workflows/examples/auto-reply
  pawl compile order.json -O0 -o order.asl.json
  pawl compile order.json --explain
  pawl compile order.json --follow-up on-error

The machine names its functions by placeholders such as ${ActionFunction}, which a deployment replaces.";

/// Print the machine that a definition becomes.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Compile {
    /// A definition, or a folder that holds a `workflow.json` or `workflow.yaml`
    path: PathBuf,
    #[command(flatten)]
    machine: MachineOptions,
    /// Say what was chosen for each step, and why, instead of printing the machine
    #[arg(long)]
    explain: bool,
    /// With --explain: print it for scripts
    #[arg(long, requires = "explain")]
    json: bool,
    /// Print the machine of the steps that follow a run, where the definition holds them
    #[arg(long, value_name = "WHEN", value_enum)]
    follow_up: Option<FollowUp>,
    /// Write to a file instead of printing
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

/// When a chain of steps follows a run.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FollowUp {
    /// Where it completes.
    OnComplete,
    /// Where it fails.
    OnError,
}

impl Compile {
    #[expect(clippy::print_stderr, reason = "the command line's own output")]
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let project = Project::open(&self.path)?;
        let mut compiled = project.compile(self.machine.into());
        // What could be better is for `pawl check` to say.
        compiled
            .diagnostics
            .retain(|diagnostic| diagnostic.severity != Severity::Note);
        if !compiled.diagnostics.is_empty() {
            eprintln!("{}\n", project.render(&compiled.diagnostics));
        }
        let Some(program) = compiled.program else {
            return Ok(Outcome::Refused);
        };
        let follow_ups = &program.checked.definition.settings.follow_ups;
        let name = match self.follow_up {
            None => None,
            Some(FollowUp::OnComplete) => Some(("onComplete", &follow_ups.on_complete)),
            Some(FollowUp::OnError) => Some(("onError", &follow_ups.on_error)),
        };
        let lowered = match name {
            None => &program.lowered,
            Some((field, name)) => {
                let identifier = name.as_ref().map(|name| identifier(name));
                let chain = identifier.and_then(|name| program.chains.get(&name));
                let chain = chain.ok_or_else(|| {
                    Misuse::new(format!("the definition has no steps in `{field}`"))
                        .help("leave out `--follow-up` to print the workflow's own machine")
                })?;
                &chain.lowered
            }
        };
        let text = if self.explain && !self.json {
            explanation::text(&lowered.decisions)
        } else if self.explain {
            serde_json::to_string_pretty(&explanation::to_json(&lowered.decisions))? + "\n"
        } else {
            lowered.machine.text()?
        };
        match self.output {
            Some(file) => std::fs::write(&file, text)
                .with_context(|| format!("cannot write `{}`", file.display()))?,
            None => print(&text)?,
        }
        Ok(Outcome::Done)
    }
}
