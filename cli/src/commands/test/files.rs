//! The files of tests: which of them belong to a definition, and what stands in them.

use std::path::{Path, PathBuf};

use pawl_compiler::source::Node;
use serde::de::DeserializeOwned;

use super::located::{Wrong, place, read, said};
use super::spec::Case;
use crate::project::{DefinitionFile, notation_of};

/// A test, or what is wrong with how it is written.
pub(super) struct Written {
    /// Its name, that of its file or folder.
    pub(super) name: String,
    /// The test.
    pub(super) case: Result<Case, String>,
}

/// The tests of a definition, by name.
pub(super) fn cases(definition: &Path) -> Vec<Written> {
    let parent = definition.parent().unwrap_or(Path::new(""));
    let own = definition.file_stem().map(|stem| {
        let mut name = stem.to_owned();
        name.push(".tests");
        parent.join(name)
    });
    let folder = own.filter(|folder| folder.is_dir());
    let folder = folder.unwrap_or_else(|| parent.join("tests"));
    let written = |path: PathBuf| {
        let name = if path.is_dir() {
            path.file_name()
        } else {
            path.file_stem().filter(|_| notation_of(&path).is_some())
        };
        let name = name?.to_string_lossy().into_owned();
        let case = if path.is_dir() {
            in_folder(&path)
        } else {
            whole(&path)
        };
        Some(Written { name, case })
    };
    entries(&folder).into_iter().filter_map(written).collect()
}

/// A test that is a folder: one file for all of it, or one for each part.
fn in_folder(folder: &Path) -> Result<Case, String> {
    let file = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
    let mut all = ["test.json", "test.yaml", "test.yml"].into_iter();
    let mut case = match all.find_map(file) {
        Some(path) => whole(&path)?,
        None => Case::default(),
    };
    if let Some(path) = file("input.json") {
        case.input = Some(part(&path)?);
    }
    if let Some(path) = file("data.json") {
        case.data = Some(part(&path)?);
    }
    if let Some(path) = file("mocks.json") {
        let (file, node) = open(&path)?;
        case.mocks = Some(understood(&file, &node)?);
        note_places(&mut case, &file, &node);
    }
    if let Some(path) = file("approvals.json") {
        case.approvals = part(&path)?;
    }
    if let Some(path) = file("signals.json") {
        case.signals = part(&path)?;
    }
    if let Some(path) = file("expect.json") {
        case.expect = part(&path)?;
    }
    Ok(case)
}

/// A test that is a file.
fn whole(path: &Path) -> Result<Case, String> {
    let (file, node) = open(path)?;
    let mut case: Case = understood(&file, &node)?;
    if let Some(mocks) = node.get("mocks") {
        note_places(&mut case, &file, mocks);
    }
    Ok(case)
}

fn part<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let (file, node) = open(path)?;
    understood(&file, &node)
}

/// Reads a file as JSON or YAML, as its name says.
fn open(path: &Path) -> Result<(DefinitionFile, Node), String> {
    let file = DefinitionFile::read(path)
        .map_err(|misuse| said(&misuse.to_string(), misuse.help.as_deref()))?;
    let node = file.parse().map_err(|found| {
        let wrong = Wrong::new(found.message).help(found.help);
        wrong.at(found.span).lines(&file)
    })?;
    Ok((file, node))
}

fn understood<T: DeserializeOwned>(file: &DefinitionFile, node: &Node) -> Result<T, String> {
    read(node).map_err(|wrong| wrong.lines(file))
}

fn note_places(case: &mut Case, file: &DefinitionFile, mocks: &Node) {
    for entry in mocks.entries() {
        let place = place(file, entry.key_span.start);
        case.mock_places.insert(entry.key.clone(), place);
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
