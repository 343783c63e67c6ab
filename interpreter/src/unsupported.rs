//! What cannot run yet, by name: above all the fields of JSONPath mode that select and shape data.
//!
//! A state in JSONPath mode runs as long as it has none of them. To run them, too, three places of the engine would
//! ask [`Scope`](crate::query::Scope) for what it already knows, the state's language: where a state's data is
//! resolved (`query`: `InputPath`, `Parameters`, `ItemsPath`, the fields in `Path`), where it is left (`states::leave`:
//! `ResultSelector`, `ResultPath`, `OutputPath`) and where a Choice's rules are tried (`states::choice`). Nothing else
//! tells the languages apart.

use pawl_asl::{Machine, Map, Problem, QueryLanguage, State, StateMap};
use serde_json::Value;

use crate::jsonata;
use crate::resource::Resource;
use crate::states::language;

/// The one field of JSONPath mode that selects nothing: a Pass gives it instead of its input.
pub(crate) const RESULT: &str = "Result";

/// The fields of JSONPath mode that change nothing where they are `$`, as they are when absent.
const WHOLE: [&str; 3] = ["InputPath", "OutputPath", "ResultPath"];

/// Everything in a machine that this interpreter cannot run, and every expression that cannot be read.
///
/// An execution of such a machine fails with `States.Runtime` when it comes to the state.
pub fn unsupported(machine: &Machine) -> Vec<Problem> {
    let mut problems = Vec::new();
    states(machine, &machine.states, "/States", &mut problems);
    problems
}

fn states(machine: &Machine, block: &StateMap, pointer: &str, problems: &mut Vec<Problem>) {
    for (name, state) in block {
        let pointer = pawl_asl::pointer(pointer, name);
        if let Some(message) = state_problem(machine, state) {
            problems.push(Problem {
                pointer: pointer.clone(),
                message,
            });
        }
        if language(machine, state) == QueryLanguage::Jsonata {
            expressions(state, &pointer, problems);
        }
        match state {
            State::Parallel(parallel) => {
                for (index, branch) in parallel.branches.iter().enumerate() {
                    states(
                        machine,
                        &branch.states,
                        &format!("{pointer}/Branches/{index}/States"),
                        problems,
                    );
                }
            }
            State::Map(map) => {
                if let Some(processor) = &map.item_processor {
                    states(
                        machine,
                        &processor.states,
                        &format!("{pointer}/ItemProcessor/States"),
                        problems,
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

/// Why a state cannot run, if so.
pub(crate) fn state_problem(machine: &Machine, state: &State) -> Option<String> {
    let choices = if let State::Choice(choice) = state {
        choice.choices.as_slice()
    } else {
        &[]
    };
    let is_json_path = language(machine, state) == QueryLanguage::JsonPath;
    let runs = |(field, value): &(&String, &Value)| {
        let is_result = matches!(state, State::Pass(_)) && *field == RESULT;
        is_json_path && (is_result || (WHOLE.contains(&field.as_str()) && *value == "$"))
    };
    let mut others = [state.other()]
        .into_iter()
        .chain(state.catch().iter().map(|catcher| &catcher.other))
        .chain(choices.iter().map(|rule| &rule.other))
        .flatten()
        .filter(|field| !runs(field));
    let other = others.next().map(|(field, _)| field.as_str());
    let path = || is_json_path.then(|| path_field(state)).flatten();
    if let Some(field) = other.or_else(path) {
        return Some(unknown(field, is_json_path));
    }
    match state {
        State::Map(map) => map_problem(map, is_json_path),
        State::Task(task) => Resource::parse(&task.resource)
            .is_none()
            .then(|| format!("The resource '{}' is not supported.", task.resource)),
        State::Pass(_)
        | State::Choice(_)
        | State::Wait(_)
        | State::Succeed(_)
        | State::Fail(_)
        | State::Parallel(_) => None,
    }
}

/// What is said of a field that does not run.
fn unknown(field: &str, is_json_path: bool) -> String {
    if is_json_path {
        format!(
            "The JSONPath field '{field}' is not available here: give the state the QueryLanguage 'JSONata'."
        )
    } else {
        format!("The field '{field}' is not supported.")
    }
}

/// Why a Map cannot run, if so.
fn map_problem(map: &Map, is_json_path: bool) -> Option<String> {
    if map.item_processor.is_none() {
        return Some("A Map without an ItemProcessor is not supported.".to_owned());
    }
    let others = [
        map.item_reader.as_ref().map(|reader| &reader.other),
        map.item_batcher.as_ref().map(|batcher| &batcher.other),
        map.result_writer.as_ref().map(|writer| &writer.other),
    ];
    if let Some(field) = others
        .into_iter()
        .flatten()
        .flat_map(|other| other.keys())
        .next()
    {
        return Some(unknown(field, is_json_path));
    }
    let config = map
        .item_reader
        .as_ref()
        .and_then(|reader| reader.reader_config.as_ref());
    let input_type = config.and_then(|config| config.get("InputType"));
    if input_type.and_then(Value::as_str) == Some("PARQUET") {
        return Some("The InputType 'PARQUET' is not supported.".to_owned());
    }
    None
}

/// A field of a template whose name says that its value is a path, at any depth.
fn path_field(state: &State) -> Option<&str> {
    let catchers = state
        .catch()
        .iter()
        .filter_map(|catcher| catcher.assign.as_ref());
    let assigned = state.assign().into_iter().chain(catchers).flatten();
    let mut templates: Vec<(&str, &Value)> = assigned
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    match state {
        State::Map(map) => {
            let batcher = map.item_batcher.as_ref();
            let batch_input = batcher.and_then(|batcher| batcher.batch_input.as_ref());
            let values = map.item_selector.iter().chain(batch_input);
            templates.extend(values.map(|value| ("", value)));
        }
        State::Task(task) => templates.extend(task.credentials.iter().map(|value| ("", value))),
        State::Pass(_)
        | State::Choice(_)
        | State::Wait(_)
        | State::Succeed(_)
        | State::Fail(_)
        | State::Parallel(_) => {}
    }
    templates
        .into_iter()
        .find_map(|(name, value)| path_in(name, value))
}

fn path_in<'f>(name: &'f str, value: &'f Value) -> Option<&'f str> {
    if name.ends_with(".$") {
        return Some(name);
    }
    match value {
        Value::Object(members) => members
            .iter()
            .find_map(|(name, value)| path_in(name, value)),
        Value::Array(items) => items.iter().find_map(|value| path_in("", value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Reports every expression of a state that cannot be read; those of the states inside it are not looked at.
fn expressions(state: &State, pointer: &str, problems: &mut Vec<Problem>) {
    let Ok(mut value) = serde_json::to_value(state) else {
        return;
    };
    if let Some(members) = value.as_object_mut() {
        members
            .retain(|name, _| !matches!(name.as_str(), "Branches" | "ItemProcessor" | "Comment"));
    }
    walk(&value, pointer, problems);
}

fn walk(value: &Value, pointer: &str, problems: &mut Vec<Problem>) {
    match value {
        Value::String(text) => {
            let refusals =
                pawl_asl::expression(text).map(|source| jsonata::survey(source).refusals);
            problems.extend(refusals.into_iter().flatten().map(|(_, message)| Problem {
                pointer: pointer.to_owned(),
                message,
            }));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{pointer}/{index}"), problems);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                walk(member, &pawl_asl::pointer(pointer, name), problems);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
