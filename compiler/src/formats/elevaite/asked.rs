//! Choices that are asked, instead of leading somewhere: where the ways behind them come together with others that are
//! gone side by side, every step waits for all that it depends on, and runs if a choice before it led to it.
//!
//! ```text
//! approve -> pay, else refuse        pay:    runs if approve was approved
//! (note, pay) <- report              refuse: runs if it was not
//! ```
//! `report` runs if `pay` did. What waits for both ways of a choice runs in any case.

mod truth;
mod ways;
mod worlds;

use std::collections::{BTreeMap, BTreeSet};

use super::super::Translation;
use super::configs::own_condition;
use super::edges::Edges;
use super::given;
use super::steps::Step;
use super::words::What;
use crate::diagnostic::{Diagnostic, codes};
pub(super) use truth::{cross, exclude};
use ways::{Term, Ways, found};
use worlds::Worlds;

/// Whether all choices of a definition can be asked: nothing else leads elsewhere, and nothing leads back.
pub(super) fn can_be(steps: &[Step<'_>], edges: &Edges) -> bool {
    let repeated = repeated(steps, edges);
    let mut outside = steps
        .iter()
        .enumerate()
        .filter(|(at, _)| !repeated.contains(at));
    let is_led = outside.clone().any(|(at, step)| {
        let is_divided = own_condition(step).is_some()
            && given(step.node, "else_steps").is_some()
            && step.what != What::Approval;
        let is_owned = step.what == What::Loop && own_condition(step).is_some();
        let fails_elsewhere = leads(edges, at, "error") && !may_fail(step.what);
        let is_elsewhere = leads(edges, at, "timeout") || fails_elsewhere;
        step.what == What::Parallel || is_divided || is_owned || is_elsewhere
    });
    let chooses = outside.any(|(at, step)| is_choice(step, at, edges));
    chooses && !is_led && order(steps, edges).is_some()
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

/// For each step outside of loops: what must hold for it to run, where its choices are asked.
pub(super) fn ways(
    steps: &[Step<'_>],
    edges: &Edges,
    translation: &mut Translation<'_>,
) -> BTreeMap<usize, String> {
    let any_of = |any: &BTreeSet<Term>| {
        let terms: Vec<String> = any.iter().map(|term| word(term, steps)).collect();
        format!("({})", terms.join(" || "))
    };
    let order = order(steps, edges).unwrap_or_default();
    let worlds = Worlds::of(steps, edges, &order);
    let found = found(steps, edges, &order, &worlds);
    found
        .into_iter()
        .filter(|(_, when)| !when.ways.is_empty())
        .map(|(at, when)| {
            if let Some(step) = steps.get(at).filter(|_| decides_together(&when.ways)) {
                let message = format!("`{}` runs if {}", step.id, said(&when.ways, steps));
                if when.worlds.is_clear() {
                    translation.say(
                        Diagnostic::warning(codes::UNREACHABLE_STEP, format!("{message}, which never is so"))
                            .on(step.node)
                            .help("take what excludes another out of its `dependencies`, or let a merge with `mode: \"first_available\"` wait for them"),
                    );
                } else {
                    translation.differs("choices-side-by-side", step.node, message);
                }
            }
            let ways: Vec<String> = when.ways.iter().map(any_of).collect();
            (at, ways.join(" && "))
        })
        .collect()
}

/// Whether it is not one choice alone by which a step runs.
fn decides_together(ways: &Ways) -> bool {
    let places = ways.iter().flatten().map(|term| term.step());
    places.collect::<BTreeSet<usize>>().len() > 1
}

/// When a step runs, in words.
fn said(ways: &Ways, steps: &[Step<'_>]) -> String {
    let any_of = |any: &BTreeSet<Term>| {
        let terms: Vec<String> = any.iter().map(|term| in_words(*term, steps)).collect();
        if terms.len() > 1 && ways.len() > 1 {
            format!("({})", terms.join(" or "))
        } else {
            terms.join(" or ")
        }
    };
    let all: Vec<String> = ways.iter().map(any_of).collect();
    all.join(" and ")
}

/// A term in words.
fn in_words(term: Term, steps: &[Step<'_>]) -> String {
    let Some(step) = steps.get(term.step()) else {
        return String::new();
    };
    let came = match (term, step.what) {
        (Term::Ran(_), _) => "runs",
        (Term::On(_), What::Approval) => "is approved",
        (Term::On(_), What::Condition | What::Verdict) => "holds",
        (Term::On(_), _) => "succeeds",
        (Term::OnOrSkipped(_), _) => "is passed",
        (Term::Otherwise(_), What::Approval) => "is rejected",
        (Term::Otherwise(_), _) => "does not hold",
        (Term::Failed(_), _) => "fails",
    };
    format!("`{}` {came}", step.id)
}

/// A term as an expression.
fn word(term: &Term, steps: &[Step<'_>]) -> String {
    let Some(step) = steps.get(term.step()) else {
        return String::new();
    };
    let status = format!("(steps.{}.status ?? 'skipped')", step.slug);
    let answer = step
        .what
        .answer()
        .map(|member| format!("(steps.{}.output.{member} ?? null)", step.slug));
    match (term, answer) {
        (Term::Ran(_), _) => format!("{status} != 'skipped'"),
        (Term::On(_), Some(answer)) => format!("{answer} == true"),
        (Term::On(_), None) => format!("{status} == 'completed'"),
        (Term::OnOrSkipped(_), Some(answer)) => {
            format!("({answer} != false && {status} != 'failed')")
        }
        (Term::OnOrSkipped(_), None) => format!("{status} != 'failed'"),
        (Term::Otherwise(_), Some(answer)) => format!("{answer} == false"),
        (Term::Otherwise(_), None) | (Term::Failed(_), _) => format!("{status} == 'failed'"),
    }
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
