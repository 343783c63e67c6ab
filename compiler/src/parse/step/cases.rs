//! Where the cases of a switch lead.

use indexmap::IndexMap;
use pawl_contract::{CASES, Kind};

use super::ports::target;
use crate::definition::{Edge, Place};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{Data, Entry, Node};

const HELP: &str = "say when each is taken and where it leads: `\"cases\": [{ \"when\": \"{{input.total}} > 100\", \"next\": \"ask_boss\" }]`";

/// Where each case leads, in the author's order; nothing for steps of other kinds.
pub(super) fn cases(
    config: &Node,
    kind: Kind,
    slug: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Edge> {
    if kind != Kind::Switch {
        return Vec::new();
    }
    let Some(given) = config.get("cases").filter(|given| !given.is_null()) else {
        let message = format!("step `{slug}` has no `cases`");
        let missing = Diagnostic::error(codes::MISSING_FIELD, message);
        diagnostics.push(missing.on(config).help(HELP));
        return Vec::new();
    };
    let elements = given.elements();
    if elements.is_empty() || elements.len() > CASES.len() {
        let message = format!(
            "`cases` is a list of 1 to {} cases, not {}",
            CASES.len(),
            match elements.len() {
                0 if matches!(given.data, Data::Array(_)) => "an empty one".to_owned(),
                0 => given.noun().to_owned(),
                many => format!("{many} of them"),
            }
        );
        let wrong = Diagnostic::error(codes::INVALID_VALUE, message);
        diagnostics.push(wrong.on(given).help(HELP));
        return Vec::new();
    }
    let cases = CASES.iter().zip(elements);
    cases
        .map(|(port, case)| edge(port, case, slug, diagnostics))
        .collect()
}

/// Where one case leads; one that cannot be understood holds its place, so that those behind it keep theirs.
fn edge(port: &str, case: &Node, slug: &str, diagnostics: &mut Vec<Diagnostic>) -> Edge {
    let mut edge = Edge {
        target: None,
        port: (port.to_owned(), case.span.clone()),
        place: Place::from(case),
    };
    if !case.is_object() {
        let message = format!("a case is an object, not {}", case.noun());
        let wrong = Diagnostic::error(codes::INVALID_VALUE, message);
        diagnostics.push(wrong.on(case).help(HELP));
        return edge;
    }
    let found = case.entries().iter().find(|entry| entry.key == "next");
    let Some(Entry { node, .. }) = found else {
        let message = format!("{port} of `{slug}` has no `next`");
        diagnostics.push(
            Diagnostic::error(codes::MISSING_FIELD, message)
                .on(case)
                .help("add the `stepSlug` of the step that follows, or `end`"),
        );
        return edge;
    };
    edge.place = Place::from(node);
    match target(node) {
        Ok(target) => edge.target = target,
        Err(noun) => {
            let message = format!("`next` is a step's slug, not {noun}");
            diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(node));
        }
    }
    edge
}

/// Where a switch leads by whose cases nothing holds, for authors who say so beside the cases.
pub(super) fn default(
    config: &Node,
    kind: Kind,
    slug: &str,
    ports: &mut IndexMap<String, Edge>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let entries = config.entries().iter();
    let mut given = entries.filter(|entry| kind == Kind::Switch && entry.key == "default");
    let Some(entry) = given.next() else {
        return;
    };
    let target = match target(&entry.node) {
        Ok(target) => target,
        Err(noun) => {
            let message = format!("`default` is a step's slug, not {noun}");
            diagnostics.push(Diagnostic::error(codes::INVALID_VALUE, message).on(&entry.node));
            return;
        }
    };
    if ports.contains_key("default") {
        let message = format!("step `{slug}` says twice where it leads by `default`");
        diagnostics.push(
            Diagnostic::error(codes::INVALID_VALUE, message)
                .on(&entry.node)
                .help("keep the one in `nextSteps`"),
        );
        return;
    }
    let edge = Edge {
        target,
        port: ("default".to_owned(), entry.key_span.clone()),
        place: Place::from(&entry.node),
    };
    ports.insert("default".to_owned(), edge);
}
