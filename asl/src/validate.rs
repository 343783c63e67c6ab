//! Finds what AWS would refuse in a machine, and what could never run.

mod errors;
mod graph;
mod state;
mod text;
mod variables;

use std::collections::BTreeSet;

use crate::limits::{DEFINITION_BYTES, SECONDS};
use crate::{Machine, QueryLanguage, State, StateMap};

/// Something wrong with a machine, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The JSON Pointer of the value that must change.
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
}

/// Everything that is wrong with a machine; empty where nothing is.
///
/// Expressions are not parsed here, only found: whether one can be read is for whoever evaluates it.
pub fn validate(machine: &Machine) -> Vec<Problem> {
    let mut problems = Problems::default();
    let bytes = serde_json::to_vec(machine).map_or(0, |text| text.len());
    if bytes > DEFINITION_BYTES {
        problems.add(
            "",
            format!("the definition has {bytes} bytes; {DEFINITION_BYTES} are allowed"),
        );
    }
    if machine
        .timeout_seconds
        .is_some_and(|seconds| !(1..=SECONDS).contains(&seconds))
    {
        problems.add("/TimeoutSeconds", format!("must be from 1 to {SECONDS}"));
    }
    for field in machine.other.keys() {
        problems.add(
            &pointer("", field),
            format!("a state machine has no field `{field}`"),
        );
    }
    let language = machine.query_language.unwrap_or(QueryLanguage::JsonPath);
    let mut validator = Validator {
        language,
        names: BTreeSet::new(),
        problems,
    };
    validator.block(&machine.start_at, &machine.states, "");
    variables::check(&machine.states, "", &[], &mut validator.problems);
    validator.problems.found
}

/// The JSON Pointer of a member of the value at another pointer.
pub fn pointer(parent: &str, name: &str) -> String {
    format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The problems found so far.
#[derive(Default)]
pub(crate) struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// Adds one.
    pub(crate) fn add(&mut self, pointer: &str, message: impl Into<String>) {
        self.found.push(Problem {
            pointer: pointer.to_owned(),
            message: message.into(),
        });
    }
}

/// What is known of the whole machine while its blocks are gone through.
struct Validator<'m> {
    /// The machine's language.
    language: QueryLanguage,
    /// The names of states so far; a name may not come twice, not even in another branch.
    names: BTreeSet<&'m str>,
    problems: Problems,
}

impl<'m> Validator<'m> {
    /// Goes through the states of the machine, of a branch or of an item processor.
    fn block(&mut self, start_at: &str, states: &'m StateMap, parent: &str) {
        graph::check(start_at, states, parent, &mut self.problems);
        let parent = pointer(parent, "States");
        for (name, state) in states {
            let place = pointer(&parent, name);
            text::name(name, &place, &mut self.problems);
            if !self.names.insert(name) {
                self.problems.add(
                    &place,
                    format!("the name `{name}` is taken by another state of the machine"),
                );
            }
            if self.language == QueryLanguage::Jsonata
                && state.query_language() == Some(QueryLanguage::JsonPath)
            {
                let message = "a state of a JSONata machine cannot go back to JSONPath";
                self.problems
                    .add(&pointer(&place, "QueryLanguage"), message);
            } else {
                let language = state.query_language().unwrap_or(self.language);
                state::check(state, language, &place, &mut self.problems);
            }
            self.inner(state, &place);
        }
    }

    fn inner(&mut self, state: &'m State, place: &str) {
        match state {
            State::Parallel(parallel) => {
                for (index, branch) in parallel.branches.iter().enumerate() {
                    let place = format!("{place}/Branches/{index}");
                    if branch.processor_config.is_some() {
                        self.problems.add(
                            &pointer(&place, "ProcessorConfig"),
                            "only a Map's item processor has one",
                        );
                    }
                    self.block(&branch.start_at, &branch.states, &place);
                }
            }
            State::Map(map) => {
                if let Some(processor) = &map.item_processor {
                    self.block(
                        &processor.start_at,
                        &processor.states,
                        &pointer(place, "ItemProcessor"),
                    );
                }
            }
            State::Task(_)
            | State::Pass(_)
            | State::Choice(_)
            | State::Wait(_)
            | State::Succeed(_)
            | State::Fail(_) => {}
        }
    }
}
