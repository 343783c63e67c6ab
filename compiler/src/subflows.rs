//! What subflow steps give the workflows that they run, and what is read of those, where their definitions are known.

use std::collections::BTreeMap;

use pawl_contract::{Kind, identifier};
use pawl_expression::{Others, Segment, Type};

use crate::Program;
use crate::check::{Checked, given, texts};
use crate::definition::{Definition, Step};
use crate::diagnostic::{Diagnostic, codes, near};
use crate::graph::Target;
use crate::source::Node;
use crate::steps;

/// What does not fit between a program and the workflows that its subflow steps run, which are known by identifier.
pub fn misfits(
    text: &str,
    program: &Program,
    others: &BTreeMap<String, Program>,
) -> Vec<Diagnostic> {
    let definition = &program.checked.definition;
    let mut found = Vec::new();
    let mut gives = BTreeMap::new();
    for step in &definition.steps {
        let name = (step.kind == Kind::Subflow).then(|| step.config.get("workflow")?.as_str());
        let other = name
            .flatten()
            .and_then(|name| others.get(&identifier(name)));
        let Some(other) = other.map(|other| &other.checked) else {
            continue;
        };
        found.extend(missing_inputs(step, other));
        found.extend(called_by_id(step, other));
        found.extend(gives_nothing(step, other, definition));
        gives.extend(output(other).map(|output| (step.slug.as_str(), (output, other))));
    }
    if gives.is_empty() {
        return found;
    }
    for read in &texts::read(definition).0 {
        for reference in read.references.iter().filter(|one| !one.has_default) {
            let names = reference.path.iter().map_while(|segment| match segment {
                Segment::Name(name) => Some(name.as_str()),
                Segment::Index(_) | Segment::Dynamic => None,
            });
            let names: Vec<&str> = names.collect();
            let (slug, member) = match names.as_slice() {
                ["steps", slug, "output", "data", member, ..]
                | ["steps", slug, "output", member, ..] => (*slug, *member),
                _ => continue,
            };
            let Some((output, other)) = gives.get(slug) else {
                continue;
            };
            if ["meta", "data", "length"].contains(&member) || has(output, member) {
                continue;
            }
            let message = format!(
                "`{}` gives no `{member}`: its output is {output}",
                other.definition.name
            );
            let span = read.node.inner_span(text, reference.span.clone());
            found.push(
                Diagnostic::warning(codes::UNKNOWN_REFERENCE, message)
                    .perhaps_meant(member, near(member, output.member_names()))
                    .at(read.node.pointer.clone(), span),
            );
        }
    }
    found
}

/// A workflow that is called by its id: where it is published, it goes by its name.
fn called_by_id(step: &Step, other: &Checked) -> Option<Diagnostic> {
    let node = step.config.get("workflow")?;
    let (id, name) = (node.as_str()?, &other.definition.name);
    (identifier(id) != other.definition.identifier()).then(|| {
        let message = format!(
            "`{id}` is the id of `{name}`, which is found beside this definition; where it is published, it goes by its name"
        );
        Diagnostic::warning(codes::UNKNOWN_REFERENCE, message)
            .on(node)
            .help(format!("write `{name}`"))
    })
}

/// A workflow whose runs give nothing, where something is read of what they give.
fn gives_nothing(step: &Step, other: &Checked, definition: &Definition) -> Option<Diagnostic> {
    let gives = |(id, step): (usize, &Step)| {
        let is_silent = match step.kind {
            Kind::Trigger | Kind::Condition | Kind::Switch | Kind::Delay | Kind::Parallel => true,
            Kind::Transform => !steps::is_output(step),
            Kind::Loop => step.config.get("concurrency").is_none(),
            Kind::Llm
            | Kind::Action
            | Kind::Request
            | Kind::Approval
            | Kind::Signal
            | Kind::Subflow
            | Kind::Merge => false,
        };
        !is_silent && other.strands.home(id).is_none()
    };
    if other.definition.steps.iter().enumerate().any(gives) {
        return None;
    }
    let reads = |path: &[Segment]| {
        let mut path = path.iter();
        let mut is = |name: &str| path.next() == Some(&Segment::Name(name.to_owned()));
        is("steps") && is(&step.slug) && is("output")
    };
    let texts = texts::read(definition).0;
    let mut references = texts.iter().flat_map(|text| &text.references);
    references.any(|reference| reads(&reference.path)).then(|| {
        let message = format!(
            "`{}` gives nothing: no step of it acts, waits or merges outside of branches and loops",
            other.definition.name
        );
        Diagnostic::warning(codes::UNKNOWN_REFERENCE, message)
            .on(step.config.get("workflow").unwrap_or(&step.config))
            .help("let it end with a step of type `output` that says what it gives")
    })
}

/// The inputs that a workflow requires and a step does not give.
fn missing_inputs(step: &Step, other: &Checked) -> Vec<Diagnostic> {
    let input = step.config.get("input").filter(|input| !input.is_null());
    let entries = input.map(Node::entries).unwrap_or_default();
    let is_written = input.is_none_or(Node::is_object);
    // What templates make of it is known in a run.
    if !is_written || entries.iter().any(|entry| entry.key.contains("{{")) {
        return Vec::new();
    }
    let required = steps::required_inputs(&other.definition).into_iter();
    let missing = required.filter(|name| entries.iter().all(|entry| entry.key != *name));
    let at = input
        .or_else(|| step.config.get("workflow"))
        .unwrap_or(&step.config);
    missing
        .map(|name| {
            let message = format!(
                "subflow `{}` gives no `{name}`, which `{}` requires",
                step.slug, other.definition.name
            );
            Diagnostic::error(codes::MISSING_FIELD, message)
                .on(at)
                .help(format!("give it: `\"input\": {{ \"{name}\": ... }}`"))
        })
        .collect()
}

/// What a workflow's runs give: what its output steps do, where every line of them ends in one.
fn output(checked: &Checked) -> Option<Type> {
    let reachable = checked.graph.reachable();
    let mut outputs = Vec::new();
    for (id, step) in checked.definition.steps.iter().enumerate() {
        // What stands in branches and iterations ends these.
        if !reachable.contains(id) || checked.strands.home(id).is_some() {
            continue;
        }
        let is_output = step.kind == Kind::Transform && steps::is_output(step);
        let ends = checked
            .graph
            .ports_of(id)
            .any(|(_, target)| target == Target::End);
        if is_output {
            outputs.push(given(step, &checked.definition));
        } else if ends {
            return None;
        }
    }
    (!outputs.is_empty()).then(|| Type::either(outputs))
}

/// Whether a value may have a member.
fn has(output: &Type, member: &str) -> bool {
    output.may(|one| match one {
        Type::Object(fields) => fields.others == Others::Maybe || fields.known.contains_key(member),
        // What is no object has been said to be none where that is known.
        Type::Any
        | Type::Null
        | Type::Flag
        | Type::Number
        | Type::Text
        | Type::Words(_)
        | Type::List(_)
        | Type::Given(_)
        | Type::Either(_) => true,
    })
}
