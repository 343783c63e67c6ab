//! `pawl build` through the binary: what it writes, what it leaves alone, and what it says of a file that is old.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::command_line::{pawl, text};

const GREET: &str = r#"{ "name": "Greet", "steps": [{ "stepSlug": "greet", "stepType": "output",
    "config": { "mapping": { "text": "Hello ${ActionFunction}, {{input.name}}" } } }] }"#;

const TICK: &str = r#"{ "name": "Tick", "steps": [
    { "stepSlug": "begin", "stepType": "trigger", "config": { "type": "schedule", "schedule": "0 9 * * 1", "timezone": "Europe/Berlin" }, "nextSteps": { "success": "tell" } },
    { "stepSlug": "tell", "stepType": "output", "config": { "mapping": { "kind": "{{trigger.type}}" } } }] }"#;

fn workflows(definitions: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("workflows")).expect("a folder");
    for (name, definition) in definitions {
        write(folder.path(), name, definition);
    }
    folder
}

fn write(folder: &Path, name: &str, definition: &str) {
    let file = folder.join("workflows").join(name);
    fs::write(file, definition).expect("a file");
}

fn build(folder: &Path, more: &[&str]) -> (i32, String, String) {
    let output = pawl(folder, &[&["build", "workflows"], more].concat());
    let code = output.status.code().expect("a code");
    (code, text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_build_is_the_same_until_a_workflow_changes() {
    let folder = workflows(&[("greet.json", GREET), ("tick.json", TICK)]);
    let folder = folder.path();
    let (code, missing, _) = build(folder, &["--check"]);
    assert_eq!(code, 1);
    assert!(
        missing.contains("new      infra/workflows.yaml"),
        "{missing}"
    );
    assert!(!folder.join("infra").exists());

    let (code, _, said) = build(folder, &[]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(build(folder, &["--check"]).0, 0);
    let template = fs::read_to_string(folder.join("infra/workflows.yaml")).expect("a template");
    for line in [
        "DefinitionUri: machines/greet.asl.json",
        r#"ScheduleExpression: "cron(0 9 ? * MON *)""#,
        "ScheduleExpressionTimezone: Europe/Berlin",
        "AutoPublishAlias: active",
    ] {
        assert!(template.contains(line), "{line} is not in {template}");
    }
    let machine = folder.join("infra/machines/greet.asl.json");
    let machine = fs::read_to_string(machine).expect("a machine");
    // What looks like a function in a prompt is none.
    assert_eq!(machine.matches("${ActionFunction}").count(), 0, "{machine}");

    write(folder, "greet.json", &GREET.replace("Hello", "Good day"));
    let (code, changed, said) = build(folder, &["--check"]);
    assert_eq!((code, changed.lines().count()), (1, 1), "{changed}");
    assert!(
        changed.contains("changed  infra/machines/greet.asl.json  +1 -1"),
        "{changed}"
    );
    assert!(
        said.contains("help: write them with `pawl build`"),
        "{said}"
    );
}

#[test]
fn only_what_a_build_has_written_goes_with_its_workflow() {
    let folder = workflows(&[("greet.json", GREET), ("tick.json", TICK)]);
    let folder = folder.path();
    build(folder, &[]);
    let own = folder.join("infra/machines/by-hand.asl.json");
    fs::write(&own, "{}").expect("a file");
    fs::remove_file(folder.join("workflows/tick.json")).expect("a file");
    let (code, gone, _) = build(folder, &["--check"]);
    assert_eq!(code, 1);
    assert!(
        gone.contains("gone     infra/machines/tick.asl.json"),
        "{gone}"
    );
    assert_eq!(build(folder, &[]).0, 0);
    assert!(!folder.join("infra/machines/tick.asl.json").exists());
    assert!(own.exists());
}

#[test]
fn nothing_is_written_of_what_is_refused() {
    let unknown = GREET.replace("input.name", "steps.nobody.output");
    let rows = [
        (
            vec![("greet.json", unknown.as_str())],
            1,
            "unknown-reference",
        ),
        (
            vec![("a.json", GREET), ("b.json", GREET)],
            2,
            "both are the workflow `greet`",
        ),
    ];
    for (definitions, expected, word) in rows {
        let folder = workflows(&definitions);
        let (code, _, said) = build(folder.path(), &[]);
        assert_eq!(code, expected, "{said}");
        assert!(said.contains(word), "{said}");
        assert!(!folder.path().join("infra").exists());
    }
}

#[test]
fn scripts_are_told_what_was_written() {
    let hook = json!({ "name": "Take orders", "steps": [
        { "stepSlug": "begin", "stepType": "trigger", "config": { "type": "webhook", "path": "/orders" }, "nextSteps": { "success": "tell" } },
        { "stepSlug": "tell", "stepType": "output", "config": { "mapping": { "input": "{{input}}" } } },
    ] });
    let folder = workflows(&[("orders.json", &hook.to_string())]);
    let (code, told, said) = build(folder.path(), &["--json", "-o", "stack.yaml"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("the webhook `/orders` of `take_orders`"),
        "{said}"
    );
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(
        told.pointer("/workflows/0"),
        Some(&json!({
            "id": "take_orders",
            "name": "Take orders",
            "definition": "workflows/orders.json",
            "resource": "TakeOrders",
            "machine": "default-take_orders",
            "file": "machines/take-orders.asl.json",
            "triggers": [],
            "webhook": "/orders",
        }))
    );
    assert!(
        folder
            .path()
            .join("machines/take-orders.asl.json")
            .is_file()
    );
}
