//! `pawl convert`: translates a definition into the native format.

use std::path::PathBuf;

use anyhow::Context;
use clap::ValueEnum;
use pawl_compiler::{Format, Severity, convert};

use super::check::explain;
use super::{FormatChoice, Outcome, print, say};
use crate::project::Project;

const EXAMPLES: &str = "Examples:
  pawl convert support.json --to native
  pawl convert review.yaml -o review/workflow.json

What means something else than where the definition was written for is listed on standard error, as by `pawl check --explain`.
The converted definition becomes the same machine as the one that it was made of.";

/// Translate a definition into the native format.
///
/// Exits with 0 when the definition was translated and compiles, 1 when it does not compile.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Convert {
    /// A definition, or a folder that holds one
    path: PathBuf,
    /// The format to translate into
    #[arg(long, value_name = "FORMAT", default_value = "native")]
    to: Target,
    /// The format of the definition, where its fields do not say it
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatChoice>,
    /// Write to a file instead of printing
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

/// A format that definitions can be translated into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    /// Steps with `stepSlug`, `stepType` and `nextSteps`
    Native,
}

impl Convert {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let Target::Native = self.to;
        let project = Project::open(&self.path)?;
        let file = &project.definition;
        let format: Option<Format> = self.format.map(Into::into);
        let mut compiled = file.compile(pawl_compiler::Options {
            format,
            ..pawl_compiler::Options::default()
        });
        compiled
            .diagnostics
            .retain(|found| found.severity != Severity::Note);
        if !compiled.diagnostics.is_empty() {
            say(&format!("{}\n", project.render(&compiled.diagnostics)));
        }
        if !compiled.differences.is_empty() {
            say(&explain::text(file, &compiled));
        }
        // What could not be read at all has been said.
        let converted = convert(&file.text, file.notation, format);
        let Some(definition) = converted.definition else {
            return Ok(Outcome::Refused);
        };
        let text = serde_json::to_string_pretty(&definition)? + "\n";
        match &self.output {
            Some(output) => std::fs::write(output, text)
                .with_context(|| format!("cannot write `{}`", output.display()))?,
            None => print(&text)?,
        }
        Ok(if compiled.program.is_some() {
            Outcome::Done
        } else {
            Outcome::Refused
        })
    }
}
