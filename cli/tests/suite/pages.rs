//! The documentation is true: every code has a page whose examples are what they claim, every path leads somewhere.

use pawl_compiler::diagnostic::codes;
use pawl_compiler::{Notation, Options, compile};

use crate::corpus::root;

/// Codes whose pages cannot show a definition: what is wrong stands in another file, or is too long to show.
const WITHOUT_EXAMPLE: [&str; 2] = [codes::INVALID_MOCK, codes::MACHINE_LIMIT];

/// The text of a fenced block.
fn block<'page>(page: &'page str, fence: &str) -> Option<&'page str> {
    let (_, rest) = page.split_once(fence)?;
    Some(rest.split_once("\n```")?.0)
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let entries = std::fs::read_dir(root().join("docs/errors")).expect("docs/errors");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut found: Vec<String> = names
        .map(|name| name.to_string_lossy().trim_end_matches(".md").to_owned())
        .collect();
    let mut expected = codes::ALL.map(str::to_owned).to_vec();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn the_examples_of_the_pages_are_what_they_claim() {
    let codes = codes::ALL.into_iter();
    for code in codes.filter(|code| !WITHOUT_EXAMPLE.contains(code)) {
        let path = root().join(format!("docs/errors/{code}.md"));
        let page = std::fs::read_to_string(path).expect(code);
        let broken = block(&page, "```json broken").expect(code);
        let compiled = compile(broken, Notation::Json, Options::default());
        let found: Vec<_> = compiled
            .diagnostics
            .iter()
            .map(|found| found.code)
            .collect();
        assert_eq!(found, [code], "{:#?}", compiled.diagnostics);
        let is_refused = page.contains("This is refused");
        assert_eq!(compiled.program.is_none(), is_refused, "{code}");

        let fixed = block(&page, "```json fixed").expect(code);
        let compiled = compile(fixed, Notation::Json, Options::default());
        assert!(
            compiled.diagnostics.is_empty(),
            "{code}: {:#?}",
            compiled.diagnostics
        );
        assert!(compiled.program.is_some(), "{code}");
    }
}

#[test]
fn every_path_in_the_documentation_leads_somewhere() {
    let mut paths = 0;
    for page in ["docs/ARCHITECTURE.md", "README.md", "docs/formats.md"] {
        let text = std::fs::read_to_string(root().join(page)).expect(page);
        for code in text.split('`').skip(1).step_by(2) {
            // What holds a slash or ends like a file, and no space or placeholder, is meant as a path.
            let is_path = code.contains('/')
                || [".md", ".yaml", ".rs"]
                    .iter()
                    .any(|end| code.ends_with(end));
            if !is_path || code.contains([' ', '<', '{', '\n', '*']) || code.starts_with(['.', '/'])
            {
                continue;
            }
            paths += 1;
            assert!(
                root().join(code).exists(),
                "{page} names `{code}`, which does not exist"
            );
        }
    }
    assert!(paths > 20, "only {paths} paths were found");
}

#[test]
fn the_architecture_stays_short() {
    let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("the page");
    assert!(text.lines().count() < 150);
}
