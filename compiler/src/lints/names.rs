//! Names that say nothing, and names that nobody says.

use std::collections::BTreeSet;

use pawl_contract::Kind;
use pawl_contract::reference::ROOTS;
use pawl_expression::Segment;

use super::{Facts, at_slug};
use crate::diagnostic::{Diagnostic, codes};

/// Words that say nothing about what a step does.
const VAGUE: [&str; 29] = [
    "step",
    "node",
    "action",
    "task",
    "llm",
    "condition",
    "loop",
    "test",
    "temp",
    "tmp",
    "foo",
    "bar",
    "baz",
    "new",
    "untitled",
    "unnamed",
    "copy",
    "of",
    "thing",
    "stuff",
    "item",
    "my",
    "the",
    "a",
    "b",
    "c",
    "x",
    "y",
    "z",
];

/// Slugs are what people see in the console and in every report.
pub(super) fn vague(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (_, step) in facts.steps().filter(|(_, step)| step.kind != Kind::Trigger) {
        let lower = step.slug.to_lowercase();
        let words = lower
            .split(['_', '-'])
            .map(|word| word.trim_matches(|character: char| character.is_ascii_digit()));
        if !words
            .clone()
            .all(|word| word.is_empty() || VAGUE.contains(&word))
        {
            continue;
        }
        let message = format!("the slug `{}` does not say what the step does", step.slug);
        let finding = Diagnostic::note(codes::VAGUE_SLUG, message)
            .help("name what it does, such as `check_customer_status`");
        diagnostics.push(at_slug(finding, step));
    }
}

/// A variable or secret that nothing reads is a mistake in a name, or left over.
pub(super) fn unused(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if !facts.is_whole {
        return;
    }
    // A name that is misspelled where it is read is a finding of its own.
    let is_misread = |found: &Diagnostic| found.code == codes::UNKNOWN_REFERENCE;
    if diagnostics.iter().any(is_misread) {
        return;
    }
    let Some(read) = names_read(facts) else {
        return;
    };
    let settings = &facts.definition.settings;
    // What a step sets stands in the run's record, where people read it.
    for (name, node) in &settings.variables {
        if read.contains(name.as_str()) || ROOTS.contains(&name.as_str()) {
            continue;
        }
        diagnostics.push(
            Diagnostic::note(
                codes::UNUSED_NAME,
                format!("nothing reads the variable `{name}`"),
            )
            .on(node)
            .help(format!("read it as `{{{{{name}}}}}`, or remove it")),
        );
    }
    let secrets: BTreeSet<&str> = facts
        .reads
        .iter()
        .flat_map(|reads| reads.secrets.iter().map(String::as_str))
        .collect();
    for (name, node) in &settings.secrets {
        if !secrets.contains(name.as_str()) {
            diagnostics.push(
                Diagnostic::note(
                    codes::UNUSED_NAME,
                    format!("nothing reads the secret `{name}`"),
                )
                .on(node)
                .help(format!("read it as `{{{{secrets.{name}}}}}`, or remove it")),
            );
        }
    }
}

/// The names of variables that some text reads; nothing where one reads all of them.
fn names_read<'a>(facts: &Facts<'a>) -> Option<BTreeSet<&'a str>> {
    let mut read = BTreeSet::new();
    for reference in facts.texts.iter().flat_map(|text| &text.references) {
        let name = |at: usize| match reference.path.get(at) {
            Some(Segment::Name(name)) => Some(name.as_str()),
            _ => None,
        };
        match (name(0), name(1)) {
            (Some("variables" | "config"), None) => return None,
            (Some("variables" | "config"), Some(name)) | (Some(name), _) => {
                read.insert(name);
            }
            (None, _) => {}
        }
    }
    Some(read)
}
