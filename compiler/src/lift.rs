//! Steps that follow a run: a chain in `onComplete` or `onError` becomes a workflow of its own.
//!
//! ```json
//! { "name": "Order", "config": { "onError": [{ "stepSlug": "tell", ... }] }, "steps": [...] }
//! ```
//!
//! becomes a workflow `Order (on error)` of these steps, which the run's own names: `"onError": "Order (on error)"`. It has
//! the settings of the other one, as far as they are about steps. Every value keeps its place in the author's text.

use crate::source::{Data, Entry, Node};

/// The fields that name what follows, and what a workflow of theirs is called behind the other's name.
const FIELDS: [(&str, &str); 2] = [("onComplete", "on complete"), ("onError", "on error")];

/// The settings that a chain has, too.
const SHARED: [&str; 5] = ["retryPolicy", "secrets", "models", "agents", "budget"];

/// Takes the chains out of a definition, each as a definition by itself, and names them where they stood.
pub(crate) fn lift(root: &mut Node) -> Vec<Node> {
    let name = ["workflowConfig", ""].iter().find_map(|head| {
        let head = if head.is_empty() {
            Some(&*root)
        } else {
            root.get(head)
        };
        head?.get("name")?.as_str().map(str::to_owned)
    });
    let (Some(name), true) = (name, has_chain(root)) else {
        return Vec::new();
    };
    let mut lifted = Vec::new();
    for head in ["", "workflowConfig"] {
        let Some(config) = config_of(root, head) else {
            continue;
        };
        let shared = config.entries().iter();
        let shared: Vec<Entry> = shared
            .filter(|entry| SHARED.contains(&entry.key.as_str()))
            .cloned()
            .collect();
        let Data::Object(entries) = &mut config.data else {
            continue;
        };
        for (field, suffix) in FIELDS {
            let entry = entries.iter_mut().find(|entry| entry.key == field);
            let Some(entry) = entry.filter(|entry| is_chain(&entry.node)) else {
                continue;
            };
            let called = format!("{name} ({suffix})");
            let chain = entry.node.clone();
            entry.node.data = Data::String(called.clone());
            lifted.push(workflow(called, chain, shared.clone()));
        }
    }
    lifted
}

fn has_chain(root: &Node) -> bool {
    let heads = [Some(root), root.get("workflowConfig")];
    let configs = heads
        .into_iter()
        .flatten()
        .filter_map(|head| head.get("config"));
    let mut fields =
        configs.flat_map(|config| FIELDS.iter().filter_map(|(field, _)| config.get(field)));
    fields.any(is_chain)
}

/// Whether a value is steps, and not the name of a workflow.
fn is_chain(node: &Node) -> bool {
    !node.elements().is_empty() && node.elements().iter().all(Node::is_object)
}

fn config_of<'n>(root: &'n mut Node, head: &str) -> Option<&'n mut Node> {
    let head = if head.is_empty() {
        root
    } else {
        member(root, head)?
    };
    member(head, "config")
}

fn member<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    let Data::Object(entries) = &mut node.data else {
        return None;
    };
    let entry = entries.iter_mut().find(|entry| entry.key == key)?;
    Some(&mut entry.node)
}

/// A definition of a chain.
fn workflow(name: String, mut chain: Node, shared: Vec<Entry>) -> Node {
    let made = |data: Data| Node {
        data,
        span: chain.span.clone(),
        pointer: chain.pointer.clone(),
    };
    let entry = |key: &str, node: Node| Entry {
        key: key.to_owned(),
        key_span: chain.span.clone(),
        node,
    };
    let mut entries = vec![entry("name", made(Data::String(name)))];
    if !shared.is_empty() {
        entries.push(entry("config", made(Data::Object(shared))));
    }
    let around = made(Data::Null);
    let steps = entry("steps", made(Data::Null));
    join(&mut chain);
    entries.push(Entry {
        node: chain,
        ..steps
    });
    Node {
        data: Data::Object(entries),
        ..around
    }
}

/// Lets each step wait for the one before, where none of them says what follows it.
fn join(chain: &mut Node) {
    let says = |step: &Node| {
        ["nextSteps", "dependsOn"]
            .iter()
            .any(|field| step.get(field).is_some())
    };
    if chain.elements().iter().any(says) {
        return;
    }
    let Data::Array(steps) = &mut chain.data else {
        return;
    };
    let mut before: Option<Node> = None;
    for step in steps {
        let slug = step.get("stepSlug").cloned();
        if let (Some(before), Data::Object(entries)) = (before, &mut step.data) {
            let (key_span, span) = (before.span.clone(), before.span.clone());
            let pointer = before.pointer.clone();
            entries.push(Entry {
                key: "dependsOn".to_owned(),
                key_span,
                node: Node {
                    data: Data::Array(vec![before]),
                    span,
                    pointer,
                },
            });
        }
        before = slug;
    }
}
