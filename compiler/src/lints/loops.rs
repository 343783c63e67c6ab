//! Loops that may take longer than their author thinks.

use pawl_contract::Kind;
use pawl_expression::{Reference, Segment};

use super::{Facts, at_slug, operation};
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Node;

/// Words in parameters that limit how much is read.
const LIMITS: [&str; 7] = [
    "limit",
    "paginationOpts",
    "pageSize",
    "numItems",
    "maxResults",
    "top",
    "first",
];

/// Three loops in each other multiply.
pub(super) fn deep(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if !facts.is_whole {
        return;
    }
    for (id, step) in facts.steps().filter(|(_, step)| step.kind == Kind::Loop) {
        let around = facts.loops.around(id);
        // What stands deeper still is in the same knot.
        if around.len() != 2 {
            continue;
        }
        let outer: Vec<String> = around
            .iter()
            .filter_map(|head| facts.definition.steps.get(*head))
            .map(|head| format!("`{}`", head.slug))
            .collect();
        let message = format!(
            "loop `{}` stands {} loops deep, in {}",
            step.slug,
            around.len() + 1,
            joined(&outer)
        );
        let finding = Diagnostic::warning(codes::DEEP_LOOPS, message)
            .help("flatten the list first (`|map`, `|flatten`), or use a workflow of its own");
        diagnostics.push(at_slug(finding, step));
    }
}

/// Names in a sentence: `a`, `a and b`, `a, b and c`.
fn joined(names: &[String]) -> String {
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// A list whose length nothing limits may one day be very long.
pub(super) fn unbounded(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for text in facts.texts {
        let step = text.step.and_then(|id| facts.definition.steps.get(id));
        let Some(step) = step.filter(|step| step.kind == Kind::Loop) else {
            continue;
        };
        // A list that is written out has the length that it has, whatever its elements are.
        let items = step.config.get("items");
        let is_written = items.is_some_and(|items| items.as_str().is_none());
        let is_limited = is_written
            || step.config.get("maxIterations").is_some()
            || text
                .node
                .as_str()
                .is_some_and(|items| items.contains("slice("));
        if is_limited {
            continue;
        }
        let Some(source) = text.references.iter().find_map(|from| source(facts, from)) else {
            continue;
        };
        let message = format!(
            "nothing limits how many items loop `{}` goes through: its list is {source}",
            step.slug
        );
        diagnostics.push(
            Diagnostic::note(codes::UNBOUNDED_LIST, message)
                .on(&text.node)
                .help("read the list page by page, or add `maxIterations`"),
        );
    }
}

/// Where a list of any length comes from, in words.
fn source(facts: &Facts<'_>, reference: &Reference) -> Option<String> {
    let name = |at: usize| match reference.path.get(at) {
        Some(Segment::Name(name)) => Some(name.as_str()),
        _ => None,
    };
    match (name(0)?, name(1)) {
        ("input", Some(field)) => Some(format!("the input's `{field}`")),
        ("trigger", _) => Some("what the trigger received".to_owned()),
        ("steps", Some(slug)) => {
            let mut steps = facts.definition.steps.iter();
            let step = steps.find(|step| step.slug == slug)?;
            let operation = operation(step).filter(|_| step.kind == Kind::Action)?;
            let reads_many = ["query", "filter", "list", "search"];
            let is_many = reads_many
                .iter()
                .any(|word| operation.operation.starts_with(word));
            (is_many && !is_limited(step)).then(|| format!("all that `{slug}` finds"))
        }
        _ => None,
    }
}

fn is_limited(step: &Step) -> bool {
    let parameters = step.config.get("parameters").unwrap_or(&step.config);
    let given = parameters.entries().iter();
    let mut given = given.filter(|entry| !Node::is_null(&entry.node));
    given.any(|entry| LIMITS.contains(&entry.key.as_str()))
}
