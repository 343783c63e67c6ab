//! What commands print of a definition, as it is committed.
//!
//! The group of a case is the command: `pawl triggers` is run on each case of `cases/triggers/`, with what its
//! `arguments.json` lists, and what it prints stands in `triggers.txt`; `pawl diff` compares with `old.json` beside it. `UPDATE=1 cargo test` writes it anew.

use crate::command_line::{pawl, pawl_reads, text};
use crate::corpus::{cases, root, same};

/// The commands that have a group.
const COMMANDS: [&str; 5] = ["cost", "diff", "policy", "test", "triggers"];

#[test]
fn what_commands_print_is_as_committed() {
    let mut printed = 0;
    for case in cases() {
        let group = case.name.split('/').next().unwrap_or_default();
        let Some(command) = COMMANDS.iter().find(|command| **command == group) else {
            continue;
        };
        let folder = &case.project.given;
        let more = std::fs::read_to_string(folder.join("arguments.json"));
        let more: Vec<String> = more.map_or_else(
            |_| Vec::new(),
            |more| serde_json::from_str(&more).expect("a list of arguments"),
        );
        let old = (*command == "diff").then_some("old.json");
        let arguments = [*command].into_iter().chain(old).chain(["."]);
        let arguments = arguments.chain(more.iter().map(String::as_str));
        let output = pawl(folder, &arguments.collect::<Vec<_>>());
        let found = text(&output.stdout) + &text(&output.stderr);
        same(&case, &format!("{command}.txt"), Some(found));
        printed += 1;
    }
    assert!(printed > 3, "only {printed} cases");
}

#[test]
fn the_tests_of_the_examples_pass() {
    let output = pawl(&root(), &["test", "workflows/examples"]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("passed, 0 failed"), "{said}");
}

#[test]
fn tests_say_by_their_exit_how_they_went() {
    let folder = root().join("cases/test/what-comes-out-otherwise");
    let rows: [(&[&str], i32); 5] = [
        (&["test", ".", "--filter", "right"], 0),
        (&["test", "."], 1),
        (&["test", ".", "--filter", "right", "--coverage", "90"], 1),
        (&["test", ".", "--filter", "nothing of this name"], 2),
        (&["test", "../steps-that-only-compute"], 2),
    ];
    for (arguments, code) in rows {
        let output = pawl(&folder, arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn a_definition_is_compared_with_what_standard_input_says() {
    let folder = root().join("cases/diff/a-mail-more-and-a-secret-less");
    let old = std::fs::read_to_string(folder.join("old.json")).expect("a definition");
    let output = pawl_reads(&folder, &["diff", "-", "."], &old);
    let expected = pawl(&folder, &["diff", "old.json", "."]);
    assert_eq!(text(&output.stdout), text(&expected.stdout));
    assert!(text(&output.stdout).contains("can now send e-mail"));
    let both = pawl_reads(&folder, &["diff", "-", "-"], &old);
    assert_eq!(both.status.code(), Some(2));
    let broken = pawl_reads(&folder, &["diff", "-", "."], r#"{"steps": []}"#);
    assert_eq!(broken.status.code(), Some(1));
}
