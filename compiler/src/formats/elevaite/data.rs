//! Steps that bring, change and give data; loops, conditions and requests.

use super::super::Translation;
use super::super::build::{self, Object, list, text};
use super::agents::passing;
use super::conditions;
use super::processing;
use super::steps::Step;
use super::texts::{Names, Texts};
use super::waits::mapping_of;
use super::words::What;
use crate::fields::Shape;
use crate::shape;
use crate::source::{Data, Entry, Node};

/// Data that is written out, or that stands somewhere.
pub(super) fn input(step: &Step<'_>, texts: &Texts<'_>) -> Object {
    let names = texts.names(step);
    let is_dynamic = step.text("input_type") == Some("dynamic");
    let source = step
        .get("source")
        .filter(|source| source.as_str().is_some());
    let data = step.first(&["data", "value", "static_data"]);
    let gives = match (source.filter(|_| is_dynamic || data.is_none()), data) {
        (Some(source), _) => text(source, format!("{{{{{} ?? null}}}}", texts.mapped(source))),
        (None, Some(data)) => texts.value(data, &names),
        (None, None) => match step.get("input_mapping") {
            Some(mapping) => mapping_of(mapping, texts),
            None => text(step.node, "{{input}}"),
        },
    };
    passing(step, gives)
}

/// What a step before gave, where there is one.
fn from(before: &[&Step<'_>]) -> Option<String> {
    let mut before = before.iter().filter(|step| step.what.gives());
    let only = before.next()?;
    before
        .next()
        .is_none()
        .then(|| format!("{{{{steps.{}.output ?? null}}}}", only.slug))
}

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
        Some(node) if node.as_str().is_some_and(|text| !text.contains("{{")) => Some(text(
            node,
            format!("{{{{{} ?? null}}}}", texts.mapped(node)),
        )),
        Some(node) => Some(texts.value(node, &names)),
        None => match step
            .get("input_mapping")
            .filter(|mapping| !mapping.entries().is_empty())
        {
            Some(mapping) => Some(mapping_of(mapping, texts)),
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
                let node = inside(&entry.node, &names, texts);
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
    let is_path = node.as_str().is_some_and(|text| {
        (super::texts::is_path(text) && text.contains('.')) || texts.is_about_steps(text)
    });
    let value = if is_path {
        text(node, format!("{{{{{} ?? null}}}}", texts.mapped(node)))
    } else {
        texts.value(node, names)
    };
    let mut field = Object::of(node);
    field.put("field", text(node, entry.key.clone()));
    let is_template = value.as_str().is_some_and(|text| text.contains("{{"));
    if is_template {
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
            Data::String(texts.template(written, names))
        }
        Data::Array(elements) => Data::Array(
            elements
                .iter()
                .map(|one| inside(one, names, texts))
                .collect(),
        ),
        Data::Object(entries) => {
            let entry = |entry: &Entry| Entry {
                node: inside(&entry.node, names, texts),
                ..entry.clone()
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

/// What the run gives.
pub(super) fn output(step: &Step<'_>, before: &[&Step<'_>], texts: &Texts<'_>) -> Object {
    let names = texts.names(step);
    let mut config = Object::of(step.node);
    let mapping = step.first(&["output_mapping", "input_mapping"]);
    if let Some(mapping) = mapping.filter(|mapping| !mapping.entries().is_empty()) {
        config.put("mapping", mapping_of(mapping, texts));
        return config;
    }
    let written = step.first(&[
        "mapping", "fields", "outputs", "output", "data", "value", "template",
    ]);
    let mut gives = Object::of(step.node);
    match written {
        Some(object) if object.is_object() => {
            config.put("mapping", texts.value(object, &names));
            return config;
        }
        Some(node) => {
            gives.put("result", texts.value(node, &names));
        }
        None => {
            let steps: Vec<&&Step<'_>> = before
                .iter()
                .filter(|step| {
                    step.what.gives() || matches!(step.what, What::Approval | What::Loop)
                })
                .collect();
            // What one step gave is what the run gives, as it is.
            if let [only] = steps.as_slice() {
                let path = texts.path(&only.id, &Names::default());
                config.put(
                    "mapping",
                    text(step.node, format!("{{{{{path} ?? null}}}}")),
                );
                return config;
            }
            if steps.is_empty() {
                config.put("mapping", text(step.node, "{{input}}"));
                return config;
            }
            if steps.len() > 1 {
                for step_before in steps {
                    let path = texts.path(&step_before.id, &Names::default());
                    gives.put(
                        step_before.slug.clone(),
                        text(step.node, format!("{{{{{path} ?? null}}}}")),
                    );
                }
            }
        }
    }
    config.put("mapping", gives.build());
    config
}

/// What the first of some steps gave of which only one has run.
pub(super) fn first_of(before: &[&Step<'_>]) -> String {
    let outputs = before
        .iter()
        .map(|step| format!("steps.{}.output", step.slug));
    let outputs: Vec<String> = outputs.collect();
    format!("{{{{{} ?? null}}}}", outputs.join(" ?? "))
}

/// What several steps gave, in one.
pub(super) fn merge(step: &Step<'_>) -> Object {
    let mut config = Object::of(step.node);
    config.maybe("mode", step.get("mode").cloned());
    config.maybe("combine", step.first(&["combine_mode", "combine"]).cloned());
    config
}

/// A choice between two ways.
pub(super) fn condition(
    step: &Step<'_>,
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Object {
    let mut config = Object::of(step.node);
    config.put("onError", text(step.node, "false"));
    let node = step.first(&["condition", "conditions", "expression", "rules"]);
    // The record shows it as its author wrote it.
    let written = node.filter(|node| node.as_str().is_some());
    config.maybe("description", written.cloned());
    if let Some(node) = node {
        let word = step.first(&conditions::OPERATOR_KEYS);
        let whole = if word.is_some() && matches!(node.data, Data::Array(_)) {
            // The word that joins them stands beside the list.
            let mut joined = Object::of(node);
            joined.maybe("operator", word.cloned());
            joined.put("conditions", node.clone());
            joined.build()
        } else {
            node.clone()
        };
        let names = texts.names(step);
        config.put(
            "expression",
            conditions::expression(&whole, &names, texts, translation),
        );
    } else if let Some(block) = ["parameters", "config"].iter().find_map(|block| {
        let block = step.node.get(block)?;
        ["field", "left", "variable"]
            .iter()
            .any(|field| block.get(field).is_some())
            .then_some(block)
    }) {
        let mut comparison = Object::of(block);
        let entries = block.entries().iter();
        for entry in entries.filter(|entry| conditions::is_of_comparison(&entry.key)) {
            comparison.rename(entry, entry.key.clone());
        }
        let names = texts.names(step);
        let comparison = comparison.build();
        config.put(
            "expression",
            conditions::expression(&comparison, &names, texts, translation),
        );
    }
    config
}

/// The words for a loop's list.
const ITEMS: [&str; 10] = [
    "items",
    "items_path",
    "collection",
    "list",
    "over",
    "iterate_over",
    "array",
    "input_list",
    "data",
    "source",
];

/// How often a loop without a list may go around.
const MOST_ROUNDS: u64 = 1000;

/// Going through a list.
pub(super) fn r#loop(
    step: &Step<'_>,
    texts: &Texts<'_>,
    translation: &mut Translation<'_>,
) -> Object {
    let names = texts.names(step);
    let mut config = Object::of(step.node);
    if let Some(items) = step.first(&ITEMS) {
        let node = match items.as_str() {
            Some(_) => text(items, format!("{{{{{}}}}}", texts.mapped(items))),
            None => texts.value(items, &names),
        };
        config.put("items", node);
    }
    if !config.has("items")
        && let Some(rounds) = step.first(&["max_iterations", "max_loops", "iterations", "count"])
        && let Some(count) = crate::shape::whole(rounds).filter(|count| *count <= MOST_ROUNDS)
    {
        translation.differs(
            "loops-without-a-list",
            rounds,
            format!("the loop has no list, so it goes around {count} times"),
        );
        let numbers = (0..count).map(|number| build::number(rounds, number));
        config.put("items", list(rounds, numbers.collect()));
    }
    let fields = [
        (
            &[
                "item_variable",
                "item_name",
                "itemVariable",
                "loop_variable",
            ][..],
            "itemVariable",
        ),
        (&["index_variable"], "indexVariable"),
        (&["max_iterations", "max_loops"], "maxIterations"),
        (&["continue_on_error"], "continueOnError"),
        (
            &[
                "max_concurrency",
                "concurrency",
                "parallelism",
                "batch_size",
            ],
            "concurrency",
        ),
    ];
    for (written, native) in fields {
        config.maybe(native, step.first(written).cloned());
    }
    // One at a time, iterations share what they set, as there.
    if config
        .field("concurrency")
        .is_some_and(|node| node.as_u64() == Some(1))
    {
        config.take("concurrency");
    }
    let is_parallel = step
        .get("parallel")
        .is_some_and(|flag| flag.data == Data::Bool(true));
    if is_parallel && !config.has("concurrency") {
        let node = step.get("parallel").unwrap_or(step.node);
        config.put("concurrency", build::number(node, 10));
    }
    config
}

/// A call over HTTP.
pub(super) fn request(step: &Step<'_>, texts: &Texts<'_>) -> Object {
    let names = texts.names(step);
    let mut config = Object::of(step.node);
    let fields = [
        (&["url", "endpoint"][..], "url"),
        (&["method", "http_method"], "method"),
        (&["headers"], "headers"),
        (&["query_params", "query", "params"], "query"),
        (&["body", "payload", "data", "json"], "body"),
        (&["form", "form_data"], "form"),
        (&["auth"], "auth"),
        (&["expected_status"], "expectedStatus"),
        (&["response_type"], "response"),
        (&["idempotency_key"], "idempotencyKey"),
    ];
    for (written, native) in fields {
        config.maybe(
            native,
            step.first(written).map(|node| texts.value(node, &names)),
        );
    }
    let method = step.first(&["method", "http_method"]);
    if let Some((node, word)) = method.and_then(|node| Some((node, node.as_str()?))) {
        config.put("method", text(node, word.to_uppercase()));
    }
    if !config.has("body")
        && let Some(mapping) = step
            .get("input_mapping")
            .filter(|mapping| !mapping.entries().is_empty())
    {
        config.put("body", mapping_of(mapping, texts));
    }
    config
}
