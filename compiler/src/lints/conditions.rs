//! Conditions that decide nothing.

use std::collections::BTreeSet;

use pawl_contract::Kind;

use super::{Facts, at_slug};
use crate::diagnostic::{Diagnostic, codes};
use crate::graph::StepId;
use crate::steps::{self, Text};

/// What to do about a condition that reads nothing.
pub(crate) const COMPARE: &str =
    "compare something that the run knows: `steps.<slug>.output.status == 'active'`";

/// A condition that reads nothing is the same in every run.
pub(super) fn constant(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let read = facts
        .texts
        .iter()
        .filter(|text| text.reading == Text::Expression && is_condition(facts, text.step));
    let silent = read.filter(|text| text.references.is_empty());
    let written = facts.steps().flat_map(|(_, step)| steps::flags(step));
    for node in silent.map(|text| text.node.as_ref()).chain(written) {
        let message = "this condition is the same in every run";
        diagnostics.push(
            Diagnostic::warning(codes::CONSTANT_CONDITION, message)
                .on(node)
                .help(COMPARE),
        );
    }
}

/// Whether a step decides by expressions.
fn is_condition(facts: &Facts<'_>, step: Option<StepId>) -> bool {
    let step = step.and_then(|id| facts.definition.steps.get(id));
    step.is_some_and(steps::decides)
}

/// A condition or a switch that leads to the same step whatever holds decides nothing.
pub(super) fn same_target(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if !facts.is_whole {
        return;
    }
    for (id, step) in facts.steps().filter(|(_, step)| steps::decides(step)) {
        let is_switch = step.kind == Kind::Switch;
        let needed: &[&str] = if is_switch {
            &["default"]
        } else {
            &["true", "false"]
        };
        let is_given = needed.iter().all(|port| step.ports.contains_key(*port));
        let targets = facts.graph.ports_of(id);
        let targets = targets.filter(|(port, _)| *port != "error");
        let targets: BTreeSet<_> = targets.map(|(_, target)| target).collect();
        if !is_given || targets.len() > 1 {
            continue;
        }
        let message = format!(
            "{} `{}` leads to the same place {}",
            step.kind.name(),
            step.slug,
            if is_switch {
                "whatever holds"
            } else {
                "either way"
            }
        );
        let finding = Diagnostic::warning(codes::SAME_TARGET, message)
            .help("lead one of its ports elsewhere, or remove it");
        diagnostics.push(at_slug(finding, step));
    }
}
