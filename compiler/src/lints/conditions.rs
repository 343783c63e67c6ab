//! Conditions that decide nothing.

use pawl_contract::Kind;

use super::{Facts, at_slug};
use crate::diagnostic::{Diagnostic, codes};
use crate::graph::StepId;
use crate::source::Data;
use crate::steps::Text;

/// A condition that reads nothing is the same in every run.
pub(super) fn constant(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let read = facts
        .texts
        .iter()
        .filter(|text| text.reading == Text::Expression && is_condition(facts, text.step));
    let silent = read.filter(|text| text.references.is_empty());
    let written = facts.steps().filter_map(|(_, step)| {
        let expression = step.config.get("expression")?;
        let is_flag = matches!(expression.data, Data::Bool(_));
        (step.kind == Kind::Condition && is_flag).then_some(expression)
    });
    for node in silent.map(|text| text.node.as_ref()).chain(written) {
        let message = "this condition is the same in every run";
        diagnostics.push(
            Diagnostic::warning(codes::CONSTANT_CONDITION, message)
                .on(node)
                .help("compare something that the run knows: `steps.<slug>.output.status == 'active'`"),
        );
    }
}

/// Whether a step is a condition.
fn is_condition(facts: &Facts<'_>, step: Option<StepId>) -> bool {
    let step = step.and_then(|id| facts.definition.steps.get(id));
    step.is_some_and(|step| step.kind == Kind::Condition)
}

/// A condition that leads to the same step either way decides nothing.
pub(super) fn same_target(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if !facts.is_whole {
        return;
    }
    for (id, step) in facts
        .steps()
        .filter(|(_, step)| step.kind == Kind::Condition)
    {
        let target = |port| facts.graph.ports.get(id).and_then(|ports| ports.get(port));
        let is_given = step.ports.contains_key("true") && step.ports.contains_key("false");
        if !is_given || target("true") != target("false") {
            continue;
        }
        let message = format!(
            "condition `{}` leads to the same place either way",
            step.slug
        );
        let finding = Diagnostic::warning(codes::SAME_TARGET, message)
            .help("lead one of its ports elsewhere, or remove it");
        diagnostics.push(at_slug(finding, step));
    }
}
