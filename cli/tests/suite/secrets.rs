//! `pawl secrets` through the binary.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::command_line::{command, reads, text};

const SECRET: &str = "a secret, \"quoted\" ";

fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = command(folder, arguments);
    command
        .env("PAWL_KEY_FILE", folder.join("keys.json"))
        .env("SHOP_KEY", "set");
    reads(&mut command, input)
}

fn listed(folder: &Path) -> Vec<[String; 3]> {
    let output = run(folder, &["secrets", "list", "--json"], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let word = |row: &Value, field: &str| {
        let value = row.get(field).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    rows.iter()
        .map(|row| ["name", "found", "problem"].map(|field| word(row, field)))
        .collect()
}

#[test]
fn a_secret_is_written_where_the_definition_keeps_its_own() {
    const STEPS: &str = r#""steps": [{ "stepSlug": "report", "stepType": "output", "config": { "mapping": { "a": 1 } } }]"#;
    let json = |config: &str| format!("{{\n  \"name\": \"A\",\n  {config}{STEPS}\n}}\n");
    let yaml = |config: &str| {
        format!(
            "# All of it.\nname: A\n{config}steps:\n  - stepSlug: report\n    stepType: output\n    config: {{ mapping: {{ a: 1 }} }}\n"
        )
    };
    let rows = [
        ("workflow.json", json("")),
        ("workflow.json", json("\"config\": {},\n  ")),
        (
            "workflow.json",
            json("\"config\": { \"timeout\": 5000 },\n  "),
        ),
        (
            "workflow.json",
            json(
                "\"config\": {\n    \"secrets\": {\n      \"other\": { \"envVar\": \"SHOP_KEY\" }\n    }\n  },\n  ",
            ),
        ),
        (
            "workflow.json",
            json("\"config\": { \"secrets\": { \"key\": { \"envVar\": \"SHOP_KEY\" } } },\n  "),
        ),
        (
            "workflow.json",
            json("\"config\": { \"secrets\": null },\n  "),
        ),
        ("workflow.yaml", yaml("")),
        ("workflow.yaml", yaml("config:\n  timeout: 5000 # ms\n")),
        (
            "workflow.yaml",
            yaml("config:\n  secrets:\n    # The other one.\n    other: { envVar: SHOP_KEY }\n"),
        ),
        ("workflow.yaml", yaml("config:\n  secrets: {}\n")),
    ];
    for (name, definition) in rows {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        std::fs::write(&path, &definition).expect("a definition");
        let output = run(folder.path(), &["secrets", "set", "key"], SECRET);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{definition}\n{}",
            text(&output.stderr)
        );
        let written = std::fs::read_to_string(&path).expect("a definition");
        assert!(!written.contains("a secret"), "{written}");
        let own = definition.lines().filter(|line| line.contains('#'));
        own.for_each(|line| assert!(written.contains(line), "{line} is gone: {written}"));
        let found = listed(folder.path());
        let key = found.iter().find(|[name, ..]| name == "key");
        let expected = ["key", "here, encrypted", ""].map(str::to_owned);
        assert_eq!(key, Some(&expected), "{written}");
        let is_kept = found.iter().any(|[name, ..]| name == "other");
        assert_eq!(is_kept, definition.contains("other"), "{written}");
        let output = run(folder.path(), &["check"], "");
        assert_ne!(
            output.status.code(),
            Some(1),
            "{written}\n{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn rotation_encrypts_anew_or_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("workflow.json");
    std::fs::write(&path, "{ \"name\": \"A\", \"steps\": [] }").expect("a definition");
    for name in ["one", "two"] {
        let output = run(folder.path(), &["secrets", "set", name], SECRET);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    let before = std::fs::read_to_string(&path).expect("a definition");
    let key = |definition: &str, name: &str| -> String {
        let definition: Value = serde_json::from_str(definition).expect("JSON");
        let key = definition.pointer(&format!("/config/secrets/{name}/keyId"));
        key.and_then(Value::as_str).expect("an id").to_owned()
    };
    let output = run(folder.path(), &["secrets", "rotate"], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let after = std::fs::read_to_string(&path).expect("a definition");
    for name in ["one", "two"] {
        assert_ne!(key(&before, name), key(&after, name));
    }
    assert!(
        listed(folder.path())
            .iter()
            .all(|[.., problem]| problem.is_empty())
    );
    // A secret that does not open leaves all others as they are.
    let broken = after.replacen("pawl1.local-", "pawl1.local-0", 1);
    std::fs::write(&path, &broken).expect("a definition");
    let output = run(folder.path(), &["secrets", "rotate"], "");
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert_eq!(
        std::fs::read_to_string(&path).expect("a definition"),
        broken
    );
    let problems: Vec<_> = listed(folder.path())
        .into_iter()
        .filter(|[.., problem]| !problem.is_empty())
        .collect();
    assert_eq!(problems.len(), 1);
}

#[test]
fn what_cannot_be_set_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("workflow.json"), "{ \"name\": \"A\" }")
        .expect("a definition");
    std::fs::write(folder.path().join("broken.json"), "{ \"name\": ").expect("a definition");
    let rows: [(&[&str], &str, i32, &str); 4] = [
        (&["secrets", "set", "key"], "", 2, "the secret is empty"),
        (
            &["secrets", "set", "a-key"],
            "x",
            2,
            "cannot be the name of a secret",
        ),
        (
            &["secrets", "set", "key", "nothing.json"],
            "x",
            2,
            "does not exist",
        ),
        (&["secrets", "set", "key", "broken.json"], "x", 1, "syntax"),
    ];
    for (arguments, input, code, expected) in rows {
        let output = run(folder.path(), arguments, input);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}
