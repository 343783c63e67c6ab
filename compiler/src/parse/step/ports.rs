//! Where a step continues, by port.

use indexmap::IndexMap;
use pawl_contract::Kind;

use crate::definition::{Edge, Place};
use crate::diagnostic::{Diagnostic, codes};
use crate::fields;
use crate::shape::near_ours;
use crate::source::{Data, Node};

/// The type of a step as its author writes it.
fn written<'node>(node: &'node Node, config: &'node Node, kind: Kind) -> &'node str {
    let of = |node: &'node Node, field: &str| node.get(field).and_then(Node::as_str);
    let written = of(node, "stepType").unwrap_or_default();
    match (kind, written) {
        (Kind::Transform, "action") => of(config, "type").unwrap_or(written),
        // What stands in front of a step has no type of its own.
        (_, "") => kind.name(),
        _ => written,
    }
}

pub(super) fn ports(
    node: &Node,
    kind: Kind,
    config: &Node,
    slug: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> IndexMap<String, Edge> {
    let mut ports = IndexMap::new();
    let Some(next) = node.get("nextSteps").filter(|next| !next.is_null()) else {
        return ports;
    };
    if !next.is_object() {
        diagnostics.push(
            Diagnostic::error(
                codes::INVALID_VALUE,
                format!("`nextSteps` is an object of ports, not {}", next.noun()),
            )
            .on(next)
            .help("write `{ \"success\": \"next_step\" }`"),
        );
    }
    for entry in next.entries() {
        let port = canonical(&entry.key, kind);
        if !kind.ports().contains(&port) {
            let message = format!(
                "step `{slug}` is of kind `{}` and has no port `{}`",
                written(node, config, kind),
                entry.key
            );
            let absent = kind.ports().iter().filter(|port| next.get(port).is_none());
            diagnostics.push(
                Diagnostic::error(codes::UNKNOWN_PORT, message)
                    .at(entry.node.pointer.clone(), entry.key_span.clone())
                    .help(format!("its ports are {}", fields::list(kind.ports())))
                    .meant(&entry.key, near_ours(&entry.key, absent.copied())),
            );
            continue;
        }
        let place = Place::from(&entry.node);
        let target = match target(&entry.node) {
            Ok(target) => target,
            Err(noun) => {
                let message = format!("port `{}` leads to a step's slug, not to {noun}", entry.key);
                diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(&entry.node));
                continue;
            }
        };
        let edge = Edge {
            target,
            port: (entry.key.clone(), entry.key_span.clone()),
            place,
        };
        if ports.insert(port.to_owned(), edge).is_some() {
            let message = format!("step `{slug}` has the port `{port}` twice");
            diagnostics.push(
                Diagnostic::error(codes::INVALID_VALUE, message)
                    .at(entry.node.pointer.clone(), entry.key_span.clone()),
            );
        }
    }
    ports
}

/// Where a value says that a run goes on, `None` being the end; or what it is instead.
pub(super) fn target(node: &Node) -> Result<Option<String>, &'static str> {
    match &node.data {
        Data::String(target) if target.is_empty() => Ok(None),
        Data::String(target) => Ok(Some(target.clone())),
        Data::Null => Ok(None),
        Data::Object(entries) if entries.is_empty() => Ok(None),
        Data::Bool(_) | Data::Number(_) | Data::Array(_) | Data::Object(_) => Err(node.noun()),
    }
}

/// The name of a port, whichever of its spellings an author uses.
fn canonical(port: &str, kind: Kind) -> &str {
    match (port, kind) {
        ("loop", Kind::Loop) => "next",
        ("success" | "default", Kind::Approval) => "approved",
        ("denied", Kind::Approval) => "rejected",
        ("default", kind) if kind.ports().contains(&"success") => "success",
        _ => port,
    }
}
