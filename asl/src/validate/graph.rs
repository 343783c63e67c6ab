//! The ways between the states of a block: every one leads somewhere, every state is reached, and there is an end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::block::{Block, StateAt};
use super::diagnostic::Findings;
use super::place::Place;

/// Checks the ways of a machine and of the blocks inside it.
pub(super) fn check(machine: &Block, findings: &mut Findings) {
    // AWS asks for an end of the whole only, and then not whether every state is reached.
    let ends = machine.states.iter().any(is_last);
    ways_lead(machine, findings);
    if ends {
        reached(machine, findings);
    } else {
        findings.anywhere("MISSING_END_STATE", "Workflow has no terminal state");
    }
    for state in &machine.states {
        inner(state, findings);
    }
}

fn inner(state: &StateAt, findings: &mut Findings) {
    for block in &state.inner {
        ways_lead(block, findings);
        reached(block, findings);
        for state in &block.states {
            inner(state, findings);
        }
    }
}

/// Checks that every way leads to a state of its block.
fn ways_lead(block: &Block, findings: &mut Findings) {
    let names: BTreeSet<&str> = block.states.iter().map(|state| state.name).collect();
    let mut lead = |target: &str, place: &Place| {
        if !names.contains(target) {
            let message = format!("Missing 'Next' target: {target}");
            findings.error("MISSING_TRANSITION_TARGET", place, message);
        }
    };
    if let Some(start) = block.fields.get("StartAt").and_then(Value::as_str) {
        lead(start, &block.place.field("StartAt"));
    }
    for state in &block.states {
        for way in ways(state) {
            lead(way.target, &way.place);
        }
    }
}

/// Checks that every state of a block can be reached.
fn reached(block: &Block, findings: &mut Findings) {
    let states = block.states.iter().map(|state| (state.name, state));
    let states: BTreeMap<&str, &StateAt> = states.collect();
    let start = block.fields.get("StartAt").and_then(Value::as_str);
    let mut reached: BTreeSet<&str> = start.into_iter().collect();
    let mut open: Vec<&str> = start.into_iter().collect();
    while let Some(name) = open.pop() {
        let state = states.get(name);
        for way in state.map(|state| ways(state)).unwrap_or_default() {
            if reached.insert(way.target) {
                open.push(way.target);
            }
        }
    }
    for state in &block.states {
        if !reached.contains(state.name) {
            let message = format!("State \"{}\" is not reachable.", state.name);
            findings.error("MISSING_TRANSITION_TARGET", &state.place, message);
        }
    }
}

/// Whether a strand can end with a state.
fn is_last(state: &StateAt) -> bool {
    let is = |name: &str, value: &Value| state.fields.get(name) == Some(value);
    is("End", &true.into()) || is("Type", &"Succeed".into()) || is("Type", &"Fail".into())
}

/// A way from a state to another.
pub(super) struct Way<'d> {
    pub(super) target: &'d str,
    /// Where the target is named.
    place: Place,
    /// What names it: the state, or one of its catchers or choices. Its Assign is made on the way.
    pub(super) holder: &'d Map<String, Value>,
}

/// Every way out of a state.
pub(super) fn ways<'d>(state: &StateAt<'d>) -> Vec<Way<'d>> {
    let mut ways = Vec::new();
    let mut add = |holder: &'d Map<String, Value>, name: &str, place: Place| {
        if let Some(target) = holder.get(name).and_then(Value::as_str) {
            ways.push(Way {
                target,
                place: place.field(name),
                holder,
            });
        }
    };
    for name in ["Next", "Default"] {
        add(state.fields, name, state.place.clone());
    }
    for name in ["Catch", "Choices"] {
        let entries = state.fields.get(name).and_then(Value::as_array);
        for (index, entry) in entries.into_iter().flatten().enumerate() {
            if let Some(entry) = entry.as_object() {
                add(entry, "Next", state.place.field(name).item(index));
            }
        }
    }
    ways
}
