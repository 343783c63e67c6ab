//! `pawl check`: says what is wrong with definitions, and mends what can be mended without asking.

pub(super) mod explain;
mod mend;
mod sarif;
mod tally;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{ArgGroup, ValueEnum};
use pawl_compiler::diagnostic::{Diagnostic, Lines, Which, to_json};
use pawl_compiler::subflows::misfits;
use pawl_compiler::triggers::claim;
use pawl_compiler::{Options, Severity};
use serde_json::Value;

use super::{FormatChoice, Outcome, complain, print, print_json, say};
use crate::project::{DefinitionFile, Found, Misuse, find, subflows, write};
use tally::Tally;

const EXAMPLES: &str = "Examples:
  pawl check order.json
  pawl check workflows/ --deny warnings
  pawl check workflows/ --diff
  pawl check workflows/ --fix
  pawl check workflows/ --sarif > pawl.sarif
  pawl check support.json --explain
  pawl check order.json --json | jq '.[].code'

A folder with a `workflow.json`, `workflow.yaml` or `workflow.yml` is one definition. Another folder stands for every file of
these names below it or, where there is none, for every JSON and YAML file that looks like a definition. What `.gitignore`
names is left out.";

/// Say what is wrong with definitions.
///
/// Exits with 0 when every definition compiles, 1 when one does not, 2 when a path leads to no definition.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("mending").args(["fix", "diff"]).multiple(true))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the command line"
)]
pub(super) struct Check {
    /// Definitions, or folders with definitions
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Exit with 1 also where this is found
    #[arg(long, value_name = "LEVEL")]
    deny: Option<Deny>,
    /// Apply the fixes that cannot be wrong, and say what remains
    #[arg(long)]
    fix: bool,
    /// Apply the fixes that guess, too
    #[arg(long = "unsafe", requires = "mending")]
    guess: bool,
    /// Print what --fix would change instead of writing it; exit with 1 where it would
    #[arg(long)]
    diff: bool,
    /// Say which format a definition is written in, and what means something else here than where it was written for
    #[arg(long, conflicts_with_all = ["sarif", "mending"])]
    explain: bool,
    /// The format of the definitions, where their fields do not say it
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatChoice>,
    /// Print the diagnostics as a JSON list
    #[arg(long, conflicts_with_all = ["sarif", "diff"])]
    json: bool,
    /// Print the diagnostics as a SARIF 2.1.0 log, for code hosts and editors
    #[arg(long, conflicts_with = "diff")]
    sarif: bool,
}

/// What is not accepted beside errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// Warnings
    Warnings,
    /// Notes, and warnings
    Notes,
}

/// A definition and what was found in it.
struct Checked {
    file: DefinitionFile,
    diagnostics: Vec<Diagnostic>,
    /// What `--explain` says of it.
    explained: Option<Value>,
}

/// How many findings of one definition are drawn; `--json` and `--sarif` have all.
const MOST_DRAWN: usize = 100;

impl Checked {
    /// The findings for scripts.
    fn to_json(&self) -> Value {
        let name = self.file.name();
        let lines = Lines::of(&self.file.text);
        let found = self.diagnostics.iter();
        found.map(|found| to_json(found, &lines, &name)).collect()
    }

    /// The findings as text, as far as somebody would read on.
    fn draw(&self) -> String {
        let (drawn, more) = self
            .diagnostics
            .split_at(MOST_DRAWN.min(self.diagnostics.len()));
        let drawn = self.file.render(drawn);
        match more.len() {
            0 => drawn,
            more => format!("{drawn}\n\n... and {more} more in {}", self.file.name()),
        }
    }
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let Found { files, mut wrong } = find(&self.paths);
        let mut tally = Tally::default();
        let mut kept = Vec::new();
        let mut webhooks = BTreeMap::new();
        for path in &files {
            let file = match DefinitionFile::read(path) {
                Ok(file) => file,
                Err(misuse) => {
                    wrong.push(misuse);
                    continue;
                }
            };
            let (checked, changes) = self.check(file, &mut webhooks)?;
            tally.count(&checked.diagnostics);
            tally.changes += changes;
            if self.json || self.sarif {
                kept.push(checked);
            } else if !checked.diagnostics.is_empty() {
                say(&format!("{}\n", checked.draw()));
            }
        }
        wrong.iter().for_each(complain);
        self.close(&kept, &wrong, &tally)?;
        Ok(self.outcome(&wrong, &tally))
    }

    /// Checks a definition and, where that is wanted, mends it first; returns how many fixes there were.
    ///
    /// `webhooks` says for paths which of the definitions before this one has them.
    fn check(
        &self,
        mut file: DefinitionFile,
        webhooks: &mut BTreeMap<String, String>,
    ) -> anyhow::Result<(Checked, usize)> {
        let mended = (self.fix || self.diff).then(|| mend::mend(&file, self.which()));
        let mut changes = 0;
        if let Some((text, count)) = mended.flatten() {
            let name = file.name();
            if self.diff {
                print(&write::diff(&file.path, &file.text, &text))?;
            } else {
                file.write(&text)?;
                say(&format!("fixed {count} in {name}"));
            }
            file.text = text;
            changes = count;
        }
        let compiled = file.compile(Options {
            format: self.format.map(Into::into),
            ..Options::default()
        });
        let explained = self.explain.then(|| explain::json(&file, &compiled));
        if self.explain && !self.json {
            print(&explain::text(&file, &compiled))?;
        }
        let mut diagnostics = compiled.diagnostics;
        if let Some(program) = &compiled.program {
            diagnostics.extend(claim(&program.triggers, &file.name(), webhooks));
            // One that cannot be compiled is spoken of where it is checked itself.
            let others = subflows(&file, program, Options::default()).unwrap_or_default();
            diagnostics.extend(misfits(&file.text, program, &others));
        }
        let checked = Checked {
            file,
            diagnostics,
            explained,
        };
        Ok((checked, changes))
    }

    fn which(&self) -> Which {
        if self.guess { Which::All } else { Which::Safe }
    }

    /// What stands at the end, or is printed only there.
    fn close(&self, kept: &[Checked], wrong: &[Misuse], tally: &Tally) -> anyhow::Result<()> {
        let log = if self.sarif {
            sarif::log(kept, wrong)
        } else if self.json && self.explain {
            let with_findings = |checked: &Checked| {
                let mut explained = checked.explained.clone().unwrap_or_default();
                if let Some(explained) = explained.as_object_mut() {
                    explained.insert("diagnostics".to_owned(), checked.to_json());
                }
                explained
            };
            kept.iter().map(with_findings).collect::<Value>()
        } else if self.json {
            let found = kept.iter().flat_map(|checked| {
                let found = checked.to_json();
                found.as_array().cloned().unwrap_or_default()
            });
            found.collect::<Value>()
        } else {
            say(&tally.summary());
            return Ok(());
        };
        print_json(&log)
    }

    fn outcome(&self, wrong: &[Misuse], tally: &Tally) -> Outcome {
        let denied = match self.deny {
            None => Severity::Error,
            Some(Deny::Warnings) => Severity::Warning,
            Some(Deny::Notes) => Severity::Note,
        };
        if !wrong.is_empty() {
            Outcome::Misused
        } else if tally.has(denied) || (self.diff && tally.changes > 0) {
            Outcome::Refused
        } else {
            Outcome::Done
        }
    }
}
