//! `pawl check`: says what is wrong with definitions.

use std::path::PathBuf;

use pawl_compiler::Options;
use pawl_compiler::diagnostic::to_json;
use serde_json::Value;

use super::{Outcome, print};
use crate::project::Project;

const EXAMPLES: &str = "Examples:
  pawl check order.json
  pawl check workflows/examples/welcome-email --json";

/// Say what is wrong with definitions.
///
/// Exits with 0 when every definition compiles, 1 when one does not, 2 when a path cannot be read.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Check {
    /// Definitions, or folders that hold a `workflow.json` or `workflow.yaml`
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print the diagnostics as a JSON list
    #[arg(long)]
    json: bool,
}

impl Check {
    #[expect(clippy::print_stderr, reason = "the command line's own output")]
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let mut found: Vec<Value> = Vec::new();
        let (mut errors, mut warnings) = (0, 0);
        for path in &self.paths {
            let project = Project::open(path)?;
            let diagnostics = project.compile(Options::default()).diagnostics;
            errors += diagnostics
                .iter()
                .filter(|diagnostic| diagnostic.is_error())
                .count();
            warnings += diagnostics
                .iter()
                .filter(|diagnostic| !diagnostic.is_error())
                .count();
            let file = project.path.display().to_string();
            if self.json {
                found.extend(
                    diagnostics
                        .iter()
                        .map(|diagnostic| to_json(diagnostic, &project.text, &file)),
                );
            } else if !diagnostics.is_empty() {
                eprintln!("{}\n", project.render(&diagnostics));
            }
        }
        if self.json {
            print(&(serde_json::to_string_pretty(&found)? + "\n"))?;
        } else {
            let files = self.paths.len();
            eprintln!(
                "{}, {}, {}",
                count(files, "definition"),
                count(errors, "error"),
                count(warnings, "warning")
            );
        }
        Ok(if errors == 0 {
            Outcome::Done
        } else {
            Outcome::Refused
        })
    }
}

/// A number with its noun.
fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}
