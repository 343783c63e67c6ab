//! `interruptBefore`: a step that acts waits until somebody agrees.
//!
//! ```json
//! { "stepSlug": "send", "stepType": "action", "interruptBefore": { "message": "Send it?" }, ... }
//! ```
//! is a step `send_approval` of type `approval`, to which everything leads that led to `send`, and which leads to `send`
//! once it is approved. Nothing after this knows of it.

use std::collections::BTreeSet;

use pawl_contract::reference::QUESTION;
use pawl_contract::{Kind, Nature};

use super::LONGEST_SLUG;
use super::config::{own_config, patience};
use super::ports::ports;
use crate::definition::{Edge, Origin, Place, Step};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Data, Entry, Node};

/// What the field is called, here and elsewhere.
const SPELLINGS: [&str; 2] = ["interruptBefore", "interrupt_before"];

/// What is put behind a step's slug.
const SUFFIX: &str = "_approval";

/// An approval, and the step that it stands in front of.
pub(in super::super) struct Interrupt {
    before: String,
    asked: Place,
    approval: Step,
}

/// The approval in front of a step, where its author wants one.
pub(in super::super) fn before(
    node: &Node,
    step: &Step,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Interrupt> {
    let spelled = SPELLINGS.iter().find_map(|spelling| node.get(spelling));
    let asked = spelled?;
    match &asked.data {
        Data::Null | Data::Bool(false) => return None,
        Data::Bool(true) | Data::Object(_) => {}
        Data::Number(_) | Data::String(_) | Data::Array(_) => {
            let noun = asked.noun();
            let message = format!("`interruptBefore` is `true` or an object, not {noun}");
            diagnostics.push(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .on(asked)
                    .help("write `true`, or `{ \"message\": \"Send it?\", \"approvers\": [...] }`"),
            );
            return None;
        }
    }
    if step.kind.nature() != Nature::Work {
        let message = format!(
            "step `{}` does not act, so nothing interrupts it",
            step.slug
        );
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(asked)
                .help("put a step of type `approval` in front of it"),
        );
        return None;
    }
    let own = own_config(asked, Kind::Approval, diagnostics);
    let given = own.entries().iter();
    let mut entries: Vec<Entry> = given
        .filter(|entry| entry.key != "nextSteps")
        .cloned()
        .collect();
    if !entries
        .iter()
        .any(|entry| QUESTION.contains(&entry.key.as_str()))
    {
        entries.push(question(asked, step));
    }
    let known = diagnostics.len();
    let mut ports = ports(asked, Kind::Approval, &own, &step.slug, diagnostics);
    let has_refused_port = diagnostics.len() > known;
    if let Some(edge) = ports.shift_remove("approved") {
        let message = format!("once it is approved, step `{}` is what follows", step.slug);
        diagnostics.push(
            Diagnostic::error(codes::UNKNOWN_PORT, message)
                .at(edge.place.pointer, edge.place.span)
                .help("leave the port out"),
        );
    }
    let name = step.name.as_deref().unwrap_or(&step.slug);
    let config = Node {
        data: Data::Object(entries),
        ..asked.clone()
    };
    let approval = Step {
        name: Some(format!("Before {name}")),
        order: step.order,
        ports,
        has_refused_port,
        timeout_seconds: patience(asked, diagnostics),
        origin: Some(Origin::Interrupt(step.slug.clone())),
        // Its slug is known once every step is.
        ..Step::made(String::new(), Kind::Approval, Place::from(asked), config)
    };
    Some(Interrupt {
        before: step.slug.clone(),
        asked: Place::from(asked),
        approval,
    })
}

/// What is asked where the author does not say.
fn question(asked: &Node, step: &Step) -> Entry {
    let name = step.name.as_deref().unwrap_or(&step.slug);
    // Braces would be a template.
    let name = name.replace("{{", "{ {");
    Entry {
        key: "message".to_owned(),
        key_span: asked.span.clone(),
        node: Node {
            data: Data::String(format!("Go on with \u{201c}{name}\u{201d}?")),
            span: asked.span.clone(),
            pointer: format!("{}/message", asked.pointer),
        },
    }
}

/// Puts approvals in front of their steps.
pub(in super::super) fn weave(
    steps: &mut Vec<Step>,
    mut interrupts: Vec<Interrupt>,
    refused: &[String],
) {
    let mut taken: BTreeSet<String> = steps.iter().map(|step| step.slug.clone()).collect();
    taken.extend(refused.iter().cloned());
    for interrupt in &mut interrupts {
        interrupt.approval.slug = free(&interrupt.before, &taken);
        taken.insert(interrupt.approval.slug.clone());
    }
    let targets: Vec<(String, String)> = interrupts
        .iter()
        .map(|interrupt| (interrupt.before.clone(), interrupt.approval.slug.clone()))
        .collect();
    let approvals = interrupts
        .iter_mut()
        .map(|interrupt| &mut interrupt.approval);
    for step in steps.iter_mut().chain(approvals) {
        for edge in step.ports.values_mut().chain(&mut step.branches) {
            let led = targets
                .iter()
                .find(|(before, _)| edge.target.as_ref() == Some(before));
            if let Some((_, approval)) = led {
                edge.target = Some(approval.clone());
            }
        }
    }
    for interrupt in interrupts {
        let Interrupt {
            before,
            asked,
            mut approval,
        } = interrupt;
        let edge = Edge {
            target: Some(before.clone()),
            port: ("approved".to_owned(), asked.span.clone()),
            place: asked,
        };
        approval.ports.insert("approved".to_owned(), edge);
        let place = steps.iter().position(|step| step.slug == before);
        // A run that would begin with the step begins with what is in front of it.
        approval.order = place.and_then(|place| steps.get(place)?.order);
        steps.insert(place.unwrap_or(steps.len()), approval);
    }
}

/// A slug that no step has.
fn free(before: &str, taken: &BTreeSet<String>) -> String {
    let mut suffix = SUFFIX.to_owned();
    let mut number = 1;
    loop {
        let room = LONGEST_SLUG.saturating_sub(suffix.len());
        let stem: String = before.chars().take(room).collect();
        let slug = stem + &suffix;
        if !taken.contains(&slug) {
            return slug;
        }
        number += 1;
        suffix = format!("{SUFFIX}_{number}");
    }
}
