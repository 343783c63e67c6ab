//! `set_variables`, `output` and `transform`: compute values for later steps, or the run's result.

pub(super) mod data;
mod forms;
pub(crate) mod spelling;

use super::action::{exposed, secrets_in};
use super::r#loop::can_be_bound;
use super::wrong;
use crate::definition::{Place, Step};
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::source::{Data, Entry, Node};

/// So many writes fit a transaction beside what else a step may write in it.
const MOST_VARIABLES: usize = 40;

/// The fields of an output step's configuration.
pub(super) const OUTPUT_FIELDS: &[Field] = &[
    ("mapping", Shape::Either(&[Shape::Object, Shape::Text])),
    ("outputMapping", Shape::Object),
    ("description", Shape::Text),
];

/// The fields of an entry in the list form of `set_variables`.
const ENTRY: [Field; 4] = [
    ("name", Shape::Text),
    ("value", Shape::Any),
    ("secure", Shape::Flag),
    ("description", Shape::Text),
];

/// What a transform computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Variables, for later steps.
    Variables,
    /// The run's output.
    Output,
    /// Data in another shape.
    Data,
}

/// What a step computes.
pub(super) fn form(step: &Step) -> Form {
    match step.config.get("type").map(Node::as_str) {
        None => Form::Output,
        Some(Some("transform")) => Form::Data,
        Some(_) => Form::Variables,
    }
}

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    match form(step) {
        Form::Variables => {}
        Form::Output => return output(step, diagnostics),
        Form::Data => return data::check(step, diagnostics),
    }
    entries(step, diagnostics);
    let set = variables(step);
    if set.is_empty() && listed(step).is_empty() {
        diagnostics.push(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("step `{}` sets no variable", step.slug),
            )
            .on(&step.config)
            .help("write `\"parameters\": { \"name\": \"{{value}}\" }`"),
        );
    }
    if set.len() > MOST_VARIABLES {
        let message = format!(
            "a step sets at most {MOST_VARIABLES} variables, `{}` sets {}",
            step.slug,
            set.len()
        );
        diagnostics.push(
            Diagnostic::error(codes::MACHINE_LIMIT, message)
                .on(&step.config)
                .help("set an object, or use two steps"),
        );
    }
    for (name, node) in set {
        if !can_be_bound(name) {
            let Place { pointer, span } = name_place(step, node);
            diagnostics.push(
                Diagnostic::error(
                    codes::INVALID_VALUE,
                    format!("`{name}` cannot be the name of a variable"),
                )
                .at(pointer, span)
                .help("use a word of letters, digits and `_` that has no meaning yet"),
            );
        }
    }
}

/// Where the name of a variable stands.
fn name_place(step: &Step, node: &Node) -> Place {
    let is_listed = listed(step)
        .iter()
        .any(|entry| entry.pointer == node.pointer);
    if let Some(name) = node.get("name").filter(|_| is_listed) {
        return Place::from(name);
    }
    let parameters = step.config.get("parameters");
    let inside = parameters.unwrap_or(&step.config).get("variables");
    let objects = [inside, parameters, Some(&step.config)];
    let mut entries = objects.into_iter().flatten().flat_map(Node::entries);
    let entry = entries.find(|entry| entry.node.pointer == node.pointer);
    let key = entry.map_or(&node.span, |entry| &entry.key_span);
    Place {
        pointer: node.pointer.clone(),
        span: key.clone(),
    }
}

/// Every entry of the list form has a name and a value.
fn entries(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    for entry in listed(step) {
        if !entry.is_object() {
            diagnostics.push(wrong(
                entry,
                "a variable is an object of `name` and `value`",
            ));
            continue;
        }
        fields::check(entry, &ENTRY, "a variable", Templates::Refused, diagnostics);
        for field in ["name", "value"] {
            if entry.get(field).is_some() || fields::is_misspelt(entry, field, diagnostics) {
                continue;
            }
            let message = format!("the variable has no `{field}`");
            diagnostics.push(
                Diagnostic::error(codes::MISSING_FIELD, message)
                    .on(entry)
                    .help("write `{ \"name\": \"total\", \"value\": \"{{...}}\" }`"),
            );
        }
    }
    let secrets = secrets_in(&step.config).into_iter();
    diagnostics.extend(secrets.map(|secret| {
        if is_kept_encrypted(step, &secret.pointer) {
            let message = "a secure variable is given its value in the clear, and encrypts it: this is encrypted already";
            Diagnostic::error(codes::EXPOSED_SECRET, message)
                .on(secret)
                .help("give it to a step that sends it elsewhere, such as a request; no variable is needed for it")
        } else {
            exposed(secret)
        }
    }));
}

/// The names of the secure variables that a step sets; they are read as secrets.
pub(super) fn secrets(step: &Step) -> impl Iterator<Item = &str> {
    let set = Some(step).filter(|step| form(step) == Form::Variables);
    let listed = set.map(listed).unwrap_or_default();
    let secure = listed.iter().filter(|entry| is_secure(entry));
    secure.filter_map(|entry| entry.get("name")?.as_str())
}

/// Whether a place stands in the value of a secure variable, which is kept encrypted.
pub(super) fn is_kept_encrypted(step: &Step, pointer: &str) -> bool {
    let is_around = |entry: &Node| {
        let rest = pointer.strip_prefix(entry.pointer.as_str());
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    form(step) == Form::Variables
        && listed(step)
            .iter()
            .any(|entry| is_secure(entry) && is_around(entry))
}

fn is_secure(entry: &Node) -> bool {
    entry
        .get("secure")
        .is_some_and(|node| node.data == Data::Bool(true))
}

fn output(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let Some(mapping) = step
        .config
        .get("mapping")
        .or_else(|| step.config.get("outputMapping"))
    else {
        diagnostics.push(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("step `{}` has no `mapping`", step.slug),
            )
            .on(&step.config)
            .help("write `\"mapping\": { \"name\": \"{{steps.<slug>.output}}\" }`"),
        );
        return;
    };
    if let Some(other) = step.config.get("outputMapping")
        && other.pointer != mapping.pointer
    {
        diagnostics.push(
            Diagnostic::error(
                codes::INVALID_VALUE,
                format!(
                    "step `{}` has both `mapping` and `outputMapping`",
                    step.slug
                ),
            )
            .on(other)
            .help("keep `mapping`"),
        );
    }
}

/// The variables that a step sets: a list or an object under `variables`, a plain object of them, or the fields beside `type`.
pub(super) fn variables(step: &Step) -> Vec<(&str, &Node)> {
    if form(step) != Form::Variables {
        return Vec::new();
    }
    if !listed(step).is_empty() {
        return listed(step)
            .iter()
            .filter(|entry| !is_secure(entry))
            .filter_map(|entry| Some((entry.get("name")?.as_str()?, entry)))
            .collect();
    }
    let parameters = step.config.get("parameters");
    let inside = parameters.unwrap_or(&step.config).get("variables");
    if let Some(inside) = inside.filter(|node| node.is_object()) {
        return named(inside.entries(), &[]);
    }
    if let Some(parameters) = parameters {
        return named(parameters.entries(), &[]);
    }
    named(step.config.entries(), &["type", "operation", "description"])
}

/// Entries as variables, except those that mean something else.
fn named<'step>(entries: &'step [Entry], own: &[&str]) -> Vec<(&'step str, &'step Node)> {
    entries
        .iter()
        .filter(|entry| !own.contains(&entry.key.as_str()))
        .map(|entry| (entry.key.as_str(), &entry.node))
        .collect()
}

/// The entries of the list form `{variables: [{name, value}]}`.
fn listed(step: &Step) -> &[Node] {
    let parameters = step.config.get("parameters").unwrap_or(&step.config);
    parameters
        .get("variables")
        .map(Node::elements)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::{Notation, Options, compile};

    /// The errors about a step that sets variables: what is said, and the text that it points at.
    fn errors(config: &str) -> Vec<(String, String)> {
        let workflow = format!(
            r#"{{"name": "Example", "steps": [{{"stepSlug": "keep_it", "stepType": "action", "config": {{"type": "set_variables", {config}}}}}]}}"#
        );
        let found = compile(&workflow, Notation::Json, Options::default()).diagnostics;
        let found = found.into_iter().filter(crate::Diagnostic::is_error);
        let at = |one: &crate::Diagnostic| workflow.get(one.span.clone()).map(str::to_owned);
        found
            .map(|one| (at(&one).unwrap_or_default(), one.message))
            .collect()
    }

    #[test]
    fn what_cannot_be_set_is_said_once_and_where_it_stands() {
        let rows = [
            (r#""parameters": {"a": 1, "$b": 2}"#, None),
            (
                r#""parameters": {"input": 1}"#,
                Some((r#""input""#, "`input` cannot be the name of a variable")),
            ),
            (
                r#""parameters": {"variables": {"null": 1}}"#,
                Some((r#""null""#, "`null` cannot be the name of a variable")),
            ),
            (
                r#""in": 1"#,
                Some((r#""in""#, "`in` cannot be the name of a variable")),
            ),
            (
                r#""parameters": {"variables": [{"name": "includes", "value": 1}]}"#,
                Some((
                    r#""includes""#,
                    "`includes` cannot be the name of a variable",
                )),
            ),
            (
                r#""parameters": {"variables": [{"nme": "a", "value": 1}]}"#,
                Some((r#""nme""#, "a variable has no field `nme`; it is ignored")),
            ),
            (
                r#""parameters": {"variables": [{"value": 1}]}"#,
                Some((r#"{"value": 1}"#, "the variable has no `name`")),
            ),
            (
                r#""parameters": {"a": {"__secure": true, "encrypted": "x"}}"#,
                Some((
                    r#"{"__secure": true, "encrypted": "x"}"#,
                    "an encrypted value would be written down here",
                )),
            ),
        ];
        for (config, expected) in rows {
            let expected = expected.map(|(at, message)| (at.to_owned(), message.to_owned()));
            let expected: Vec<_> = expected.into_iter().collect();
            assert_eq!(errors(config), expected, "{config}");
        }
    }
}
