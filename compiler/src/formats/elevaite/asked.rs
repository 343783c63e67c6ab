//! Choices that are asked, instead of leading somewhere: where the ways behind them come together with others that are
//! gone side by side, every step waits for all that it depends on, and runs if a choice before it led to it.
//!
//! ```text
//! approve -> pay, else refuse        pay:    runs if approve was approved
//! (note, pay) <- report              refuse: runs if it was not
//! ```
//! `report` runs if `pay` did. What waits for both ways of a choice runs in any case.

mod spoken;
mod truth;
mod ways;
mod worlds;

use std::collections::{BTreeMap, BTreeSet};

use super::configs::own_condition;
use super::edges::Edges;
use super::given;
use super::steps::Step;
use super::words::What;
pub(super) use spoken::{say_crossing, ways};
pub(super) use truth::{crossing, exclude};

/// Whether all choices of a definition can be asked: nothing else leads elsewhere, and nothing leads back.
pub(super) fn can_be(steps: &[Step<'_>], edges: &Edges) -> bool {
    let repeated = repeated(steps, edges);
    let mut outside = (0..steps.len()).filter(|at| !repeated.contains(at));
    let chooses = outside.any(|at| {
        let step = steps.get(at);
        step.is_some_and(|step| is_choice(step, at, edges))
    });
    chooses && leading(steps, edges).is_none() && order(steps, edges).is_some()
}

/// A step outside of loops that leads on, and cannot be asked.
fn leading(steps: &[Step<'_>], edges: &Edges) -> Option<usize> {
    let repeated = repeated(steps, edges);
    let leads_on = |(at, step): (usize, &Step<'_>)| {
        let is_divided = own_condition(step).is_some()
            && given(step.node, "else_steps").is_some()
            && step.what != What::Approval;
        let is_owned = step.what == What::Loop && own_condition(step).is_some();
        let fails_elsewhere = leads(edges, at, "error") && !may_fail(step.what);
        let is_elsewhere = leads(edges, at, "timeout") || fails_elsewhere;
        step.what == What::Parallel || is_divided || is_owned || is_elsewhere
    };
    let outside = (0..steps.len()).filter(|at| !repeated.contains(at));
    let mut outside = outside.filter_map(|at| Some((at, steps.get(at)?)));
    outside.find(|one| leads_on(*one)).map(|(at, _)| at)
}

/// Lets the conditions outside of loops say whether they hold, and lead nowhere.
pub(super) fn ask(steps: &mut [Step<'_>], edges: &Edges) {
    let repeated = repeated(steps, edges);
    for (at, step) in steps.iter_mut().enumerate() {
        if step.what == What::Condition && !repeated.contains(&at) {
            step.what = What::Verdict;
        }
    }
}

/// Whether a step chooses what follows it.
pub(super) fn is_choice(step: &Step<'_>, at: usize, edges: &Edges) -> bool {
    let holds = || {
        let ports = edges.out.get(at);
        ports.is_some_and(|ports| ports.contains_key("true") || ports.contains_key("false"))
    };
    let is_condition = step.what == What::Condition || (step.what == What::Verdict && holds());
    is_condition || is_rejected_on(step, at, edges) || leads(edges, at, "error")
}

/// Whether a rejection of an approval leads somewhere, if only to the end.
pub(super) fn is_rejected_on(step: &Step<'_>, at: usize, edges: &Edges) -> bool {
    let ends = || edges.ends_of(at).any(|port| port == "rejected");
    step.what == What::Approval && (leads(edges, at, "rejected") || ends())
}

/// Whether how a step failed can be asked.
fn may_fail(what: What) -> bool {
    what.acts() || matches!(what, What::Approval | What::Subflow)
}

/// Whether a port leads to steps.
pub(super) fn leads(edges: &Edges, at: usize, port: &str) -> bool {
    let targets = edges.out.get(at).and_then(|ports| ports.get(port));
    targets.is_some_and(|targets| !targets.is_empty())
}

/// The steps outside of loops that nothing follows.
pub(super) fn lasts(steps: &[Step<'_>], edges: &Edges) -> Vec<usize> {
    let repeated = repeated(steps, edges);
    let is_last = |at: &usize| {
        let mut after = edges.after(*at).filter(|step| !repeated.contains(step));
        !repeated.contains(at) && after.next().is_none()
    };
    (0..steps.len()).filter(is_last).collect()
}

/// The steps that loops repeat.
fn repeated(steps: &[Step<'_>], edges: &Edges) -> BTreeSet<usize> {
    let loops = steps.iter().enumerate();
    let loops = loops.filter(|(_, step)| step.what == What::Loop);
    loops.flat_map(|(at, _)| edges.inside(at)).collect()
}

/// The steps outside of loops, each behind all that lead to it; none where some lead back.
pub(super) fn order(steps: &[Step<'_>], edges: &Edges) -> Option<Vec<usize>> {
    let repeated = repeated(steps, edges);
    let outside: Vec<usize> = (0..steps.len())
        .filter(|at| !repeated.contains(at))
        .collect();
    let after = |at: usize| edges.after(at).filter(|step| !repeated.contains(step));
    let mut waits: BTreeMap<usize, usize> = outside.iter().map(|at| (*at, 0)).collect();
    for at in &outside {
        for target in after(*at) {
            *waits.entry(target).or_default() += 1;
        }
    }
    let mut ready: Vec<usize> = outside
        .iter()
        .copied()
        .filter(|at| waits.get(at) == Some(&0))
        .collect();
    let mut found = Vec::new();
    while let Some(at) = ready.pop() {
        found.push(at);
        for target in after(at) {
            let left = waits.entry(target).or_default();
            *left -= 1;
            if *left == 0 {
                ready.push(target);
            }
        }
    }
    (found.len() == outside.len()).then_some(found)
}
