//! `pawl fmt` through the binary: one layout, the same meaning.

use std::path::Path;

use pawl_compiler::{Notation, source};
use serde_json::Value;

use crate::command_line::{pawl, pawl_reads, text};
use crate::corpus::{cases, root};

/// A definition's content with its order.
fn content(text: &str, notation: Notation) -> String {
    let node = source::read(text, notation).expect("a definition");
    node.to_json().to_string()
}

/// Every case and example as it is, on one line, spread out by another layout, and all of that as YAML too.
fn corpus() -> Vec<(String, Notation, String)> {
    let mut files = Vec::new();
    for case in cases() {
        let definition = case.project.definition;
        let Ok(node) = definition.parse() else {
            continue;
        };
        let value = node.to_json();
        let name = case.name.replace('/', "-");
        let one_line = value.to_string();
        let spread = serde_json::to_string_pretty(&value)
            .expect("JSON")
            .replace("  ", "   ");
        let mut add = |kind: &str, notation: Notation, text: String| {
            let ending = match notation {
                Notation::Json => "json",
                Notation::Yaml => "yaml",
            };
            files.push((format!("{name}-{kind}.{ending}"), notation, text));
        };
        // JSON is YAML, too.
        for notation in [Notation::Json, Notation::Yaml] {
            add("line", notation, one_line.clone());
            add("spread", notation, spread.clone());
        }
        add("block", Notation::Yaml, block(&value, 0));
        add("own", definition.notation, definition.text);
    }
    files
}

/// A value as YAML in blocks, with a comment before every key.
fn block(value: &Value, depth: usize) -> String {
    let indent = " ".repeat(depth * 4);
    let mut lines = String::new();
    if let Some(members) = value.as_object().filter(|members| !members.is_empty()) {
        for (key, member) in members {
            let (name, member) = (Value::from(key.as_str()), nested(member, depth));
            lines += &[&indent, "# about ", key, "\n", &indent].concat();
            lines += &[&name.to_string(), ":", &member].concat();
        }
    } else if let Some(elements) = value.as_array().filter(|elements| !elements.is_empty()) {
        for element in elements {
            lines += &[&indent, "-", &nested(element, depth)].concat();
        }
    } else {
        lines += &[&indent, &value.to_string(), "\n"].concat();
    }
    lines
}

/// What stands behind a key or a dash.
fn nested(value: &Value, depth: usize) -> String {
    match value.to_string().as_str() {
        empty @ ("{}" | "[]") => format!("   {empty}\n"),
        text if text.starts_with(['{', '[']) => format!("\n{}", block(value, depth + 1)),
        text => format!("   {text}\n"),
    }
}

#[test]
fn no_definition_changes_its_meaning_and_none_changes_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let corpus = corpus();
    assert!(corpus.len() > 100, "only {} definitions", corpus.len());
    let mut arguments = vec!["fmt"];
    for (name, _, text) in &corpus {
        std::fs::write(folder.path().join(name), text).expect("a file");
        arguments.push(name);
    }
    let output = pawl(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for (name, notation, before) in &corpus {
        let after = std::fs::read_to_string(folder.path().join(name)).expect("a file");
        assert_eq!(
            content(before, *notation),
            content(&after, *notation),
            "{name}"
        );
        let comments = |text: &str| text.matches("# about ").count();
        assert_eq!(comments(before), comments(&after), "{name}:\n{after}");
        assert!(
            after.ends_with('\n') && !after.contains('\t'),
            "{name}:\n{after}"
        );
    }
    arguments.push("--check");
    let output = pawl(folder.path(), &arguments);
    assert_eq!(text(&output.stdout), "", "these change twice");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_examples_are_formatted() {
    let output = pawl(&root(), &["fmt", "workflows/examples", "--check"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
}

/// A text and what it becomes.
#[test]
fn what_the_author_wrote_stays_in_one_layout() {
    let rows = [
        // The order of keys, and a list that was broken.
        (
            "{\"steps\": [\n {\"b\":1,\"a\":2}], \"name\":\"x\"}",
            "{\n  \"steps\": [\n    { \"b\": 1, \"a\": 2 }\n  ],\n  \"name\": \"x\"\n}\n",
        ),
        // Comments, and what needs its quotes.
        (
            "# The name.\nname:   'x'   # here\nsteps:\n- stepSlug: a\n  text: '1'\n\n\n\n  # the end\n",
            "# The name.\nname: \"x\" # here\nsteps:\n  - stepSlug: a\n    text: \"1\"\n\n    # the end\n",
        ),
        // A text of several lines.
        (
            "name: |\n    two\n    lines\nsteps: [ ]\n",
            "name: |\n  two\n  lines\nsteps: []\n",
        ),
        // The line ends of Windows, and an editor's mark.
        ("{\r\n\"name\": 1}\r\n", "{\r\n  \"name\": 1\r\n}\r\n"),
        ("\u{feff}{\n\"name\": 1}", "{\n  \"name\": 1\n}\n"),
    ];
    for (before, expected) in rows {
        let output = pawl_reads(&root(), &["fmt", "-"], before);
        let after = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(after, expected, "{before}");
        let again = pawl_reads(&root(), &["fmt", "-"], &after);
        assert_eq!(text(&again.stdout), after);
    }
}

#[test]
fn what_cannot_be_read_is_left_alone_and_the_rest_is_formatted() {
    let folder = tempfile::tempdir().expect("a folder");
    let read = |name: &str| std::fs::read(folder.path().join(name)).expect("a file");
    let write = |name: &str, text: &[u8]| {
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    let broken: [(&str, &[u8]); 4] = [
        ("comma.json", b"{\"steps\": [],}"),
        ("comment.json", b"{\"steps\": [] /* none */}"),
        ("latin1.json", b"{\"steps\": \"caf\xe9\"}"),
        ("broken.yaml", b"steps: [1"),
    ];
    for (name, text) in broken {
        write(name, text);
    }
    write("fine.json", b"{\"steps\":[]}");
    let listed = pawl(folder.path(), &["fmt", ".", "--check"]);
    assert_eq!(text(&listed.stdout), "fine.json\n");
    assert_eq!(read("fine.json"), b"{\"steps\":[]}");
    let shown = pawl(folder.path(), &["fmt", "fine.json", "--diff"]);
    assert_eq!(shown.status.code(), Some(1));
    for line in [
        "--- a/fine.json",
        "+++ b/fine.json",
        "-{\"steps\":[]}",
        "+{ \"steps\": [] }",
    ] {
        assert!(
            text(&shown.stdout).contains(line),
            "{}",
            text(&shown.stdout)
        );
    }
    assert_eq!(read("fine.json"), b"{\"steps\":[]}");

    let output = pawl(folder.path(), &["fmt", "."]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = text(&output.stderr);
    for (name, before) in broken {
        assert!(stderr.contains(name), "{name}: {stderr}");
        assert_eq!(read(name), before, "{name}");
    }
    assert_eq!(read("fine.json"), b"{ \"steps\": [] }\n");
    assert_eq!(
        left_in(folder.path()),
        5,
        "a temporary file was left behind"
    );
}

#[test]
fn misuse_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows: &[(&[&str], &str)] = &[
        (&["fmt"], "PATH"),
        (&["fmt", "missing.json"], "`missing.json` does not exist"),
        (&["fmt", "."], "holds no definition"),
        (&["fmt", "-", "a.json"], "stands alone"),
        (&["fmt", "a.json", "--check", "--diff"], "--diff"),
    ];
    for (arguments, said) in rows {
        let output = pawl_reads(folder.path(), arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(said), "{arguments:?}");
    }
}

fn left_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).expect("a folder").count()
}
