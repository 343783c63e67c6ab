//! When steps run, as expressions and in words.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::Translation;
use super::super::edges::Edges;
use super::super::steps::Step;
use super::super::words::What;
use super::ways::{Term, Ways, found};
use super::worlds::Worlds;
use super::{crossing, leading, order};
use crate::diagnostic::{Diagnostic, codes};

/// For each step outside of loops: what must hold for it to run, where its choices are asked.
pub(in crate::formats::elevaite) fn ways(
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

/// Warns of steps that run whatever was chosen in the lines that come together there, where choices cannot be asked.
pub(in crate::formats::elevaite) fn say_crossing(
    steps: &[Step<'_>],
    edges: &Edges,
    translation: &mut Translation<'_>,
) {
    let leads = leading(steps, edges).and_then(|at| steps.get(at));
    let Some(leads) = leads else { return };
    let joins: BTreeSet<usize> = edges.joins.values().flatten().copied().collect();
    for at in crossing(steps, &edges.forked()) {
        // What follows a parallel step runs when all of its branches have ended.
        let Some(step) = steps.get(at).filter(|_| !joins.contains(&at)) else {
            continue;
        };
        let message = format!(
            "`{}` runs whatever is chosen in the lines that come together there",
            step.id
        );
        let instead = if leads.what == What::Parallel {
            format!(
                "the `parallel` step `{}`: `next_steps` begin several lines as well",
                leads.id
            )
        } else if leads.what == What::Approval {
            format!("the time-out of `{}`, which leads elsewhere", leads.id)
        } else {
            format!(
                "`{}`, which leads elsewhere by a condition of its own or when it fails",
                leads.id
            )
        };
        let help =
            format!("give it `conditions` that ask what was chosen, or do without {instead}");
        translation.say(
            Diagnostic::warning(codes::UNSOUND_BRANCHES, message)
                .on(step.node)
                .help(help),
        );
    }
}
