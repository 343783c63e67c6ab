//! `pawl explain` through the binary.

use pawl_compiler::diagnostic::codes;

use crate::command_line::{pawl, text};
use crate::corpus::root;

#[test]
fn every_code_is_listed_and_explained_by_its_page() {
    let output = pawl(&root(), &["explain"]);
    assert_eq!(output.status.code(), Some(0));
    let list = text(&output.stdout);
    let listed: Vec<&str> = list
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let mut expected = codes::ALL.to_vec();
    expected.sort_unstable();
    assert_eq!(listed, expected);
    for line in list.lines() {
        assert!(line.ends_with('.'), "this is no sentence: {line}");
    }
    // One is enough to see that the page itself is printed: all of them come out of the same folder.
    let output = pawl(&root(), &["explain", codes::NEVER_RAN]);
    let page = std::fs::read_to_string(root().join("docs/errors/never-ran.md")).expect("a page");
    assert_eq!(text(&output.stdout), page);
}

#[test]
fn an_unknown_code_is_misuse_with_a_near_name() {
    for (code, said) in [
        ("never-rann", "did you mean `never-ran`?"),
        ("error[never-ran]", "`pawl explain` lists all codes"),
        ("[never-ran]", "did you mean `never-ran`?"),
        ("E0425", "`pawl explain` lists all codes"),
    ] {
        let output = pawl(&root(), &["explain", code]);
        assert_eq!(output.status.code(), Some(2), "{code}");
        let stderr = text(&output.stderr);
        assert!(stderr.contains(said), "{code}: {stderr}");
    }
}
