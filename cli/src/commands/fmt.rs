//! `pawl fmt`: writes definitions in one layout.

mod layout;

use std::path::{Path, PathBuf};

use super::{Outcome, complain, print, say};
use crate::project::{DefinitionFile, Found, Misuse, find, write};

const EXAMPLES: &str = "Examples:
  pawl fmt order.json
  pawl fmt workflows/
  pawl fmt workflows/ --check
  pawl fmt - < order.yaml

Two spaces for each level, lines of at most 120 characters where that can be, a newline at the end. The order of keys, comments,
and where you break a list or an object stay yours. A folder stands for definitions as it does for `pawl check`.";

/// Write definitions in one layout.
///
/// Never changes what a definition says; one that cannot be read is left alone. Exits with 0 when all is well, 1 when a definition
/// cannot be read, or would change under --check or --diff, 2 when a path leads to no definition.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Fmt {
    /// Definitions, folders with definitions, or `-` to read from standard input and print
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// List what would change instead of writing it
    #[arg(long, conflicts_with = "diff")]
    check: bool,
    /// Print what would change instead of writing it
    #[arg(long)]
    diff: bool,
}

/// What came of the definitions.
#[derive(Default)]
struct Tally {
    definitions: usize,
    changed: usize,
    refused: usize,
}

impl Fmt {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let mut tally = Tally::default();
        if self.paths.iter().any(|path| path == Path::new("-")) {
            if self.paths.len() > 1 {
                return Err(Misuse::new("`-` stands alone: it reads one definition").into());
            }
            self.lay_out(&DefinitionFile::read_stdin()?, &mut tally, Target::Output)?;
            return Ok(self.outcome(&[], &tally));
        }
        let Found { files, mut wrong } = find(&self.paths);
        for path in &files {
            match DefinitionFile::read(path) {
                Ok(file) => self.lay_out(&file, &mut tally, Target::File)?,
                Err(misuse) => wrong.push(misuse),
            }
        }
        wrong.iter().for_each(complain);
        say(&self.summary(&tally));
        Ok(self.outcome(&wrong, &tally))
    }

    /// Formats one definition.
    fn lay_out(
        &self,
        file: &DefinitionFile,
        tally: &mut Tally,
        target: Target,
    ) -> anyhow::Result<()> {
        tally.definitions += 1;
        let text = match layout::lay_out(file) {
            Ok(text) => text,
            Err(diagnostic) => {
                tally.refused += 1;
                say(&format!("{}\n", file.render(&[*diagnostic])));
                return Ok(());
            }
        };
        // A byte order mark goes: nothing needs it.
        let is_changed = text != file.text || file.mark > 0;
        tally.changed += usize::from(is_changed);
        if self.check {
            if is_changed {
                print(&format!("{}\n", file.name()))?;
            }
        } else if self.diff {
            print(&write::diff(&file.path, &file.text, &text))?;
        } else {
            match target {
                Target::Output => print(&text)?,
                Target::File if is_changed => write::replace(&file.path, &text)?,
                Target::File => {}
            }
        }
        Ok(())
    }

    fn summary(&self, tally: &Tally) -> String {
        let changed = if self.check || self.diff {
            "would change"
        } else {
            "changed"
        };
        let Tally {
            definitions,
            changed: count,
            refused,
        } = tally;
        let noun = if *definitions == 1 {
            "definition"
        } else {
            "definitions"
        };
        let refused = if *refused > 0 {
            format!(", {refused} left alone")
        } else {
            String::new()
        };
        format!("{definitions} {noun}, {count} {changed}{refused}")
    }

    fn outcome(&self, wrong: &[Misuse], tally: &Tally) -> Outcome {
        let would_change = (self.check || self.diff) && tally.changed > 0;
        if !wrong.is_empty() {
            Outcome::Misused
        } else if tally.refused > 0 || would_change {
            Outcome::Refused
        } else {
            Outcome::Done
        }
    }
}

/// Where a formatted definition goes.
#[derive(Clone, Copy)]
enum Target {
    /// Back into its file.
    File,
    /// To standard output.
    Output,
}
