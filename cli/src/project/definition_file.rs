//! A definition's file: its text, how it is written, and what the compiler says of it.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use annotate_snippets::Renderer;
use anstream::{AutoStream, ColorChoice};
use pawl_compiler::diagnostic::{Diagnostic, codes, render};
use pawl_compiler::{Compiled, Notation, Options, compile};

use super::Misuse;

/// A definition's text and where it was read from.
#[derive(Debug)]
pub struct DefinitionFile {
    /// The file, as it is named to people.
    pub path: PathBuf,
    /// The definition, without a byte order mark.
    pub text: String,
    /// How it is written.
    pub notation: Notation,
    /// How many bytes stand before the text: some editors put a mark there.
    pub mark: usize,
    /// Where the file is not UTF-8, so that the text is not all of it.
    not_text: Option<Diagnostic>,
}

/// What some editors put before a text.
const BYTE_ORDER_MARK: &str = "\u{feff}";

impl DefinitionFile {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, Misuse> {
        let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
        let notation = notation_of(path).unwrap_or(Notation::Json);
        Ok(Self::of(path.to_owned(), bytes, notation))
    }

    /// Reads standard input. JSON begins with a bracket; anything else is taken for YAML.
    pub fn read_stdin() -> Result<Self, Misuse> {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| Misuse::new(format!("cannot read standard input: {error}")))?;
        let text = String::from_utf8_lossy(&bytes);
        let begins = text.trim_start_matches(BYTE_ORDER_MARK).trim_start();
        let notation = if begins.starts_with(['{', '[']) {
            Notation::Json
        } else {
            Notation::Yaml
        };
        Ok(Self::of(PathBuf::from("<stdin>"), bytes, notation))
    }

    fn of(path: PathBuf, bytes: Vec<u8>, notation: Notation) -> Self {
        let (text, broken_at) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => (
                String::from_utf8_lossy(error.as_bytes()).into_owned(),
                Some(error.utf8_error().valid_up_to()),
            ),
        };
        let (mark, text) = match text.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) => (BYTE_ORDER_MARK.len(), rest.to_owned()),
            None => (0, text),
        };
        let not_text = broken_at.map(|place| {
            // What was there stands in the text as the replacement character.
            let start = place - mark;
            let span = start..start + char::REPLACEMENT_CHARACTER.len_utf8();
            Diagnostic::error(codes::SYNTAX, "this is not UTF-8 text")
                .at(String::new(), span)
                .help("save the file with the encoding UTF-8")
        });
        Self {
            path,
            text,
            notation,
            mark,
            not_text,
        }
    }

    /// Compiles the definition.
    pub fn compile(&self, options: Options) -> Compiled {
        match &self.not_text {
            None => compile(&self.text, self.notation, options),
            Some(diagnostic) => Compiled::unread(diagnostic.clone()),
        }
    }

    /// Reads the text without looking at what it says; what is wrong with it is one finding.
    pub fn parse(&self) -> Result<pawl_compiler::source::Node, Box<Diagnostic>> {
        match &self.not_text {
            None => pawl_compiler::source::read(&self.text, self.notation),
            Some(diagnostic) => Err(Box::new(diagnostic.clone())),
        }
    }

    /// The file's name, as it is shown.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Findings as text with source lines, coloured where standard error shows colours.
    pub fn render(&self, diagnostics: &[Diagnostic]) -> String {
        render(diagnostics, &self.text, &self.name(), &renderer())
    }

    /// Replaces the file's text; its byte order mark stays.
    pub fn write(&self, text: &str) -> anyhow::Result<()> {
        let mark = if self.mark > 0 { BYTE_ORDER_MARK } else { "" };
        super::write::replace(&self.path, &format!("{mark}{text}"))
    }
}

/// What draws findings on standard error.
pub fn renderer() -> Renderer {
    match AutoStream::choice(&std::io::stderr()) {
        ColorChoice::Never => Renderer::plain(),
        ColorChoice::Auto | ColorChoice::AlwaysAnsi | ColorChoice::Always => Renderer::styled(),
    }
}

/// How a file is written, by its name.
pub(crate) fn notation_of(path: &Path) -> Option<Notation> {
    match path.extension()?.to_str()? {
        "json" => Some(Notation::Json),
        "yaml" | "yml" => Some(Notation::Yaml),
        _ => None,
    }
}

/// Says why a file cannot be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Misuse {
    let path = path.display();
    if error.kind() == ErrorKind::NotFound {
        return Misuse::new(format!("`{path}` does not exist"));
    }
    Misuse::new(format!("cannot read `{path}`: {error}"))
}
