//! Steps that make data of data: mappings, expressions and the words of transforms.

use super::super::Translation;
use super::super::build::{Object, list, text};
use super::agents::passing;
use super::data::from;
use super::processing;
use super::steps::Step;
use super::texts::{MAPPING, Names, PLACE, Texts, alone};
use crate::fields::Shape;
use crate::shape;
use crate::source::{Data, Entry, Node};

/// The names that a transform itself gives a meaning, where operations and where mappings are evaluated.
const IN_OPERATIONS: &[&str] = &["data", "item", "index"];
const IN_MAPPINGS: &[&str] = &["data", "result"];

/// What a mapping evaluates for each item of a list.
const OF_ITEMS: [&str; 2] = ["where", "filter_condition"];

/// A step that changes data: its words are known to the native transform, its texts are not.
pub(super) fn transform(
    step: &Step<'_>,
    before: &[&Step<'_>],
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Object {
    let names = texts.names(step);
    let sources = ["input", "data", "input_data", "source", "input_path"];
    let options = step.get("options");
    let of_options =
        || options.and_then(|options| sources.iter().find_map(|field| options.get(field)));
    let source = step.first(&sources).or_else(of_options);
    let source = match source {
        Some(node) if node.as_str().is_some() => Some(texts.mapping(node, &names, PLACE)),
        Some(node) => Some(texts.value(node, &names)),
        None => match step
            .get("input_mapping")
            .filter(|mapping| !mapping.entries().is_empty())
        {
            Some(mapping) => Some(texts.mapping(mapping, &Names::default(), MAPPING)),
            None => from(before).map(|from| text(step.node, from)),
        },
    };
    // One expression or template makes the whole.
    let whole = step.first(&["expression", "transformation", "template", "transform"]);
    if let Some((node, written)) = whole.and_then(|node| Some((node, node.as_str()?))) {
        let written = if written.contains("{{") {
            texts.template(written, &names)
        } else {
            format!("{{{{{}}}}}", texts.expression(written, &names))
        };
        return passing(step, text(node, written));
    }
    let mut config = Object::of(step.node);
    config.maybe("input", source);
    let known = ["mapping", "mappings", "fields", "output"];
    let mapping = step.get("mapping");
    if let Some(mapping) = mapping.filter(|node| !node.is_object() && node.elements().is_empty()) {
        translation.say(shape::misfit("mapping", Shape::Object, mapping));
    }
    if let Some(mapping) = step.first(&known).filter(|mapping| mapping.is_object()) {
        let fields = mapping
            .entries()
            .iter()
            .map(|entry| field(entry, &names, texts));
        config.put("mappings", list(mapping, fields.collect()));
    }
    let processing = step
        .first(&["processing_type", "operation"])
        .and_then(Node::as_str);
    let passes =
        processing.is_some_and(|word| ["passthrough", "none", "identity", "copy"].contains(&word));
    let skipped = [
        "input",
        "data",
        "input_data",
        "source",
        "input_path",
        "input_mapping",
        "variables",
    ];
    for block in ["parameters", "config"] {
        for entry in step.node.get(block).map(Node::entries).unwrap_or_default() {
            let is_idle =
                passes && ["processing_type", "operation", "options"].contains(&entry.key.as_str());
            let is_done = is_idle
                || skipped.contains(&entry.key.as_str())
                || entry.key == "mapping"
                || (known.contains(&entry.key.as_str()) && entry.node.is_object());
            if !is_done && !entry.node.is_null() {
                let own = if ["mappings", "fields", "output"].contains(&entry.key.as_str()) {
                    IN_MAPPINGS
                } else {
                    IN_OPERATIONS
                };
                let node = inside(&entry.node, &names.with(own), texts);
                config.rename(
                    &Entry {
                        node,
                        ..entry.clone()
                    },
                    entry.key.clone(),
                );
            }
        }
    }
    let operations = step
        .get("processing_type")
        .zip(options)
        .and_then(|(kind, options)| processing::operations(kind, options, texts));
    if let Some(operations) = operations {
        config.take("processing_type");
        config.take("options");
        config.put("operations", operations);
    }
    let does = [
        "mappings",
        "operations",
        "processing_type",
        "path",
        "input_key",
    ];
    if !does.iter().any(|field| config.has(field)) {
        config.put("operations", list(step.node, Vec::new()));
    }
    config
}

/// A field that a mapping makes.
fn field(entry: &Entry, names: &Names, texts: &Texts<'_>) -> Node {
    let node = &entry.node;
    let value = texts.mapping(node, names, MAPPING);
    let mut field = Object::of(node);
    field.put("field", text(node, entry.key.clone()));
    let mut has_template = false;
    value.each_string(&mut |_, text| has_template |= text.contains("{{"));
    if has_template {
        field.put("type", text(node, "template"));
        field.put("template", value);
    } else {
        field.put("type", text(node, "constant"));
        field.put("value", value);
    }
    field.build()
}

/// The words of operations: what is said of items stays, templates are translated.
fn inside(node: &Node, names: &Names, texts: &Texts<'_>) -> Node {
    let data = match &node.data {
        Data::String(written) if written.contains("{{") => {
            let of_own = alone(written).filter(|inner| names.is_own(inner));
            Data::String(match of_own {
                Some(inner) => format!("{{{{{} ?? null}}}}", texts.evaluated(inner, names)),
                None => texts.template(written, names),
            })
        }
        Data::Array(elements) => Data::Array(
            elements
                .iter()
                .map(|one| inside(one, names, texts))
                .collect(),
        ),
        Data::Object(entries) => {
            let entry = |entry: &Entry| {
                let is_of_items = OF_ITEMS.contains(&entry.key.as_str());
                let of_items = is_of_items.then(|| names.with(IN_OPERATIONS));
                Entry {
                    node: inside(&entry.node, of_items.as_ref().unwrap_or(names), texts),
                    ..entry.clone()
                }
            };
            Data::Object(entries.iter().map(entry).collect())
        }
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => node.data.clone(),
    };
    Node {
        data,
        ..node.clone()
    }
}
