//! The files of a build: the template, the machines beside it, and those of workflows that are no more.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use super::Workflow;
use crate::project::write;

/// The folder of the machines, beside the template.
pub(super) const MACHINES: &str = "machines";

/// A file as it is and as it is to be.
pub(super) struct File {
    path: PathBuf,
    /// What it holds, if it is there.
    before: Option<String>,
    /// What it is to hold; it is to go where there is nothing.
    after: Option<String>,
}

/// How a file stands to what it is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Same,
    New,
    Changed,
    Gone,
}

/// The files of a build, as they are and as they are to be.
pub(super) fn of(
    output: &Path,
    workflows: &[Workflow],
    template: String,
) -> anyhow::Result<Vec<File>> {
    let folder = output.parent().unwrap_or(Path::new("")).join(MACHINES);
    let template = File::read(output.to_owned(), Some(template))?;
    let mut files = Vec::new();
    for workflow in workflows {
        let text = workflow.machine.text.clone();
        files.push(File::read(folder.join(workflow.file()), Some(text))?);
    }
    // Only what an earlier build has written goes: its template names it.
    let earlier = template.before.clone();
    // The template comes behind what it names: it is there only where all of that is.
    files.push(template);
    for name in earlier.iter().flat_map(|text| machines(text)) {
        let path = folder.join(name);
        if files.iter().all(|file| file.path != path) {
            files.push(File::read(path, None)?);
        }
    }
    Ok(files)
}

/// The machines that a template names.
fn machines(template: &str) -> impl Iterator<Item = &str> {
    let named = template.lines().filter_map(|line| {
        let file = line.trim().strip_prefix("DefinitionUri: ")?;
        file.trim_matches('"')
            .strip_prefix(MACHINES)?
            .strip_prefix('/')
    });
    // No name leads out of the folder.
    named.filter(|name| name.ends_with(".asl.json") && !name.contains('/'))
}

impl File {
    fn read(path: PathBuf, after: Option<String>) -> anyhow::Result<Self> {
        let before = match fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read `{}`", path.display()));
            }
        };
        Ok(Self {
            path,
            before,
            after,
        })
    }

    /// How it stands to what it is to be.
    pub(super) fn standing(&self) -> Standing {
        match (&self.before, &self.after) {
            (before, after) if before == after => Standing::Same,
            (None, _) => Standing::New,
            (Some(_), Some(_)) => Standing::Changed,
            (Some(_), None) => Standing::Gone,
        }
    }

    /// Makes it what it is to be.
    pub(super) fn write(&self) -> anyhow::Result<()> {
        let Some(text) = &self.after else {
            return fs::remove_file(&self.path)
                .with_context(|| format!("cannot remove `{}`", self.path.display()));
        };
        if self.before.is_some() {
            return write::replace(&self.path, text);
        }
        let folder = self.path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&self.path, text))
            .with_context(|| format!("cannot write `{}`", self.path.display()))
    }

    /// What is different, in a line.
    pub(super) fn difference(&self) -> String {
        let before = self.before.as_deref().unwrap_or_default();
        let after = self.after.as_deref().unwrap_or_default();
        let diff = TextDiff::from_lines(before, after);
        let count = |tag: ChangeTag| {
            let changes = diff.iter_all_changes();
            changes.filter(|change| change.tag() == tag).count()
        };
        let (more, fewer) = (count(ChangeTag::Insert), count(ChangeTag::Delete));
        let word = self.standing().word();
        format!("{word:<8} {}  +{more} -{fewer}", self.path.display())
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "path": self.path, "standing": self.standing().word() })
    }
}

impl Standing {
    fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::New => "new",
            Self::Changed => "changed",
            Self::Gone => "gone",
        }
    }
}
