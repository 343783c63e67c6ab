//! Cycles of counted states: a workflow may say how many a line of them passes, after which it fails.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use pawl_asl::State;
use pawl_contract::{Node, Then};
use pawl_expression::Template;

use super::events::{handlers, targets};
use super::plan::Planned;
use crate::check::Checked;
use crate::definition::Step;
use crate::graph;
use crate::steps;

/// The Tasks that a line of states passes only so often, and how often.
pub(super) fn tasks(checked: &Checked, planned: &Planned) -> BTreeMap<String, u64> {
    let steps = checked.definition.steps.iter();
    let limits: BTreeMap<&str, u64> = steps
        .filter_map(|step| Some((step.slug.as_str(), limit(step)?)))
        .collect();
    if limits.is_empty() {
        return BTreeMap::new();
    }
    let plans = planned.plans.iter();
    plans
        .filter_map(|(name, plan)| Some((name.clone(), passed(&plan.node, &limits)?)))
        .collect()
}

/// How often a step can be visited before it fails, where it counts that.
fn limit(step: &Step) -> Option<u64> {
    let variables = steps::variables_set(step);
    let limits = variables.into_iter().filter_map(|(name, node)| {
        let template = Template::parse(node.as_str()?).ok()?;
        template.most_settings(name)
    });
    limits.min()
}

/// The limit of a step that an invocation passes whichever way it takes.
fn passed(node: &Node, limits: &BTreeMap<&str, u64>) -> Option<u64> {
    if let Some(limit) = limits.get(node.step.as_str()) {
        return Some(*limit);
    }
    let ways = node.then.values().map(|then| match then {
        Then::Step(next) => passed(next, limits),
        Then::State(_) | Then::End(_) => None,
    });
    ways.collect::<Option<Vec<u64>>>()?.into_iter().max()
}

/// What going around a cycle may cost, where every way around it passes something that is counted.
pub(super) fn most(
    counted: &BTreeMap<String, u64>,
    cycle: &BTreeSet<String>,
    states: &IndexMap<String, State>,
    cost: impl Fn(&str) -> u64,
) -> Option<u64> {
    let names: Vec<&str> = cycle.iter().map(String::as_str).collect();
    let is_counted = |id: usize| {
        let name = names.get(id).filter(|name| counted.contains_key(**name));
        let state = name.and_then(|name| states.get(*name));
        // What fails has not been counted.
        state.is_some_and(|state| handlers(state).all(|handler| !cycle.contains(handler)))
    };
    let limits = names.iter().filter_map(|name| counted.get(*name));
    let limit = *limits.max()?;
    // What leads on from a state without being counted again.
    let leads = |id: usize| {
        let state = names.get(id).and_then(|name| states.get(*name));
        let targets = state.into_iter().flat_map(targets);
        let inside = targets.filter_map(|target| names.binary_search(&target).ok());
        inside.filter(|target| !is_counted(*target))
    };
    if !graph::cycles(names.len(), leads).is_empty() {
        return None;
    }
    let mut dearest: Vec<u64> = names.iter().map(|name| cost(name)).collect();
    // Without a cycle among them, what follows is settled once the longest way has been gone.
    for _ in 0..names.len() {
        let grown: Vec<u64> = (0..names.len())
            .map(|id| {
                let behind = leads(id).filter_map(|next| dearest.get(next).copied());
                let own = names.get(id).map_or(0, |name| cost(name));
                own.saturating_add(behind.max().unwrap_or(0))
            })
            .collect();
        if grown == dearest {
            break;
        }
        dearest = grown;
    }
    // One stretch in front of the first that counts, one for each that the limit allows, and one that fails.
    let stretch = dearest.into_iter().max()?;
    Some(limit.saturating_add(2).saturating_mul(stretch))
}
