//! `pawl diff`: what is different between two definitions, and what runs can do now and could not.

use std::path::{Path, PathBuf};

use pawl_compiler::cost::Range;
use pawl_compiler::diff::{self, Change, Permitted};
use serde_json::Value;

use super::policy::word;
use super::{FormatChoice, Outcome, print, print_json, sound};
use crate::project::{DefinitionFile, Misuse, Project};

const EXAMPLES: &str = "Examples:
  pawl diff old.json new.json
  git show HEAD:order.json | pawl diff - order.json
  pawl diff order.yaml order/ --json | jq '.canNow[].what'

The definitions are compared once they are compiled: formats, layout and the order of steps do not count.";

/// The longest value that is shown.
const LONGEST: usize = 60;

/// Say what is different between two definitions.
///
/// Steps, routes, triggers, settings, permissions and cost. Exits with 0, or with 1 when a definition was refused.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Diff {
    /// The definition as it was, a folder that holds one, or `-` for standard input
    old: PathBuf,
    /// The definition as it is
    new: PathBuf,
    /// The format of the definitions, where their fields do not say it
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatChoice>,
    /// Print the differences as JSON
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let is_stdin = |path: &Path| path.as_os_str() == "-";
        if is_stdin(&self.old) && is_stdin(&self.new) {
            let misuse = Misuse::new("only one of the definitions comes from standard input");
            return Err(misuse.help("give the other one as a file").into());
        }
        let read = |path: &Path| -> anyhow::Result<DefinitionFile> {
            if is_stdin(path) {
                Ok(DefinitionFile::read_stdin()?)
            } else {
                Ok(Project::open(path)?.definition)
            }
        };
        let (old, new) = (read(&self.old)?, read(&self.new)?);
        // Both are looked at, so that all that is wrong is said at once.
        let (Some(old), Some(new)) = (sound(&old, self.format), sound(&new, self.format)) else {
            return Ok(Outcome::Refused);
        };
        let diff = diff::of(&old, &new);
        if self.json {
            print_json(&diff)?;
        } else {
            print(&text(&diff))?;
        }
        Ok(Outcome::Done)
    }
}

fn text(diff: &diff::Diff) -> String {
    if diff.is_empty() {
        return "Both do the same.\n".to_owned();
    }
    let mut paragraphs = Vec::new();
    let mut paragraph = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let lines: Vec<String> = lines.iter().map(|line| format!("  {line}\n")).collect();
            paragraphs.push(format!("{title}\n{}", lines.concat()));
        }
    };
    let permitted = |sign: &str, verb: &str, all: &[Permitted]| -> Vec<String> {
        all.iter()
            .map(|one| {
                format!(
                    "{sign} {verb} {} [{}], by {}",
                    one.what,
                    word(one.effect),
                    one.steps.join(", ")
                )
            })
            .collect()
    };
    let can = permitted("+", "can now", &diff.can_now);
    let cannot = permitted("-", "can no longer", &diff.can_no_longer);
    paragraph("permissions", [can, cannot].concat());
    let signed = |sign: &str, all: &[String]| -> Vec<String> {
        all.iter().map(|one| format!("{sign} {one}")).collect()
    };
    let begun = signed("+", &diff.triggers_added);
    let over = signed("-", &diff.triggers_removed);
    paragraph("triggers", [begun, over].concat());
    let mut steps = signed("+", &diff.added);
    steps.extend(signed("-", &diff.removed));
    let renamed = diff.renamed.iter();
    steps.extend(renamed.map(|one| format!("~ {} is now {}", one.from, one.to)));
    for changed in &diff.changed {
        let changes = changed.changes.iter().map(change);
        steps.extend(changes.map(|change| format!("~ {}: {change}", changed.step)));
    }
    paragraph("steps", steps);
    let routes = diff.routes.iter().map(|route| {
        let target =
            |target: &Option<String>| target.clone().unwrap_or_else(|| "nowhere".to_owned());
        let (from, to) = (target(&route.from), target(&route.to));
        format!("~ {} {}: {from} -> {to}", route.step, route.port)
    });
    paragraph("routes", routes.collect());
    let settings = diff.settings.iter().map(change);
    paragraph(
        "settings",
        settings.map(|line| format!("~ {line}")).collect(),
    );
    let cost = diff.cost.iter().map(|figure| {
        let (from, to) = (figure.from, figure.to);
        format!(
            "~ {}: {} -> {} typically, {} -> {} at the worst",
            figure.what,
            amount(from.typical),
            amount(to.typical),
            worst(from),
            worst(to)
        )
    });
    paragraph("cost", cost.collect());
    paragraphs.join("\n")
}

/// A change in words.
fn change(change: &Change) -> String {
    let shown = |value: &Option<Value>| match value {
        None => "nothing".to_owned(),
        Some(value) => shortened(&value.to_string()),
    };
    format!(
        "{}: {} -> {}",
        change.field,
        shown(&change.from),
        shown(&change.to)
    )
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST).collect();
    start + "..."
}

fn worst(range: Range) -> String {
    range.worst.map_or_else(|| "unbounded".to_owned(), amount)
}

/// A figure with as many digits as say something.
fn amount(figure: f64) -> String {
    let decimals = match figure {
        _ if figure.fract() == 0.0 || figure >= 100.0 => 0,
        _ if figure >= 1.0 => 1,
        _ => 6,
    };
    format!("{figure:.decimals$}")
}
