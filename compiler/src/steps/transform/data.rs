//! `transform`: reshapes data by operations and mappings.

use pawl_expression::Path;

use super::super::Text;
use super::super::action::{exposed, secrets_in};
use super::super::wrong;
use super::forms::{self, FUNCTIONS, Form, MAPPINGS, OPERATIONS, Part, Reading};
use crate::definition::Step;
use crate::diagnostic::{Diagnostic, codes};
use crate::fields::{self, Field, Shape, Templates};
use crate::shape::near_ours;
use crate::source::{Data, Node};

/// The fields of a transform's configuration.
pub(in crate::steps) const FIELDS: &[Field] = &[
    ("type", Shape::Any),
    ("input", Shape::Any),
    ("path", Shape::Text),
    ("operations", Shape::List),
    ("mappings", Shape::List),
    ("outputSchema", Shape::Object),
    ("coerces", Shape::Flag),
    (
        "onError",
        Shape::OneOf(&["fail", "partial", "skip", "default"]),
    ),
    ("defaultOutput", Shape::Any),
    ("description", Shape::Text),
];

/// The lists of forms that a transform may have, with what one of each is called.
const LISTS: [(&str, &[Form], &str); 2] = [
    ("operations", OPERATIONS, "operation"),
    ("mappings", MAPPINGS, "mapping"),
];

pub(super) fn check(step: &Step, diagnostics: &mut Vec<Diagnostic>) {
    let given = |field: &str| step.config.get(field).filter(|node| !node.is_null());
    let does = ["operations", "mappings", "path", "outputSchema"];
    let is_misspelt = does
        .iter()
        .any(|field| fields::is_misspelt(&step.config, field, diagnostics));
    if !is_misspelt && does.iter().all(|field| given(field).is_none()) {
        diagnostics.push(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("step `{}` has neither `operations` nor `mappings`", step.slug),
            )
            .on(&step.config)
            .help("write `\"mappings\": [{ \"field\": \"name\", \"type\": \"extract\", \"path\": \"customer.name\" }]`"),
        );
    }
    if let Some(node) = given("path") {
        path(node, diagnostics);
    }
    if let Some(schema) = given("outputSchema").filter(|schema| schema.is_object()) {
        crate::schema::check(schema, diagnostics);
    }
    let is_default = given("onError").and_then(Node::as_str) == Some("default");
    if is_default && step.config.get("defaultOutput").is_none() {
        diagnostics.push(
            Diagnostic::error(
                codes::MISSING_FIELD,
                format!("step `{}` has no `defaultOutput`", step.slug),
            )
            .on(given("onError").unwrap_or(&step.config))
            .help("add what the step gives where it fails: `\"defaultOutput\": { ... }`"),
        );
    }
    for (field, forms, noun) in LISTS {
        for node in given(field).map(Node::elements).unwrap_or_default() {
            form(node, forms, noun, diagnostics);
        }
    }
    diagnostics.extend(secrets_in(&step.config).into_iter().map(exposed));
}

/// The values that are evaluated when the step runs, with the names that each can read besides.
pub(in crate::steps) fn texts(step: &Step) -> Vec<(Text, &Node, &'static [&'static str])> {
    let mut found = Vec::new();
    for field in ["input", "defaultOutput"] {
        let node = step.config.get(field);
        found.extend(node.map(|node| (Text::Template, node, [].as_slice())));
    }
    for (field, forms, _) in LISTS {
        let listed = step.config.get(field).map(Node::elements);
        for given in listed.unwrap_or_default() {
            let kind = given.get("type").and_then(Node::as_str);
            let form = kind.and_then(|kind| forms::find(forms, kind));
            for part in form.map(|form| form.parts).unwrap_or_default() {
                if let (Reading::Text(text, names), Some(node)) =
                    (part.reading, given.get(part.name))
                {
                    found.push((text, node, names));
                }
            }
        }
    }
    found
}

/// Checks one mapping or operation.
fn form(node: &Node, forms: &'static [Form], noun: &str, diagnostics: &mut Vec<Diagnostic>) {
    let names = || forms.iter().map(|form| form.name).collect::<Vec<_>>();
    if !node.is_object() {
        diagnostics.push(wrong(
            node,
            &format!("each {noun} is an object with a `type`"),
        ));
        return;
    }
    let Some(kind) = node.get("type") else {
        diagnostics.push(
            Diagnostic::error(codes::MISSING_FIELD, format!("the {noun} has no `type`"))
                .on(node)
                .help(format!("add one of {}", fields::list(&names()))),
        );
        return;
    };
    let word = kind.as_str().unwrap_or_default();
    let Some(form) = forms::find(forms, word) else {
        let message = format!("there is no {noun} of type `{word}`");
        let all = forms
            .iter()
            .flat_map(|form| form.others.iter().copied().chain([form.name]));
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(kind)
                .help(format!("its type is {}", fields::list(&names())))
                .meant(word, near_ours(word, all)),
        );
        return;
    };
    let article = if form.name.starts_with(['a', 'e', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    let what = format!("{article} `{}`", form.name);
    let table: Vec<Field> = form
        .parts
        .iter()
        .map(|part| (part.name, part.shape))
        .collect();
    let table: Vec<Field> = table.into_iter().chain([("type", Shape::Text)]).collect();
    fields::check(node, &table, &what, Templates::Refused, diagnostics);
    for part in form.parts {
        match node.get(part.name) {
            Some(value) if fits(part, value) => value_of(part, value, diagnostics),
            None if part.is_needed && !fields::is_misspelt(node, part.name, diagnostics) => {
                let message = format!("the {noun} has no `{}`", part.name);
                diagnostics.push(
                    Diagnostic::error(codes::MISSING_FIELD, message)
                        .on(node)
                        .help(format!("add `{}`: {}", part.name, part.shape)),
                );
            }
            Some(_) | None => {}
        }
    }
    let is_idle = |field: &str| node.get(field).is_none();
    if form.name == "limit" && is_idle("count") && is_idle("skip") {
        diagnostics.push(
            Diagnostic::error(codes::MISSING_FIELD, "the operation has no `count`")
                .on(node)
                .help("add `count`: a whole number that is not negative"),
        );
    }
}

fn fits(part: &Part, value: &Node) -> bool {
    crate::shape::fits(&part.shape, value)
}

/// Checks what a field is read as; templates and expressions are looked at elsewhere.
fn value_of(part: &Part, node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    match part.reading {
        Reading::Plain if part.name == "fields" => names_in(node, diagnostics),
        Reading::Plain | Reading::Text(..) => {}
        Reading::Path => path(node, diagnostics),
        Reading::Paths => one_or_more(node).for_each(|node| path(node, diagnostics)),
        Reading::Names => one_or_more(node).for_each(|node| names(node, diagnostics)),
        Reading::Sides => sides(node, diagnostics),
        Reading::Computed => computed(node, diagnostics),
    }
}

fn one_or_more(node: &Node) -> impl Iterator<Item = &Node> {
    let one = node.as_str().map(|_| node);
    one.into_iter().chain(node.elements())
}

fn path(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some(Err(error)) = node.as_str().map(Path::parse) else {
        return;
    };
    diagnostics.push(
        Diagnostic::error(
            codes::INVALID_VALUE,
            format!("this path cannot be read: {}", error.message),
        )
        .on(node)
        .maybe_help(error.help),
    );
}

/// A path by which fields are made: names and nothing else.
fn names(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let parsed = node.as_str().and_then(|text| Path::parse(text).ok());
    if parsed.is_some_and(|path| path.names().is_some()) {
        return;
    }
    let text = node.as_str().unwrap_or_default();
    diagnostics.push(
        Diagnostic::error(
            codes::INVALID_VALUE,
            format!("`{text}` cannot be the name of a field"),
        )
        .on(node)
        .help("use a name, or names with dots between them: `address.city`"),
    );
}

/// New names by old ones.
fn names_in(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    for entry in node.entries() {
        if entry.node.as_str().is_none() {
            let message = format!("the new name of `{}` is a text", entry.key);
            diagnostics.push(wrong(&entry.node, &message));
        }
    }
}

/// The paths that a join compares.
fn sides(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    const SIDES: [Field; 2] = [("left", Shape::Text), ("right", Shape::Text)];
    if !node.is_object() {
        path(node, diagnostics);
        return;
    }
    fields::check(node, &SIDES, "`on`", Templates::Refused, diagnostics);
    for (side, _) in SIDES {
        match node.get(side) {
            Some(value) => path(value, diagnostics),
            None if fields::is_misspelt(node, side, diagnostics) => {}
            None => diagnostics.push(
                Diagnostic::error(codes::MISSING_FIELD, format!("`on` has no `{side}`"))
                    .on(node)
                    .help("write `{ \"left\": \"id\", \"right\": \"customerId\" }`, or one path for both"),
            ),
        }
    }
}

/// The fields of an aggregate: each a function, and what of the items it is given.
fn computed(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    const FIELDS: [Field; 2] = [("function", Shape::Text), ("path", Shape::Text)];
    for entry in node.entries() {
        let given = &entry.node;
        let function = match &given.data {
            Data::String(_) => Some(given),
            Data::Object(_) => {
                fields::check(
                    given,
                    &FIELDS,
                    "a computed field",
                    Templates::Refused,
                    diagnostics,
                );
                if let Some(value) = given.get("path") {
                    path(value, diagnostics);
                }
                given.get("function")
            }
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Array(_) => None,
        };
        let Some(function) = function else {
            if !fields::is_misspelt(given, "function", diagnostics) {
                let message = format!("the field `{}` has no `function`", entry.key);
                diagnostics.push(
                    Diagnostic::error(codes::MISSING_FIELD, message)
                        .on(given)
                        .help("write `{ \"function\": \"sum\", \"path\": \"total\" }`"),
                );
            }
            continue;
        };
        let Some(word) = function.as_str().filter(|word| !FUNCTIONS.contains(word)) else {
            continue;
        };
        diagnostics.push(
            Diagnostic::error(
                codes::INVALID_VALUE,
                format!("there is no function `{word}`"),
            )
            .on(function)
            .help(format!("use {}", fields::list(&FUNCTIONS)))
            .meant(word, near_ours(word, FUNCTIONS)),
        );
    }
}

/// Every field of every mapping and operation, for the page of fields.
#[cfg(test)]
pub(in crate::steps) fn documented() -> Vec<Field> {
    let forms = MAPPINGS.iter().chain(OPERATIONS);
    let parts = forms.clone().flat_map(|form| form.parts);
    let parts = parts.map(|part| (part.name, part.shape));
    let types = forms.map(|form| (form.name, Shape::Any));
    let functions = FUNCTIONS.map(|name| (name, Shape::Any));
    parts
        .chain(types)
        .chain(functions)
        .chain(FIELDS.iter().copied())
        .collect()
}
