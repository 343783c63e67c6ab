//! Secrets: what is written down where one of them is read in the wrong place, and how far it would go from there.

use std::collections::{BTreeSet, VecDeque};

use pawl_contract::Kind;
use pawl_expression::{Reference, Segment};

use super::texts::Text;
use crate::definition::{Definition, Step};
use crate::diagnostic::{Diagnostic, codes};
use crate::graph::StepId;
use crate::steps;

/// What carries a value from one step to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Carrier {
    Variable(String),
    Output(String),
}

/// How many ways are shown of one secret; how many more there are is said.
const SHOWN: usize = 4;

/// Shows of every secret that is read where it may not be the ways that it would take.
pub(super) fn show(
    text: &str,
    definition: &Definition,
    texts: &[Text<'_>],
    diagnostics: &mut [Diagnostic],
) {
    let exposed = |found: &&mut Diagnostic| found.code == codes::EXPOSED_SECRET;
    for found in diagnostics.iter_mut().filter(exposed) {
        let mut texts_here = texts.iter();
        let Some(from) = texts_here.find(|from| from.node.pointer == found.pointer) else {
            continue;
        };
        let is_here = |reference: &&Reference| {
            from.node.inner_span(text, reference.span.clone()) == found.span
        };
        let Some(name) = from.references.iter().filter(is_here).find_map(secret) else {
            continue;
        };
        let ways = ways(definition, texts, from);
        if ways.is_empty() {
            continue;
        }
        let shown = ways.iter().take(SHOWN);
        let shown: Vec<String> = shown
            .map(|way| format!("`secrets.{name}` -> {}", way.join(" -> ")))
            .collect();
        let more = match ways.len().saturating_sub(SHOWN) {
            0 => String::new(),
            1 => ", and 1 other way".to_owned(),
            more => format!(", and {more} other ways"),
        };
        let help = found.help.take().unwrap_or_default();
        found.help = Some(format!(
            "{help}; from here it would go on: {}{more}",
            shown.join(", and ")
        ));
    }
}

/// The secret that a reference reads.
fn secret(reference: &Reference) -> Option<&str> {
    match reference.path.as_slice() {
        [Segment::Name(root), Segment::Name(name), ..] if root == "secrets" => Some(name),
        _ => None,
    }
}

/// Where what a text makes goes: the shortest way to each place that it leaves by, or the longest one if it leaves by
/// none. In one step, there is nothing to show.
fn ways(definition: &Definition, texts: &[Text<'_>], from: &Text<'_>) -> Vec<Vec<String>> {
    let step_of = |text: &Text<'_>| text.step.and_then(|id| definition.steps.get(id));
    let mut open = VecDeque::from([(from, vec![named(step_of(from), from)])]);
    let (mut carried, mut reached) = (BTreeSet::new(), BTreeSet::new());
    let (mut found, mut longest) = (Vec::new(), Vec::new());
    while let Some((text, way)) = open.pop_front() {
        let step = step_of(text);
        if step.is_some_and(leaves) {
            found.push(way);
            continue;
        }
        if way.len() > longest.len() {
            longest.clone_from(&way);
        }
        for carrier in carriers(definition, text.step, step, text) {
            if !carried.insert(carrier.clone()) {
                continue;
            }
            for next in texts.iter().filter(|next| reads(next, &carrier)) {
                if !reached.insert(next.node.pointer.as_str()) {
                    continue;
                }
                let mut further = way.clone();
                if let Carrier::Variable(name) = &carrier {
                    further.push(format!("the variable `{name}`"));
                }
                further.push(named(step_of(next), next));
                open.push_back((next, further));
            }
        }
    }
    if found.is_empty() {
        found.push(longest);
    }
    found.retain(|way| way.len() > 1);
    found
}

/// Whether what a step is given leaves the run: it is said to a model or a person, or kept where others read it.
fn leaves(step: &Step) -> bool {
    match step.kind {
        Kind::Llm
        | Kind::Action
        | Kind::Approval
        | Kind::Subflow
        | Kind::Request
        | Kind::Signal => true,
        Kind::Transform => steps::is_output(step),
        Kind::Trigger
        | Kind::Condition
        | Kind::Switch
        | Kind::Loop
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge => false,
    }
}

/// What a step that read a secret would carry it in.
fn carriers(
    definition: &Definition,
    id: Option<StepId>,
    step: Option<&Step>,
    text: &Text<'_>,
) -> Vec<Carrier> {
    let Some(step) = step else {
        // It is the first value of a variable.
        let variables = definition.settings.variables.iter();
        let mut named = variables.filter(|(_, node)| text.node.pointer.starts_with(&node.pointer));
        let first = named.next();
        return first
            .map(|(name, _)| Carrier::Variable(name.clone()))
            .into_iter()
            .collect();
    };
    let set = steps::variables_set(step);
    let set: Vec<Carrier> = set
        .into_iter()
        .filter(|(_, node)| text.node.pointer.starts_with(&node.pointer))
        .map(|(name, _)| Carrier::Variable(name.to_owned()))
        .collect();
    let is_encrypted = steps::is_kept_encrypted(step, &text.node.pointer);
    if id.is_some() && set.is_empty() && step.kind == Kind::Transform && !is_encrypted {
        return vec![Carrier::Output(step.slug.clone())];
    }
    set
}

fn reads(text: &Text<'_>, carrier: &Carrier) -> bool {
    text.references.iter().any(|reference| {
        let names: Vec<&str> = reference
            .path
            .iter()
            .map_while(|segment| match segment {
                Segment::Name(name) => Some(name.as_str()),
                Segment::Index(_) | Segment::Dynamic => None,
            })
            .take(2)
            .collect();
        match (carrier, names.as_slice()) {
            (Carrier::Variable(name), ["variables" | "config", second, ..]) => second == name,
            (Carrier::Variable(name), [first, ..]) => first == name,
            (Carrier::Output(slug), ["steps", second, ..]) => second == slug,
            (_, _) => false,
        }
    })
}

/// A text by its field and its step.
fn named(step: Option<&Step>, text: &Text<'_>) -> String {
    let pointer = text.node.pointer.as_str();
    let field = pointer
        .rsplit('/')
        .find(|part| !part.bytes().all(|byte| byte.is_ascii_digit()));
    let field = field
        .unwrap_or("value")
        .replace("~1", "/")
        .replace("~0", "~");
    match step {
        Some(step) => format!("`{field}` of `{}`", step.slug),
        None => format!("`{field}` of the workflow"),
    }
}
