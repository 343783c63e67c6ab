//! Choices that are asked, instead of leading somewhere: where the ways behind them come together with others that are
//! gone side by side, every step waits for all that it depends on, and runs if a choice before it led to it.
//!
//! ```text
//! approve -> pay, else refuse        pay:    runs if approve was approved
//! (note, pay) <- report              refuse: runs if it was not
//! ```
//! `report` runs if `pay` did. What waits for both ways of a choice runs in any case.

mod truth;

use std::collections::{BTreeMap, BTreeSet};

use super::configs::own_condition;
use super::edges::Edges;
use super::given;
use super::steps::Step;
use super::words::What;
pub(super) use truth::{cross, exclude};

/// What must hold for a step to run: one of each of these. Where there are none, it always runs.
type Ways = Vec<AnyOf>;

/// Of these one must hold: what several ways behind the same choices say.
#[derive(Clone)]
struct AnyOf {
    /// The first choices that all of it depends on.
    choices: BTreeSet<usize>,
    /// Whether choices lead there otherwise: by a rejection or an error, whichever comes first.
    is_otherwise: bool,
    terms: BTreeSet<Term>,
}

/// How a step was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Term {
    /// It has run.
    Ran(usize),
    /// It chose the way on.
    On(usize),
    /// The same, or it was skipped by a condition of its own.
    OnOrSkipped(usize),
    /// It chose the other one.
    Otherwise(usize),
    /// It failed.
    Failed(usize),
}

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
pub(super) fn ways(steps: &[Step<'_>], edges: &Edges) -> BTreeMap<usize, String> {
    let word = |term: &Term| word(term, steps);
    let any_of = |any: &AnyOf| {
        let terms: Vec<String> = any.terms.iter().map(word).collect();
        format!("({})", terms.join(" || "))
    };
    let ways = found(steps, edges).into_iter();
    ways.filter(|(_, ways)| !ways.is_empty())
        .map(|(at, ways)| {
            let ways: Vec<String> = ways.iter().map(any_of).collect();
            (at, ways.join(" && "))
        })
        .collect()
}

/// A term as an expression.
fn word(term: &Term, steps: &[Step<'_>]) -> String {
    let (Term::Ran(at)
    | Term::On(at)
    | Term::OnOrSkipped(at)
    | Term::Otherwise(at)
    | Term::Failed(at)) = term;
    let Some(step) = steps.get(*at) else {
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

/// For each step outside of loops: what must hold for it to run.
fn found(steps: &[Step<'_>], edges: &Edges) -> BTreeMap<usize, Ways> {
    let repeated = repeated(steps, edges);
    let outside = |at: &usize| !repeated.contains(at);
    let mut found: BTreeMap<usize, Ways> = BTreeMap::new();
    for at in order(steps, edges).unwrap_or_default() {
        let mut ways = Ways::new();
        let before = steps.iter().enumerate();
        // What is inside of a loop leads back to it, which is no way to it.
        for (before, step) in before.filter(|(before, _)| outside(before)) {
            let ports = edges.out.get(before).into_iter().flatten();
            let ports = ports.filter(|(_, targets)| targets.contains(&at));
            let ports: Vec<&str> = ports.map(|(port, _)| *port).collect();
            if !ports.is_empty() {
                for more in through(step, before, &ports, edges, &found) {
                    join(&mut ways, more);
                }
            }
        }
        found.insert(at, ways);
    }
    found
}

/// Adds a way: one behind choices that others are behind, too, is another way to the same.
fn join(ways: &mut Ways, mut more: AnyOf) {
    let is_same = |any: &mut AnyOf| {
        !any.choices.is_disjoint(&more.choices) || (any.is_otherwise && more.is_otherwise)
    };
    let same: Vec<AnyOf> = ways.extract_if(.., is_same).collect();
    for any in same {
        more.choices.extend(any.choices);
        more.terms.extend(any.terms);
        more.is_otherwise &= any.is_otherwise;
    }
    ways.push(more);
}

/// What must hold for a step to lead on by one of some ports.
fn through(
    step: &Step<'_>,
    at: usize,
    ports: &[&str],
    edges: &Edges,
    found: &BTreeMap<usize, Ways>,
) -> Ways {
    let own = found.get(&at).cloned().unwrap_or_default();
    let mut choices: BTreeSet<usize> = own.iter().flat_map(|any| any.choices.clone()).collect();
    let is_chosen = is_choice(step, at, edges) && ports.len() == 1;
    let is_by = |names: &[&str]| is_chosen && ports.iter().any(|port| names.contains(port));
    let is_skipped = own_condition(step).is_some();
    let term = if is_by(&["error"]) {
        Term::Failed(at)
    } else if is_by(&["false", "rejected"]) {
        Term::Otherwise(at)
    } else if is_chosen && is_skipped {
        // What is skipped by a condition of its own is passed.
        let mut ways = own;
        ways.push(AnyOf {
            choices: BTreeSet::from([at]),
            is_otherwise: false,
            terms: BTreeSet::from([Term::OnOrSkipped(at)]),
        });
        return ways;
    } else if is_chosen {
        Term::On(at)
    } else if own.is_empty() || is_skipped || step.what == What::Loop {
        // So is a loop that goes through nothing.
        return own;
    } else {
        Term::Ran(at)
    };
    if choices.is_empty() {
        choices.insert(at);
    }
    vec![AnyOf {
        choices,
        is_otherwise: is_by(&["rejected", "error"]),
        terms: BTreeSet::from([term]),
    }]
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
