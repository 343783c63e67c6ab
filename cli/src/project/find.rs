//! Which definitions the paths on a command line mean.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use pawl_compiler::formats::TELLING_FIELDS;
use pawl_compiler::source;

use super::definition_file::notation_of;
use super::{DefinitionFile, Misuse};

/// The names of definitions, the one to prefer first.
const NAMES: [&str; 3] = ["workflow.json", "workflow.yaml", "workflow.yml"];

/// Definitions, and paths that lead to none.
#[derive(Debug, Default)]
pub struct Found {
    /// Every definition once, in the order of the paths; those of a folder by name.
    pub files: Vec<PathBuf>,
    /// What is wrong with the other paths.
    pub wrong: Vec<Misuse>,
}

/// The definition that stands in a folder itself.
pub(super) fn in_folder(folder: &Path) -> Option<PathBuf> {
    let mut files = NAMES.iter().map(|name| folder.join(name));
    files.find(|file| file.is_file())
}

/// Finds the definitions that paths mean.
///
/// A file is one. So is a folder with a `workflow.json`, `workflow.yaml` or `workflow.yml`. Another folder stands for every file of
/// these names below it or, where there is none, for every JSON and YAML file that looks like a definition. What `.gitignore` names
/// is left out.
pub fn find(paths: &[PathBuf]) -> Found {
    let mut found = Found::default();
    let mut seen = BTreeSet::new();
    for path in paths {
        for file in found.behind(path) {
            let identity = file.canonicalize().unwrap_or_else(|_| file.clone());
            if seen.insert(identity) {
                found.files.push(file);
            }
        }
    }
    found
}

impl Found {
    /// The definitions behind one path.
    fn behind(&mut self, path: &Path) -> Vec<PathBuf> {
        if !path.exists() {
            let misuse = Misuse::new(format!("`{}` does not exist", path.display()));
            self.wrong.push(misuse);
            return Vec::new();
        }
        if !path.is_dir() {
            return vec![path.to_owned()];
        }
        if let Some(file) = in_folder(path) {
            return vec![bare(&file)];
        }
        let candidates = self.walk(path);
        let is_named = |file: &&PathBuf| NAMES.iter().any(|name| file.ends_with(name));
        let mut files: Vec<PathBuf> = candidates.iter().filter(is_named).cloned().collect();
        if files.is_empty() {
            files = candidates;
            files.retain(|file| looks_like_definition(file));
        }
        if files.is_empty() {
            let message = format!("folder `{}` holds no definition", path.display());
            self.wrong.push(
                Misuse::new(message).help(
                    "name the definition `workflow.json` or `workflow.yaml`, or give its path",
                ),
            );
        }
        files
    }

    /// Every JSON and YAML file below a folder, by name.
    fn walk(&mut self, folder: &Path) -> Vec<PathBuf> {
        let mut files = Vec::new();
        // A folder need not be in a repository for its `.gitignore` to be meant.
        for entry in WalkBuilder::new(folder).require_git(false).build() {
            match entry {
                Ok(entry) => {
                    let is_file = entry.file_type().is_some_and(|kind| !kind.is_dir());
                    if is_file && notation_of(entry.path()).is_some() {
                        files.push(bare(entry.path()));
                    }
                }
                Err(error) => self.wrong.push(Misuse::new(error.to_string())),
            }
        }
        files.sort();
        files
    }
}

/// A path as people write it: without a leading `./`.
fn bare(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}

/// Whether a file is a definition and not some other JSON or YAML. One that cannot be read may be: its author should hear of it.
pub(super) fn looks_like_definition(path: &Path) -> bool {
    let Ok(file) = DefinitionFile::read(path) else {
        return true;
    };
    if !TELLING_FIELDS.iter().any(|field| file.text.contains(field)) {
        return false;
    }
    match source::read(&file.text, file.notation) {
        Ok(node) => TELLING_FIELDS.iter().any(|field| node.get(field).is_some()),
        Err(_) => true,
    }
}
