//! Steps that act: what happens when they fail, and how long they may take.

use pawl_contract::Kind;
use pawl_contract::catalogue::Effect;

use super::{Facts, at_slug, operation};
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::graph::{StepId, Target};
use crate::lower::step_timeout;

/// A step that changes something, or asks a model, says where the run goes on when it fails.
pub(super) fn no_error_port(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (id, step) in facts.steps().filter(|(_, step)| acts(step)) {
        if goes_on(facts, id) || step.has_refused_port {
            continue;
        }
        let message = format!("when step `{}` fails, the run fails", step.slug);
        let finding = match loop_with_error_port(facts, id) {
            None => Diagnostic::note(codes::NO_ERROR_PORT, message)
                .help("say what to do then by an `error` port, or allow it"),
            Some((head, target)) => {
                let message = format!(
                    "{message}: the `error` port of loop `{}` takes only a list that cannot be gone through",
                    head.slug
                );
                let help = format!(
                    "give the step an `error` port of its own, to `{target}` as well, or the loop `continueOnError`"
                );
                Diagnostic::warning(codes::NO_ERROR_PORT, message).help(help)
            }
        };
        diagnostics.push(at_slug(finding, step));
    }
}

/// The innermost loop around a step that has an `error` port, and where that leads: authors think that it takes what
/// fails in the loop's body.
fn loop_with_error_port<'a>(facts: &Facts<'a>, id: StepId) -> Option<(&'a Step, &'a str)> {
    let heads = facts.loops.around(id).iter().rev();
    let mut heads = heads.filter_map(|head| facts.definition.steps.get(*head));
    heads.find_map(|head| {
        let target = head.ports.get("error")?.target.as_deref()?;
        Some((head, target))
    })
}

/// Whether something says where the run goes on when a step fails: its own port, a loop with `continueOnError`, or the
/// loop or parallel step in one of whose iterations or branches it stands, which fails with it.
fn goes_on(facts: &Facts<'_>, id: StepId) -> bool {
    let strands = facts.strands;
    let around = strands.outwards(strands.home(id));
    let owners = around.map(|(_, strand)| strand.owner);
    std::iter::once(id)
        .chain(owners)
        .any(|step| facts.graph.ports_of(step).any(|(port, _)| port == "error"))
}

fn acts(step: &Step) -> bool {
    match step.kind {
        Kind::Llm | Kind::Request | Kind::Approval | Kind::Subflow => true,
        Kind::Action => operation(step).is_some_and(|operation| operation.effect != Effect::Read),
        Kind::Trigger
        | Kind::Condition
        | Kind::Switch
        | Kind::Loop
        | Kind::Transform
        | Kind::Signal
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge => false,
    }
}

/// A failure that leads straight to the end leaves a run that completed.
pub(super) fn silent_failure(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if !facts.is_whole {
        return;
    }
    for (id, step) in facts.steps() {
        let leads = facts
            .graph
            .ports
            .get(id)
            .and_then(|ports| ports.get("error"));
        let Some(edge) = step
            .ports
            .get("error")
            .filter(|_| leads == Some(&Target::End))
        else {
            continue;
        };
        let message = format!(
            "when step `{}` fails, the run completes as if nothing had happened",
            step.slug
        );
        diagnostics.push(
            Diagnostic::note(codes::SILENT_FAILURE, message)
                .at(edge.place.pointer.clone(), edge.place.span.clone())
                .help("lead to a step that tells somebody, or leave the port out so that the run fails"),
        );
    }
}

/// A step that waits for a model or another system says how long it may.
pub(super) fn missing_timeout(facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if facts.definition.settings.timeout_ms.is_some() {
        return;
    }
    let waits = |step: &Step| match step.kind {
        Kind::Llm | Kind::Request => true,
        Kind::Action => operation(step).is_some_and(|operation| operation.action == "integration"),
        Kind::Trigger
        | Kind::Condition
        | Kind::Switch
        | Kind::Loop
        | Kind::Transform
        | Kind::Approval
        | Kind::Signal
        | Kind::Subflow
        | Kind::Delay
        | Kind::Parallel
        | Kind::Merge => false,
    };
    let silent = facts
        .steps()
        .filter(|(_, step)| step.timeout_seconds.is_none());
    for (_, step) in silent.filter(|(_, step)| waits(step)) {
        let message = format!(
            "step `{}` may take {} seconds, since nothing says less",
            step.slug,
            step_timeout(step)
        );
        let finding = Diagnostic::note(codes::MISSING_TIMEOUT, message)
            .help("add `timeoutSeconds` to its `config`, or a `timeout` to the workflow's");
        diagnostics.push(at_slug(finding, step));
    }
}
