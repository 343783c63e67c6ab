//! `pawl compile`: prints the machine that a definition becomes.

use std::path::PathBuf;

use anyhow::Context;
use pawl_compiler::Severity;

use super::{MachineOptions, Outcome, print};
use crate::explanation;
use crate::project::Project;

const EXAMPLES: &str = "Examples:
  pawl compile workflows/examples/auto-reply
  pawl compile order.json -O0 -o order.asl.json
  pawl compile order.json --explain

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
    /// Write to a file instead of printing
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
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
        let lowered = &program.lowered;
        let text = if self.explain && !self.json {
            explanation::text(&lowered.decisions)
        } else if self.explain {
            serde_json::to_string_pretty(&explanation::to_json(&lowered.decisions))? + "\n"
        } else {
            serde_json::to_string_pretty(&lowered.machine)? + "\n"
        };
        match self.output {
            Some(file) => std::fs::write(&file, text)
                .with_context(|| format!("cannot write `{}`", file.display()))?,
            None => print(&text)?,
        }
        Ok(Outcome::Done)
    }
}
