//! The layout of definitions, as the formatters of dprint and Pretty YAML do it.

use std::path::Path;

use dprint_plugin_json::configuration::{ConfigurationBuilder, TrailingCommaKind};
use pawl_compiler::Notation;
use pawl_compiler::diagnostic::{Diagnostic, codes};
use pawl_compiler::source::{Data, Node, read};
use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions, LineBreak};

use crate::project::DefinitionFile;

/// The widest line, where a value does not need more.
const WIDTH: u16 = 120;
const INDENT: u8 = 2;

/// How often a text is formatted: a line that was broken may let another one join, and the result must stay as it is.
const MOST_ROUNDS: usize = 5;

/// The definition in the one layout; a finding where it cannot be read or laid out.
pub(super) fn lay_out(file: &DefinitionFile) -> Result<String, Box<Diagnostic>> {
    let before = file.parse()?;
    let mut text = file.text.clone();
    for _ in 0..MOST_ROUNDS {
        let next = match file.notation {
            Notation::Json => json(&text),
            Notation::Yaml => yaml(&text),
        };
        let next = next.map_err(|message| stuck(&message))?;
        if next == text {
            break;
        }
        text = next;
    }
    // The formatters read the text with parsers of their own. What they understood must be what the compiler understands.
    let is_same = read(&text, file.notation).is_ok_and(|after| is_same(&before, &after));
    if is_same {
        Ok(text)
    } else {
        Err(stuck("this layout would change what the definition says"))
    }
}

fn stuck(message: &str) -> Box<Diagnostic> {
    let message = format!("the definition cannot be formatted: {message}");
    Box::new(Diagnostic::error(codes::SYNTAX, message).help("it is left as it is"))
}

fn json(text: &str) -> Result<String, String> {
    let configuration = ConfigurationBuilder::new()
        .line_width(u32::from(WIDTH))
        .indent_width(INDENT)
        .use_tabs(false)
        .trailing_commas(TrailingCommaKind::Never)
        .build();
    // The name does not matter, but some other names have layouts of their own.
    let name = Path::new("workflow.json");
    let formatted = dprint_plugin_json::format_text(name, text, &configuration)
        .map_err(|error| error.message())?;
    let formatted = formatted.unwrap_or_else(|| text.to_owned());
    // No string of JSON holds a newline, so all of them are the layout's.
    let formatted = formatted.replace("\r\n", "\n");
    Ok(if has_windows_lines(text) {
        formatted.replace('\n', "\r\n")
    } else {
        formatted
    })
}

fn yaml(text: &str) -> Result<String, String> {
    let options = FormatOptions {
        layout: LayoutOptions {
            print_width: usize::from(WIDTH),
            indent_width: usize::from(INDENT),
            line_break: if has_windows_lines(text) {
                LineBreak::Crlf
            } else {
                LineBreak::Lf
            },
        },
        language: LanguageOptions {
            trailing_comma: false,
            ..LanguageOptions::default()
        },
    };
    pretty_yaml::format_text(text, &options).map_err(|error| error.to_string())
}

/// Whether the first line ends as lines do on Windows; the others follow it.
fn has_windows_lines(text: &str) -> bool {
    text.split_once('\n')
        .is_some_and(|(line, _)| line.ends_with('\r'))
}

/// Whether two trees say the same, in the same order, wherever they stand.
fn is_same(left: &Node, right: &Node) -> bool {
    match (&left.data, &right.data) {
        (Data::Array(left), Data::Array(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| is_same(left, right))
        }
        (Data::Object(left), Data::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| left.key == right.key && is_same(&left.node, &right.node))
        }
        (left, right) => left == right,
    }
}
