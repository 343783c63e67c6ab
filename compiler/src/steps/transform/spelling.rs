//! Spellings of other systems: a transform is read as if its author had used ours.
//!
//! `{ "processing_type": "sort", "options": { "key": "total" } }` is `{ "operations": [{ "type": "sort", "by": "total" }] }`.

use super::forms::{self, FUNCTIONS, Form, MAPPINGS, OPERATIONS, OTHER_FUNCTIONS};
use crate::source::{Data, Entry, Node};

/// What the fields of a transform are called elsewhere.
const OTHERS: [(&str, &str); 12] = [
    ("inputData", "input"),
    ("input_data", "input"),
    ("data", "input"),
    ("inputKey", "path"),
    ("input_key", "path"),
    ("inputPath", "path"),
    ("output_schema", "outputSchema"),
    ("on_error", "onError"),
    ("default_output", "defaultOutput"),
    ("fields", "mappings"),
    ("processing_type", "processingType"),
    ("steps", "operations"),
];

/// The configuration of a transform in our spelling, with a `type` by which it is known.
pub(crate) fn native(config: Node) -> Node {
    let mut own = renamed(config, |key| {
        OTHERS
            .iter()
            .find(|(other, _)| *other == key)
            .map(|(_, own)| *own)
    });
    let (span, pointer) = (own.span.clone(), own.pointer.clone());
    let Data::Object(entries) = &mut own.data else {
        return own;
    };
    one_operation(entries);
    for entry in entries.iter_mut() {
        let forms = match entry.key.as_str() {
            "mappings" => MAPPINGS,
            "operations" => OPERATIONS,
            _ => continue,
        };
        if let Data::Array(listed) = &mut entry.node.data {
            let given = std::mem::take(listed);
            *listed = given.into_iter().map(|given| form(given, forms)).collect();
        }
    }
    entries.retain(|entry| entry.key != "type");
    let marker = Node {
        data: Data::String("transform".to_owned()),
        span: span.clone(),
        pointer: format!("{pointer}/type"),
    };
    let marker = Entry {
        key: "type".to_owned(),
        key_span: span,
        node: marker,
    };
    entries.insert(0, marker);
    own
}

/// Makes a list of one operation of the older form, where the operation stands apart from its options.
fn one_operation(entries: &mut Vec<Entry>) {
    let place = |entries: &[Entry], key: &str| entries.iter().position(|entry| entry.key == key);
    if place(entries, "operations").is_some() {
        return;
    }
    let Some(kind) = place(entries, "processingType").map(|at| entries.remove(at)) else {
        return;
    };
    let options = place(entries, "options").map(|at| entries.remove(at).node);
    let named = Entry {
        key: "type".to_owned(),
        ..kind.clone()
    };
    let (given, whole) = match options {
        Some(Node {
            data: Data::Object(given),
            span,
            pointer,
        }) => (given, (span, pointer)),
        _ => (Vec::new(), (kind.node.span, kind.node.pointer)),
    };
    let (span, pointer) = whole;
    let node = |data| Node {
        data,
        span: span.clone(),
        pointer: pointer.clone(),
    };
    let operation = node(Data::Object(std::iter::once(named).chain(given).collect()));
    entries.push(Entry {
        key: "operations".to_owned(),
        key_span: kind.key_span,
        node: node(Data::Array(vec![operation])),
    });
}

/// A mapping or an operation in our spelling.
fn form(given: Node, forms: &'static [Form]) -> Node {
    let kind = given.get("type").and_then(Node::as_str);
    let Some(form) = kind.and_then(|kind| forms::find(forms, kind)) else {
        return given;
    };
    let mut own = renamed(given, |key| {
        let mut parts = form.parts.iter();
        parts
            .find(|part| part.others.contains(&key))
            .map(|part| part.name)
    });
    let Data::Object(entries) = &mut own.data else {
        return own;
    };
    for entry in entries {
        match entry.key.as_str() {
            "type" => entry.node.data = Data::String(form.name.to_owned()),
            "fields" if form.name == "aggregate" => functions(&mut entry.node),
            _ => {}
        }
    }
    own
}

/// The functions of an aggregate in our spelling.
fn functions(fields: &mut Node) {
    let Data::Object(fields) = &mut fields.data else {
        return;
    };
    for field in fields {
        match &mut field.node.data {
            Data::String(name) => function(name),
            Data::Object(entries) => {
                for entry in entries {
                    if let Data::String(name) = &mut entry.node.data
                        && entry.key == "function"
                    {
                        function(name);
                    }
                }
            }
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::Array(_) => {}
        }
    }
}

fn function(name: &mut String) {
    let own = OTHER_FUNCTIONS.iter().find(|(other, _)| other == name);
    if let Some((_, own)) = own.filter(|_| !FUNCTIONS.contains(&name.as_str())) {
        (*own).clone_into(name);
    }
}

/// An object whose keys are what we call them; where both stand there, each stays what it is.
fn renamed(node: Node, own: impl Fn(&str) -> Option<&'static str>) -> Node {
    let Data::Object(entries) = node.data else {
        return node;
    };
    let given: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    let entries = entries.into_iter().map(|entry| match own(&entry.key) {
        Some(key) if !given.iter().any(|given| given == key) => Entry {
            key: key.to_owned(),
            ..entry
        },
        _ => entry,
    });
    Node {
        data: Data::Object(entries.collect()),
        ..node
    }
}
