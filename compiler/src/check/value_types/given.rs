//! What steps give, and what a run is given.

use std::collections::BTreeMap;

use pawl_contract::Kind;
use pawl_contract::reference::{
    APPROVAL_MEMBERS, CONDITION_MEMBERS, LOOP_OUTPUT_MEMBERS, REQUEST_MEMBERS, STATE_MEMBERS,
    SWITCH_MEMBERS,
};
use pawl_expression::{Fields, Others, Path, Type};

use super::{answer, is_certain};
use crate::definition::{Definition, Step};
use crate::source::{Data, Node};
use crate::steps;

/// What a step gives.
pub(crate) fn of(step: &Step, definition: &Definition) -> Type {
    match step.kind {
        Kind::Trigger => input(definition),
        Kind::Llm => llm(step),
        Kind::Action => {
            steps::operation(step).map_or(Type::Any, |operation| answer::of(&operation.output))
        }
        Kind::Transform => transform(step),
        // What members these have is checked elsewhere; of some, what they are is known too.
        Kind::Condition => members(&CONDITION_MEMBERS, &[("passed", Type::Flag)]),
        Kind::Switch => members(&SWITCH_MEMBERS, &[]),
        Kind::Loop => members(
            &LOOP_OUTPUT_MEMBERS,
            &[
                ("results", Type::List(Box::new(Type::Any))),
                ("state", loop_state()),
            ],
        ),
        Kind::Request => members(
            &REQUEST_MEMBERS,
            &[("status", Type::Number), ("url", Type::Text)],
        ),
        Kind::Approval => members(
            &APPROVAL_MEMBERS,
            &[
                ("decision", decisions(step)),
                ("approved", Type::Flag),
                ("edited", Type::Flag),
            ],
        ),
        Kind::Signal | Kind::Subflow | Kind::Delay | Kind::Parallel | Kind::Merge => Type::Any,
    }
}

/// What a loop says of how far it is; other members of it are spoken of elsewhere.
pub(super) fn loop_state() -> Type {
    let counts = STATE_MEMBERS.map(|name| (name, Type::Number));
    members(
        &STATE_MEMBERS,
        &[&counts[..], &[("isComplete", Type::Flag)]].concat(),
    )
}

fn decisions(step: &Step) -> Type {
    let rejected = step.config.get("rejectedAs").and_then(Node::as_str);
    let words = ["approved", rejected.unwrap_or("rejected"), "timeout"];
    Type::Words(words.into_iter().map(str::to_owned).collect())
}

fn members(names: &[&str], known: &[(&str, Type)]) -> Type {
    let type_of = |name: &str| {
        let found = known.iter().rfind(|(known, _)| *known == name);
        found.map_or(Type::Any, |(_, found)| found.clone())
    };
    let fields = names.iter().map(|name| ((*name).to_owned(), type_of(name)));
    Type::object(fields, Others::Maybe)
}

/// The same, where a mock may give more than an object is said to have.
fn undeclared(found: Type) -> Type {
    match found {
        Type::Object(Fields { known, others }) => {
            let known = known.into_iter();
            Type::Object(Fields {
                known: known.map(|(name, one)| (name, undeclared(one))).collect(),
                others: match others {
                    Others::Never | Others::Undeclared => Others::Undeclared,
                    Others::Maybe => Others::Maybe,
                },
            })
        }
        Type::List(element) => Type::List(Box::new(undeclared(*element))),
        Type::Either(types) => Type::either(types.into_iter().map(undeclared)),
        found @ (Type::Any
        | Type::Null
        | Type::Flag
        | Type::Number
        | Type::Text
        | Type::Words(_)
        | Type::Given(_)) => found,
    }
}

/// A text, or what the step's schema says.
fn llm(step: &Step) -> Type {
    let schema = step
        .config
        .get("outputSchema")
        .filter(|schema| schema.is_object());
    if let Some(schema) = schema {
        return undeclared(Type::of_schema(&schema.to_json()));
    }
    let format = step.config.get("outputFormat").and_then(Node::as_str);
    match format {
        Some("json") => Type::Any,
        // An agent that is kept elsewhere may answer by data.
        _ if step.config.get(steps::llm::AGENT).is_some() => Type::Any,
        _ => Type::Text,
    }
}

/// The fields that mappings make; an output step gives its mapping.
fn transform(step: &Step) -> Type {
    let given = |field: &str| step.config.get(field).filter(|node| !node.is_null());
    if steps::is_output(step) {
        let mapping = given("mapping").or_else(|| given("outputMapping"));
        let entries = mapping.map(Node::entries).unwrap_or_default();
        if entries.is_empty() || entries.iter().any(|entry| entry.key.contains("{{")) {
            return Type::Any;
        }
        let fields = entries
            .iter()
            .map(|entry| (entry.key.clone(), written(&entry.node)));
        return Type::object(fields, others(step));
    }
    let mappings = given("mappings").map(Node::elements).unwrap_or_default();
    let keeps = given("onError").and_then(Node::as_str);
    if mappings.is_empty() || keeps.is_some_and(|word| word != "fail") {
        return Type::Any;
    }
    let mut fields = BTreeMap::new();
    for mapping in mappings {
        let Some(path) = mapping.get("field").and_then(Node::as_str) else {
            return Type::Any;
        };
        // A path of several names makes an object of any fields.
        let path = Path::parse(path).ok();
        let names = path.as_ref().and_then(Path::names);
        let Some([first, rest @ ..]) = names.as_deref() else {
            return Type::Any;
        };
        let is_whole = rest.is_empty();
        let found = match mapping.get("type").and_then(Node::as_str) {
            Some("constant") if is_whole => mapping.get("value").map_or(Type::Any, written),
            Some("array_map") if is_whole && mapping.get("default").is_none() => {
                Type::List(Box::new(Type::Any))
            }
            _ => Type::Any,
        };
        fields.insert((*first).to_owned(), found);
    }
    Type::object(fields, others(step))
}

fn others(step: &Step) -> Others {
    if is_certain(step) {
        Others::Never
    } else {
        Others::Undeclared
    }
}

/// The type of a value of the definition: a template may give anything.
fn written(node: &Node) -> Type {
    match &node.data {
        Data::Object(entries) if entries.iter().any(|entry| entry.key.contains("{{")) => Type::Any,
        Data::Object(entries) => {
            let fields = entries
                .iter()
                .map(|entry| (entry.key.clone(), written(&entry.node)));
            Type::object(fields, Others::Never)
        }
        Data::Array(elements) => Type::List(Box::new(Type::either(elements.iter().map(written)))),
        Data::String(text) if text.contains("{{") => Type::Any,
        Data::String(_) => Type::Text,
        Data::Null | Data::Bool(_) | Data::Number(_) => Type::of(&node.to_json()),
    }
}

/// What the trigger declares of the run's input.
pub(super) fn input(definition: &Definition) -> Type {
    let mut steps = definition.steps.iter();
    let Some(trigger) = steps.find(|step| step.kind == Kind::Trigger) else {
        return Type::Any;
    };
    if let Some(schema) = trigger
        .config
        .get("inputSchema")
        .filter(|schema| schema.is_object())
    {
        return Type::of_schema(&typed(schema));
    }
    let inputs = trigger.config.get("inputs").map(Node::elements);
    let inputs = inputs.unwrap_or_default();
    if inputs.is_empty() {
        return Type::Any;
    }
    let fields = inputs.iter().filter_map(|input| {
        let name = input.get("name")?.as_str()?;
        Some((name.to_owned(), declared(input)))
    });
    Type::object(fields, Others::Undeclared)
}

/// A schema whose root says that it is an object, which that of an input always is.
fn typed(schema: &Node) -> serde_json::Value {
    let mut schema = schema.to_json();
    if let Some(object) = schema.as_object_mut() {
        object.entry("type").or_insert_with(|| "object".into());
    }
    schema
}

fn declared(input: &Node) -> Type {
    let found = match input.get("type").and_then(Node::as_str) {
        Some("number") => Type::Number,
        Some("boolean") => Type::Flag,
        Some("select") => {
            let options = input.get("options").map(Node::elements).unwrap_or_default();
            let words: Option<Vec<String>> = options
                .iter()
                .map(|option| {
                    let value = option.as_str().or_else(|| option.get("value")?.as_str());
                    value.map(str::to_owned)
                })
                .collect();
            match words.filter(|words| !words.is_empty()) {
                Some(words) => Type::Words(words.into_iter().collect()),
                None => Type::Any,
            }
        }
        Some("text" | "email" | "date") => Type::Text,
        _ => Type::Any,
    };
    let is_required = input.get("required").map(|node| &node.data) == Some(&Data::Bool(true));
    if is_required {
        return found;
    }
    Type::either([found, Type::Null])
}
