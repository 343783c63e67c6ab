//! Which variables a state reads.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::block::{Block, StateAt};
use super::expressions::{self, Survey};
use super::language;
use super::place::Place;
use crate::{MachineType, QueryLanguage, expression};

/// The variables that each state of a definition reads; states that read none are left out.
///
/// `survey` is asked what stands in each JSONata expression, without its delimiters.
pub fn variable_references(
    definition: &Value,
    survey: &dyn Fn(&str) -> Survey,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut references = BTreeMap::new();
    if let Some(machine) = definition.as_object() {
        let language = language(machine.get("QueryLanguage"), QueryLanguage::JsonPath);
        let block = Block::new(machine, Place::root(), MachineType::Standard);
        collect(&block, language, survey, &mut references);
    }
    references
}

fn collect(
    block: &Block,
    language: QueryLanguage,
    survey: &dyn Fn(&str) -> Survey,
    references: &mut BTreeMap<String, BTreeSet<String>>,
) {
    for state in &block.states {
        let reads = of_state(state, language, survey);
        if !reads.is_empty() {
            references.insert(state.name.to_owned(), reads);
        }
        for inner in &state.inner {
            collect(inner, language, survey, references);
        }
    }
}

/// The variables that a state itself reads, not those of the states inside it.
pub(super) fn of_state(
    state: &StateAt,
    machine: QueryLanguage,
    survey: &dyn Fn(&str) -> Survey,
) -> BTreeSet<String> {
    let own = language(state.fields.get("QueryLanguage"), machine);
    let mut found = BTreeSet::new();
    for (name, value) in state.fields {
        if matches!(
            name.as_str(),
            "Type"
                | "Comment"
                | "Resource"
                | "Next"
                | "Default"
                | "Retry"
                | "Label"
                | "Branches"
                | "ItemProcessor"
                | "Iterator"
        ) {
            continue;
        }
        match own {
            QueryLanguage::Jsonata => {
                expressions::visit(value, &Place::root(), &mut |text, _| {
                    if let Some(source) = expression(text) {
                        found.extend(survey(source).variables);
                    }
                });
            }
            QueryLanguage::JsonPath => paths(name, value, &mut found),
        }
    }
    found
}

/// The variables in the paths of a value: `$name` where a path may stand, `$.name` and `$$.name` are none.
fn paths(name: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            if name.ends_with("Path") || name.ends_with(".$") || name == "Variable" {
                found.extend(variables(text).map(str::to_owned));
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                paths(name, value, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                paths(name, item, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|tail| {
        let end = tail.find(|character: char| !(character.is_alphanumeric() || character == '_'));
        let name = tail.get(..end.unwrap_or(tail.len()))?;
        (!name.is_empty()).then_some(name)
    })
}
