//! `pawl explain`: what a diagnostic's code means.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use pawl_compiler::diagnostic::did_you_mean;

use super::{Outcome, print};
use crate::project::Misuse;

/// A page for every code.
static PAGES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../docs/errors");

const EXAMPLES: &str = "Examples:
  pawl explain never-ran
  pawl explain";

/// Say what a diagnostic's code means, with a definition that has it and one that has not.
///
/// Without a code, lists all of them.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Explain {
    /// A code, as it stands in `error[code]`
    code: Option<String>,
}

impl Explain {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        match self.code {
            None => print(&list())?,
            Some(code) => print(page(&code).ok_or_else(|| unknown(&code))?)?,
        }
        Ok(Outcome::Done)
    }
}

/// The page of a code.
pub(super) fn page(code: &str) -> Option<&'static str> {
    pages().get(code).copied()
}

/// What a page says in its first paragraph.
pub(super) fn summary(page: &str) -> String {
    let paragraphs = page.split("\n\n");
    let first = paragraphs
        .map(str::trim)
        .find(|text| !text.starts_with('#'));
    first.unwrap_or_default().replace('\n', " ")
}

/// Every page by its code.
fn pages() -> BTreeMap<&'static str, &'static str> {
    let files = PAGES.files().filter_map(|file| {
        let code = file.path().file_name()?.to_str()?.strip_suffix(".md")?;
        Some((code, file.contents_utf8()?))
    });
    files.collect()
}

fn list() -> String {
    let pages = pages();
    let widest = pages.keys().map(|code| code.len()).max().unwrap_or(0);
    let lines = pages
        .iter()
        .map(|(code, page)| format!("{code:<widest$}  {}\n", summary(page)));
    lines.collect()
}

fn unknown(code: &str) -> Misuse {
    let misuse = Misuse::new(format!("no diagnostic has the code `{code}`"));
    // People copy the code with what stands around it.
    let bare = code.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    let help = did_you_mean(bare, pages().into_keys());
    misuse.help(help.unwrap_or_else(|| "`pawl explain` lists all codes".to_owned()))
}
