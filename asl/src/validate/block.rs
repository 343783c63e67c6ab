//! The machine, a branch or an item processor: states and the one that they begin with.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::diagnostic::Findings;
use super::fields::{BRANCH, PROCESSOR};
use super::place::Place;
use super::{Checker, object};
use crate::limits::NAME_CHARACTERS;
use crate::{MachineType, QueryLanguage};

/// States that lead to each other.
pub(super) struct Block<'d> {
    /// Everything beside the states too.
    pub(super) fields: &'d Map<String, Value>,
    pub(super) place: Place,
    pub(super) states: Vec<StateAt<'d>>,
    /// What kind of execution the states run in.
    pub(super) machine_type: MachineType,
    /// Whether they run in executions of their own, which see no variables of the states around them.
    pub(super) is_distributed: bool,
}

/// A state, as it is written, and where.
pub(super) struct StateAt<'d> {
    pub(super) name: &'d str,
    pub(super) fields: &'d Map<String, Value>,
    pub(super) place: Place,
    /// The blocks inside it.
    pub(super) inner: Vec<Block<'d>>,
}

impl<'d> Block<'d> {
    /// Reads a block and those inside it; what is not of the right shape is left out, and reported elsewhere.
    pub(super) fn new(
        fields: &'d Map<String, Value>,
        place: Place,
        machine_type: MachineType,
    ) -> Self {
        let states_place = place.field("States");
        let states = fields.get("States").and_then(Value::as_object);
        let states = states
            .into_iter()
            .flatten()
            .filter_map(|(name, state)| {
                let fields = state.as_object()?;
                let place = states_place.field(name);
                let inner = inner(fields, &place, machine_type);
                Some(StateAt {
                    name,
                    fields,
                    place,
                    inner,
                })
            })
            .collect();
        Self {
            fields,
            place,
            states,
            machine_type,
            is_distributed: false,
        }
    }
}

/// The blocks inside a state: the branches of a Parallel, the item processor of a Map.
fn inner<'d>(
    state: &'d Map<String, Value>,
    place: &Place,
    machine_type: MachineType,
) -> Vec<Block<'d>> {
    let branches = state.get("Branches").and_then(Value::as_array);
    let mut inner: Vec<Block> = branches
        .into_iter()
        .flatten()
        .enumerate()
        .filter_map(|(index, branch)| {
            let place = place.field("Branches").item(index);
            Some(Block::new(branch.as_object()?, place, machine_type))
        })
        .collect();
    for field in ["ItemProcessor", "Iterator"] {
        let Some(processor) = state.get(field).and_then(Value::as_object) else {
            continue;
        };
        let config = |name| {
            let config = processor.get("ProcessorConfig")?;
            config.get(name)?.as_str()
        };
        let is_distributed = config("Mode") == Some("DISTRIBUTED");
        let machine_type = match config("ExecutionType") {
            Some("EXPRESS") if is_distributed => MachineType::Express,
            Some("STANDARD") if is_distributed => MachineType::Standard,
            _ => machine_type,
        };
        let mut block = Block::new(processor, place.field(field), machine_type);
        block.is_distributed = is_distributed;
        inner.push(block);
    }
    inner
}

impl Checker<'_> {
    /// Checks the fields of a block's states, and of those inside them.
    pub(super) fn block(&mut self, block: &Block) {
        object::required(
            block.fields,
            &["States", "StartAt"],
            &block.place,
            &mut self.findings,
        );
        let states = block.fields.get("States").and_then(Value::as_object);
        let place = block.place.field("States");
        if states.is_some_and(Map::is_empty) {
            self.findings.schema(&place, "Value cannot be empty");
        }
        for (name, state) in states.into_iter().flatten() {
            if !state.is_object() {
                self.findings
                    .schema(&place.field(name), "Expected value of type [OBJECT]");
            }
        }
        for state in &block.states {
            self.state(state, block.machine_type);
            for inner in &state.inner {
                let is_processor = !state.fields.contains_key("Branches");
                let fields = if is_processor { PROCESSOR } else { BRANCH };
                // A block is no state and has no language of its own.
                object::check(
                    inner.fields,
                    fields,
                    QueryLanguage::JsonPath,
                    &inner.place,
                    &mut self.findings,
                );
                self.block(inner);
            }
        }
    }
}

/// Checks that names are names, and that none is taken twice, not even by a state of another branch.
pub(super) fn names(block: &Block, findings: &mut Findings) {
    state_names(block, &mut BTreeSet::new(), findings);
    labels(block, &mut BTreeSet::new(), findings);
}

fn state_names<'d>(block: &'d Block<'d>, taken: &mut BTreeSet<&'d str>, findings: &mut Findings) {
    for state in &block.states {
        let name = state.name;
        let mut invalid = |why: &str| {
            let message = format!("Invalid State name: {name} {why}");
            findings.error("INVALID_STATE_NAME", &state.place, message);
        };
        if name.chars().count() > NAME_CHARACTERS {
            invalid(&format!(
                "exceeds the {NAME_CHARACTERS}-character limit allowed by the service"
            ));
        } else if name.is_empty() {
            invalid("is empty");
        } else if name.chars().any(char::is_control) {
            invalid("holds a control character");
        }
        if !taken.insert(name) {
            let message = format!("Duplicate State name: {name}");
            findings.error("DUPLICATE_STATE_NAME", &state.place, message);
        }
        for inner in &state.inner {
            state_names(inner, taken, findings);
        }
    }
}

/// The most characters of a Map Run's label.
const LABEL_CHARACTERS: usize = 40;

fn labels<'d>(block: &'d Block<'d>, taken: &mut BTreeSet<&'d str>, findings: &mut Findings) {
    for state in &block.states {
        if let Some(label) = state.fields.get("Label").and_then(Value::as_str) {
            let place = state.place.field("Label");
            let is_forbidden = |character: char| {
                character.is_whitespace()
                    || character.is_control()
                    || "?*<>{}[]:;,\\|^~$#%&`\"/".contains(character)
            };
            if label.chars().count() > LABEL_CHARACTERS {
                let message = format!(
                    "Invalid Label name: {label} exceeds the {LABEL_CHARACTERS}-character limit allowed by the service"
                );
                findings.error("INVALID_LABEL_NAME", &place, message);
            } else if label.is_empty() || label.contains(is_forbidden) {
                let message = format!("Invalid Label name: {label} contains invalid characters");
                findings.error("INVALID_LABEL_NAME", &place, message);
            }
            if !taken.insert(label) {
                let message = format!("Duplicate Label name: {label}");
                findings.error("DUPLICATE_LABEL_NAME", &place, message);
            }
        }
        for inner in &state.inner {
            labels(inner, taken, findings);
        }
    }
}
