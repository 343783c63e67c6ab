//! Texts for people.

use pawl_contract::Kind;
use pawl_expression::{Expression, Reference, Segment};

use super::Facts;
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, Fix, codes};
use crate::steps::Text;

/// A whole object between words is printed as JSON, which customers should not see.
pub(super) fn object_in_text(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for text in facts
        .texts
        .iter()
        .filter(|text| text.reading == Text::Template)
    {
        let step = text.step.and_then(|id| facts.definition.steps.get(id));
        // Models read JSON well, and prompts are where it belongs.
        if step.is_none_or(|step| step.kind == Kind::Llm) {
            continue;
        }
        let whole = text.node.as_str().unwrap_or_default();
        for reference in &text.references {
            if !is_printed(whole, reference) || !is_object(facts, reference) {
                continue;
            }
            let name = whole.get(reference.span.clone()).unwrap_or_default();
            let noun = match reference.path.as_slice() {
                [Segment::Name(root), Segment::Name(member)]
                    if root == "loop" && member == "items" =>
                {
                    "a list"
                }
                _ => "an object",
            };
            let message =
                format!("`{name}` is {noun}, which is printed as JSON between these words");
            let span = text.node.inner_span(facts.text, reference.span.clone());
            diagnostics.push(
                Diagnostic::warning(codes::OBJECT_IN_TEXT, message)
                    .at(text.node.pointer.clone(), span)
                    .help("print one of its fields, or say that JSON is meant: `|string`"),
            );
        }
    }
}

/// A comment that reads like an expression was probably meant as one: `{{!steps.find.output.found}}`.
pub(super) fn commented_out(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for text in facts
        .texts
        .iter()
        .filter(|text| text.reading == Text::Template)
    {
        let whole = text.node.as_str().unwrap_or_default();
        for (at, _) in whole.match_indices("{{") {
            let tag = whole.get(at..).unwrap_or_default();
            let rest = tag.trim_start_matches('{').trim_start();
            let comment = rest
                .strip_prefix('!')
                .and_then(|rest| rest.split_once("}}"));
            let Some((inner, behind)) = comment else {
                continue;
            };
            let reads = Expression::parse(inner)
                .is_ok_and(|expression| expression.references().iter().any(is_path));
            if !reads {
                continue;
            }
            let comment = at..whole.len() - behind.len();
            let inner = inner.trim();
            let message = format!("`{{{{!` begins a comment, so `{inner}` is not read");
            let span = text.node.inner_span(facts.text, comment.clone());
            let opposite = format!("{{{{(!{inner})}}}}");
            let mut diagnostic = Diagnostic::warning(codes::COMMENTED_OUT, message)
                .at(text.node.pointer.clone(), span)
                .help(format!("write `{opposite}` for its opposite"));
            if let Some(written) = text.node.written_span(facts.text, &comment) {
                diagnostic = diagnostic.fix(Fix::replace(written, opposite).guess());
            }
            diagnostics.push(diagnostic);
        }
    }
}

/// Whether a reference has more than a root, as words of prose have not.
fn is_path(reference: &Reference) -> bool {
    reference.path.len() > 1
}

/// Whether a reference is printed as it is, between other characters.
fn is_printed(text: &str, reference: &Reference) -> bool {
    let before = text
        .get(..reference.span.start)
        .unwrap_or_default()
        .trim_end();
    let after = text
        .get(reference.span.end..)
        .unwrap_or_default()
        .trim_start();
    let (Some(before), Some(after)) = (before.strip_suffix("{{"), after.strip_prefix("}}")) else {
        return false;
    };
    let before = before.trim_end_matches('{').trim();
    let after = after.trim_start_matches('}').trim();
    let is_alone = before.is_empty() && after.is_empty();
    !reference.relative && !is_alone
}

/// Whether a reference certainly leads to an object or a list.
fn is_object(facts: &Facts<'_>, reference: &Reference) -> bool {
    let mut names = Vec::new();
    for segment in &reference.path {
        let Segment::Name(name) = segment else {
            return false;
        };
        names.push(name.as_str());
    }
    match names.as_slice() {
        ["input" | "steps" | "loop" | "variables" | "config" | "trigger"]
        | ["loop", "items" | "state" | "parent"]
        | ["steps", _] => true,
        ["steps", slug, "output"] | ["steps", slug, "output", "data"] => {
            let mut steps = facts.definition.steps.iter();
            steps
                .find(|step| step.slug == *slug)
                .is_some_and(gives_object)
        }
        _ => false,
    }
}

/// Whether what a step gives is never a plain text or number.
fn gives_object(step: &Step) -> bool {
    let asks_for_json = || {
        let format = step.config.get("outputFormat");
        format.and_then(crate::source::Node::as_str) == Some("json")
    };
    match step.kind {
        Kind::Action
        | Kind::Request
        | Kind::Condition
        | Kind::Switch
        | Kind::Loop
        | Kind::Transform
        | Kind::Approval
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge => true,
        Kind::Llm => asks_for_json(),
        // What a signal or another workflow gives may be anything.
        Kind::Trigger | Kind::Signal | Kind::Subflow => false,
    }
}
