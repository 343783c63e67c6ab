//! Fixes do no harm: each changes its own place and nothing else, in every notation and in every definition of the cases.

use std::path::{Path, PathBuf};

use pawl_compiler::diagnostic::fix::{apply, wanted, write};
use pawl_compiler::diagnostic::{Fix, Which};
use pawl_compiler::source::{Data, Node, read};
use pawl_compiler::{Compiled, Diagnostic, Notation, Options, Program, compile};

/// A definition with its notation and a name for messages.
struct Definition {
    name: String,
    text: String,
    notation: Notation,
}

impl Definition {
    fn compile(&self, text: &str) -> Compiled {
        compile(text, self.notation, Options::default())
    }
}

/// Every definition below a folder.
#[expect(
    clippy::disallowed_methods,
    reason = "the cases stand outside of the crate, which itself reads no file"
)]
fn below(folder: &Path, found: &mut Vec<Definition>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let notation = match path.file_name().and_then(|name| name.to_str()) {
            Some("workflow.json") => Notation::Json,
            Some("workflow.yaml") => Notation::Yaml,
            _ if path.is_dir() => {
                below(&path, found);
                continue;
            }
            _ => continue,
        };
        let text = std::fs::read_to_string(&path).expect("a definition");
        found.push(Definition {
            name: path.display().to_string(),
            text,
            notation,
        });
    }
}

fn cases() -> Vec<Definition> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["../cases", "../workflows"] {
        below(&root.join(folder), &mut found);
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn errors(compiled: &Compiled) -> usize {
    let errors = compiled.diagnostics.iter();
    errors.filter(|found| found.is_error()).count()
}

/// How many keys and values differ, and whether each that does has become what the fix writes.
fn differences(before: &Node, after: &Node, written: &str) -> usize {
    let changed = |is_same: bool, now: &str| {
        assert!(
            is_same || now.contains(written),
            "`{now}` is not `{written}`"
        );
        usize::from(!is_same)
    };
    match (&before.data, &after.data) {
        (Data::Object(old), Data::Object(new)) if old.len() == new.len() => old
            .iter()
            .zip(new)
            .map(|(old, new)| {
                changed(old.key == new.key, &new.key) + differences(&old.node, &new.node, written)
            })
            .sum(),
        (Data::Array(old), Data::Array(new)) if old.len() == new.len() => old
            .iter()
            .zip(new)
            .map(|(old, new)| differences(old, new, written))
            .sum(),
        (old, new) => {
            let now = after.to_json();
            let now = now.as_str().map_or_else(|| now.to_string(), str::to_owned);
            changed(old == new, &now)
        }
    }
}

#[test]
fn a_fix_changes_its_own_place_and_nothing_else() {
    let mut seen = 0;
    for definition in cases() {
        let Ok(before) = read(&definition.text, definition.notation) else {
            continue;
        };
        let found = definition.compile(&definition.text).diagnostics;
        for fix in found.iter().flat_map(|found: &Diagnostic| &found.fixes) {
            let text = write(&definition.text, &[fix]);
            let after = read(&text, definition.notation).expect(&definition.name);
            let Fix { edits, title, .. } = fix;
            let [edit] = edits.as_slice() else {
                panic!("{}: {title} has {} edits", definition.name, edits.len());
            };
            let count = differences(&before, &after, &edit.text);
            assert_eq!(count, 1, "{}: {title}", definition.name);
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} fixes were looked at");
}

#[test]
fn no_definition_becomes_worse() {
    let mut mended = 0;
    let mut wrong = Vec::new();
    for definition in cases() {
        let before = definition.compile(&definition.text);
        let was_read = read(&definition.text, definition.notation).is_ok();
        for which in [Which::Safe, Which::All] {
            let Some((text, _)) = apply(&definition.text, &before.diagnostics, which) else {
                continue;
            };
            mended += 1;
            let name = format!("{} with {which:?}", definition.name);
            if was_read && read(&text, definition.notation).is_err() {
                wrong.push(format!("{name} cannot be read"));
            }
            let after = definition.compile(&text);
            if errors(&after) > errors(&before) {
                wrong.push(format!("{name} has more errors: {:#?}", after.diagnostics));
            }
            let (Which::Safe, Some(old)) = (which, &before.program) else {
                continue;
            };
            // The machine is the same but for the words that were replaced, as far as it keeps them.
            let fixes = wanted(&definition.text, &before.diagnostics, which);
            let edits: Vec<_> = fixes.iter().flat_map(|fix| &fix.edits).collect();
            let machine = |program: &Program| {
                let machine = serde_json::to_string(&program.lowered.machine);
                edits.iter().fold(machine.expect("JSON"), |text, edit| {
                    text.replace(&edit.old, &edit.text)
                })
            };
            let new = after.program.as_ref().map(machine);
            if new.as_ref() != Some(&machine(old)) {
                wrong.push(format!("{name} is another machine: {edits:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(mended > 20, "only {mended} definitions were mended");
}

/// What stands in a definition around a text.
const HEAD: &str = "name: Say\nsteps:\n  - stepSlug: say\n    stepType: output\n    config:\n      mapping:\n        text: ";

/// A wrong template and the right one.
const MISTAKES: [(&str, &str); 3] = [
    ("{{input.name|uper}}", "{{input.name|upper}}"),
    ("{{input.a === 1}}", "{{input.a == 1}}"),
    ("{{!input.name }}", "{{(!input.name)}}"),
];

#[test]
fn a_fix_finds_its_word_in_every_way_to_write_a_text() {
    // What stands before the template; the styles follow.
    let rows: [(&str, &str, &str); 12] = [
        ("Hello ", "", "\n"),
        ("\"", "", "\"\n"),
        ("'It''s ", " isn''t it''s\n          so", "'\n"),
        ("\"\\U0001F600 \\_ \\N \\e ", " \\x41", "\"\n"),
        (
            "\"line one\n          line two ",
            "\n\n          three",
            "\"\n",
        ),
        ("\"a \\\n          b ", "\\\n          c", "\"\n"),
        ("\"\\u00e9 \\/ \\\" \\\\", "\\\\", "\"\n"),
        ("\"tab\\t\n\n\n          é ", " \\P\\L", "\"\n"),
        (
            "|\n          Dear\n            ",
            ",\n\n          hello.",
            "\n",
        ),
        (
            ">-\n          Dear\n          ",
            ", hello\n\n          again.",
            "\n",
        ),
        ("|2\n           indented ", "", "\n"),
        ("Dear\n          é ", "\n          again", "\n"),
    ];
    for (before, after, end) in rows {
        for (wrong, right) in MISTAKES {
            for line_end in ["\n", "\r\n"] {
                let text = format!("{HEAD}{before}{wrong}{after}{end}").replace('\n', line_end);
                let old = read(&text, Notation::Yaml).expect(&text);
                let found = compile(&text, Notation::Yaml, Options::default()).diagnostics;
                let (mended, _) = apply(&text, &found, Which::All).expect(&text);
                let new = read(&mended, Notation::Yaml).expect(&mended).to_json();
                let mut expected = old.to_json();
                let value = expected
                    .pointer_mut("/steps/0/config/mapping/text")
                    .expect("a text");
                let said = value.as_str().map(|said| said.replace(wrong, right));
                *value = said.into();
                assert_eq!(new, expected, "{text}");
            }
        }
    }
}

#[test]
fn what_would_change_the_meaning_has_no_fix() {
    let step = |config: &str, next: &str| {
        format!(
            r#"{{"name": "N", "steps": [
                {{"stepSlug": "end", "stepType": "output", "config": {{"mapping": {{"a": "1"}}}}}},
                {{"stepSlug": "say", "stepType": "output", "config": {config}, "nextSteps": {next}}}]}}"#
        )
    };
    let rows = [
        // `end` would be the step of that name.
        step(r#"{"mapping": {"a": "1"}}"#, r#"{"success": "noop"}"#),
        // `mapping` is there already.
        step(
            r#"{"mapping": {"a": "1"}, "outputMapping": {"a": "2"}}"#,
            "{}",
        ),
        // An item may have a field `now`.
        step(
            r#"{"mapping": {"a": "{{#input.items}}{{$now}}{{/input.items}}"}}"#,
            "{}",
        ),
        // A variable is called `now`.
        step(r#"{"mapping": {"a": "{{$now}} {{now}}"}}"#, "{}").replacen(
            r#""steps""#,
            r#""config": {"variables": {"now": "1"}}, "steps""#,
            1,
        ),
        // Both would be `description`.
        step(r#"{"mapping": {"a": "1"}}"#, "{}").replacen(
            r#""steps""#,
            r#""desciption": "a", "descripton": "b", "steps""#,
            1,
        ),
    ];
    for text in rows {
        let found = compile(&text, Notation::Json, Options::default()).diagnostics;
        let mended = apply(&text, &found, Which::All);
        assert_eq!(mended, None, "{found:#?}");
        assert!(!found.iter().any(|found| found.code == "syntax"), "{text}");
    }
}

#[test]
fn what_is_said_twice_of_one_text_is_said_once() {
    let text = r#"{"name": "N", "steps": [{"stepSlug": "say_it", "stepType": "output", "config": {"mapping": {
        "one": "{{steps.nobody.output}} {{steps.nobody.output}} {{steps.noone.output}}",
        "two": "{{steps.nobody.output}}"}}}]}"#;
    let found = compile(text, Notation::Json, Options::default()).diagnostics;
    let found: Vec<&str> = found
        .iter()
        .filter(|found| found.code == "unknown-reference")
        .map(|found| found.pointer.as_str())
        .collect();
    let one = "/steps/0/config/mapping/one";
    assert_eq!(found, [one, one, "/steps/0/config/mapping/two"]);
}
