//! `pawl check` through the binary: what it finds in folders, what it prints for machines, what it mends.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::command_line::{command, pawl, text};

/// An error that no fix settles: a definition without a name or steps.
const BAD: &str = r#"{"steps": []}"#;

/// A misspelt word of ours, a misspelt word of the author's, and something that no fix settles.
pub(crate) const MENDABLE: &str = r#"{
  "name": "é𝄞",
  "desciption": "𝄞",
  "steps": [
    {
      "stepSlug": "greet_customer", "stepType": "action",
      "config": { "type": "set_variables", "parameters": { "text": "𝄞 {{steps.nobody.output}}" } },
      "nextSteps": { "success": "finish_upp" }
    },
    {
      "stepSlug": "finish_up", "stepType": "output",
      "config": { "mapping": { "text": "{{variables.text}}" } }
    }
  ]
}
"#;

/// Writes a file, and the folders that lead to it.
pub(crate) fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, content).expect("a file");
}

/// The diagnostics that `--json` prints.
pub(crate) fn found(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = pawl(folder, &[&["check", "--json"], arguments].concat());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn codes(diagnostics: &[Value]) -> Vec<&str> {
    let codes = diagnostics.iter().filter_map(|found| found.get("code"));
    codes.filter_map(Value::as_str).collect()
}

/// What lies in a folder, what is asked, which definitions are checked, and the code with which it exits.
type Row = (
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
    &'static [&'static str],
    i32,
);

#[test]
fn a_folder_stands_for_its_definitions() {
    const OTHER: &str = r#"{"scripts": {}, "steps_taken": 7}"#;
    let rows: &[Row] = &[
        (
            &[("workflow.json", BAD), ("a/workflow.json", BAD)],
            &["."],
            &["workflow.json"],
            1,
        ),
        (
            &[
                ("b/workflow.yaml", BAD),
                ("a/x/workflow.json", BAD),
                ("order.json", BAD),
                ("c/workflow.yml", BAD),
            ],
            &["."],
            &["a/x/workflow.json", "b/workflow.yaml", "c/workflow.yml"],
            1,
        ),
        (
            &[
                ("f/b.yml", BAD),
                ("f/a.json", BAD),
                ("f/package.json", OTHER),
                ("f/broken.json", r#"{"steps": "#),
                ("f/x.txt", BAD),
            ],
            &["f"],
            &["f/a.json", "f/b.yml", "f/broken.json"],
            1,
        ),
        (
            &[("f/a.json", r#"{"workflowConfig": {}, "stepsConfig": []}"#)],
            &["f"],
            &["f/a.json"],
            1,
        ),
        (
            &[
                (".gitignore", "built/\n"),
                ("built/workflow.json", BAD),
                (".hidden/workflow.json", BAD),
                ("a/workflow.json", BAD),
            ],
            &["."],
            &["a/workflow.json"],
            1,
        ),
        (
            &[("a.json", BAD)],
            &["a.json", "./a.json", "a.json"],
            &["a.json"],
            1,
        ),
        (
            &[("b.json", BAD), ("a/workflow.json", BAD)],
            &["b.json", "a", "a/workflow.json"],
            &["b.json", "a/workflow.json"],
            1,
        ),
        (
            &[("a.json", BAD)],
            &["missing", "a.json", "gone.json"],
            &["a.json"],
            2,
        ),
        (
            &[("a.json", BAD), ("empty/x.json", OTHER)],
            &["empty", "a.json"],
            &["a.json"],
            2,
        ),
    ];
    for (files, arguments, expected, code) in rows {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, content) in *files {
            write(folder.path(), name, content);
        }
        let mut checked: Vec<String> = Vec::new();
        for diagnostic in found(folder.path(), arguments) {
            let file = diagnostic
                .get("file")
                .and_then(Value::as_str)
                .expect("a file");
            if checked.last().is_none_or(|last| last != file) {
                checked.push(file.to_owned());
            }
        }
        assert_eq!(&checked, expected, "{files:?} {arguments:?}");
        let output = pawl(folder.path(), &[&["check"], *arguments].concat());
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {stderr}");
        let noun = if expected.len() == 1 {
            "definition"
        } else {
            "definitions"
        };
        let counted = format!("{} {noun}, ", expected.len());
        assert!(stderr.contains(&counted), "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_file_that_is_no_text_does_not_stop_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        "a.json",
        b"\xef\xbb\xbf{\n \"steps\": \"caf\xe9\"}",
    );
    write(folder.path(), "b.json", BAD);
    let diagnostics = found(folder.path(), &["."]);
    let first = diagnostics.first().expect("a finding");
    let field = |name: &str| first.get(name).cloned().unwrap_or_default();
    assert_eq!(field("code"), "syntax");
    assert_eq!((field("line"), field("column")), (2.into(), 15.into()));
    let files: BTreeSet<_> = diagnostics
        .iter()
        .filter_map(|found| found.get("file")?.as_str())
        .collect();
    assert_eq!(files, BTreeSet::from(["a.json", "b.json"]));
}

/// What is denied, and the code with which definitions with a warning, a note and neither exit.
#[test]
fn warnings_and_notes_are_refused_on_demand() {
    let folder = tempfile::tempdir().expect("a folder");
    let answer = r#"{"stepSlug": "answer_customer", "stepType": "output", "config": {"mapping": {"name": "{{input.name}}"}}}"#;
    let vague = answer.replace("answer_customer", "step1");
    write(
        folder.path(),
        "fine.json",
        format!(r#"{{"name": "x", "steps": [{answer}]}}"#),
    );
    write(
        folder.path(),
        "warned.json",
        format!(r#"{{"name": "x", "colour": 1, "steps": [{answer}]}}"#),
    );
    write(
        folder.path(),
        "noted.json",
        format!(r#"{{"name": "x", "steps": [{vague}]}}"#),
    );
    let rows: &[(&[&str], i32)] = &[
        (&["warned.json"], 0),
        (&["warned.json", "--deny", "warnings"], 1),
        (&["warned.json", "--deny", "notes"], 1),
        (&["warned.json", "--deny", "warnings", "--json"], 1),
        (&["noted.json", "--deny", "warnings"], 0),
        (&["noted.json", "--deny", "notes"], 1),
        (&["fine.json", "--deny", "notes"], 0),
        (&["fine.json", "--deny", "errors"], 2),
        (&["fine.json", "missing.json", "--deny", "warnings"], 2),
    ];
    for (arguments, code) in rows {
        let output = pawl(folder.path(), &[&["check"], *arguments].concat());
        assert_eq!(
            output.status.code(),
            Some(*code),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
    }
    let endings: &[(&[&str], &str)] = &[
        (&["fine.json"], "1 definition, 0 errors, 0 warnings\n"),
        (
            &["warned.json"],
            "help: `pawl explain unknown-field` says more\n1 definition, 0 errors, 1 warning\n",
        ),
        (
            &["warned.json", "noted.json"],
            "help: `pawl explain unknown-field` says more, and so for: vague-slug\n2 definitions, 0 errors, 1 warning, 1 note\n",
        ),
    ];
    for (arguments, ending) in endings {
        let stderr = text(&pawl(folder.path(), &[&["check"], *arguments].concat()).stderr);
        assert!(stderr.ends_with(ending), "{arguments:?}: {stderr}");
    }
}

#[test]
fn findings_are_coloured_where_colours_are_wanted() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "a.json", BAD);
    let plain = pawl(folder.path(), &["check", "a.json"]);
    assert!(!text(&plain.stderr).contains('\x1b'));
    let mut coloured = command(folder.path(), &["check", "a.json"]);
    let coloured = coloured
        .env("CLICOLOR_FORCE", "1")
        .output()
        .expect("pawl runs");
    assert!(text(&coloured.stderr).contains('\x1b'));
}

#[test]
fn safe_fixes_are_applied_and_guesses_on_demand() {
    let folder = tempfile::tempdir().expect("a folder");
    let read = || std::fs::read_to_string(folder.path().join("a.json")).expect("a file");
    write(folder.path(), "a.json", format!("\u{feff}{MENDABLE}"));

    let shown = pawl(folder.path(), &["check", "a.json", "--diff"]);
    let diff = text(&shown.stdout);
    assert_eq!(shown.status.code(), Some(1));
    assert!(
        diff.starts_with("--- a/a.json\n+++ b/a.json\n@@ "),
        "{diff}"
    );
    assert!(diff.contains("+  \"description\": \"𝄞\","), "{diff}");
    assert!(!diff.contains("+      \"nextSteps\""), "{diff}");
    assert_eq!(read(), format!("\u{feff}{MENDABLE}"));

    let fixed = pawl(folder.path(), &["check", "a.json", "--fix"]);
    let stderr = text(&fixed.stderr);
    assert!(stderr.contains("fixed 1 in a.json"), "{stderr}");
    assert_eq!(fixed.status.code(), Some(1), "{stderr}");
    let safe = MENDABLE.replace("desciption", "description");
    assert_eq!(read(), format!("\u{feff}{safe}"));
    assert!(codes(&found(folder.path(), &["a.json"])).contains(&"unknown-step"));

    let guessed = pawl(folder.path(), &["check", "a.json", "--fix", "--unsafe"]);
    assert!(text(&guessed.stderr).contains("fixed 1 in a.json"));
    assert_eq!(
        read(),
        format!("\u{feff}{}", safe.replace("finish_upp", "finish_up"))
    );
    assert_eq!(
        codes(&found(folder.path(), &["a.json"])),
        ["unknown-reference"]
    );

    // What an earlier mistake hides is found in the next round.
    let hidden = MENDABLE.replace("\"stepType\": \"action\"", "\"stepType\": \"actoin\"");
    write(folder.path(), "hidden.json", hidden);
    let rounds = pawl(
        folder.path(),
        &["check", "hidden.json", "--fix", "--unsafe"],
    );
    assert!(
        text(&rounds.stderr).contains("fixed 3 in hidden.json"),
        "{}",
        text(&rounds.stderr)
    );
    std::fs::remove_file(folder.path().join("hidden.json")).expect("a file");

    // Nothing is left to fix, so nothing is written and nothing is said of it.
    let again = pawl(folder.path(), &["check", "a.json", "--fix", "--unsafe"]);
    assert!(!text(&again.stderr).contains("fixed"));
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 1, "a temporary file was left behind");
}

/// Switches that make no sense together, and what is said.
#[test]
fn switches_that_contradict_each_other_are_misuse() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "a.json", BAD);
    let rows: &[&[&str]] = &[
        &["--unsafe"],
        &["--json", "--sarif"],
        &["--diff", "--json"],
        &["--diff", "--sarif"],
    ];
    for switches in rows {
        let output = pawl(folder.path(), &[&["check", "a.json"], *switches].concat());
        assert_eq!(output.status.code(), Some(2), "{switches:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_mended_file_keeps_its_link_and_its_permissions() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "real/a.json", MENDABLE);
    let (real, link) = (
        folder.path().join("real/a.json"),
        folder.path().join("link.json"),
    );
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).expect("permissions");
    std::os::unix::fs::symlink(&real, &link).expect("a link");
    pawl(folder.path(), &["check", "link.json", "--fix"]);
    assert!(
        std::fs::symlink_metadata(&link)
            .expect("a link")
            .is_symlink()
    );
    let mended = std::fs::read_to_string(&real).expect("a file");
    assert_eq!(mended, MENDABLE.replace("desciption", "description"));
    let mode = std::fs::metadata(&real)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn no_more_is_drawn_than_somebody_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    for (steps, more) in [(100, None), (103, Some("... and 3 more in workflow.json"))] {
        let steps: Vec<Value> = (0..steps)
            .map(|step| serde_json::json!({ "stepSlug": format!("step_{step}"), "stepType": "other" }))
            .collect();
        let definition = serde_json::json!({ "name": "N", "steps": steps });
        write(folder.path(), "workflow.json", definition.to_string());
        let output = pawl(folder.path(), &["check", "workflow.json"]);
        let said = text(&output.stderr);
        assert_eq!(said.matches("error[").count(), 100, "{said}");
        assert_eq!(said.lines().find(|line| line.starts_with("...")), more);
        assert_eq!(found(folder.path(), &["workflow.json"]).len(), steps.len());
    }
}

#[test]
fn two_definitions_have_no_webhook_in_common() {
    let folder = tempfile::tempdir().expect("a folder");
    let workflow = |name: &str, path: &str| {
        let trigger = format!(r#"{{ "type": "webhook", "path": "{path}" }}"#);
        let begin = format!(
            r#"{{ "stepSlug": "begin", "stepType": "trigger", "config": {trigger}, "nextSteps": {{ "success": "end" }} }}"#
        );
        format!(r#"{{ "name": "{name}", "steps": [{begin}] }}"#)
    };
    for (file, path) in [
        ("a.json", "/orders/"),
        ("b.json", "/returns"),
        ("c.json", "orders"),
    ] {
        std::fs::write(folder.path().join(file), workflow(file, path)).expect("a file");
    }
    let output = pawl(folder.path(), &["check", "."]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains(
            "error[duplicate-webhook]: `a.json` has the webhook `/orders` already\n --> c.json:1:"
        ),
        "{said}"
    );
    let alone = pawl(folder.path(), &["check", "c.json", "b.json"]);
    assert_eq!(alone.status.code(), Some(0), "{}", text(&alone.stderr));
}

/// A workflow that runs another beside it: what it gives that one, and what it reads of it.
#[test]
fn a_subflow_fits_the_workflow_that_it_runs() {
    const SEND: &str = r#"{
      "name": "Send invoice",
      "steps": [
        {
          "stepSlug": "begin", "stepType": "trigger",
          "config": { "type": "manual", "inputs": [
            { "name": "order", "type": "text", "required": true },
            { "name": "copies", "type": "number", "required": true, "default": 1 },
            { "name": "note", "type": "text" }
          ] },
          "nextSteps": { "success": "report" }
        },
        { "stepSlug": "report", "stepType": "output", "config": { "mapping": { "number": "{{input.order}}" } } }
      ]
    }"#;
    // Of one that can end without its output step, nobody knows what it gives.
    let open = SEND.replace(
        r#""nextSteps": { "success": "report" }"#,
        r#""nextSteps": { "success": "is_urgent" }"#,
    );
    let open = open.replace(
        r#"{ "stepSlug": "report""#,
        r#"{
          "stepSlug": "is_urgent", "stepType": "condition", "config": { "expression": "input.note == 'urgent'" },
          "nextSteps": { "true": "report", "false": "end" }
        },
        { "stepSlug": "report""#,
    );
    let rows: [(&str, &str, &str, &[&str]); 6] = [
        (SEND, r#"{ "order": "A1" }"#, "number", &[]),
        (SEND, r#""{{input}}""#, "number", &[]),
        (
            SEND,
            r#"{ "odrer": "A1" }"#,
            "number",
            &["subflow `bill` gives no `order`, which `Send invoice` requires"],
        ),
        (
            SEND,
            r#"{ "order": "A1" }"#,
            "nubmer",
            &["`Send invoice` gives no `nubmer`: its output is an object with `number`"],
        ),
        (
            SEND,
            "null",
            "data.nubmer",
            &[
                "subflow `bill` gives no `order`, which `Send invoice` requires",
                "`Send invoice` gives no `nubmer`: its output is an object with `number`",
            ],
        ),
        (&open, r#"{ "order": "A1" }"#, "nubmer", &[]),
    ];
    for (send, input, member, expected) in rows {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "send.json", send);
        let bill = format!(
            r#"{{
              "name": "Bill",
              "steps": [
                {{
                  "stepSlug": "bill", "stepType": "subflow", "config": {{ "workflow": "send-invoice", "input": {input} }},
                  "nextSteps": {{ "success": "report" }}
                }},
                {{ "stepSlug": "report", "stepType": "output", "config": {{ "mapping": {{ "number": "{{{{steps.bill.output.{member}}}}}" }} }} }}
              ]
            }}"#
        );
        write(folder.path(), "bill.json", bill);
        let found = found(folder.path(), &["bill.json"]);
        let said = found
            .iter()
            .filter(|found| found.get("severity").and_then(Value::as_str) != Some("note"));
        let said: Vec<&str> = said
            .filter_map(|found| found.get("message")?.as_str())
            .collect();
        assert_eq!(said, expected, "{input} {member}");
    }
}
