//! What a PATH on the command line means: a definition, or a folder with a definition and what belongs to it.

mod definition_file;
mod find;
mod subflows;
pub mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) use definition_file::notation_of;
pub use definition_file::{DefinitionFile, renderer};
pub use find::{Found, find};
use pawl_compiler::diagnostic::{Diagnostic, Place};
use pawl_compiler::{Compiled, Options};
use pawl_contract::Mock;
use serde::de::DeserializeOwned;
use serde_json::Value;
pub(crate) use subflows::subflows;

/// A call that cannot be carried out as it was written.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Misuse {
    message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Misuse {
    /// Says what is wrong with the call.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<Diagnostic> for Misuse {
    /// A finding about something else than the definition, so that its place there would mislead.
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            message: diagnostic.message,
            help: diagnostic.help,
        }
    }
}

/// A definition and what belongs to it.
#[derive(Debug)]
pub struct Project {
    /// PATH, as it was given.
    pub given: PathBuf,
    /// The folder, if PATH was one.
    folder: Option<PathBuf>,
    /// The definition.
    pub definition: DefinitionFile,
}

impl Project {
    /// Finds and reads the definition that a path means.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let folder = path.is_dir().then(|| path.to_owned());
        let file = match &folder {
            None => path.to_owned(),
            Some(folder) => find::in_folder(folder).ok_or_else(|| {
                Misuse::new(format!("folder `{}` holds no definition", path.display())).help(
                    "name the definition `workflow.json` or `workflow.yaml`, or give its path",
                )
            })?,
        };
        Ok(Self {
            given: path.to_owned(),
            folder,
            definition: DefinitionFile::read(&file)?,
        })
    }

    /// Compiles the definition.
    pub fn compile(&self, options: Options) -> Compiled {
        self.definition.compile(options)
    }

    /// Findings as text with source lines, coloured where standard error shows colours.
    pub fn render(&self, diagnostics: &[Diagnostic]) -> String {
        self.definition.render(diagnostics)
    }

    /// The run's input: given as JSON or `@FILE`, else `input.json` in the folder, else nothing.
    pub fn input(&self, given: Option<&str>) -> anyhow::Result<Value> {
        match given {
            None => Ok(self
                .beside("input.json")?
                .unwrap_or_else(|| Value::Object(serde_json::Map::new()))),
            Some(given) => json_argument("--input", given),
        }
    }

    /// The records to load: from a file, else `data.json` in the folder.
    pub fn data(&self, given: Option<&Path>) -> anyhow::Result<BTreeMap<String, Vec<Value>>> {
        Ok(self
            .given_or_beside(given, "data.json")?
            .unwrap_or_default())
    }

    /// The mocks: from a file, else `mocks.json` in the folder.
    pub fn mocks(&self, given: Option<&Path>) -> anyhow::Result<BTreeMap<String, Mock>> {
        let mocks: BTreeMap<String, Mock> = self
            .given_or_beside(given, "mocks.json")?
            .unwrap_or_default();
        // In other formats, a step may have a name that no slug can be.
        let file = &self.definition;
        let authored = pawl_compiler::formats::authored(&file.text, file.notation);
        let slugs = mocks.into_iter();
        let slugs = slugs.map(|(step, mock)| (authored.slug(&step).to_owned(), mock));
        Ok(slugs.collect())
    }

    fn given_or_beside<T: DeserializeOwned>(
        &self,
        given: Option<&Path>,
        name: &str,
    ) -> anyhow::Result<Option<T>> {
        match given {
            Some(file) => read_json(file).map(Some),
            None => self.beside(name),
        }
    }

    fn beside<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<Option<T>> {
        let file = self
            .folder
            .as_ref()
            .map(|folder| folder.join(name))
            .filter(|file| file.is_file());
        file.map(|file| read_json(&file)).transpose()
    }
}

/// Reads a file that must be UTF-8, and says where it is not.
fn read_text(file: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(file).map_err(|error| definition_file::unreadable(file, &error))?;
    let text: anyhow::Result<String> = String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        let before =
            String::from_utf8_lossy(error.as_bytes().get(..place).unwrap_or_default()).into_owned();
        let Place { line, column } = Place::of(&before, before.len());
        Refused(format!(
            "{}:{line}:{column}: this is not UTF-8 text",
            file.display()
        ))
        .into()
    });
    // Some editors put a mark before the text.
    text.map(|text| {
        text.strip_prefix('\u{feff}')
            .map_or(text.clone(), str::to_owned)
    })
}

/// A file that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(String);

fn read_json<T: DeserializeOwned>(file: &Path) -> anyhow::Result<T> {
    parse_json(&read_text(file)?, &file.display().to_string())
}

/// What an argument gives as JSON or, by `@FILE`, has in a file.
pub fn json_argument(what: &str, given: &str) -> anyhow::Result<Value> {
    match given.strip_prefix('@') {
        Some(file) => read_json(Path::new(file)),
        None => parse_json(given, what),
    }
}

fn parse_json<T: DeserializeOwned>(text: &str, from: &str) -> anyhow::Result<T> {
    let parsed = serde_json::from_str(text);
    parsed.map_err(|error| {
        Misuse::new(format!("{from} is not the JSON that is needed: {error}")).into()
    })
}
