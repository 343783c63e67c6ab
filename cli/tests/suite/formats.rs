//! Definitions of other formats: what they are translated into means the same.

use std::collections::BTreeSet;
use std::fs;

use pawl::project::Project;
use pawl_compiler::formats::RULES;
use pawl_compiler::{Difference, Format, Notation, Options, compile, convert};
use serde_json::{Value, json};

use crate::command_line::{pawl, text};
use crate::corpus::{cases, root, same};

/// The machine of a definition, as JSON.
fn machine(text: &str, notation: Notation) -> Option<Value> {
    let program = compile(text, notation, Options::default()).program?;
    Some(serde_json::to_value(&program.lowered.machine).expect("a machine is JSON"))
}

#[test]
fn a_converted_definition_becomes_the_same_machine() {
    let mut translated = 0;
    for case in cases() {
        let file = &case.project.definition;
        let converted = convert(&file.text, file.notation, None);
        let Some(definition) = converted
            .definition
            .filter(|_| converted.format != Format::Native)
        else {
            continue;
        };
        let text = serde_json::to_string_pretty(&definition).expect("a tree is JSON");
        let (from, to) = (
            machine(&file.text, file.notation),
            machine(&text, Notation::Json),
        );
        // What a translation refuses itself is not in what it makes.
        if let Some(from) = from {
            let again = convert(&text, Notation::Json, None);
            assert_eq!(again.format, Format::Native, "{}", case.name);
            assert_eq!(Some(from), to, "{}", case.name);
            translated += 1;
        }
    }
    assert!(translated > 0, "no case is of another format");
}

#[test]
fn the_format_is_found_by_its_fields() {
    for (folder, format) in [
        ("cases/elevaite", Format::Elevaite),
        ("cases/native", Format::Native),
    ] {
        let folders = std::fs::read_dir(root().join(folder)).expect("cases");
        for folder in folders {
            let folder = folder.expect("an entry").path();
            let project = Project::open(&folder).expect("a definition");
            let compiled = project.compile(Options::default());
            assert_eq!(compiled.format, format, "{}", folder.display());
        }
    }
}

#[test]
fn what_means_something_else_is_as_committed_and_every_rule_is_met() {
    let mut met = BTreeSet::new();
    for case in cases() {
        let compiled = case.project.compile(Options::default());
        let line = |difference: &Difference| {
            let place = &difference.place.pointer;
            format!("{place} {}: {}\n", difference.rule, difference.message)
        };
        let text: String = compiled.differences.iter().map(line).collect();
        met.extend(
            compiled
                .differences
                .iter()
                .map(|difference| difference.rule),
        );
        same(&case, "differences.txt", (!text.is_empty()).then_some(text));
    }
    let unmet: Vec<_> = RULES.iter().filter(|rule| !met.contains(*rule)).collect();
    assert!(unmet.is_empty(), "no case meets {unmet:?}");
}

#[test]
fn every_command_that_reads_a_definition_takes_its_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let definition = json!({
        "name": "Greet",
        "steps": [{ "step_id": "say", "step_type": "output", "parameters": { "mapping": { "text": "Hello" } }, "next_steps": [] }],
    });
    fs::write(folder.path().join("greet.json"), definition.to_string()).expect("a file");
    let commands: [&[&str]; 7] = [
        &["check", "greet.json"],
        &["convert", "greet.json"],
        &["compile", "greet.json"],
        &["cost", "greet.json"],
        &["policy", "greet.json"],
        &["triggers", "greet.json"],
        &["diff", "greet.json", "greet.json"],
    ];
    for arguments in commands {
        for (format, code) in [("elevaite", 0), ("native", 1)] {
            let done = pawl(folder.path(), &[arguments, &["--format", format]].concat());
            let said = text(&done.stderr);
            assert_eq!(
                done.status.code(),
                Some(code),
                "{arguments:?} {format}: {said}"
            );
        }
    }
}
