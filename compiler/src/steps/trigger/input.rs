//! The inputs that a trigger declares: what each is called, and what it may be.

use std::collections::BTreeSet;

use pawl_contract::reference::ROOTS;

use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::shape::{fits, misfit};
use crate::source::Node;
use crate::steps::can_be_bound;

/// The fields of an entry of `inputs`.
const FIELDS: [Field; 8] = [
    ("name", Shape::Text),
    (
        "type",
        Shape::OneOf(&["text", "number", "email", "date", "boolean", "select"]),
    ),
    ("label", Shape::Text),
    ("description", Shape::Text),
    ("placeholder", Shape::Text),
    ("required", Shape::Flag),
    ("default", Shape::Any),
    ("options", Shape::List),
];

/// Checks the entries of `inputs`.
pub(super) fn check(inputs: &[Node], diagnostics: &mut Vec<Diagnostic>) {
    let mut names = BTreeSet::new();
    for input in inputs {
        if !input.is_object() {
            let message = format!("an input is an object, not {}", input.noun());
            diagnostics.push(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .on(input)
                    .help(
                    "write `{ \"name\": \"customerId\", \"type\": \"text\", \"required\": true }`",
                ),
            );
            continue;
        }
        fields::check(input, &FIELDS, "an input", Templates::Refused, diagnostics);
        let Some(name) = input.get("name").filter(|name| !name.is_null()) else {
            if !fields::is_misspelt(input, "name", diagnostics) {
                diagnostics.push(
                    Diagnostic::error(codes::MISSING_FIELD, "the input has no `name`")
                        .on(input)
                        .help("add the name by which steps read it: `input.<name>`"),
                );
            }
            continue;
        };
        let Some(word) = name.as_str() else {
            continue;
        };
        if !names.insert(word) {
            diagnostics.push(
                Diagnostic::error(
                    codes::INVALID_VALUE,
                    format!("there are two inputs `{word}`"),
                )
                .on(name)
                .help("give one of them another `name`"),
            );
        }
        diagnostics.extend(naming(name, word));
        values(input, word, diagnostics);
    }
}

/// Says where a name cannot be read as others are.
fn naming(name: &Node, word: &str) -> Option<Diagnostic> {
    if word.trim().is_empty() {
        let message = "the `name` of an input is a word";
        return Some(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(name)
                .help("add the name by which steps read it: `input.<name>`"),
        );
    }
    if ROOTS.contains(&word) {
        return Some(
            Diagnostic::warning(
                codes::SHADOWED_NAME,
                format!("`{word}` means something else already"),
            )
            .on(name)
            .help(format!(
                "read the input as `input.{word}`, or give it another name"
            )),
        );
    }
    (!can_be_bound(word)).then(|| {
        Diagnostic::warning(
            codes::INVALID_VALUE,
            format!("`{word}` cannot be read without `input` before it"),
        )
        .on(name)
        .help("use a word of letters, digits and `_`, or read it as `input['...']`")
    })
}

/// A choice has options, and a default is one of the values that are accepted.
fn values(input: &Node, name: &str, diagnostics: &mut Vec<Diagnostic>) {
    let kind = input.get("type").and_then(Node::as_str);
    let given = |field: &str| input.get(field).filter(|value| !value.is_null());
    let options = given("options").map(Node::elements).unwrap_or_default();
    if let Some(node) = given("type").filter(|_| kind == Some("select") && options.is_empty()) {
        diagnostics.push(
            Diagnostic::warning(
                codes::INVALID_VALUE,
                format!("input `{name}` is a choice without `options`"),
            )
            .on(node)
            .help("add the values to choose from: `\"options\": [\"small\", \"large\"]`"),
        );
    }
    let Some(default) = given("default") else {
        return;
    };
    let shape = match kind {
        Some("number") => Shape::Number,
        Some("boolean") => Shape::Flag,
        Some("text" | "email" | "date") => Shape::Text,
        Some("select") => Shape::Either(&[Shape::Text, Shape::Number]),
        _ => Shape::Any,
    };
    if !fits(&shape, default) {
        diagnostics.push(misfit("default", shape, default));
        return;
    }
    let value = |option: &Node| option.get("value").unwrap_or(option).to_json();
    let refused =
        if !options.is_empty() && !options.iter().any(|one| value(one) == default.to_json()) {
            "one of the `options`"
        } else {
            match (kind, default.as_str()) {
                (Some("email"), Some(text)) if !text.contains('@') => "a mail address",
                (Some("date"), Some(text)) if !is_date(text) => "a date such as `2026-01-31`",
                _ => return,
            }
        };
    diagnostics.push(
        Diagnostic::error(
            codes::INVALID_VALUE,
            format!("the `default` of input `{name}` is not {refused}"),
        )
        .on(default)
        .help("runs that do not give the input would fail: change it, or leave it out"),
    );
}

/// Whether a text begins like a date: `2026-01-31`.
fn is_date(text: &str) -> bool {
    let form = "0000-00-00".bytes();
    let fits = |(form, byte): (u8, u8)| match form {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    text.len() >= form.len() && form.zip(text.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use crate::{Notation, Options, compile};

    /// What is said of declared inputs, beside lints.
    fn findings(kind: &str, inputs: &str) -> Vec<String> {
        let workflow = format!(
            r#"{{"name": "Example", "steps": [
                {{"stepSlug": "begin", "stepType": "trigger", "config": {{"type": "{kind}", "inputs": {inputs}}}, "nextSteps": {{"success": "keep_it"}}}},
                {{"stepSlug": "keep_it", "stepType": "output", "config": {{"mapping": {{"a": 1}}}}}}
            ]}}"#
        );
        let found = compile(&workflow, Notation::Json, Options::default()).diagnostics;
        let found = found.into_iter().filter(|one| one.code != "not-yet");
        found.map(|one| one.message).collect()
    }

    #[test]
    fn what_a_form_can_ask_for_is_fine() {
        let rows = [
            r#"[{"name": "a"}, {"name": "b", "type": "select", "options": ["x", "y"], "default": "y"}]"#,
            r#"[{"name": "a", "type": "select", "options": [{"value": "x", "label": "X"}], "default": "x"}]"#,
            r#"[{"name": "a", "type": "number", "default": 5}, {"name": "b", "type": "boolean", "default": false}]"#,
            r#"[{"name": "a", "type": "email", "default": "a@example.com"}, {"name": "b", "type": "date", "default": "2026-01-31T08:00:00Z"}]"#,
            r#"[{"name": "a", "type": "date", "default": null}]"#,
        ];
        for inputs in rows {
            for kind in ["manual", "webhook", "event", "schedule"] {
                let found = findings(kind, inputs);
                let own = found
                    .iter()
                    .filter(|one| one.contains("input") || one.contains("default"));
                assert_eq!(own.count(), 0, "{kind} {inputs}: {found:?}");
            }
        }
    }

    #[test]
    fn what_it_cannot_ask_for_is_said() {
        let rows = [
            (
                r#"[{"name": "a"}, {"name": "a", "type": "number"}]"#,
                "there are two inputs `a`",
            ),
            (
                r#"[{"name": "b c"}]"#,
                "`b c` cannot be read without `input` before it",
            ),
            (
                r#"[{"name": "null"}]"#,
                "`null` cannot be read without `input` before it",
            ),
            (r#"[{"name": ""}]"#, "the `name` of an input is a word"),
            (
                r#"[{"name": "steps"}]"#,
                "`steps` means something else already",
            ),
            (
                r#"[{"nam": "a"}]"#,
                "an input has no field `nam`; it is ignored",
            ),
            (r#"[{"type": "text"}]"#, "the input has no `name`"),
            (
                r#"[{"name": "a", "type": "select"}]"#,
                "input `a` is a choice without `options`",
            ),
            (
                r#"[{"name": "a", "type": "select", "options": ["x"], "default": "y"}]"#,
                "the `default` of input `a` is not one of the `options`",
            ),
            (
                r#"[{"name": "a", "type": "number", "default": "five"}]"#,
                "`default` is a number, not the text `five`",
            ),
            (
                r#"[{"name": "a", "type": "boolean", "default": "yes"}]"#,
                "`default` is `true` or `false`, not the text `yes`",
            ),
            (
                r#"[{"name": "a", "type": "email", "default": "nobody"}]"#,
                "the `default` of input `a` is not a mail address",
            ),
            (
                r#"[{"name": "a", "type": "date", "default": "tomorrow"}]"#,
                "the `default` of input `a` is not a date such as `2026-01-31`",
            ),
        ];
        for (inputs, expected) in rows {
            assert_eq!(findings("manual", inputs), [expected], "{inputs}");
        }
    }
}
