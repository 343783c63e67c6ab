//! The pages of diagnostics are true: every code has one, and its examples are what they claim.

use std::path::PathBuf;

use pawl_compiler::diagnostic::codes;
use pawl_compiler::{Compiled, Notation, Options, Severity, compile};

/// Codes whose pages cannot show a definition: what is wrong stands in another file, or is too long to show.
const WITHOUT_EXAMPLE: [&str; 3] = [
    codes::INVALID_MOCK,
    codes::MACHINE_LIMIT,
    codes::DUPLICATE_WEBHOOK,
];

/// Where the pages are.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/errors")
}

/// The text of a fenced block.
fn block<'page>(page: &'page str, fence: &str) -> Option<&'page str> {
    let (_, rest) = page.split_once(fence)?;
    Some(rest.split_once("\n```")?.0)
}

/// What a page promises of its broken example.
fn promise(compiled: &Compiled, code: &str) -> &'static str {
    let mut found = compiled.diagnostics.iter();
    let severity = found.find(|found| found.code == code);
    match severity.map(|found| found.severity) {
        Some(Severity::Error) => "\nThis is refused:\n",
        Some(Severity::Warning) => "\nThis compiles, with a warning:\n",
        Some(Severity::Note) => "\nThis compiles, with a note:\n",
        None => "nothing",
    }
}

/// What is found in an example; that something cannot run yet is said on a page of its own.
fn findings<'compiled>(compiled: &'compiled Compiled, code: &str) -> Vec<&'compiled str> {
    let found = compiled.diagnostics.iter().map(|found| found.code);
    found
        .filter(|found| *found != codes::NOT_YET || code == codes::NOT_YET)
        .collect()
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let entries = std::fs::read_dir(folder()).expect("docs/errors");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut found: Vec<String> = names
        .map(|name| name.to_string_lossy().trim_end_matches(".md").to_owned())
        .collect();
    let mut expected: Vec<String> = codes::ALL.iter().map(|code| (*code).to_owned()).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the pages stand outside of the crate, which itself reads no file"
)]
fn the_examples_of_the_pages_are_what_they_claim() {
    let mut wrong = Vec::new();
    for code in codes::ALL {
        let page = std::fs::read_to_string(folder().join(format!("{code}.md"))).expect(code);
        assert!(page.starts_with(&format!("# {code}\n")), "{code}");
        if WITHOUT_EXAMPLE.contains(code) {
            continue;
        }
        let broken = block(&page, "```json broken").expect(code);
        let compiled = compile(broken, Notation::Json, Options::default());
        if findings(&compiled, code) != [*code] || !page.contains(promise(&compiled, code)) {
            wrong.push(format!("{code}, broken: {:#?}", compiled.diagnostics));
        }
        let fixed = block(&page, "```json fixed").expect(code);
        let compiled = compile(fixed, Notation::Json, Options::default());
        if !findings(&compiled, code).is_empty() || compiled.program.is_none() {
            wrong.push(format!("{code}, fixed: {:#?}", compiled.diagnostics));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
