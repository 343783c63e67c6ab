//! Choices that are asked, instead of leading somewhere: where the ways behind them cross others that are gone side by
//! side, every step waits for all that it depends on, and runs if a choice before it led to it.
//!
//! ```text
//! approve -> pay, else refuse        pay:    runs if approve was approved
//! (note, pay, refuse) <- report      refuse: runs if it was not
//! ```
//! `report` runs once either of `pay` and `refuse` has run, and `note`; a step that waits for `pay` alone runs if that did.

use std::collections::{BTreeMap, BTreeSet};

use super::configs::own_condition;
use super::edges::Edges;
use super::given;
use super::steps::Step;
use super::words::What;

/// What must hold for a step to run: an expression of each of these. Where there are none, it always runs.
type Ways = Vec<AnyOf>;

/// Expressions of which one must hold: what several ways behind the same choices say.
#[derive(Clone)]
struct AnyOf {
    /// The first choices that all of it depends on.
    choices: BTreeSet<usize>,
    expressions: BTreeSet<String>,
}

/// Whether all choices of a definition can be asked: nothing else leads elsewhere, and nothing leads back.
pub(super) fn can_be(steps: &[Step<'_>], edges: &Edges) -> bool {
    let repeated = repeated(steps, edges);
    let mut outside = steps
        .iter()
        .enumerate()
        .filter(|(at, _)| !repeated.contains(at));
    let leads = |at: usize, port: &str| {
        let targets = edges.out.get(at).and_then(|ports| ports.get(port));
        targets.is_some_and(|targets| !targets.is_empty())
    };
    let is_led = outside.clone().any(|(at, step)| {
        let is_divided = own_condition(step).is_some()
            && given(step.node, "else_steps").is_some()
            && step.what != What::Approval;
        let is_owned = step.what == What::Loop && own_condition(step).is_some();
        let is_elsewhere = ["error", "timeout"].iter().any(|port| leads(at, port));
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
    let rejects = || {
        let ports = edges.out.get(at);
        let targets = ports.and_then(|ports| ports.get("rejected"));
        targets.is_some_and(|targets| !targets.is_empty())
            || edges.ends_of(at).any(|port| port == "rejected")
    };
    let holds = || {
        let ports = edges.out.get(at);
        ports.is_some_and(|ports| ports.contains_key("true") || ports.contains_key("false"))
    };
    let is_condition = step.what == What::Condition || (step.what == What::Verdict && holds());
    is_condition || (step.what == What::Approval && rejects())
}

/// For each step outside of loops: what must hold for it to run, where its choices are asked.
pub(super) fn ways(steps: &[Step<'_>], edges: &Edges) -> BTreeMap<usize, String> {
    let mut found: BTreeMap<usize, Ways> = BTreeMap::new();
    for at in order(steps, edges).unwrap_or_default() {
        let mut ways = Ways::new();
        for (before, step) in steps.iter().enumerate() {
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
    let any_of = |any: AnyOf| {
        let expressions: Vec<String> = any.expressions.into_iter().collect();
        format!("({})", expressions.join(" || "))
    };
    found
        .into_iter()
        .filter(|(_, ways)| !ways.is_empty())
        .map(|(at, ways)| {
            let ways: Vec<String> = ways.into_iter().map(any_of).collect();
            (at, ways.join(" && "))
        })
        .collect()
}

/// Adds a way: one behind choices that others are behind, too, is another way to the same.
fn join(ways: &mut Ways, mut more: AnyOf) {
    let is_same = |any: &mut AnyOf| !any.choices.is_disjoint(&more.choices);
    let same: Vec<AnyOf> = ways.extract_if(.., is_same).collect();
    for any in same {
        more.choices.extend(any.choices);
        more.expressions.extend(any.expressions);
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
    let slug = &step.slug;
    let mut choices: BTreeSet<usize> = own.iter().flat_map(|any| any.choices.clone()).collect();
    let expression = if is_choice(step, at, edges) && ports.len() == 1 {
        let (member, goes_on) = if step.what == What::Approval {
            ("approved", ports.contains(&"approved"))
        } else {
            ("passed", ports.contains(&"true"))
        };
        format!("(steps.{slug}.output.{member} ?? null) == {goes_on}")
    } else if own.is_empty() || own_condition(step).is_some() {
        // What is skipped by a condition of its own is passed.
        return own;
    } else {
        format!("(steps.{slug}.status ?? 'skipped') != 'skipped'")
    };
    if choices.is_empty() {
        choices.insert(at);
    }
    vec![AnyOf {
        choices,
        expressions: BTreeSet::from([expression]),
    }]
}

/// The steps that loops repeat.
fn repeated(steps: &[Step<'_>], edges: &Edges) -> BTreeSet<usize> {
    let loops = steps.iter().enumerate();
    let loops = loops.filter(|(_, step)| step.what == What::Loop);
    loops.flat_map(|(at, _)| edges.inside(at)).collect()
}

/// The steps outside of loops, each behind all that lead to it; none where some lead back.
fn order(steps: &[Step<'_>], edges: &Edges) -> Option<Vec<usize>> {
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
