//! The definitions that a workflow's subflow steps run, and those that follow it: they stand beside it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pawl_compiler::diagnostic::Diagnostic;
use pawl_compiler::{Options, Program};
use pawl_contract::{Kind, identifier};

use super::definition_file::{DefinitionFile, notation_of};
use super::{Misuse, Project, find};

impl Project {
    /// The workflows that this one runs, and those that they run, by identifier.
    ///
    /// A workflow is found by its name, or else by its id: in the folder of the definition that runs it, or in a folder
    /// beside that one.
    /// One that is not found there may have been published before.
    pub fn subflows(
        &self,
        program: &Program,
        options: Options,
    ) -> anyhow::Result<BTreeMap<String, Program>> {
        subflows(&self.definition, program, options)
    }
}

/// The workflows that a definition runs, and those that they run, by identifier.
pub(crate) fn subflows(
    definition: &DefinitionFile,
    program: &Program,
    options: Options,
) -> anyhow::Result<BTreeMap<String, Program>> {
    let mut found = BTreeMap::new();
    let mut wanted = names(program);
    for (name, chain) in &program.chains {
        wanted.extend(names(chain));
        found.insert(name.clone(), chain.clone());
    }
    if wanted.is_empty() {
        return Ok(found);
    }
    let own = program.checked.definition.identifier();
    let files = beside(&definition.path);
    while let Some(name) = wanted.pop() {
        if name == own || found.contains_key(&name) {
            continue;
        }
        let Some(file) = called(&files, &name) else {
            continue;
        };
        let compiled = file.compile(options);
        let mut errors = compiled.diagnostics;
        errors.retain(Diagnostic::is_error);
        let Some(program) = compiled.program.filter(|_| errors.is_empty()) else {
            let message = format!(
                "`{}`, which the workflow runs, cannot be compiled\n{}",
                file.path.display(),
                file.render(&errors)
            );
            return Err(Misuse::new(message).into());
        };
        wanted.extend(names(&program));
        for (name, chain) in &program.chains {
            wanted.extend(names(chain));
            found.insert(name.clone(), chain.clone());
        }
        found.insert(name, program);
    }
    Ok(found)
}

/// The identifiers of the workflows that a program runs.
fn names(program: &Program) -> Vec<String> {
    let steps = program.checked.definition.steps.iter();
    let subflows = steps.filter(|step| step.kind == Kind::Subflow);
    let follow_ups = &program.checked.definition.settings.follow_ups;
    let follow_ups = [&follow_ups.on_complete, &follow_ups.on_error].into_iter();
    subflows
        .filter_map(|step| Some(identifier(step.config.get("workflow")?.as_str()?)))
        .chain(follow_ups.flatten().map(|name| identifier(name)))
        .collect()
}

/// The file that defines the workflow of this identifier: the one of that name comes before one of that id.
fn called<'a>(files: &'a [DefinitionFile], wanted: &str) -> Option<&'a DefinitionFile> {
    let places = files.iter().filter_map(|file| {
        let identifiers = pawl_compiler::identifiers(&file.text, file.notation);
        let place = identifiers.iter().position(|one| one == wanted)?;
        Some((place, file))
    });
    places.min_by_key(|(place, _)| *place).map(|(_, file)| file)
}

/// The definitions in the folder of a file, and in the folders beside it.
fn beside(path: &Path) -> Vec<DefinitionFile> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let own = entries(folder).into_iter().filter(|path| path.is_file());
    let own = own.filter(|path| notation_of(path).is_some() && find::looks_like_definition(path));
    let around = folder.canonicalize().ok();
    let around = around.as_deref().and_then(Path::parent).map(entries);
    let others = around.into_iter().flatten();
    let others = others.filter_map(|folder| find::in_folder(&folder));
    own.chain(others)
        .filter_map(|file| DefinitionFile::read(&file).ok())
        .collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
